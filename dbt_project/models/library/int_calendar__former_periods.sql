{#
    The month-ends of the build before, as it counted them. Read from the library as it was, so it is made before they
    are, which are no input by `ref` for that reason.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set periods = this.incorporate(path={'identifier': 'int_calendar__periods'}) %}
{% set build = ref('stg_raw__build') %}

{% if is_incremental() %}
select
    period,
    counted_on
from {{ periods }}
{% else %}
select
    as_of as period,
    as_of as counted_on
from {{ build }}
where false
{% endif %}
