-- A month in which nobody moved, the build's own at last, still has what came before it in its year.
with bounds as (
    select
        (select min(date_trunc('month', period)) from marts.mart_flow) as first_began,
        (select max(period) from marts.mart_population) as ended
),

months as (
    select unnest(generate_series(first_began, ended, interval 1 month)) as began
    from bounds
)

select
    cast(months.began as date) as period,
    flow.division_code as district,
    sum(flow.people) filter (where flow.direction = 'in') as in_flow_year_to_date,
    sum(flow.people) filter (where flow.direction = 'out') as out_flow_year_to_date
from months
inner join marts.mart_flow as flow
    on year(flow.period) = year(months.began) and date_trunc('month', flow.period) <= months.began
where flow.level = 'district'
group by months.began, flow.division_code
order by period, district
