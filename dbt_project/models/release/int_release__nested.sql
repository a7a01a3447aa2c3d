{% set pair = 'period, whole_set, whole_dim_1, whole_dim_2, whole_measure, dimension_set, dim_1, dim_2' %}

-- Who is entitled to a service is part of the people who live there, and other such pairs: by subtraction, a reader has
-- the rest. The pairs are those that hold by definition; one that does not hold in the data of a month is none.
with totals as (
    select
        counts.*,
        case counts.measure when 'floating' then 'floating' else 'registered' end as population_group
    from {{ ref('int_release__counts') }} as counts
    where counts.dimension_set = 'total' and counts.measure in ('people', 'floating')
),

groups_of_people as (
    select
        everybody.division_code,
        everybody.period,
        'registered' as population_group,
        'not_floating' as measure,
        everybody.people - part.people as people
    from totals as everybody
    inner join totals as part
        on everybody.division_code = part.division_code and everybody.period = part.period and part.measure = 'floating'
    where everybody.measure = 'people'
    union all
    select
        division_code,
        period,
        'floating' as population_group,
        measure,
        people
    from totals
    where measure = 'floating'
),

-- Residents who are not floating: those less the floating who have stayed half a year, who have a health record due.
registered_residents as (
    select
        residents.division_code,
        residents.period,
        floating.dim_1,
        floating.dim_2,
        'rest_of_total//resident' as measure,
        residents.people - floating.people as rest,
        min(residents.people - floating.people) over (partition by residents.period) as least
    from {{ ref('int_release__counts') }} as residents
    inner join {{ ref('int_release__counts') }} as floating
        on residents.division_code = floating.division_code and residents.period = floating.period
    where
        residents.dimension_set = 'total'
        and residents.measure = 'resident'
        and floating.dimension_set = 'service'
        and floating.dim_1 = 'health_record'
        and floating.dim_2 = 'floating'
        and floating.measure = 'entitled'
),

pairs as (
    select
        division_code,
        period,
        'total' as whole_set,
        '' as whole_dim_1,
        '' as whole_dim_2,
        'resident' as whole_measure,
        'service' as dimension_set,
        dim_1,
        dim_2,
        'entitled' as measure,
        rest
    from registered_residents
    union all
    select
        residents.division_code,
        residents.period,
        'total' as whole_set,
        '' as whole_dim_1,
        '' as whole_dim_2,
        whole.measure as whole_measure,
        'service' as dimension_set,
        residents.dim_1,
        residents.dim_2,
        residents.measure,
        whole.people - residents.rest as rest
    from registered_residents as residents
    inner join groups_of_people as whole
        on
            residents.division_code = whole.division_code
            and residents.period = whole.period
            and whole.measure = 'not_floating'
    where residents.least >= 0
    union all
    select
        part.division_code,
        part.period,
        'service' as whole_set,
        residents.dim_1 as whole_dim_1,
        residents.dim_2 as whole_dim_2,
        residents.measure as whole_measure,
        part.dimension_set,
        part.dim_1,
        part.dim_2,
        part.measure,
        residents.rest - part.people as rest
    from {{ ref('int_release__counts') }} as part
    inner join registered_residents as residents
        on part.division_code = residents.division_code and part.period = residents.period
    where
        part.dimension_set = 'service'
        and part.dim_1 = residents.dim_1
        and part.dim_2 = 'registered'
        and part.measure = 'entitled'
        and residents.least >= 0
    union all
    select
        part.division_code,
        part.period,
        'total' as whole_set,
        '' as whole_dim_1,
        '' as whole_dim_2,
        whole.measure as whole_measure,
        part.dimension_set,
        part.dim_1,
        part.dim_2,
        part.measure,
        whole.people - part.people as rest
    from {{ ref('int_release__counts') }} as part
    inner join groups_of_people as whole
        on
            part.division_code = whole.division_code
            and part.period = whole.period
            and part.dim_2 = whole.population_group
    where part.dimension_set = 'service' and part.measure = 'entitled'
    union all
    select
        part.division_code,
        part.period,
        whole.dimension_set as whole_set,
        whole.dim_1 as whole_dim_1,
        whole.dim_2 as whole_dim_2,
        whole.measure as whole_measure,
        part.dimension_set,
        part.dim_1,
        part.dim_2,
        part.measure,
        whole.people - part.people as rest
    from {{ ref('int_release__counts') }} as part
    inner join {{ ref('int_release__counts') }} as whole
        on part.division_code = whole.division_code and part.period = whole.period
    where
        (
            part.dim_1 = 'record_temporary_residence'
            and part.measure = 'expected'
            and whole.dim_1 = 'permit'
            and whole.measure = 'entitled'
        )
        or (
            part.dim_1 = 'record_padis_case'
            and part.measure = 'expected'
            and whole.dim_1 = 'record_temporary_residence'
            and whole.measure = 'expected'
        )
        or (
            part.dim_1 = 'insurance_medical'
            and part.measure = 'entitled'
            and whole.dim_1 = 'health_record'
            and whole.measure = 'entitled'
            and part.dim_2 = whole.dim_2
        )
),

judged as (
    select
        *,
        min(rest) over (partition by {{ pair }}) as least,
        max(rest) over (partition by {{ pair }}) as most
    from pairs
)

select
    division_code,
    period,
    whole_set,
    whole_dim_1,
    whole_dim_2,
    whole_measure,
    dimension_set,
    dim_1,
    dim_2,
    measure,
    rest,
    -- nobody anywhere: the two are the same people by definition
    most = 0 as is_same
from judged
where least >= 0
