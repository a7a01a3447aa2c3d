select
    period,
    region_code as region,
    is_retrospective,
    sum(people) filter (where direction = 'in') as in_flow,
    sum(people) filter (where direction = 'out') as out_flow,
    sum(case direction when 'in' then people else -people end) as net_flow
from marts.mart_flow
where level = 'city'
group by period, region_code, is_retrospective
order by period, region, is_retrospective
