-- No mart counts the floating by this and by what else is asked for here: counted person by person.
select
    period,
    district_code as district,
    origin_province,
    count(*) as floating,
    count(*) filter (where flow_scope = '市内跨旗县') as floating_in_city,
    count(*) filter (where dwelling = '02') as renters
from library.fct_person_month
where is_floating
group by period, district_code, origin_province
order by period, district, origin_province
