select
    {{
        finding_columns(
            'row_repeated',
            'repeated',
            detail_zh="'同一行在同一批次中重复报送'",
            detail_en="'the same row again within one delivery'",
            discriminator=text_hash(['repeated.delivery', 'repeated.file', 'repeated.row'])
        )
    }}
from {{ ref('int_quality__rows') }} as repeated
where repeated.fate = 'repeated'
