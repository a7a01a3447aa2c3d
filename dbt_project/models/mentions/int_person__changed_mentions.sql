{# The deliveries in which the rows stand are named here, so that the engine passes over all others. #}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{% set renewals = renewals() %}
{% set parts = [] %}
{% for dataset in datasets_with_people() %}
{% set deliveries = rows_in_force_of_changed(dataset, renewals) if execute else [] %}
{% set part = mentions(dataset, deliveries) %}
{% do parts.append(part) if deliveries %}
{% endfor %}

{{ parts | join('\nunion all\n') if parts else mentions(datasets_with_people()[0], []) }}
