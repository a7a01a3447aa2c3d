{# A name stands in many records of many bureaus: how it reads is looked up once for all of them. #}
with texts as (
{% for dataset in datasets_with_people() %}
    {{ name_texts(dataset) }}
    {% if not loop.last %}union{% endif %}
{% endfor %}
)

{{ name_resolution('texts') }}
