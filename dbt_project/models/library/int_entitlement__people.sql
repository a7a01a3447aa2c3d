{# What rules asked of people in the build before is kept before they are made anew. #}
{% do made_before('int_entitlement__former_people') %}

-- Whoever lives here on the build's date and is floating or registered, with what rules ask of her.
with now_living as (
    select
        month.person_id,
        month.period,
        periods.counted_on,
        case when month.is_floating then 'floating' else 'registered' end as population_group,
        month.division_code,
        month.sex,
        month.age_band,
        month.stay_band,
        month.origin_province,
        month.arrived_on,
        month.industry is not null as has_work,
        coalesce(month.dwelling = '02', false) as is_renting
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current and month.lives_here and (month.is_floating or month.registered = 1)
),

-- Of need, income and dwelling too little is delivered: what somebody was given shows them as well as what is recorded.
seen as (
    select
        event.person_id,
        max(case when event.service = 'public_rental' then 1 else 0 end) = 1 as is_housed,
        max(case when event.service <> 'public_rental' then 1 else 0 end) = 1 as is_in_need
    from {{ ref('fct_service_event') }} as event
    cross join {{ ref('stg_raw__build') }} as build
    where
        (
            event.service = 'public_rental'
            or event.service like 'assistance%'
            or (event.service = 'employment_registration' and event.kind = '2')
        )
        and event.served_on <= build.as_of
        and (event.ended_on is null or event.ended_on > build.as_of)
    group by event.person_id
),

births as (
    select
        mothers.mother_person_id as person_id,
        max(child.birth_date) as gave_birth_on
    from {{ ref('int_person__mothers') }} as mothers
    inner join {{ ref('int_person__golden_record') }} as child on mothers.person_id = child.person_id
    cross join {{ ref('stg_raw__build') }} as build
    where child.birth_date <= build.as_of and {{ months_after('child.birth_date', 12) }} > build.as_of
    group by mothers.mother_person_id
)

select
    now_living.person_id,
    now_living.period,
    now_living.counted_on,
    now_living.population_group,
    now_living.division_code,
    now_living.sex,
    now_living.age_band,
    now_living.stay_band,
    now_living.origin_province,
    person.birth_date,
    case when now_living.population_group = 'floating' then now_living.arrived_on end as arrived_on,
    now_living.has_work,
    now_living.is_renting or coalesce(seen.is_housed, false) as is_renting,
    coalesce(seen.is_in_need, false) as is_in_need,
    births.gave_birth_on
from now_living
inner join {{ ref('int_person__golden_record') }} as person on now_living.person_id = person.person_id
left join seen on now_living.person_id = seen.person_id
left join births on now_living.person_id = births.person_id
