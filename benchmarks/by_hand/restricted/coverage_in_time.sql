-- The mart does not name the bureau that gives a service.
select
    period,
    bureau,
    service,
    population_group,
    sum(entitled) as entitled,
    sum(covered) as covered,
    sum(covered) / nullif(sum(entitled), 0) as coverage_rate,
    sum(timely) as timely_covered,
    sum(timely) / nullif(sum(entitled), 0) as timely_coverage_rate
from library.int_entitlement__cells
where is_service
group by period, bureau, service, population_group
order by period, bureau, service, population_group
