{# Segments, and in each kinds in the order of their texts, as one number: texts would take half as long again. #}
{% set in_order = "_segment * 3 + case kind when 'opened' then 0 when 'reopened' then 1 else 2 end" %}
{#- What else an event says is looked up of the few that somebody asks about: the log is millions of long rows. -#}
select
    finding_id,
    max_by(kind, in_order) as kind,
    max_by(build_id, in_order) as build_id,
    min_by(build_id, in_order) as opened_in,
    max_by(cases_seen, in_order) as cases_seen
from (
    select
        finding_id,
        kind,
        build_id,
        cases_seen,
        {{ in_order }} as in_order
    from {{ source('raw', 'finding_event') }}
) as events
group by finding_id
