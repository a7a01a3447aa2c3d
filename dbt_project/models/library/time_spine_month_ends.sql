{# Month-ends that metrics may be asked for: those that the library keeps or looks back on for moves. What MetricFlow adds
   up over time it joins with each of them; the days between would only say again what the month-end before them said. #}
{% set months_back = 24 %}
with newest as (
    select max(period) as period
    from {{ ref('int_calendar__periods') }}
)

{% for back in range(months_back) %}
select {{ month_end(months_ago('period', back)) }} as period
from newest
{{ 'union all' if not loop.last }}
{% endfor %}
