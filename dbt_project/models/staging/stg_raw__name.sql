{# A name stands in many records of many bureaus: how it reads is looked up once for all of them, and then kept. #}
{{ config(materialized='incremental', incremental_strategy='append') }}
{% set renewals = renewals() %}
{% set datasets = renewed_datasets(renewals) if is_incremental() else datasets_with_people() %}

with texts as (
{% for dataset in datasets_with_people() if not execute or dataset in datasets %}
    {{ name_texts(dataset, renewals[dataset].new if is_incremental() else none) }}
    {% if not loop.last %}union{% endif %}
{% else %}
    select text
    from {{ this }}
    where false
{% endfor %}
)
{%- if is_incremental() %},

unknown as (
    select texts.text
    from texts
    left join {{ this }} as known on texts.text = known.text
    where known.text is null
)
{%- endif %}

{{ name_resolution('unknown' if is_incremental() else 'texts') }}
