{#- A view: its rows stand in the tables of the rules, most of which a build leaves as they are. -#}
{{ config(materialized='view') }}
{% for rule in rule_models() -%}
select
    finding_id,
    {% for field in finding_fields() -%}
    {{ field }}{{ ',' if not loop.last }}
    {% endfor -%}
from {{ ref(rule) }}
{{ 'union all' if not loop.last }}
{% endfor %}
