{# Few keys are ever deleted: those first, then their rows. #}
with deleted as (
{% for dataset in active_datasets() %}
    select
        '{{ dataset }}' as dataset,
        _record_key as record_key
    from {{ raw_of(dataset) }}
    where _change = 'D'
    {% if not loop.last %}union{% endif %}
{% endfor %}
)

{% for dataset in active_datasets() %}
select
    '{{ dataset }}' as dataset,
    raw._record_key as record_key,
    raw._delivery as delivery,
    raw._file as file,
    raw._row as row,
    coalesce(raw._change = 'D', false) as is_deletion
from {{ raw_of(dataset) }} as raw
inner join deleted
    on
        raw._record_key = deleted.record_key
        and deleted.dataset = '{{ dataset }}'
{% if not loop.last %}union all{% endif %}
{% endfor %}
