{# A view: staging has computed all of it, and writing tens of millions of rows again would take longer than reading. #}
{# Tests of it look at the changed ones where a build goes on from the one before, so those are made first. #}
{{ config(materialized='view') }}
-- depends_on: {{ ref('int_person__changed_mentions') }}

{% for dataset in datasets_with_people() %}
{{ mentions(dataset) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
