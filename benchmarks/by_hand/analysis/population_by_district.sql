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
    where level = 'district' and (dimension_set = 'total' or (dimension_set = 'dwelling' and dim_1 = '02'))
    group by period, division_code
)

select
    period,
    division_code as district,
    people,
    floating,
    floating_in_city,
    floating / nullif(people, 0) as floating_share,
    residents,
    registered,
    renters,
    renters / nullif(people, 0) as renter_share
from counted
order by period, district
