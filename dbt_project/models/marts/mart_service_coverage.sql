{% set counts = ['entitled', 'covered', 'timely', 'aspired', 'aspired_covered'] %}

with cells as (
    select *
    from {{ ref('int_entitlement__cells') }}
    where is_service
),

rolled_up as (
    {{ rolled_up_cells('cells', ['period', 'service', 'population_group', 'sex', 'age_band'], counts) }}
),

-- Direct standardisation: everybody in the city who is entitled, floating or registered, by sex and age.
standard as (
    select
        period,
        service,
        sex,
        age_band,
        sum(entitled) as weight
    from cells
    group by period, service, sex, age_band
)

select
    rolled_up.division_code,
    rolled_up.level,
    rolled_up.period,
    rolled_up.service,
    rolled_up.population_group,
    cast(sum(rolled_up.entitled) as bigint) as entitled,
    cast(sum(rolled_up.covered) as bigint) as covered,
    cast(sum(rolled_up.timely) as bigint) as timely,
    cast(sum(rolled_up.covered) as double) / nullif(sum(rolled_up.entitled), 0) as coverage_rate,
    -- over the sexes and ages that this group has here; each term is a decimal: a sum of doubles depends on their order
    cast(
        sum(
            case
                when rolled_up.entitled > 0
                    then cast(standard.weight * cast(rolled_up.covered as double) / rolled_up.entitled as decimal(28, 12))
            end
        ) as double
    )
    / nullif(sum(case when rolled_up.entitled > 0 then standard.weight end), 0) as standardised_rate,
    cast(sum(rolled_up.aspired) as bigint) as aspired,
    cast(sum(rolled_up.aspired_covered) as bigint) as aspired_covered
from rolled_up
inner join standard
    on
        rolled_up.period = standard.period
        and rolled_up.service = standard.service
        and rolled_up.sex = standard.sex
        and rolled_up.age_band = standard.age_band
group by
    rolled_up.division_code,
    rolled_up.level,
    rolled_up.period,
    rolled_up.service,
    rolled_up.population_group
