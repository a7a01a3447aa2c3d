{# Segments and kinds in the order of their texts: segments have fewer digits than this. #}
{% set in_order = "lpad(cast(_segment as string), 9, '0') || kind" %}
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
