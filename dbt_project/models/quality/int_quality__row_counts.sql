with in_raw as (
{% for dataset in active_datasets() %}
    select
        _delivery as delivery,
        count(*) as in_raw
    from {{ raw_of(dataset) }}
    group by _delivery
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

in_staging as (
{% for dataset in active_datasets() %}
    select
        _delivery as delivery,
        count(*) as staged
    from {{ staged_of(dataset) }}
    group by _delivery
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select
    coalesce(in_raw.delivery, in_staging.delivery) as delivery,
    cast(coalesce(in_raw.in_raw, 0) as bigint) as in_raw,
    cast(coalesce(in_staging.staged, 0) as bigint) as staged
from in_raw
full outer join in_staging on in_raw.delivery = in_staging.delivery
