{% for dataset in active_datasets() %}
{{ row_fate(dataset) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
