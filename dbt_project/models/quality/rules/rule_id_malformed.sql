{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

select
    {{
        finding_columns(
            'id_malformed',
            'mention',
            detail_zh="'公民身份号码不是15位或18位有效号码'",
            detail_en="'ID number is not one of 15 or 18 places'"
        )
    }}
from {{ stated_of_touched(ref('int_quality__mentions')) }} as mention
where mention.id_number_status = 'malformed'
