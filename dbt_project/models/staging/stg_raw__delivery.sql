select
    delivery.delivery,
    delivery.dataset,
    delivery.bureau,
    delivery.extract_date,
    delivery.mode,
    delivery.contract_version,
    delivery.apply_order,
    delivery.files,
    delivery.rows_declared,
    delivery.rows_read,
    delivery.rows_quarantined,
    delivery.sha256,
    delivery.state,
    delivery.reason,
    delivery.is_applied,
    delivery.is_applied and new_delivery.delivery is not null as is_new
from {{ source('raw', 'delivery') }} as delivery
left join {{ source('raw', 'new_delivery') }} as new_delivery
    on
        delivery.dataset = new_delivery.dataset
        and delivery.delivery = new_delivery.delivery
