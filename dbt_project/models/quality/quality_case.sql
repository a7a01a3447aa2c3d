{{ config(alias='case') }}

select
    case_event_id,
    finding_id,
    {{ adapter.quote('at') }},
    kind,
    state,
    {{ adapter.quote('by') }},
    reason,
    until_on
from {{ source('raw', 'case_event') }}
