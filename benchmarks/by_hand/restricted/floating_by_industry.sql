-- No mart counts the floating by this and by what else is asked for here: counted person by person.
select
    period,
    district_code as district,
    industry,
    count(*) as floating,
    count(*) filter (where age between 15 and 59) as floating_working_age,
    count(*) filter (where age between 15 and 59) / count(*) as floating_working_age_share
from library.fct_person_month
where is_floating
group by period, district_code, industry
order by period, district, industry
