{{ config(meta={'dagster': {'ref': {'name': 'quality_ledger'}}}) }}
-- A delivery that the ledger does not know of would be in the figures unaccounted for.
select delivery.delivery
from {{ source('raw', 'delivery') }} as delivery
left join {{ ref('quality_ledger') }} as ledger on delivery.delivery = ledger.delivery
where delivery.is_applied and ledger.delivery is null
