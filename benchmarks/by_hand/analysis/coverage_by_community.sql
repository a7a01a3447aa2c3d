select
    mart.period,
    of_district.ancestor_code as district,
    of_township.ancestor_code as township,
    mart.division_code as community,
    mart.service,
    mart.floating_entitled,
    mart.floating_covered,
    mart.floating_rate as floating_coverage_rate,
    mart.registered_entitled,
    mart.registered_covered,
    mart.registered_rate as registered_coverage_rate,
    mart.equalisation_ratio
from marts.mart_equalisation as mart
inner join library.bridge_division_ancestor as of_district
    on mart.division_code = of_district.division_code and of_district.ancestor_level = 'district'
inner join library.bridge_division_ancestor as of_township
    on mart.division_code = of_township.division_code and of_township.ancestor_level = 'township'
where mart.level = 'community'
order by period, district, township, community, service
