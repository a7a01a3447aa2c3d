select
    {{
        finding_columns(
            'key_conflict',
            'conflicting',
            detail_zh="'同一批次中同一主键内容不同，以最后一行为准'",
            detail_en="'one key with different content in one delivery: the last row counts'",
            discriminator=text_hash(['conflicting.delivery', 'conflicting.file', 'conflicting.row'])
        )
    }}
from {{ ref('int_quality__rows') }} as conflicting
where conflicting.fate = 'key_conflict'
