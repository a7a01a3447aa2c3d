-- What the finance bureau reported is what the city's rows add up to, service by service or not.
{{ config(meta={'dagster': {'ref': {'name': 'mart_funding_per_capita'}}}) }}

with reported as (
    select
        sum(due_yuan) as due_yuan,
        sum(budget_yuan) as budget_yuan,
        sum(allocated_yuan) as allocated_yuan,
        sum(spent_yuan) as spent_yuan
    from {{ ref('fct_public_funding') }}
),

shown as (
    select
        sum(due_yuan) as due_yuan,
        sum(budget_yuan) as budget_yuan,
        sum(allocated_yuan) as allocated_yuan,
        sum(spent_yuan) as spent_yuan
    from {{ ref('mart_funding_per_capita') }}
    where level = 'city'
)

select reported.*
from reported
cross join shown
where
    abs(coalesce(reported.due_yuan, 0) - coalesce(shown.due_yuan, 0)) > 1
    or abs(coalesce(reported.budget_yuan, 0) - coalesce(shown.budget_yuan, 0)) > 1
    or abs(coalesce(reported.allocated_yuan, 0) - coalesce(shown.allocated_yuan, 0)) > 1
    or abs(coalesce(reported.spent_yuan, 0) - coalesce(shown.spent_yuan, 0)) > 1
