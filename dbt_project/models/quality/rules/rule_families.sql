{#
    Births and marriages of one person, in their order. Between two births of one mother lie seven months at least, or a
    day or two where they are twins; of two marriages in a row neither divorce nor death is on record; whose birth was
    certified here, to a mother registered here, is registered after half a year.
-#}
{% set twins_days = 5 %}
{% set least_days = 210 %}

with events as (
    select
        mention.person_id,
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        {{ place_of_record('mention') }} as division_code,
        mention.file,
        mention.row,
        mention.written_on,
        mention.marital,
        mention.birth_date,
        mention.record_key
    from {{ ref('int_person__attributes') }} as mention
    where mention.dataset in ('hfpc.birth_certificate', 'civil.marriage')
),

in_order as (
    select
        events.*,
        lag(events.written_on) over (
            partition by events.person_id, events.dataset, events.role
            order by events.written_on asc nulls last, events.record_key asc nulls last
        ) as written_before,
        lag(events.marital) over (
            partition by events.person_id, events.dataset, events.role
            order by events.written_on asc nulls last, events.record_key asc nulls last
        ) as marital_before
    from events
),

registered as (
    select distinct person_id
    from {{ ref('int_person__attributes') }}
    where is_registration
),

born_here as (
    select record_ref
    from {{ ref('stg_hfpc__birth_certificate') }}
    cross join {{ ref('stg_raw__build') }} as build
    where
        substr(mother_hukou_division, 1, 4) = '{{ city_code()[:4] }}'
        and birth_date < {{ months_ago('build.as_of', 6) }}
),

twice as (
    select person_id
    from events
    where dataset = 'hfpc.birth_certificate' and role = 'child'
    group by person_id
    having count(*) > 1
),

found as (
    select
        'births_too_close' as rule_id,
        in_order.*
    from in_order
    where
        in_order.dataset = 'hfpc.birth_certificate'
        and in_order.role = 'mother'
        and {{ days_between('in_order.written_before', 'in_order.written_on') }} > {{ twins_days }}
        and {{ days_between('in_order.written_before', 'in_order.written_on') }} < {{ least_days }}
    union all
    select
        'birth_certified_twice' as rule_id,
        in_order.*
    from in_order
    inner join twice on in_order.person_id = twice.person_id
    where in_order.dataset = 'hfpc.birth_certificate' and in_order.role = 'child'
    union all
    select
        'married_while_married' as rule_id,
        in_order.*
    from in_order
    where in_order.dataset = 'civil.marriage' and in_order.marital = '20' and in_order.marital_before = '20'
    union all
    select
        'divorced_while_divorced' as rule_id,
        in_order.*
    from in_order
    where in_order.dataset = 'civil.marriage' and in_order.marital = '40' and in_order.marital_before = '40'
    union all
    select
        'birth_not_registered' as rule_id,
        in_order.*
    from in_order
    inner join born_here on in_order.record_ref = born_here.record_ref
    left join registered on in_order.person_id = registered.person_id
    where
        in_order.dataset = 'hfpc.birth_certificate'
        and in_order.role = 'child'
        and registered.person_id is null
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

{{ named_findings('rule_families', 'named') }}
