with rolled_up as (
    {{
        rolled_up_cells(
            ref('int_permit__service_cells'),
            ['period', 'permit_kind', 'service'],
            ['holders', 'entitled', 'used']
        )
    }}
)

select
    division_code,
    level,
    period,
    permit_kind,
    service,
    holders,
    entitled,
    used,
    cast(used as double) / nullif(entitled, 0) as use_rate
from rolled_up
