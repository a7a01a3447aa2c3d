{% set counts = population_counts() %}

-- The leaf's cells of each dimension set, added up for the divisions above.
with rolled_up as (
    select
        bridge.ancestor_code as division_code,
        bridge.ancestor_level as level,
        cells.period,
        cells.dimension_set,
        cells.dim_1,
        cells.dim_2,
        {% for count in counts -%}
        cast(sum(cells.{{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_population__leaf_cells') }} as cells
    inner join {{ ref('bridge_division_ancestor') }} as bridge on cells.division_code = bridge.division_code
    group by
        bridge.ancestor_code,
        bridge.ancestor_level,
        cells.period,
        cells.dimension_set,
        cells.dim_1,
        cells.dim_2
),

-- Every real division has its total, also where nobody is known to live; unallocated ones where somebody is.
empty_totals as (
    select
        division.division_code,
        division.level,
        periods.period
    from {{ ref('dim_division') }} as division
    cross join {{ ref('int_calendar__periods') }} as periods
    left join rolled_up
        on
            division.division_code = rolled_up.division_code
            and periods.period = rolled_up.period
            and rolled_up.dimension_set = 'total'
    where
        division.valid_to is null
        and not division.is_unallocated
        and rolled_up.division_code is null
)

select
    division_code,
    level,
    period,
    dimension_set,
    dim_1,
    dim_2,
    people,
    floating,
    floating_in_city,
    registered,
    resident
from rolled_up
union all
select
    division_code,
    level,
    period,
    'total' as dimension_set,
    cast(null as {{ dbt.type_string() }}) as dim_1,
    cast(null as {{ dbt.type_string() }}) as dim_2,
    {% for count in counts -%}
    cast(0 as bigint) as {{ count }}{{ ',' if not loop.last }}
    {% endfor %}
from empty_totals
