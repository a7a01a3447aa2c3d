{% set yuan = ['due_yuan', 'budget_yuan', 'allocated_yuan', 'spent_yuan', 'gap_to_standard_yuan'] %}

with funding as (
    select * from {{ ref('fct_public_funding') }}
),

district_people as (
    select * from {{ ref('int_funding__people') }}
),

year_periods as (
    select distinct
        year,
        people_period
    from district_people
),

-- A district that reported nothing for a service still has people whom the city's money per person is shared among.
districts as (
    select
        division.division_code as district_code,
        division.parent_code as city_code
    from {{ ref('dim_division') }} as division
    where
        division.level = 'district'
        and division.valid_to is null
        and (
            not division.is_unallocated
            or division.division_code in (select district_code from district_people)
            or division.division_code in (select district_code from funding)
        )
),

services as (
    select distinct
        year,
        funding_service,
        beneficiary,
        fund_source
    from funding
),

by_district as (
    select
        districts.district_code,
        districts.city_code,
        services.year,
        services.funding_service,
        services.beneficiary,
        services.fund_source,
        year_periods.people_period,
        {% for amount in yuan -%}
        funding.{{ amount }},
        {% endfor -%}
        case services.beneficiary
            when '1' then coalesce(district_people.registered, 0)
            when '2' then coalesce(district_people.floating, 0)
            when '9' then coalesce(district_people.people, 0)
        end as people
    from services
    cross join districts
    left join year_periods on services.year = year_periods.year
    left join district_people
        on
            districts.district_code = district_people.district_code
            and services.year = district_people.year
    left join funding
        on
            districts.district_code = funding.district_code
            and services.year is not distinct from funding.year
            and services.funding_service = funding.funding_service
            and services.beneficiary = funding.beneficiary
            and services.fund_source = funding.fund_source
),

both_levels as (
    select
        district_code as division_code,
        'district' as level,
        year,
        funding_service,
        beneficiary,
        fund_source,
        people_period,
        {% for amount in yuan -%}
        {{ amount }},
        {% endfor -%}
        people
    from by_district
    union all
    select
        city_code as division_code,
        'city' as level,
        year,
        funding_service,
        beneficiary,
        fund_source,
        people_period,
        {% for amount in yuan -%}
        sum({{ amount }}) as {{ amount }},
        {% endfor -%}
        sum(people) as people
    from by_district
    group by city_code, year, funding_service, beneficiary, fund_source, people_period
)

select
    division_code,
    level,
    cast(year as bigint) as year,
    funding_service,
    beneficiary,
    fund_source,
    due_yuan,
    budget_yuan,
    allocated_yuan,
    spent_yuan,
    cast(people as bigint) as people,
    case when people > 0 then spent_yuan / people end as spent_per_capita_yuan,
    gap_to_standard_yuan,
    people_period
from both_levels
