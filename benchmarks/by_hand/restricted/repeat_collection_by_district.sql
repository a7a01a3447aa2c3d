-- The mart counts pairs of bureaus; who asked again, and after whom, stands in its leaf alone.
select
    period,
    district_code as district,
    field,
    population_group,
    sum(collections) as collections,
    sum(repeats) as repeat_collections,
    sum(repeats) / sum(collections) as repeat_rate,
    sum(repeat_cost_yuan) as repeat_cost_yuan
from library.int_collection__leaf_cells
where district_code is not null
group by period, district_code, field, population_group
order by period, district, field, population_group
