{#
    By what those who are touched were tied to others in the build before: a household's key, a number. Read from the
    library as it was, so it is made before the attributes are, which are no input by `ref` for that reason.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set attributes = this.incorporate(path={'identifier': 'int_person__attributes'}) %}
{% set touched_person = source('identity', 'touched_person') %}

{% if is_incremental() %}
select distinct
    person_id,
    dataset,
    case when is_residence_evidence then household_key end as household_key,
    id_number
from {{ attributes }}
where {{ is_one_of('person_id', 'select person_id from ' ~ touched_person) }}
{% else %}
select
    person_id,
    cast(person_id as {{ dbt.type_string() }}) as dataset,
    cast(person_id as {{ dbt.type_string() }}) as household_key,
    cast(person_id as {{ dbt.type_string() }}) as id_number
from {{ touched_person }}
where false
{% endif %}
