{% set year_end = "cast(cast(years.year as " ~ dbt.type_string() ~ ") || '-12-31' as date)" %}

with years as (
    select distinct year from {{ ref('fct_public_funding') }}
    where year is not null
),

-- The month-end nearest to the year's last day: the newest within the year, or the nearest that the library has.
year_periods as (
    select
        year,
        period
    from (
        select
            years.year,
            periods.period,
            row_number() over (
                partition by years.year
                order by
                    abs(
                        {{ days_between('periods.period', year_end) }}
                    ) asc nulls last,
                    periods.period desc nulls last
            ) as place
        from years
        cross join {{ ref('int_calendar__periods') }} as periods
    ) as ranked
    where place = 1
)

select
    ancestors.district_code,
    year_periods.year,
    year_periods.period as people_period,
    cast(sum(cells.people) as bigint) as people,
    cast(sum(cells.floating) as bigint) as floating,
    cast(sum(cells.registered) as bigint) as registered
from {{ ref('int_population__leaf_cells') }} as cells
inner join year_periods on cells.period = year_periods.period
inner join {{ ref('int_division__ancestors') }} as ancestors on cells.division_code = ancestors.division_code
where cells.dimension_set = 'total'
group by ancestors.district_code, year_periods.year, year_periods.period
