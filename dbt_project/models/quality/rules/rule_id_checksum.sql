{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

select
    {{
        finding_columns(
            'id_checksum',
            'mention',
            detail_zh="'公民身份号码校验码错误'",
            detail_en="'check digit of the ID number is wrong'"
        )
    }}
from {{ stated_of_touched(ref('int_quality__mentions')) }} as mention
where mention.id_number_status = 'checksum_failed'
