with periods as (
    select period
    from {{ ref('int_calendar__periods') }}
    where is_current
),

cells as (
    select
        division_code,
        bureau,
        is_floating
        {%- for field in collected_fields() %},
        sum({{ field }}_collections) as {{ field }}_collections,
        sum({{ field }}_repeats) as {{ field }}_repeats
        {%- endfor %}
    from {{ ref('int_collection__fields') }}
    group by division_code, bureau, is_floating
),

by_field as (
    {% for field in collected_fields() -%}
    select
        division_code,
        bureau,
        is_floating,
        '{{ field }}' as field,
        {{ field }}_collections as collections,
        {{ field }}_repeats as repeats
    from cells
    where {{ field }}_collections > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    by_field.division_code,
    ancestors.township_code,
    ancestors.district_code,
    ancestors.city_code,
    periods.period,
    by_field.bureau,
    by_field.field,
    case when by_field.is_floating then 'floating' else 'other' end as population_group,
    cast(by_field.collections as bigint) as collections,
    cast(by_field.repeats as bigint) as repeats,
    -- exact, so that sums are the same in any order
    cast(by_field.repeats * cost.minutes * cost.yuan_per_hour / 60 as decimal(18, 6)) as repeat_cost_yuan
from by_field
inner join {{ ref('int_division__ancestors') }} as ancestors on by_field.division_code = ancestors.division_code
cross join periods
left join {{ ref('collection_cost') }} as cost on by_field.field = cost.field
