{# A record without the number of who stands in it beside the person that it is about is not incomplete. #}
{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

select
    {{
        finding_columns(
            'id_missing',
            'mention',
            detail_zh="'缺少公民身份号码'",
            detail_en="'no ID number where one is expected'"
        )
    }}
from {{ stated_of_touched(ref('int_quality__mentions')) }} as mention
where
    mention.id_number_status = 'missing'
    and mention.role not in ('{{ companion_roles() | join("', '") }}')
    -- a child has a number once its birth is registered: a year is time enough; a birth to come is nobody's
    and (
        mention.birth_date is null
        or mention.birth_date <= {{ years_ago('mention.extract_date', 1) }}
        or mention.birth_date > mention.extract_date
    )
