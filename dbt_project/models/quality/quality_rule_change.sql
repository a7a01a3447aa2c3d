{{ config(alias='rule_change') }}

{#
    Every change of what rules are judged by: people's, with who and why, and the catalogue's own from one build to the
    next. What the verdicts were before and after is as the first build that knew it wrote it down. What builds saw
    carries the date that the build speaks of, never the wall clock.
#}
with builds as (
    select
        build_id,
        as_of,
        code_version
    from {{ source('raw', 'build_history') }}
    union
    select
        build_id,
        as_of,
        code_version
    from {{ source('raw', 'build') }}
),

changes as (
    {{ rule_changes_said() }}
),

in_force as (
    {{ rule_changes_in_force('changes') }}
),

{% set columns = [
    'change_id', 'build_id', 'rule_id', 'field', 'kind', 'old_value', 'new_value', 'status_before', 'status_after',
    'datasets', 'datasets_changed', 'divisions', 'divisions_changed'
] %}
events as (
    select {{ columns | join(', ') }}
    from {{ source('raw', 'rule_event') }}
    where kind <> 'introduced'
    union
    select {{ columns | join(', ') }}
    from {{ ref('quality_rule_event_due') }}
    where kind <> 'introduced'
)

select
    case when events.kind = 'ended' then {{ text_hash(['events.change_id', 'events.kind']) }} else events.change_id end
        as change_id,
    events.rule_id,
    events.field,
    events.kind,
    events.old_value,
    events.new_value,
    case
        when events.kind in ('set', 'back') then changes.{{ adapter.quote('by') }}
        when events.kind = 'catalogue' then 'code ' || builds.code_version
        else 'build ' || events.build_id
    end as {{ adapter.quote('by') }},
    case
        when events.kind in ('set', 'back') then changes.reason
        when events.kind = 'catalogue' then '规则目录随程序版本更改 The catalogue of rules changed with the code'
        else '期限已过 Its last day has passed'
    end as reason,
    case
        when events.kind in ('set', 'back') then changes.{{ adapter.quote('at') }}
        else cast(builds.as_of as timestamp)
    end as {{ adapter.quote('at') }},
    case when events.kind = 'set' then changes.until_on end as until_on,
    events.build_id,
    events.kind in ('set', 'back') and in_force.change_id is not null as is_in_force,
    events.status_before,
    events.status_after,
    events.datasets,
    events.datasets_changed,
    events.divisions,
    events.divisions_changed
from events
left join changes on events.change_id = changes.change_id
left join in_force on events.change_id = in_force.change_id
left join builds on events.build_id = builds.build_id
