{{ config(alias='ledger') }}

with deliveries as (
    select
        delivery,
        dataset,
        rows_declared,
        rows_read,
        rows_quarantined,
        rows_erased
    from {{ source('raw', 'delivery') }}
    where is_applied
),

fates as (
    select
        _delivery as delivery,
        {{ count_where("fate = 'repeated'") }} as repeated,
        {{ count_where("fate = 'superseded'") }} as superseded,
        {{ count_where("fate = 'deleted'") }} as deleted,
        {{ count_where("fate = 'key_conflict'") }} as key_conflicts
    from {{ ref('stg_raw__row_fate') }}
    group by _delivery
),

mentions as (
    select
        _delivery as delivery,
        cast(count(*) as bigint) as mentions
    from {{ ref('int_person__mentions') }}
    group by _delivery
),

-- Each row is a link of one mention to one person, and no mention stands there twice (its grain is tested): so as many
-- links as mentions are each mention linked once.
links as (
    select
        delivery,
        cast(count(*) as bigint) as links
    from {{ ref('int_person__attributes') }}
    group by delivery
),

counted as (
    select
        deliveries.dataset,
        deliveries.delivery,
        coalesce(deliveries.rows_declared, 0) as declared,
        coalesce(deliveries.rows_read, 0) as read,
        coalesce(deliveries.rows_quarantined, 0) as quarantined,
        coalesce(deliveries.rows_erased, 0) as erased,
        coalesce(row_counts.in_raw, 0) as in_raw,
        coalesce(fates.repeated, 0) as repeated,
        coalesce(fates.superseded, 0) as superseded,
        coalesce(fates.deleted, 0) as deleted,
        coalesce(fates.key_conflicts, 0) as key_conflicts,
        coalesce(row_counts.staged, 0) as staged,
        coalesce(mentions.mentions, 0) as mentions,
        coalesce(mentions.mentions, 0) - abs(coalesce(mentions.mentions, 0) - coalesce(links.links, 0)) as linked
    from deliveries
    left join {{ ref('int_quality__row_counts') }} as row_counts on deliveries.delivery = row_counts.delivery
    left join fates on deliveries.delivery = fates.delivery
    left join mentions on deliveries.delivery = mentions.delivery
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
        + abs(counted.read - counted.erased - counted.in_raw)
        + abs(
            counted.in_raw
            - counted.staged
            - counted.repeated
            - counted.superseded
            - counted.deleted
            - counted.key_conflicts
        )
        + abs(counted.mentions - counted.linked) as bigint
    ) as balance,
    counted.erased
from counted
cross join {{ source('raw', 'build') }} as build
