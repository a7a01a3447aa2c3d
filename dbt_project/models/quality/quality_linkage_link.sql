{{ config(alias='linkage_link') }}

select
    dataset,
    method,
    evidence,
    {{ cast_bigint_sum('mentions') }} as mentions,
    cast(sum(expected_wrong) as double) as expected_wrong
from {{ ref('int_quality__linkage_cells') }}
group by dataset, method, evidence
