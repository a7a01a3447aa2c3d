-- People of some ages, as a reader adds them up from the bands of sex_age: those who are entitled by age are part of them.
with bands as (
    select
        everybody.division_code,
        everybody.level,
        everybody.period,
        everybody.dim_1,
        everybody.dim_2,
        everybody.people,
        floating.people as floating
    from {{ ref('int_release__counts') }} as everybody
    inner join {{ ref('int_release__counts') }} as floating
        on
            everybody.division_code = floating.division_code
            and everybody.period = floating.period
            and everybody.dimension_set = floating.dimension_set
            and everybody.dim_1 = floating.dim_1
            and everybody.dim_2 = floating.dim_2
    where
        everybody.dimension_set = 'sex_age'
        and everybody.measure = 'people'
        and floating.measure = 'floating'
)

{% for ages in released_ages() -%}
{% for measure, people in {'people': 'people', 'floating': 'floating', 'not_floating': 'people - floating'}.items() -%}
select
    division_code,
    level,
    period,
    '{{ ages.name }}' as dim_1,
    '{{ measure }}' as measure,
    {{ cast_bigint_sum(people) }} as people
from bands
where {{ is_of_ages(ages, 'dim_1', 'dim_2') }}
group by division_code, level, period
{{ 'union all' if not loop.last }}
{% endfor -%}
{{ 'union all' if not loop.last }}
{% endfor -%}
