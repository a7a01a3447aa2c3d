-- People are those of the month-end that the mart names; each of its rows names it.
with spent as (
    select
        year,
        division_code,
        people_period,
        sum(spent_yuan) as spent_yuan
    from marts.mart_funding_per_capita
    where level = 'district'
    group by year, division_code, people_period
)

select
    make_date(spent.year, 12, 31) as period,
    spent.division_code as district,
    spent.spent_yuan as funding_spent_yuan,
    population.people as funding_people,
    spent.spent_yuan / nullif(population.people, 0) as funding_per_person
from spent
left join marts.mart_population as population
    on
        spent.division_code = population.division_code
        and spent.people_period = population.period
        and population.dimension_set = 'total'
order by period, district
