select
    bridge.ancestor_code as division_code,
    bridge.ancestor_level as level,
    counts.period,
    counts.dataset,
    counts.field,
    cast(sum(counts.records) as bigint) as records,
    cast(sum(counts.missing) as bigint) as missing,
    cast(sum(counts.missing) as double) / sum(counts.records) as missing_rate,
    counts.bureau,
    counts.is_required
from {{ ref('int_quality__field_counts') }} as counts
inner join {{ ref('bridge_division_ancestor') }} as bridge on counts.division_code = bridge.division_code
group by
    bridge.ancestor_code,
    bridge.ancestor_level,
    counts.period,
    counts.dataset,
    counts.field,
    counts.bureau,
    counts.is_required
