{#
    People whose records, held against each other as of the build's date, may say something else than in the build before:
    the touched, those who are gone among them, and those of whom a record has ceased to hold since.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set attributes = ref('int_person__attributes') %}
{% set build = ref('stg_raw__build') %}
{% set former_periods = ref('int_calendar__former_periods') %}

with
{%- if is_incremental() %}
-- The last day that the build before counted was its own.
former as (
    select max(counted_on) as as_of
    from {{ former_periods }}
),
{% endif %}
people as (
    select person_id
    from {{ source('identity', 'touched_person') }}
    {% if is_incremental() %}
    union
    select attribute.person_id
    from {{ attributes }} as attribute
    cross join {{ build }} as build
    cross join former
    where attribute.ended_on > former.as_of and attribute.ended_on <= build.as_of
    {% endif %}
)

select
    people.person_id,
    person_ref.person_ref
from people
inner join {{ source('identity', 'person_ref') }} as person_ref on people.person_id = person_ref.person_id
