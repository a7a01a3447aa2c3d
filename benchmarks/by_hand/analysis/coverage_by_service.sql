select
    period,
    division_code as district,
    service,
    floating_entitled + registered_entitled as entitled,
    floating_covered + registered_covered as covered,
    (floating_covered + registered_covered) / nullif(floating_entitled + registered_entitled, 0) as coverage_rate,
    floating_entitled,
    floating_covered,
    floating_rate as floating_coverage_rate,
    registered_entitled,
    registered_covered,
    registered_rate as registered_coverage_rate,
    equalisation_ratio
from marts.mart_equalisation
where level = 'district'
order by period, district, service
