{{ config(alias='finding_event_due') }}

with due as (
    select
        current_finding.finding_id,
        case when last_event.kind is null then 'opened' else 'reopened' end as kind,
        {% for field in finding_fields() -%}
        current_finding.{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_quality__current_findings') }} as current_finding
    left join {{ ref('int_quality__last_events') }} as last_event
        on current_finding.finding_id = last_event.finding_id
    where last_event.kind is null or last_event.kind = 'verified'
    union all
    select
        finding.finding_id,
        'verified' as kind,
        {% for field in finding_fields() -%}
        finding.{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('quality_finding') }} as finding
    inner join {{ ref('int_quality__last_events') }} as last_event on finding.finding_id = last_event.finding_id
    where finding.state = 'verified' and last_event.kind <> 'verified'
),

cases as (
    select max(_segment) as cases_seen
    from {{ source('raw', 'case_event') }}
)

select
    due.finding_id,
    build.build_id,
    due.kind,
    {% for field in finding_fields() -%}
    due.{{ field }},
    {% endfor -%}
    cases.cases_seen
from due
cross join {{ source('raw', 'build') }} as build
cross join cases
