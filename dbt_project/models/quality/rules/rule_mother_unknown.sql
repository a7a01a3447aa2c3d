{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

{#
    Mothers with a number whom no record knows but those of their children: a number misread, or a woman whom no service
    has seen. Of each mother and dataset one record is named.
-#}
with mothers as (
    select
        person_id,
        dataset,
        min(record_key) as record_key
    from {{ stated_of_touched(ref('int_person__attributes')) }} as mention
    where role = 'mother' and id_number is not null
    group by person_id, dataset
),

known as (
    select distinct person_id
    from {{ stated_of_touched(ref('int_person__attributes')) }} as mention
    where role not in ('{{ companion_roles() | join("', '") }}')
),

named as (
    select
        'mother_unknown' as rule_id,
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        person_ref.person_ref,
        mention.written_division_code as division_code,
        mention.file,
        mention.row
    from mothers
    left join known on mothers.person_id = known.person_id
    inner join {{ stated_of_touched(ref('int_person__attributes')) }} as mention
        on
            mothers.dataset = mention.dataset
            and mothers.record_key = mention.record_key
            and mothers.person_id = mention.person_id
            and mention.role = 'mother'
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
    where known.person_id is null
)

{{ named_findings('rule_mother_unknown', 'named') }}
