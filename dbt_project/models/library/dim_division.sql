with current_division as (
    select
        code as division_code,
        name,
        level,
        parent_code,
        valid_from
    from {{ ref('division') }}
),

-- Each level has a child for what is not known further, so that children always add up to their parent.
unallocated as (
    select
        {{ unallocated_district_of_city() }} as division_code,
        name,
        'district' as level,
        division_code as parent_code,
        valid_from
    from current_division
    where level = 'city'
    union all
    select
        {{ unallocated_township_of_city() }} as division_code,
        name,
        'township' as level,
        {{ unallocated_district_of_city() }} as parent_code,
        valid_from
    from current_division
    where level = 'city'
    union all
    select
        {{ unallocated_community_of_city() }} as division_code,
        name,
        'community' as level,
        {{ unallocated_township_of_city() }} as parent_code,
        valid_from
    from current_division
    where level = 'city'
    union all
    select
        {{ unallocated_township_of_district('division_code') }} as division_code,
        name,
        'township' as level,
        division_code as parent_code,
        valid_from
    from current_division
    where level = 'district'
    union all
    select
        {{ unallocated_community_of_district('division_code') }} as division_code,
        name,
        'community' as level,
        {{ unallocated_township_of_district('division_code') }} as parent_code,
        valid_from
    from current_division
    where level = 'district'
    union all
    select
        {{ unallocated_community_of_township('division_code') }} as division_code,
        name,
        'community' as level,
        division_code as parent_code,
        valid_from
    from current_division
    where level = 'township'
),

every_validity as (
    select
        division_code,
        name,
        level,
        parent_code,
        false as is_unallocated,
        valid_from,
        cast(null as date) as valid_to,
        cast(null as string) as successor_code
    from current_division
    union all
    select
        division_code,
        name || '（未分配）' as name,
        level,
        parent_code,
        true as is_unallocated,
        valid_from,
        cast(null as date) as valid_to,
        cast(null as string) as successor_code
    from unallocated
    union all
    select
        code as division_code,
        name,
        level,
        parent_code,
        false as is_unallocated,
        valid_from,
        valid_to,
        successor_code
    from {{ ref('division_history') }}
)

select
    every_validity.division_code,
    every_validity.name,
    every_validity.level,
    every_validity.parent_code,
    every_validity.is_unallocated,
    coalesce(district.is_urban_district, false) as is_urban_district,
    every_validity.valid_from,
    every_validity.valid_to,
    every_validity.successor_code
from every_validity
left join {{ ref('division') }} as district
    on
        district.level = 'district'
        and substr(coalesce(every_validity.successor_code, every_validity.division_code), 1, 6)
        = substr(district.code, 1, 6)
