{{ config(**renewed(of_touched_people())) }}
{#
    Most records say no more than that somebody was seen somewhere: a child at every vaccination. They are looked up by
    their own reference, and not by all that they have in common: DuckDB compares every row with every other where a
    left join also has conditions of one side.
#}
{% set plausible_arrived_on = 'case when attribute.arrived_on <= attribute.observed_on then attribute.arrived_on end' %}
{# Records of one day in the order of their keys: references are random. #}
{% set sighted = 'cast(attribute.observed_on as ' ~ dbt.type_string() ~ ') || attribute.record_key' %}
{% set is_sighting %}
(
    attribute.is_residence_evidence
    and {{ plausible_arrived_on }} is null
    and attribute.moved_out_on is null
    and attribute.left_on is null
    and attribute.household_key is null
    and attribute.division_code is not null
)
{% endset %}
{% set said_columns = [
    'person_id',
    'dataset',
    'role',
    'record_key',
    'record_ref',
    'is_residence_evidence',
    'is_registration',
    'division_code',
    'division_status',
    'began_on',
    'observed_on',
    'moved_out_on',
    'left_on',
    'died_on',
    'leaves_home',
    'household_key',
    'dwelling',
    'flow_reason',
] %}

{# Of a day's few people the statements are picked out once. #}
{% set stated = 'of_touched' if is_incremental() else ref('int_person__attributes') %}
{% set of_touched = stated_of('int_person__touched', said_columns + ['arrived_on']) %}

with
{% if is_incremental() -%}
of_touched as (
    select *
    from {{ of_touched }} as attribute
),

{% endif -%}
household as (
    select
        dataset,
        household_key,
        min(person_id) <> max(person_id) as is_of_several
    from {{ ref('int_person__attributes') }}
    where
        is_residence_evidence and household_key is not null
        {%- if is_incremental() %}
        and (dataset, household_key) in (
            select
                dataset,
                household_key
            from {{ stated }} as attribute
        )
        {%- endif %}
    group by dataset, household_key
),

-- A child is seen at one address at every vaccination: the first and the last sighting say as much as all of them.
sightings as (
    select
        attribute.role,
        min(attribute.began_on) as first_on,
        min_by(attribute.record_ref, {{ sighted }}) as first_ref,
        max_by(attribute.record_ref, {{ sighted }}) as last_ref
    from {{ stated }} as attribute
    where {{ is_sighting }}
    group by attribute.person_id, attribute.dataset, attribute.role, attribute.division_code
),

first_and_last as (
    select
        role,
        first_ref as record_ref,
        first_on
    from sightings
    union all
    select
        role,
        last_ref as record_ref,
        first_on
    from sightings
    where last_ref <> first_ref
),

-- What claims that somebody lives somewhere, and what says that she went away.
said as (
    select
        attribute.{{ said_columns | join(',\n        attribute.') }},
        -- a day of arrival after the record was written is a slip of the pen
        {{ plausible_arrived_on }} as plausible_arrived_on,
        cast(null as date) as first_on
    from {{ stated }} as attribute
    where (attribute.is_residence_evidence or attribute.left_on is not null) and not {{ is_sighting }}
    union all
    select
        attribute.{{ said_columns | join(',\n        attribute.') }},
        cast(null as date) as plausible_arrived_on,
        first_and_last.first_on
    from {{ stated }} as attribute
    inner join first_and_last
        on
            attribute.record_ref = first_and_last.record_ref
            and attribute.role = first_and_last.role
    where {{ is_sighting }}
),

-- Doses given elsewhere are copied onto the card that a child gets here: before the day on which she is said to have come
-- to this place, they show that she lived somewhere else.
arrivals as (
    select
        attribute.person_id,
        attribute.division_code,
        min(attribute.arrived_on) as arrived_on
    from {{ stated }} as attribute
    where
        attribute.is_residence_evidence
        and attribute.arrived_on <= attribute.observed_on
    group by attribute.person_id, attribute.division_code
)

select
    said.person_id,
    said.dataset,
    said.role,
    said.record_key,
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
        when said.dataset = 'hfpc.immunization' and arrivals.arrived_on > said.first_on then arrivals.arrived_on
        else coalesce(said.plausible_arrived_on, said.first_on, said.began_on)
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
    case when household.is_of_several then 'several' when not household.is_of_several then 'one_person' end
        as household_type
from said
left join arrivals
    on
        said.person_id = arrivals.person_id
        and said.division_code = arrivals.division_code
left join household
    on
        said.dataset = household.dataset
        and said.household_key = household.household_key
left join {{ ref('field_authority') }} as authority
    on
        said.dataset = authority.dataset
        and authority.field = 'division'
