select
    period,
    nullif(dim_1, '0') as sex,
    dim_2 as age_band,
    people,
    floating,
    floating / nullif(people, 0) as floating_share,
    resident as residents
from marts.mart_population
where level = 'city' and dimension_set = 'sex_age'
order by period, sex, age_band
