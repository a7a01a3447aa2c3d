-- A mention that is lost on the way to the library is one whom no figure knows of. No two attributes are of one mention
-- (the model's grain), so counting both is enough; who is linked to whom is looked at when a build is published.
{{ config(meta={'dagster': {'ref': {'name': 'int_person__attributes'}}}) }}

with mentions as (
    select count(*) as records
    from {{ ref('int_person__mentions') }}
),

attributes as (
    select count(*) as records
    from {{ ref('int_person__attributes') }}
)

select
    mentions.records as mentions,
    attributes.records as attributes
from mentions
cross join attributes
where mentions.records <> attributes.records
