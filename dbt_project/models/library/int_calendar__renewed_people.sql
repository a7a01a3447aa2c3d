{#
    Whose months a build makes anew: who is touched; and for whom, between the day that a month was counted on and the one
    it is counted on by now, something came that fct_person_month holds days against: a spell, a registration or a work
    that begins or ends, a birth, a marriage or a death, a birthday, or so long a stay that it counts otherwise. The day
    of the last build is held against this one's besides, for the month that is current may be another. What a bound of
    days parts is on another side of it by now if, and only if, it lies between where the bound was and is. And everybody
    where months are renewed that are counted as they were: something begins otherwise.
#}
{% set has_come = '({0} > days.{1}_earlier and {0} <= days.{1}_later)' %}
{% set bounds = ['counted_on', 'month_before', 'half_year_before', 'five_years_before'] %}
{% set former = ref('int_calendar__former_periods') %}

with pairs as (
    select
        former.counted_on as was,
        periods.counted_on as now
    from {{ ref('int_calendar__periods') }} as periods
    inner join {{ former }} as former on periods.period = former.period
    where periods.counted_on <> former.counted_on
    union
    select
        max(former.counted_on) as was,
        max(build.as_of) as now
    from {{ former }} as former
    cross join {{ ref('stg_raw__build') }} as build
),

bounds as (
    select
        was,
        now,
        was as was_counted_on,
        now as now_counted_on,
        {{ months_ago('was', 1) }} as was_month_before,
        {{ months_ago('now', 1) }} as now_month_before,
        {{ months_ago('was', 6) }} as was_half_year_before,
        {{ months_ago('now', 6) }} as now_half_year_before,
        {{ years_ago('was', 5) }} as was_five_years_before,
        {{ years_ago('now', 5) }} as now_five_years_before
    from pairs
    where was <> now
),

days as (
    select
        was,
        now,
        {% for bound in bounds -%}
        least(was_{{ bound }}, now_{{ bound }}) as {{ bound }}_earlier,
        greatest(was_{{ bound }}, now_{{ bound }}) as {{ bound }}_later{{ ',' if not loop.last }}
        {% endfor %}
    from bounds
)

select person_id
from {{ ref('int_person__touched') }}
union
select person_id
from {{ ref('int_person__golden_record') }}
where
    exists (
        select periods.period
        from {{ ref('int_calendar__periods') }} as periods
        inner join {{ former }} as former on periods.period = former.period
        inner join {{ ref('int_calendar__renewed_periods') }} as renewed on periods.period = renewed.period
        where periods.counted_on = former.counted_on
    )
union
select people.person_id
from {{ ref('int_person__golden_record') }} as people
cross join days
where
    {{ age_years('people.birth_date', 'days.was') }} <> {{ age_years('people.birth_date', 'days.now') }}
    {%- for day in ['birth_date', 'married_on', 'died_on'] %}
    or {{ has_come.format('people.' ~ day, 'counted_on') }}
    {%- endfor %}
union
select spell.person_id
from {{ ref('int_residence__spells') }} as spell
cross join days
where
    {{ has_come.format('spell.from_on', 'counted_on') }}
    or {{ has_come.format('spell.to_on', 'counted_on') }}
    {%- for bound in bounds if bound != 'counted_on' %}
    or {{ has_come.format('spell.arrived_on', bound) }}
    or {{ has_come.format('spell.here_since', bound) }}
    {%- endfor %}
union
select attribute.person_id
from {{ ref('int_person__attributes') }} as attribute
cross join days
where
    (
        attribute.is_registration
        and (
            {{ has_come.format('attribute.began_on', 'counted_on') }}
            or {{ has_come.format('attribute.moved_out_on', 'counted_on') }}
        )
    )
    or (
        attribute.industry is not null
        and (
            {{ has_come.format('attribute.began_on', 'counted_on') }}
            or {{ has_come.format('attribute.ended_on', 'counted_on') }}
        )
    )
