{{ config(alias='build') }}

select
    build_id,
    built_at,
    as_of,
    code_version,
    deliveries,
    refused,
    previous_build_id
from {{ source('raw', 'build_history') }}
where build_id not in (select build_id from {{ source('raw', 'build') }})
union all
select
    build_id,
    built_at,
    as_of,
    code_version,
    deliveries,
    refused,
    previous_build_id
from {{ source('raw', 'build') }}
