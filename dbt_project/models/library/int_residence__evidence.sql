with household as (
    select
        dataset,
        household_key,
        count(distinct person_id) as members
    from {{ ref('int_person__attributes') }}
    where is_residence_evidence and household_key is not null
    group by dataset, household_key
),

said as (
    select
        *,
        -- a day of arrival after the record was written is a slip of the pen
        case when arrived_on <= observed_on then arrived_on end as plausible_arrived_on
    from {{ ref('int_person__attributes') }}
    where is_residence_evidence
)

select
    said.person_id,
    said.dataset,
    said.role,
    said.record_ref,
    said.division_code,
    said.division_status not in ('unknown', 'missing') as is_place_known,
    coalesce(said.plausible_arrived_on, said.observed_on) as from_on,
    said.observed_on as seen_on,
    said.moved_out_on,
    said.left_on,
    said.died_on,
    said.plausible_arrived_on as arrived_on,
    coalesce(authority.authority, 99) as authority,
    said.dwelling,
    said.flow_reason,
    case
        when household.members = 1 then 'one_person'
        when household.members > 1 then 'several'
    end as household_type
from said
left join household
    on
        said.dataset = household.dataset
        and said.household_key = household.household_key
left join {{ ref('field_authority') }} as authority
    on
        said.dataset = authority.dataset
        and authority.field = 'division'
