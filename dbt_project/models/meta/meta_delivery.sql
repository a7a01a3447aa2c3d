{{ config(alias='delivery') }}

select
    delivery.delivery,
    delivery.dataset,
    delivery.bureau,
    delivery.extract_date,
    delivery.mode,
    delivery.files,
    delivery.rows_declared as rows,
    delivery.rows_read,
    delivery.rows_quarantined,
    delivery.sha256,
    delivery.state,
    delivery.reason,
    delivery.is_applied,
    build.build_id
from {{ source('raw', 'delivery') }} as delivery
cross join {{ source('raw', 'build') }} as build
