-- A link for a mention that is not there would count a person nobody speaks of, and a mention without one would be left
-- out. The attributes are mentions joined to links, each once (their grain is tested): so where there are as many of
-- them as of mentions and as of links, every mention has one link and every link a mention.
{{ config(meta={'dagster': {'ref': {'name': 'int_person__attributes'}}}) }}

with counted as (
    select
        dataset,
        role,
        1 as mentions,
        0 as links,
        0 as linked
    from {{ ref('int_person__mentions') }}
    union all
    select
        dataset,
        role,
        0 as mentions,
        1 as links,
        0 as linked
    from {{ source('identity', 'person_xref') }}
    union all
    select
        dataset,
        role,
        0 as mentions,
        0 as links,
        1 as linked
    from {{ ref('int_person__attributes') }}
)

select
    dataset,
    role,
    sum(mentions) as mentions,
    sum(links) as links,
    sum(linked) as linked
from counted
group by dataset, role
having sum(mentions) <> sum(linked) or sum(links) <> sum(linked)
