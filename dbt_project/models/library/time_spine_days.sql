{# Days that metrics may be asked for: every day of the months that the library keeps or looks back on for moves. #}
{% set months_back = 24 %}
with digits as (
    {% for digit in range(10) %}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

bounds as (
    select
        least({{ months_ago('min(period)', 1) }}, {{ months_ago('max(period)', months_back) }}) as before_first,
        max(period) as last_on
    from {{ ref('int_calendar__periods') }}
),

numbered as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit as days
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
)

select {{ days_after('bounds.before_first', 'numbered.days') }} as date_day
from bounds
inner join numbered on {{ days_after('bounds.before_first', 'numbered.days') }} <= bounds.last_on
