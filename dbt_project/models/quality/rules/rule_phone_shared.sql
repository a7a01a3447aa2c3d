{# One phone of very many people is a clerk's, a landlord's or an employer's. A family of three generations shares one. -#}
{% set most_people = 20 %}

with often as (
    select phone
    from {{ ref('int_person__attributes') }}
    where phone is not null
    group by phone
    having count(*) > {{ most_people }}
),

people as (
    select distinct
        mention.phone,
        mention.person_id
    from {{ ref('int_person__attributes') }} as mention
    inner join often on mention.phone = often.phone
),

shared as (
    select phone
    from people
    group by phone
    having count(*) > {{ most_people }}
),

named as (
    select
        'phone_of_very_many' as rule_id,
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        person_ref.person_ref,
        mention.written_division_code as division_code,
        mention.file,
        mention.row
    from {{ ref('int_person__attributes') }} as mention
    inner join shared on mention.phone = shared.phone
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
)

{{ named_findings('rule_phone_shared', 'named') }}
