-- What claims that somebody lives somewhere, and what says that she went away.
with said as (
    select
        *,
        -- a day of arrival after the record was written is a slip of the pen
        case when arrived_on <= observed_on then arrived_on end as plausible_arrived_on
    from {{ ref('int_person__attributes') }}
    where is_residence_evidence or left_on is not null
),

household as (
    select
        dataset,
        household_key,
        count(distinct person_id) as members
    from said
    where is_residence_evidence and household_key is not null
    group by dataset, household_key
),

-- A child is seen at one address at every vaccination: the first and the last sighting say as much as all of them.
sightings as (
    select
        person_id,
        dataset,
        role,
        division_code,
        min(began_on) as first_on,
        min_by(record_ref, cast(observed_on as {{ dbt.type_string() }}) || record_ref) as first_ref,
        max_by(record_ref, cast(observed_on as {{ dbt.type_string() }}) || record_ref) as last_ref
    from said
    where
        is_residence_evidence
        and plausible_arrived_on is null
        and moved_out_on is null
        and left_on is null
        and household_key is null
    group by person_id, dataset, role, division_code
),

-- Doses given elsewhere are copied onto the card that a child gets here: before the day on which she is said to have come
-- to this place, they show that she lived somewhere else.
arrivals as (
    select
        person_id,
        division_code,
        min(plausible_arrived_on) as arrived_on
    from said
    where is_residence_evidence and plausible_arrived_on is not null
    group by person_id, division_code
)

select
    said.person_id,
    said.dataset,
    said.role,
    said.record_ref,
    said.is_residence_evidence as is_claim,
    said.is_registration,
    said.division_code,
    case
        when said.division_status in ('unknown', 'missing') then 2
        when said.is_registration then 1
        else 0
    end as place_rank,
    case
        when arrivals.arrived_on > sightings.first_on then arrivals.arrived_on
        else coalesce(said.plausible_arrived_on, sightings.first_on, said.began_on)
    end as from_on,
    said.observed_on as seen_on,
    said.moved_out_on,
    said.left_on,
    said.died_on,
    said.leaves_home,
    said.plausible_arrived_on as arrived_on,
    coalesce(authority.authority, 99) as authority,
    said.dwelling,
    said.flow_reason,
    case
        when household.members = 1 then 'one_person'
        when household.members > 1 then 'several'
    end as household_type
from said
left join sightings
    on
        said.person_id = sightings.person_id
        and said.dataset = sightings.dataset
        and said.role = sightings.role
        and said.division_code = sightings.division_code
        and said.is_residence_evidence
        and said.plausible_arrived_on is null
        and said.moved_out_on is null
        and said.left_on is null
        and said.household_key is null
left join arrivals
    on
        said.person_id = arrivals.person_id
        and said.division_code = arrivals.division_code
        and said.dataset = 'hfpc.immunization'
left join household
    on
        said.dataset = household.dataset
        and said.household_key = household.household_key
left join {{ ref('field_authority') }} as authority
    on
        said.dataset = authority.dataset
        and authority.field = 'division'
where sightings.first_ref is null or said.record_ref in (sightings.first_ref, sightings.last_ref)
