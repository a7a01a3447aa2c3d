{#
    Of whom it may be otherwise than in the build before what was asked of them, or where it counts: who is touched, and
    who by now lives elsewhere or otherwise, be it that only time has passed.
#}
{% set person_month = ref('fct_person_month') %}
{% set lived = ref('int_collection__lived') %}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}

select person_id
from {{ ref('int_person__touched') }}
{% if is_incremental() %}
union
select coalesce(lives.person_id, lived.person_id) as person_id
from (
    select
        {{ lived_columns() }}
    from {{ person_month }}
    where period = (select max(period) from {{ person_month }})
) as lives
full outer join {{ lived }} as lived on lives.person_id = lived.person_id
where
    lives.person_id is null
    or lived.person_id is null
    {%- for column in ['division_code', 'is_floating', 'lives_here', 'dwelling', 'arrived_on'] %}
    or lives.{{ column }} is distinct from lived.{{ column }}
    {%- endfor %}
{% endif %}
