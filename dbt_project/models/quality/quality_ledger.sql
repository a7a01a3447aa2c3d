{{ config(alias='ledger') }}

with deliveries as (
    select
        delivery,
        dataset,
        rows_declared,
        rows_read,
        rows_quarantined
    from {{ source('raw', 'delivery') }}
    where is_applied
),

raw_rows as (
{% for dataset in active_datasets() %}
    select
        _delivery as delivery,
        count(*) as in_raw
    from {{ raw_of(dataset) }}
    group by _delivery
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

fates as (
    select
        _delivery as delivery,
        {{ count_where("fate = 'repeated'") }} as repeated,
        {{ count_where("fate = 'superseded'") }} as superseded,
        {{ count_where("fate = 'deleted'") }} as deleted,
        {{ count_where("fate = 'key_conflict'") }} as key_conflicts,
        {{ count_where("fate = 'staged'") }} as staged
    from {{ ref('stg_raw__row_fate') }}
    group by _delivery
),

staged_rows as (
{% for dataset in active_datasets() %}
    select
        _delivery as delivery,
        count(*) as in_staging
    from {{ staged_of(dataset) }}
    group by _delivery
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

mention_links as (
    select
        mention.dataset,
        mention.record_key,
        mention.role,
        mention._delivery as delivery,
        count(xref.person_id) as links
    from {{ ref('int_person__mentions') }} as mention
    left join {{ source('identity', 'person_xref') }} as xref
        on
            mention.dataset = xref.dataset
            and mention.record_key = xref.record_key
            and mention.role = xref.role
    group by mention.dataset, mention.record_key, mention.role, mention._delivery
),

links as (
    select
        delivery,
        cast(count(*) as bigint) as mentions,
        {{ count_where('links = 1') }} as linked
    from mention_links
    group by delivery
),

counted as (
    select
        deliveries.dataset,
        deliveries.delivery,
        coalesce(deliveries.rows_declared, 0) as declared,
        coalesce(deliveries.rows_read, 0) as read,
        coalesce(deliveries.rows_quarantined, 0) as quarantined,
        coalesce(raw_rows.in_raw, 0) as in_raw,
        coalesce(fates.repeated, 0) as repeated,
        coalesce(fates.superseded, 0) as superseded,
        coalesce(fates.deleted, 0) as deleted,
        coalesce(fates.key_conflicts, 0) as key_conflicts,
        coalesce(fates.staged, 0) as staged,
        coalesce(staged_rows.in_staging, 0) as in_staging,
        coalesce(links.mentions, 0) as mentions,
        coalesce(links.linked, 0) as linked
    from deliveries
    left join raw_rows on deliveries.delivery = raw_rows.delivery
    left join fates on deliveries.delivery = fates.delivery
    left join staged_rows on deliveries.delivery = staged_rows.delivery
    left join links on deliveries.delivery = links.delivery
)

select
    build.build_id,
    counted.dataset,
    counted.delivery,
    counted.declared,
    counted.read,
    counted.quarantined,
    counted.repeated,
    counted.superseded,
    counted.deleted,
    counted.key_conflicts,
    counted.staged,
    counted.mentions,
    counted.linked,
    cast(
        abs(counted.declared - counted.read - counted.quarantined)
        + abs(counted.read - counted.in_raw)
        + abs(
            counted.in_raw
            - counted.staged
            - counted.repeated
            - counted.superseded
            - counted.deleted
            - counted.key_conflicts
        )
        + abs(counted.staged - counted.in_staging)
        + abs(counted.mentions - counted.linked) as bigint
    ) as balance
from counted
cross join {{ source('raw', 'build') }} as build
