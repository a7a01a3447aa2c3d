{{ config(alias='finding') }}

with builds as (
    select
        build_id,
        previous_build_id
    from {{ source('raw', 'build_history') }}
    union
    select
        build_id,
        previous_build_id
    from {{ source('raw', 'build') }}
),

-- A word that something is put right is good until the dataset is delivered again: then it is seen.
last_deliveries as (
    select
        dataset,
        max(extract_date) as extract_date
    from {{ source('raw', 'delivery') }}
    where is_applied
    group by dataset
),

open_findings as (
    select
        current_finding.*,
        coalesce(last_event.opened_in, build.build_id) as first_build,
        build.build_id as last_build,
        case
            when case_state.state is null then 'open'
            when case_state.state = 'waived' and case_state.until_on < build.as_of then 'open'
            when case_state.state = 'fixed' and last_delivery.extract_date > case_state.said_on then 'open'
            else case_state.state
        end as state
    from {{ ref('int_quality__current_findings') }} as current_finding
    left join {{ ref('int_quality__last_events') }} as last_event
        on current_finding.finding_id = last_event.finding_id
    left join {{ ref('int_quality__case_states') }} as case_state
        on current_finding.finding_id = case_state.finding_id
    left join last_deliveries as last_delivery on current_finding.dataset = last_delivery.dataset
    cross join {{ source('raw', 'build') }} as build
),

gone as (
    select last_event.*
    from {{ ref('int_quality__last_events') }} as last_event
    left join {{ ref('int_quality__current_findings') }} as current_finding
        on last_event.finding_id = current_finding.finding_id
    where current_finding.finding_id is null
),

-- What is gone was last seen in the build before the one that no longer found it.
gone_findings as (
    select
        gone.finding_id,
        {% for field in finding_fields() -%}
        event.{{ field }},
        {% endfor -%}
        gone.opened_in as first_build,
        coalesce(builds.previous_build_id, gone.build_id) as last_build,
        'verified' as state
    from gone
    inner join {{ source('raw', 'finding_event') }} as event
        on
            gone.finding_id = event.finding_id
            and gone.build_id = event.build_id
            and gone.kind = event.kind
    cross join {{ source('raw', 'build') }} as build
    left join builds on case when gone.kind = 'verified' then gone.build_id else build.build_id end = builds.build_id
)

select
    finding_id,
    {% for field in finding_fields() -%}
    {{ field }},
    {% endfor -%}
    first_build,
    last_build,
    state
from open_findings
union all
select
    finding_id,
    {% for field in finding_fields() -%}
    {{ field }},
    {% endfor -%}
    first_build,
    last_build,
    state
from gone_findings
