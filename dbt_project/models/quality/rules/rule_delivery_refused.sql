select
    {{
        finding_columns(
            'delivery_refused',
            'noticed',
            detail_zh='noticed.detail_zh',
            detail_en='noticed.detail_en',
            discriminator=text_hash(['noticed.delivery', 'noticed.file', 'noticed.row', 'noticed.detail_en'])
        )
    }}
from {{ ref('int_quality__landing') }} as noticed
where noticed.rule_id = 'delivery_refused'
