{{ config(alias='case') }}

{#
    What people did, and what builds saw of it: that a finding was gone, or back. That it was first found is said by
    finding.first_build. Events of builds carry the date that the build speaks of, never the wall clock.
#}
with builds as (
    select
        build_id,
        as_of
    from {{ source('raw', 'build_history') }}
    union
    select
        build_id,
        as_of
    from {{ source('raw', 'build') }}
),

seen as (
    select
        finding_id,
        build_id,
        kind
    from {{ source('raw', 'finding_event') }}
    where kind in ('verified', 'reopened')
    union
    select
        finding_id,
        build_id,
        kind
    from {{ ref('quality_finding_event_due') }}
    where kind in ('verified', 'reopened')
)

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
union all
select
    {{ text_hash(['seen.finding_id', 'seen.build_id', 'seen.kind']) }} as case_event_id,
    seen.finding_id,
    cast(builds.as_of as timestamp) as {{ adapter.quote('at') }},
    seen.kind,
    case when seen.kind = 'verified' then 'verified' else 'open' end as state,
    'build ' || seen.build_id as {{ adapter.quote('by') }},
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as date) as until_on
from seen
left join builds on seen.build_id = builds.build_id
