{{ config(materialized='view') }}

select
    rule_id,
    dataset,
    bureau,
    cast(null as {{ dbt.type_string() }}) as record_ref,
    cast(null as {{ dbt.type_string() }}) as role,
    cast(null as {{ dbt.type_string() }}) as person_ref,
    cast(null as {{ dbt.type_string() }}) as division_code,
    delivery,
    file,
    row,
    detail_zh,
    detail_en
from {{ source('raw', 'landing_finding') }}
