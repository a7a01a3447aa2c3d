-- No mart counts the floating by this and by what else is asked for here: counted person by person.
select
    period,
    district_code as district,
    dwelling,
    count(*) as floating,
    count(*) filter (where is_resident) as floating_residents,
    count(*) filter (where is_resident) / count(*) as floating_resident_share
from library.fct_person_month
where is_floating
group by period, district_code, dwelling
order by period, district, dwelling
