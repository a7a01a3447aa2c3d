{#
    One pass over the person-months for all dimension sets. All dimensions at once would give nearly as many cells as
    there are people; a set at a time gives few, and every engine groups by several sets in one scan.
-#}
{% set sets = population_sets() %}

-- People count where they live, the registered where they are registered: two divisions of one row of the leaf.
with counted as (
    select
        division_code,
        city_code,
        period,
        {% for values in sets.values() -%}
        {% for name, value in values.items() -%}
        {{ value }} as {{ name }}_value,
        {% endfor -%}
        {% endfor -%}
        people,
        floating,
        floating_in_city,
        cast(0 as bigint) as registered,
        resident
    from {{ ref('fct_person_month') }}
    where lives_here
    union all
    select
        registered_division_code as division_code,
        registered_city_code as city_code,
        period,
        {% for values in sets.values() -%}
        {% for name, value in values.items() -%}
        {{ value }} as {{ name }}_value,
        {% endfor -%}
        {% endfor -%}
        cast(0 as bigint) as people,
        cast(0 as bigint) as floating,
        cast(0 as bigint) as floating_in_city,
        registered,
        cast(0 as bigint) as resident
    from {{ ref('fct_person_month') }}
    where registered_division_code is not null
)

select
    -- ethnicity is for the city only: its cells are the city's own
    coalesce(division_code, city_code) as division_code,
    period,
    case
        {% for set, values in sets.items() -%}
        when grouping({{ values.keys() | first }}_value) = 0 then '{{ set }}'
        {% endfor -%}
        else 'total'
    end as dimension_set,
    case
        {% for set, values in sets.items() -%}
        when grouping({{ values.keys() | first }}_value) = 0 then {{ values.keys() | first }}_value
        {% endfor -%}
    end as dim_1,
    case when grouping(age_band_value) = 0 then age_band_value end as dim_2,
    cast(sum(people) as bigint) as people,
    cast(sum(floating) as bigint) as floating,
    cast(sum(floating_in_city) as bigint) as floating_in_city,
    cast(sum(registered) as bigint) as registered,
    cast(sum(resident) as bigint) as resident
from counted
group by grouping sets (
    (division_code, period)
    {%- for set, values in sets.items() %},
    ({{ 'city_code' if set == 'ethnicity' else 'division_code' }}, period
    {%- for name in values %}, {{ name }}_value{% endfor %})
    {%- endfor %}
)
