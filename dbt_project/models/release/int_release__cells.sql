with listed as (
    select
        division_code,
        level,
        period,
        dimension_set,
        dim_1,
        dim_2,
        measure,
        people,
        true as is_listed,
        people < {{ smallest_shown() }} as is_small
    from {{ ref('int_release__counts') }}
),

rests as (
    {% for parts in released_parts() -%}
    select
        whole.division_code,
        whole.level,
        whole.period,
        whole.dimension_set,
        whole.dim_1,
        whole.dim_2,
        '{{ parts.rest }}' as measure,
        whole.people - part.people as people,
        false as is_listed,
        whole.people - part.people < {{ smallest_shown() }} as is_small
    from listed as whole
    inner join listed as part
        on
            whole.division_code = part.division_code
            and whole.period = part.period
            and whole.dimension_set = part.dimension_set
            and whole.dim_1 = part.dim_1
            and whole.dim_2 = part.dim_2
            and part.measure = '{{ parts.part }}'
    where whole.measure = '{{ parts.whole }}'
    union all
    {% endfor -%}
    select
        nested.division_code,
        areas.level,
        nested.period,
        nested.dimension_set,
        nested.dim_1,
        nested.dim_2,
        'rest_of_' || nested.whole_set || '/' || nested.whole_dim_1 || '/' || nested.whole_measure as measure,
        nested.rest as people,
        false as is_listed,
        nested.rest < {{ smallest_shown() }} as is_small
    from {{ ref('int_release__nested') }} as nested
    inner join listed as areas
        on
            nested.division_code = areas.division_code
            and nested.period = areas.period
            and areas.dimension_set = 'total'
            and areas.measure = 'people'
    where not nested.is_same
),

-- Sums of what is listed, which tables are held against.
ages as (
    select
        division_code,
        level,
        period,
        'ages' as dimension_set,
        dim_1,
        '' as dim_2,
        measure,
        people,
        false as is_listed,
        people < {{ smallest_shown() }} as is_small
    from {{ ref('int_release__ages') }}
),

cells as (
    select * from listed
    union all
    select * from rests
    union all
    select * from ages
)

select
    cast(
        row_number() over (
            order by
                period asc nulls last,
                dimension_set asc nulls last,
                dim_1 asc nulls last,
                dim_2 asc nulls last,
                measure asc nulls last,
                division_code asc nulls last
        ) as bigint
    ) as cell,
    division_code,
    level,
    period,
    dimension_set,
    dim_1,
    dim_2,
    measure,
    people,
    is_listed,
    is_small
from cells
