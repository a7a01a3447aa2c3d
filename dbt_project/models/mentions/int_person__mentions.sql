{# A view: staging has computed all of it, and writing tens of millions of rows again would take longer than reading. #}
{{ config(materialized='view') }}

{% for dataset in datasets_with_people() %}
{{ mentions(dataset) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
