{% set counts = population_counts() %}

-- Each dimension set is one grouping of the leaf's cells, all in one pass; then the divisions above add them up.
with sets as (
    select
        division_code,
        period,
        case
            when grouping(sex) = 0 then 'sex_age'
            when grouping(stay_band) = 0 then 'stay_band'
            else 'total'
        end as dimension_set,
        case
            when grouping(sex) = 0 then sex
            when grouping(stay_band) = 0 then stay_band
        end as dim_1,
        case when grouping(age_band) = 0 then age_band end as dim_2,
        {% for count in counts -%}
        sum({{ count }}) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_population__leaf_cells') }}
    group by grouping sets (
        (division_code, period),
        (division_code, period, sex, age_band),
        (division_code, period, stay_band)
    )
),

rolled_up as (
    select
        bridge.ancestor_code as division_code,
        bridge.ancestor_level as level,
        sets.period,
        sets.dimension_set,
        sets.dim_1,
        sets.dim_2,
        {% for count in counts -%}
        cast(sum(sets.{{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from sets
    inner join {{ ref('bridge_division_ancestor') }} as bridge on sets.division_code = bridge.division_code
    group by
        bridge.ancestor_code,
        bridge.ancestor_level,
        sets.period,
        sets.dimension_set,
        sets.dim_1,
        sets.dim_2
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
