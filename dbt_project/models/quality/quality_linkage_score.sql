{{ config(alias='linkage_score') }}

select
    method,
    cast(bucket as double) as confidence_from,
    {{ cast_bigint_sum('mentions') }} as mentions
from {{ ref('int_quality__linkage_cells') }}
where method <> 'single'
group by method, cast(bucket as double)
