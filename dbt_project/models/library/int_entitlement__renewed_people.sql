{#
    Who may be entitled to something else than in the build before, or have been given something else: who is touched; of
    whom rules ask something else, be it that only time has passed; and for whom a day came between both builds' dates, in
    either order, from which something counts or counts no more. The days are worked out once per birth date and day of
    arrival, which are few, and not per person and rule.
#}
{% set entitlement_rule = ref('entitlement_rule') %}
{% set people = ref('int_entitlement__people') %}
{% set asked_from = ['birth_date', 'gave_birth_on', 'arrived_on'] %}
{# What counts from a day on counted on the one date and not on the other. #}
{% set has_come = '({0} > dates.earlier and {0} <= dates.later)' %}

with former_day as (
    -- the last day that the build before counted was its own
    select max(counted_on) as counted_on
    from {{ ref('int_calendar__former_periods') }}
),

dates as (
    select
        least(former_day.counted_on, build.as_of) as earlier,
        greatest(former_day.counted_on, build.as_of) as later
    from {{ ref('stg_raw__build') }} as build
    cross join former_day
),

-- After how many months something is due or ends.
spans as (
    select
        'birth_date' as asked_from,
        age_from_months as months,
        age_counted
    from {{ entitlement_rule }}
    union
    select
        'birth_date' as asked_from,
        age_to_months as months,
        age_counted
    from {{ entitlement_rule }}
    {% for months in [0, 12] %}
    union
    select
        'gave_birth_on' as asked_from,
        {{ months }} as months,
        age_counted
    from {{ entitlement_rule }}
    where needs = 'birth'
    {% endfor %}
    union
    select
        'arrived_on' as asked_from,
        min_stay_months as months,
        'birthday' as age_counted
    from {{ entitlement_rule }}
),

counted_from as (
    {% for column in asked_from %}
    select distinct
        '{{ column }}' as asked_from,
        {{ column }} as day
    from {{ people }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

reached as (
    select
        counted_from.asked_from,
        counted_from.day,
        case spans.age_counted
            when 'school_year' then {{ school_year_from(months_after('counted_from.day', 'spans.months')) }}
            else {{ months_after('counted_from.day', 'spans.months') }}
        end as reached_on
    from counted_from
    inner join spans on counted_from.asked_from = spans.asked_from
),

reached_between as (
    select distinct
        reached.asked_from,
        reached.day
    from reached
    cross join dates
    where {{ has_come.format('reached.reached_on') }}
),

rules_between as (
    select rule.rule_id
    from {{ entitlement_rule }} as rule
    cross join dates
    where {{ has_come.format('rule.valid_from') }} or {{ has_come.format('rule.valid_to') }}
)

select person_id
from {{ ref('int_person__touched') }}
union
select coalesce(people.person_id, former.person_id) as person_id
from {{ people }} as people
full outer join {{ ref('int_entitlement__former_people') }} as former on people.person_id = former.person_id
where
    people.person_id is null
    or former.person_id is null
    {%- for column in asked_of_people() %}
    or people.{{ column }} is distinct from former.{{ column }}
    {%- endfor %}
{% for column in asked_from -%}
union
select person_id
from {{ people }}
where {{ column }} in (select day from reached_between where asked_from = '{{ column }}')
{% endfor -%}
union
select person_id
from {{ people }}
where exists (select rule_id from rules_between)
union
select event.person_id
from {{ ref('fct_service_event') }} as event
cross join dates
where {{ has_come.format('event.served_on') }} or {{ has_come.format('event.ended_on') }}
union
select attribute.person_id
from {{ ref('int_person__attributes') }} as attribute
cross join dates
where {{ has_come.format('attribute.moved_out_on') }} or {{ has_come.format('attribute.left_on') }}
