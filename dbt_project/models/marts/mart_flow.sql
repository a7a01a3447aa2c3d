with cells as (
    select
        township_code,
        period,
        direction,
        region_code,
        reason,
        is_retrospective,
        count(*) as people
    from {{ ref('fct_flow') }}
    group by township_code, period, direction, region_code, reason, is_retrospective
)

select
    bridge.ancestor_code as division_code,
    bridge.ancestor_level as level,
    cells.period,
    cells.direction,
    cells.region_code,
    cast(sum(cells.people) as bigint) as people,
    cells.reason,
    cells.is_retrospective
from cells
inner join {{ ref('bridge_division_ancestor') }} as bridge on cells.township_code = bridge.division_code
group by
    bridge.ancestor_code,
    bridge.ancestor_level,
    cells.period,
    cells.direction,
    cells.region_code,
    cells.reason,
    cells.is_retrospective
