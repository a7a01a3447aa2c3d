{#
    What rules asked of people in the build before. Read from the library as it was, so it is made before they are, which
    are no input by `ref` for that reason.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set people = this.incorporate(path={'identifier': 'int_entitlement__people'}) %}

{% if is_incremental() %}
select
    person_id,
    {{ asked_of_people() | join(',\n    ') }}
from {{ people }}
{% else %}
select
    person_id
    {%- for column, type in asked_of_people().items() %},
    cast(null as {{ type }}) as {{ column }}
    {%- endfor %}
from {{ source('identity', 'touched_person') }}
where false
{% endif %}
