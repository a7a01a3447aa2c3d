with located as (
    select
        funding.year,
        -- codes outside their lists keep their money, and so does what was given to no known district
        coalesce(funding.funding_service, 'unknown') as funding_service,
        coalesce(funding.beneficiary, 'unknown') as beneficiary,
        coalesce(funding.fund_source, 'unknown') as fund_source,
        coalesce(ancestors.district_code, {{ unallocated_district_of_city() }}) as district_code,
        funding.standard_yuan,
        funding.due_10k_yuan,
        funding.budget_10k_yuan,
        funding.allocated_10k_yuan,
        funding.spent_10k_yuan
    from {{ ref('stg_finance__service_funding') }} as funding
    left join {{ ref('int_division__ancestors') }} as ancestors on funding.division = ancestors.division_code
)

select
    year,
    district_code,
    funding_service,
    beneficiary,
    fund_source,
    cast(sum(due_10k_yuan) * 10000 as double) as due_yuan,
    cast(sum(budget_10k_yuan) * 10000 as double) as budget_yuan,
    cast(sum(allocated_10k_yuan) * 10000 as double) as allocated_yuan,
    cast(sum(spent_10k_yuan) * 10000 as double) as spent_yuan,
    -- what falls short can be told only where a standard says what is due
    cast(
        sum(case when standard_yuan is not null then due_10k_yuan - allocated_10k_yuan end) * 10000 as double
    ) as gap_to_standard_yuan
from located
group by year, district_code, funding_service, beneficiary, fund_source
