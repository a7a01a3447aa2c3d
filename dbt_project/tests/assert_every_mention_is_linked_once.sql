-- A link for a mention that is not there would count a person nobody speaks of.
{{ config(meta={'dagster': {'ref': {'name': 'int_person__attributes'}}}) }}

select
    xref.dataset,
    xref.record_ref,
    xref.role
from {{ source('identity', 'person_xref') }} as xref
left join {{ ref('int_person__mentions') }} as mention
    on
        xref.dataset = mention.dataset
        and xref.record_key = mention.record_key
        and xref.role = mention.role
where mention.record_key is null
union all
select
    mention.dataset,
    mention.record_ref,
    mention.role
from {{ ref('int_person__mentions') }} as mention
left join {{ ref('int_person__attributes') }} as attribute
    on
        mention.dataset = attribute.dataset
        and mention.record_ref = attribute.record_ref
        and mention.role = attribute.role
where attribute.person_id is null
