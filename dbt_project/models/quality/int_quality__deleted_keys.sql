{# Few keys are ever deleted: those first, then their rows. #}
{% for dataset in active_datasets() %}
select
    '{{ dataset }}' as dataset,
    raw._record_key as record_key,
    raw._delivery as delivery,
    raw._file as file,
    raw._row as row,
    coalesce(raw._change = 'D', false) as is_deletion
from {{ raw_of(dataset) }} as raw
inner join (select distinct _record_key from {{ raw_of(dataset) }} where _change = 'D') as deleted
    on raw._record_key = deleted._record_key
{% if not loop.last %}union all{% endif %}
{% endfor %}
