{% set columns = ['whole_set', 'whole_dim_1', 'whole_dim_2', 'whole_measure', 'dimension_set', 'dim_1', 'dim_2', 'measure'] %}
{%- set inclusions = [] -%}
{%- for inclusion in released_inclusions() -%}
    {%- set row = [] -%}
    {%- for text in inclusion[0] + inclusion[1] -%}
        {%- do row.append(text_literal(text)) -%}
    {%- endfor -%}
    {%- do row.append('same' in inclusion) -%}
    {%- do inclusions.append(row) -%}
{%- endfor -%}

-- Who is entitled to a service is part of the people who live there, and other such pairs: by subtraction, a reader has
-- the rest. The pairs are those that hold by definition; one that does not hold in the data of a month is none.
with counts as (
    select
        division_code,
        period,
        dimension_set,
        dim_1,
        dim_2,
        measure,
        people
    from {{ ref('int_release__counts') }}
),

-- What is in no table, but what a reader of them has: people who are not floating,
not_floating as (
    select
        everybody.division_code,
        everybody.period,
        everybody.dimension_set,
        everybody.dim_1,
        everybody.dim_2,
        'not_floating' as measure,
        everybody.people - part.people as people
    from counts as everybody
    inner join counts as part
        on everybody.division_code = part.division_code and everybody.period = part.period
    where
        everybody.dimension_set = 'total'
        and everybody.measure = 'people'
        and part.dimension_set = 'total'
        and part.measure = 'floating'
),

-- and residents who are not: those less the floating who have stayed half a year, who have a health record due.
registered_residents as (
    select
        residents.division_code,
        residents.period,
        floating.dimension_set,
        floating.dim_1,
        floating.dim_2,
        'rest_of_total//resident' as measure,
        residents.people - floating.people as people,
        min(residents.people - floating.people) over (partition by residents.period) as least
    from counts as residents
    inner join counts as floating
        on residents.division_code = floating.division_code and residents.period = floating.period
    where
        residents.dimension_set = 'total'
        and residents.measure = 'resident'
        and floating.dimension_set = 'service'
        and floating.dim_1 = 'health_record'
        and floating.dim_2 = 'floating'
        and floating.measure = 'entitled'
),

known as (
    select * from counts
    union all
    select * from not_floating
    union all
    select
        division_code,
        period,
        dimension_set,
        dim_1,
        dim_2,
        measure,
        people
    from registered_residents
    where least >= 0
    union all
    select
        division_code,
        period,
        'ages' as dimension_set,
        dim_1,
        '' as dim_2,
        measure,
        people
    from {{ ref('int_release__ages') }}
),

inclusions as (
    select
        {{ columns | join(',\n        ') }},
        may_be_same
    from {{ written_rows(columns + ['may_be_same'], inclusions) }}
),

pairs as (
    select
        part.division_code,
        part.period,
        inclusions.whole_set,
        inclusions.whole_dim_1,
        inclusions.whole_dim_2,
        inclusions.whole_measure,
        part.dimension_set,
        part.dim_1,
        part.dim_2,
        part.measure,
        inclusions.may_be_same,
        whole.people - part.people as rest
    from inclusions
    inner join known as part
        on
            inclusions.dimension_set = part.dimension_set
            and inclusions.dim_1 = part.dim_1
            and inclusions.dim_2 = part.dim_2
            and inclusions.measure = part.measure
    inner join known as whole
        on
            inclusions.whole_set = whole.dimension_set
            and inclusions.whole_dim_1 = whole.dim_1
            and inclusions.whole_dim_2 = whole.dim_2
            and inclusions.whole_measure = whole.measure
            and part.division_code = whole.division_code
            and part.period = whole.period
),

judged as (
    select
        *,
        min(rest) over (partition by period, {{ columns | join(', ') }}) as least,
        max(rest) over (partition by period, {{ columns | join(', ') }}) as most
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
    may_be_same and most = 0 as is_same
from judged
where least >= 0
