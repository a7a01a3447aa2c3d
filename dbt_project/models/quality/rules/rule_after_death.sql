{#
    What records say of people for whom there is a certificate of death. Who is named beside somebody (a mother on a card)
    and what a community answers say nothing of the day; certificates and cancellations come after death by their nature.
-#}
{% set grace_days = 90 %}

with dead as (
    select
        person_id,
        min(died_on) as died_on,
        count(distinct record_ref) as certificates
    from {{ ref('int_person__attributes') }}
    where dataset = 'hfpc.death_certificate' and died_on is not null
    group by person_id
),

records as (
    select
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        mention.person_id,
        {{ place_of_record('mention') }} as division_code,
        mention.file,
        mention.row,
        mention.written_on,
        mention.ended_on,
        mention.died_on as said_to_have_died_on,
        dead.died_on,
        dead.certificates,
        build.as_of
    from {{ ref('int_person__attributes') }} as mention
    inner join dead on mention.person_id = dead.person_id
    cross join {{ ref('stg_raw__build') }} as build
    where mention.role not in ('{{ companion_roles() | join("', '") }}')
),

found as (
    select
        'record_after_death' as rule_id,
        records.*
    from records
    where
        records.dataset not in ('hfpc.death_certificate', 'psb.household_register', 'centre.verification')
        and records.written_on > records.died_on
    union all
    select
        'benefit_after_death' as rule_id,
        records.*
    from records
    where
        records.dataset in ('civil.assistance', 'hrss.social_insurance', 'hrss.employment')
        and records.written_on <= records.died_on
        and (records.ended_on is null or records.ended_on > records.as_of)
        and {{ days_between('records.died_on', 'records.as_of') }} > {{ grace_days }}
    union all
    select
        'death_certified_twice' as rule_id,
        records.*
    from records
    where records.dataset = 'hfpc.death_certificate' and records.certificates > 1
    union all
    select
        'struck_off_before_death' as rule_id,
        records.*
    from records
    where records.dataset = 'psb.household_register' and records.said_to_have_died_on < records.died_on
),

named as (
    select
        found.rule_id,
        found.dataset,
        found.bureau,
        found.record_ref,
        found.role,
        person_ref.person_ref,
        found.division_code,
        found.file,
        found.row
    from found
    left join {{ source('identity', 'person_ref') }} as person_ref on found.person_id = person_ref.person_id
)

{{ named_findings('rule_after_death', 'named') }}
