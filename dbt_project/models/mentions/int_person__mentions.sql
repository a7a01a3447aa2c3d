{% for dataset in datasets_with_people() %}
{{ mentions(dataset) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
