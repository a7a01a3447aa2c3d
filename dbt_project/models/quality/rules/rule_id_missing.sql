{# Who stands in a record beside the person that it is about: a record without their number is not incomplete. #}
{% set companions = ['mother', 'father', 'guardian'] %}

select
    {{
        finding_columns(
            'id_missing',
            'mention',
            detail_zh="'缺少公民身份号码'",
            detail_en="'no ID number where one is expected'"
        )
    }}
from {{ ref('int_quality__mentions') }} as mention
where
    mention.id_number_status = 'missing'
    and mention.role not in ('{{ companions | join("', '") }}')
    -- a child has a number once its birth is registered: a year is time enough
    and (mention.birth_date is null or mention.birth_date <= {{ years_ago('mention.extract_date', 1) }})
