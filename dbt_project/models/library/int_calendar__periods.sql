{# A library keeps the latest 24 month-ends; earlier ones are rebuilt only where a build asks for history. #}
{% set months_kept = 24 %}
{# What they were in the build before is kept before they are made anew. #}
{% do made_before('int_calendar__former_periods') %}

with months as (
{% for back in range(months_kept) %}
    select
        {{ month_end(months_ago('as_of', back)) }} as period,
        as_of
    from {{ ref('stg_raw__build') }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

first_delivery as (
    select min(extract_date) as first_on
    from {{ ref('stg_raw__delivery') }}
    where is_applied
),

counted as (
    select
        months.period,
        months.as_of,
        -- the month that is not over yet is counted as of the build's date
        least(months.period, months.as_of) as counted_on
    from months
    cross join first_delivery
    where months.period >= {{ month_end('coalesce(first_delivery.first_on, months.as_of)') }}
)

select
    period,
    counted_on,
    {{ months_ago('counted_on', 1) }} as month_before,
    {{ months_ago('counted_on', 6) }} as half_year_before,
    {{ years_ago('counted_on', 5) }} as five_years_before,
    counted_on = as_of as is_current
from counted
