-- Renters are the people of dwelling 02, which is another dimension set of the same mart.
with counted as (
    select
        period,
        division_code,
        sum(people) filter (where dimension_set = 'total') as people,
        sum(floating) filter (where dimension_set = 'total') as floating,
        sum(floating_in_city) filter (where dimension_set = 'total') as floating_in_city,
        sum(resident) filter (where dimension_set = 'total') as residents,
        sum(registered) filter (where dimension_set = 'total') as registered,
        sum(people) filter (where dimension_set = 'dwelling') as renters
    from marts.mart_population
    where level = 'community' and (dimension_set = 'total' or (dimension_set = 'dwelling' and dim_1 = '02'))
    group by period, division_code
)

select
    counted.period,
    of_district.ancestor_code as district,
    of_township.ancestor_code as township,
    counted.division_code as community,
    counted.people,
    counted.floating,
    counted.floating_in_city,
    counted.floating / nullif(counted.people, 0) as floating_share,
    counted.residents,
    counted.registered,
    counted.renters,
    counted.renters / nullif(counted.people, 0) as renter_share
from counted
inner join library.bridge_division_ancestor as of_district
    on counted.division_code = of_district.division_code and of_district.ancestor_level = 'district'
inner join library.bridge_division_ancestor as of_township
    on counted.division_code = of_township.division_code and of_township.ancestor_level = 'township'
order by period, district, township, community
