select
    {{
        finding_columns(
            'id_duplicated',
            'contested',
            detail_zh="'一个公民身份号码对应两个人'",
            detail_en="'the ID number fits two people'"
        )
    }}
from {{ ref('int_quality__contested_numbers') }} as contested
where contested.is_of_two
