select
    period,
    division_code as district,
    is_retrospective,
    sum(people) filter (where direction = 'in') as in_flow,
    sum(people) filter (where direction = 'out') as out_flow,
    sum(case direction when 'in' then people else -people end) as net_flow
from marts.mart_flow
where level = 'district'
group by period, division_code, is_retrospective
order by period, district, is_retrospective
