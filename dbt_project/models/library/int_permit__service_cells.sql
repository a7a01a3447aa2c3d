with holders as (
    select
        people.person_id,
        people.period,
        people.division_code,
        -- of several permits that are valid at once the newer kind counts: 2 居住证 before 1 暂住证
        coalesce(max(event.kind), 'unknown') as permit_kind
    from {{ ref('int_entitlement__people') }} as people
    inner join {{ ref('fct_service_event') }} as event on people.person_id = event.person_id
    where
        people.population_group = 'floating'
        and event.service = 'permit'
        and event.served_on <= people.counted_on
        and (event.ended_on is null or event.ended_on > people.counted_on)
    group by people.person_id, people.period, people.division_code
),

holder_cells as (
    select
        period,
        division_code,
        permit_kind,
        count(*) as holders
    from holders
    group by period, division_code, permit_kind
),

used as (
    select
        holders.period,
        holders.division_code,
        holders.permit_kind,
        entitlement.service,
        {{ count_where('not entitlement.is_aspired') }} as entitled,
        {{ count_where('not entitlement.is_aspired and entitlement.is_covered') }} as used
    from holders
    inner join {{ ref('fct_entitlement') }} as entitlement on holders.person_id = entitlement.person_id
    where entitlement.is_service and entitlement.service <> 'permit'
    group by holders.period, holders.division_code, holders.permit_kind, entitlement.service
),

services as (
    select distinct service from used
)

-- A place has its holders for every service, also where none of them is entitled: so that holders add up.
select
    holder_cells.period,
    holder_cells.division_code,
    holder_cells.permit_kind,
    services.service,
    holder_cells.holders,
    coalesce(used.entitled, 0) as entitled,
    coalesce(used.used, 0) as used
from holder_cells
cross join services
left join used
    on
        holder_cells.period = used.period
        and holder_cells.division_code = used.division_code
        and holder_cells.permit_kind = used.permit_kind
        and services.service = used.service
