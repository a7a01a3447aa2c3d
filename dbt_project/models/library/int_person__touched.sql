{#
    Of whom the library may say something else than the build before did: whose mentions are not what they were, and who
    shares a household with them where it is of one by now and was of several, or the other way round, for that is said of
    all in it. Who is in a household and is not touched was in it then.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set attributes = ref('int_person__attributes') %}
{% set touched_person = source('identity', 'touched_person') %}

with former_members as (
    select
        dataset,
        household_key,
        person_id
    from {{ ref('int_person__former_keys') }}
    where household_key is not null
),

households as (
    select
        dataset,
        household_key
    from former_members
    union
    select
        dataset,
        household_key
    from {{ stated_of_touched(attributes) }}
    where
        is_residence_evidence
        and household_key is not null
        -- nobody is touched where a build does not go on from the one before, and all that is stated is looked at
        and person_id in (select person_id from {{ touched_person }})
),

members as (
    select
        attribute.dataset,
        attribute.household_key,
        attribute.person_id,
        touched_person.person_id is null as was_member,
        true as is_member
    from {{ attributes }} as attribute
    inner join households
        on
            attribute.dataset = households.dataset
            and attribute.household_key = households.household_key
    left join {{ touched_person }} as touched_person
        on attribute.person_id = touched_person.person_id
    where attribute.is_residence_evidence
    union all
    select
        dataset,
        household_key,
        person_id,
        true as was_member,
        false as is_member
    from former_members
),

turned as (
    select
        dataset,
        household_key
    from members
    group by dataset, household_key
    having
        coalesce(
            min(case when was_member then person_id end) <> max(case when was_member then person_id end), false
        )
        <> coalesce(
            min(case when is_member then person_id end) <> max(case when is_member then person_id end), false
        )
)

select person_id
from {{ touched_person }}
union
select members.person_id
from members
inner join turned
    on
        members.dataset = turned.dataset
        and members.household_key = turned.household_key
where members.is_member
