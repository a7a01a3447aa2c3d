with now_living as (
    select month.*
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current
)

select
    person.person_id,
    person.name,
    person.sex,
    person.birth_date,
    person.id_number,
    person.ethnicity,
    person.phone,
    person.hukou_division,
    case
        when now_living.flow_scope <> 'none' then person.hukou_division
    end as origin_division,
    coalesce(now_living.flow_scope, 'none') as flow_scope,
    coalesce(now_living.is_floating, false) as is_floating,
    coalesce(now_living.is_resident, false) as is_resident,
    person.died_on is not null as is_deceased,
    now_living.division_code,
    now_living.arrived_on,
    now_living.stay_band,
    mothers.mother_person_id,
    person.conflict_fields,
    person.n_records,
    person.n_bureaus,
    person.hukou_source
from {{ ref('int_person__golden_record') }} as person
left join now_living on person.person_id = now_living.person_id
left join {{ ref('int_person__mothers') }} as mothers on person.person_id = mothers.person_id
