select
    period,
    nullif(dim_1, 'unknown') as ethnicity,
    people,
    floating,
    floating / nullif(people, 0) as floating_share,
    resident as residents
from marts.mart_population
where level = 'city' and dimension_set = 'ethnicity'
order by period, ethnicity
