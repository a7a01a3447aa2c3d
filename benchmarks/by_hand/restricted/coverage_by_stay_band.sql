-- No mart knows how long those have stayed whom services reach.
select
    period,
    service,
    stay_band,
    sum(entitled) as floating_entitled,
    sum(covered) as floating_covered,
    sum(covered) / nullif(sum(entitled), 0) as floating_coverage_rate
from library.int_entitlement__cells
where is_service and population_group = 'floating'
group by period, service, stay_band
order by period, service, stay_band
