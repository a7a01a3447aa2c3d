select
    build_id,
    built_at,
    as_of,
    code_version,
    deliveries,
    refused,
    previous_build_id
from {{ source('raw', 'build') }}
