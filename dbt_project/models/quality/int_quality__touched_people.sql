{#
    People whose records, held against each other, may say something else than in the build before: the touched, those
    who are gone among them, and those of whom a record has ceased to hold since.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set attributes = ref('int_person__attributes') %}
{% set build = ref('stg_raw__build') %}
{% set builds = ref('meta_build') %}

with people as (
    select person_id
    from {{ source('identity', 'touched_person') }}
    {% if is_incremental() %}
    union
    select attribute.person_id
    from {{ attributes }} as attribute
    cross join {{ build }} as build
    inner join {{ builds }} as former on build.previous_build_id = former.build_id
    where attribute.ended_on > former.as_of and attribute.ended_on <= build.as_of
    {% endif %}
)

select
    people.person_id,
    person_ref.person_ref
from people
inner join {{ source('identity', 'person_ref') }} as person_ref on people.person_id = person_ref.person_id
