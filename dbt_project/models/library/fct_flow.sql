{# The library looks back as many months as it keeps month-ends at most; earlier moves are history. #}
{% set months_back = 23 %}

with window_of_months as (
    select
        max(period) as last_on,
        max(counted_on) as counted_on,
        min(period) as library_began,
        {{ month_end(months_ago('max(period)', months_back)) }} as first_on
    from {{ ref('int_calendar__periods') }}
),

outsiders as (
    select
        person_id,
        substr(hukou_division, 1, 4) || '00000000' as region_code
    from {{ ref('int_person__golden_record') }}
    where hukou_division is not null and substr(hukou_division, 1, 4) <> '{{ city_code()[:4] }}'
),

stays as (
    select
        spell.person_id,
        spell.division_code,
        spell.from_on,
        spell.to_on,
        spell.here_since,
        spell.flow_reason,
        outsiders.region_code,
        case
            when lag(spell.to_on) over (partition by spell.person_id order by spell.from_on asc nulls last)
                = spell.from_on
                then 0
            else 1
        end as comes_from_outside
    from {{ ref('int_residence__spells') }} as spell
    inner join outsiders on spell.person_id = outsiders.person_id
),

-- Moving house within the city is no arrival: stays that follow one another are one.
numbered_stays as (
    select
        *,
        sum(comes_from_outside) over (
            partition by person_id
            order by from_on asc nulls last
            rows between unbounded preceding and current row
        ) as stay_number
    from stays
),

arrivals as (
    select
        person_id,
        region_code,
        stay_number,
        min_by(division_code, from_on) as division_code,
        min_by(flow_reason, case when flow_reason is not null then from_on end) as reason,
        -- of a return nothing but the new stay says when it was
        case when stay_number = 1 then least(min_by(here_since, from_on), min(from_on)) else min(from_on) end
            as moved_on,
        case when count(*) = count(to_on) then max(to_on) end as to_on
    from numbered_stays
    group by person_id, region_code, stay_number
),

departures as (
    select
        attribute.person_id,
        attribute.left_on as moved_on,
        attribute.flow_reason as reason,
        attribute.hukou_division,
        case
            when padis_case.destination_status in ('unknown', 'missing') then 'unknown'
            else substr(padis_case.destination, 1, 4) || '00000000'
        end as region_code,
        '1' as rank_of_source
    from {{ ref('int_person__attributes') }} as attribute
    inner join {{ ref('stg_hfpc__padis_case') }} as padis_case
        on attribute.record_ref = padis_case.record_ref and padis_case.flow = '2'
    where attribute.dataset = 'hfpc.padis_case' and attribute.left_on is not null
    union all
    select
        attribute.person_id,
        attribute.left_on as moved_on,
        attribute.flow_reason as reason,
        attribute.division_code as hukou_division,
        'unknown' as region_code,
        '2' as rank_of_source
    from {{ ref('int_person__attributes') }} as attribute
    inner join {{ ref('stg_psb__household_register') }} as register
        on attribute.record_ref = register.record_ref and register.cancel_reason = '3'
    where attribute.dataset = 'psb.household_register' and attribute.left_on is not null
),

-- Who goes is struck off too, often months later: the register counts for those of whom no case speaks.
said_to_go as (
    select
        *,
        min(rank_of_source) over (partition by person_id) as best_rank
    from departures
),

-- Of several departures in a month the first that gives a reason or a home counts for it; of those of one day, the one
-- whose words come first.
leaving as (
    select
        person_id,
        {{ month_end('moved_on') }} as period,
        min(moved_on) as moved_on,
        min_by(region_code, in_order) as region_code,
        min_by(reason, case when reason is not null then in_order end) as reason,
        min_by(hukou_division, case when hukou_division is not null then in_order end) as hukou_division
    from (
        select
            *,
            cast(moved_on as {{ dbt.type_string() }})
            || region_code
            || coalesce(reason, '')
            || coalesce(hukou_division, '') as in_order
        from said_to_go
    ) as departures_in_order
    where
        rank_of_source = best_rank
        and region_code <> '{{ city_code()[:4] }}00000000'
    group by person_id, {{ month_end('moved_on') }}
),

moves as (
    select
        'in' as direction,
        person_id,
        moved_on,
        division_code,
        cast(null as {{ dbt.type_string() }}) as other_division_code,
        region_code,
        reason
    from arrivals
    where to_on is null or {{ months_ago('to_on', 1) }} >= moved_on
    union all
    select
        'out' as direction,
        leaving.person_id,
        leaving.moved_on,
        person.hukou_division as division_code,
        leaving.hukou_division as other_division_code,
        leaving.region_code,
        leaving.reason
    from leaving
    inner join {{ ref('int_person__golden_record') }} as person on leaving.person_id = person.person_id
)

select
    moves.person_id,
    moves.direction,
    moves.moved_on,
    {{ month_end('moves.moved_on') }} as period,
    coalesce(place.division_code, said_place.division_code, {{ unallocated_community_of_city() }}) as division_code,
    coalesce(place.township_code, said_place.township_code, nowhere.township_code) as township_code,
    coalesce(place.district_code, said_place.district_code, nowhere.district_code) as district_code,
    coalesce(place.city_code, said_place.city_code, nowhere.city_code) as city_code,
    moves.region_code,
    coalesce(moves.reason, 'unknown') as reason,
    person.sex,
    {{ age_band(age_years('person.birth_date', 'moves.moved_on')) }} as age_band,
    {{ month_end('moves.moved_on') }} < window_of_months.library_began as is_retrospective,
    cast(case when moves.direction = 'in' then 1 else 0 end as bigint) as in_flow,
    cast(case when moves.direction = 'out' then 1 else 0 end as bigint) as out_flow
from moves
cross join window_of_months
inner join {{ ref('int_person__golden_record') }} as person on moves.person_id = person.person_id
inner join {{ ref('int_division__ancestors') }} as nowhere
    on nowhere.division_code = {{ unallocated_community_of_city() }}
left join {{ ref('int_division__ancestors') }} as place on moves.division_code = place.division_code
left join {{ ref('int_division__ancestors') }} as said_place on moves.other_division_code = said_place.division_code
where
    {{ month_end('moves.moved_on') }} >= window_of_months.first_on
    and moves.moved_on <= window_of_months.counted_on
