{{ config(materialized='view') }}

with urban_districts as (
    select
        division_code,
        max(case when is_urban_district then 1 else 0 end) = 1 as is_urban_district
    from {{ ref('dim_division') }}
    where level = 'district'
    group by division_code
),

ancestors as (
    select
        division_code,
        max(case when ancestor_level = 'township' then ancestor_code end) as township_code,
        max(case when ancestor_level = 'district' then ancestor_code end) as district_code,
        max(case when ancestor_level = 'city' then ancestor_code end) as city_code
    from {{ ref('bridge_division_ancestor') }}
    group by division_code
)

select
    ancestors.division_code,
    ancestors.township_code,
    ancestors.district_code,
    ancestors.city_code,
    coalesce(urban_districts.is_urban_district, false) as is_urban_district
from ancestors
left join urban_districts on ancestors.district_code = urban_districts.division_code
