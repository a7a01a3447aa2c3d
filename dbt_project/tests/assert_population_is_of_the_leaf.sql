-- The city's totals are those of the leaf, person by person.
{{ config(meta={'dagster': {'ref': {'name': 'mart_population'}}}) }}

with leaf as (
    select
        period,
        sum(people) as people,
        sum(floating) as floating,
        sum(floating_in_city) as floating_in_city,
        sum(registered) as registered,
        sum(resident) as resident
    from {{ ref('fct_person_month') }}
    group by period
)

select mart.period
from {{ ref('mart_population') }} as mart
left join leaf on mart.period = leaf.period
where
    mart.level = 'city'
    and mart.dimension_set = 'total'
    and (
        mart.people <> coalesce(leaf.people, 0)
        or mart.floating <> coalesce(leaf.floating, 0)
        or mart.floating_in_city <> coalesce(leaf.floating_in_city, 0)
        or mart.registered <> coalesce(leaf.registered, 0)
        or mart.resident <> coalesce(leaf.resident, 0)
    )
