select
    {{
        finding_columns(
            'id_borrowed',
            'contested',
            detail_zh="'公民身份号码是他人的'",
            detail_en="'the ID number is that of another person'"
        )
    }}
from {{ ref('int_quality__contested_numbers') }} as contested
where contested.is_of_another and not contested.is_of_two
