-- People count where they live, the registered where they are registered: two divisions of one row of the leaf.
with counted as (
    select
        division_code,
        period,
        coalesce(sex, '0') as sex,
        age_band,
        coalesce(stay_band, 'unknown') as stay_band,
        sum(people) as people,
        sum(floating) as floating,
        sum(floating_in_city) as floating_in_city,
        cast(0 as bigint) as registered,
        sum(resident) as resident
    from {{ ref('fct_person_month') }}
    where lives_here
    group by division_code, period, coalesce(sex, '0'), age_band, coalesce(stay_band, 'unknown')
    union all
    select
        registered_division_code as division_code,
        period,
        coalesce(sex, '0') as sex,
        age_band,
        coalesce(stay_band, 'unknown') as stay_band,
        cast(0 as bigint) as people,
        cast(0 as bigint) as floating,
        cast(0 as bigint) as floating_in_city,
        sum(registered) as registered,
        cast(0 as bigint) as resident
    from {{ ref('fct_person_month') }}
    where registered_division_code is not null
    group by registered_division_code, period, coalesce(sex, '0'), age_band, coalesce(stay_band, 'unknown')
)

select
    division_code,
    period,
    sex,
    age_band,
    stay_band,
    cast(sum(people) as bigint) as people,
    cast(sum(floating) as bigint) as floating,
    cast(sum(floating_in_city) as bigint) as floating_in_city,
    cast(sum(registered) as bigint) as registered,
    cast(sum(resident) as bigint) as resident
from counted
group by division_code, period, sex, age_band, stay_band
