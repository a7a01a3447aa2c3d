select
    delivery,
    dataset,
    bureau,
    extract_date,
    mode,
    contract_version,
    apply_order,
    files,
    rows_declared,
    rows_read,
    rows_quarantined,
    sha256,
    state,
    reason,
    is_applied
from {{ source('raw', 'delivery') }}
