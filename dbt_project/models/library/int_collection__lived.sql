{#
    Where and how each person lived by the build before: what people were asked is counted there, and held against that.
    Read from the person-months as they were, so it is made before they are, which are no input by `ref` for that reason.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set person_months = this.incorporate(path={'identifier': 'fct_person_month'}) %}

{% if is_incremental() %}
select
    {{ lived_columns() }}
from {{ person_months }}
where period = (select max(period) from {{ person_months }})
{% else %}
select
    person_id,
    cast(null as {{ dbt.type_string() }}) as division_code,
    cast(null as boolean) as is_floating,
    cast(null as boolean) as lives_here,
    cast(null as {{ dbt.type_string() }}) as dwelling,
    cast(null as date) as arrived_on
from {{ source('identity', 'touched_person') }}
where false
{% endif %}
