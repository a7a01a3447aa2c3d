{#
    Whom a record somewhere lets expect in another bureau's dataset, and whether a record is there. Nothing is expected
    of a dataset that was never delivered. The expectations stand here in one form each, over one pass of the mentions.
#}
with today as (
    select
        as_of,
        {{ months_ago('as_of', 6) }} as half_a_year_ago,
        -- the last day of August before the school year that runs
        cast(cast(year({{ months_ago('as_of', 8) }}) as string) || '-08-31' as date) as school_began_on
    from {{ ref('stg_raw__build') }}
),

delivered as (
    select distinct dataset
    from {{ source('raw', 'delivery') }}
    where is_applied
),

-- What each person has a record of, and where it may be looked up.
held as (
    select
        mention.person_id,
        max(case when mention.dataset = 'hfpc.immunization' and mention.role = 'child' then 1 else 0 end) as has_doses,
        max(case when mention.dataset = 'edu.student_enrollment' and mention.role = 'student' then 1 else 0 end)
            as has_school,
        max(case when mention.dataset = 'hfpc.health_record' then 1 else 0 end) as has_health_record,
        min_by(
            mention.record_ref,
            case when mention.dataset = 'hfpc.death_certificate' then mention.record_key end
        ) as certificate_ref
    from {{ ref('int_person__attributes') }} as mention
    where
        mention.dataset in (
            'hfpc.immunization', 'edu.student_enrollment', 'hfpc.health_record', 'hfpc.death_certificate'
        )
    group by mention.person_id
),

-- Registrations in force on the build's day: of stay for half a year (常住人口), and of a home.
in_force as (
    select
        mention.person_id,
        max(
            case
                when
                    mention.dataset = 'psb.temporary_residence'
                    and mention.written_on <= today.half_a_year_ago
                    then 1
                else 0
            end
        ) as has_stayed,
        max(case when mention.dataset = 'psb.household_register' then 1 else 0 end) as has_home
    from {{ ref('int_person__attributes') }} as mention
    cross join today
    where
        mention.dataset in ('psb.temporary_residence', 'psb.household_register')
        and (mention.ended_on is null or mention.ended_on > today.as_of)
    group by mention.person_id
),

people as (
    select
        person.person_id,
        person_ref.person_ref,
        person.division_code,
        person.division_code is not null and not person.is_deceased as lives_here,
        -- who is six by then starts school (义务教育法 第十一条)
        {{ age_years('person.birth_date', 'today.school_began_on') }} as school_age,
        coalesce(held.has_doses, 0) as has_doses,
        coalesce(held.has_school, 0) as has_school,
        coalesce(held.has_health_record, 0) as has_health_record,
        held.certificate_ref,
        coalesce(in_force.has_stayed, 0) as has_stayed,
        coalesce(in_force.has_home, 0) as has_home
    from {{ ref('dim_person') }} as person
    left join held on person.person_id = held.person_id
    left join {{ source('identity', 'person_ref') }} as person_ref on person.person_id = person_ref.person_id
    left join in_force on person.person_id = in_force.person_id
    cross join today
),

expected as (
    select
        'school' as expectation,
        'edu.student_enrollment' as counterpart,
        'edu.student_enrollment' as dataset,
        cast(null as {{ dbt.type_string() }}) as record_ref,
        person_ref,
        division_code,
        has_school = 0 as is_missing
    from people
    where lives_here and has_doses = 1 and school_age between 6 and 14
    union all
    select
        'health_record' as expectation,
        'hfpc.health_record' as counterpart,
        'hfpc.health_record' as dataset,
        cast(null as {{ dbt.type_string() }}) as record_ref,
        person_ref,
        division_code,
        has_health_record = 0 as is_missing
    from people
    where lives_here and has_stayed = 1
    union all
    select
        'cancellation' as expectation,
        'psb.household_register' as counterpart,
        'hfpc.death_certificate' as dataset,
        certificate_ref as record_ref,
        person_ref,
        division_code,
        has_home = 1 as is_missing
    from people
    where certificate_ref is not null
)

select
    expected.expectation,
    expected.dataset,
    split_part(expected.dataset, '.', 1) as bureau,
    expected.record_ref,
    cast(null as {{ dbt.type_string() }}) as role,
    expected.person_ref,
    expected.division_code,
    expected.is_missing
from expected
inner join delivered on expected.counterpart = delivered.dataset
