{{
    config(
        **renewed(
            '(' ~ is_among('person_id', 'library', 'int_calendar__renewed_people')
            ~ ' or ' ~ is_among('period', 'library', 'int_calendar__renewed_periods') ~ ')'
        )
    )
}}
{% do made_before('int_calendar__renewed_people') %}
{% do made_before('int_calendar__renewed_periods') %}
{#
    A build that goes on from the one before makes all months of who is renewed, and of everybody else those that are:
    whoever is joined to months is joined by which of both she is.
#}
{% set told_whether_renewed, and_is_wanted = '', '' %}
{% if is_incremental() %}
{% set told_whether_renewed -%}
    left join {{ ref('int_calendar__renewed_people') }} as renewed on {0}.person_id = renewed.person_id
{%- endset %}
{% set and_is_wanted = 'and periods.is_of_renewed = (renewed.person_id is not null)' %}
{% endif %}
with periods as (
    {% if is_incremental() -%}
    select
        *,
        false as is_of_renewed
    from {{ ref('int_calendar__periods') }}
    where period in (select period from {{ ref('int_calendar__renewed_periods') }})
    union all
    select
        *,
        true as is_of_renewed
    from {{ ref('int_calendar__periods') }}
    {%- else -%}
    select * from {{ ref('int_calendar__periods') }}
    {%- endif %}
),

people as (
    select * from {{ ref('int_person__golden_record') }}
),

ancestors as (
    select * from {{ ref('int_division__ancestors') }}
),

first_deliveries as (
    select
        dataset,
        min(extract_date) as first_on
    from {{ ref('stg_raw__delivery') }}
    where is_applied
    group by dataset
),

library_began as (
    select min(first_on) as first_on from first_deliveries
),

-- Where each person lives at each month-end.
living as (
    select
        spell.person_id,
        periods.period,
        spell.division_code,
        ancestors.township_code,
        ancestors.district_code,
        ancestors.city_code,
        ancestors.is_urban_district,
        spell.arrived_on,
        spell.here_since,
        spell.dwelling,
        spell.household_type,
        first_deliveries.first_on as evidence_begins_on
    from {{ ref('int_residence__spells') }} as spell
    {{ told_whether_renewed.format('spell') }}
    inner join periods
        on
            spell.from_on <= periods.counted_on
            and (spell.to_on is null or spell.to_on > periods.counted_on)
            {{ and_is_wanted }}
    left join ancestors on spell.division_code = ancestors.division_code
    left join first_deliveries on spell.dataset = first_deliveries.dataset
),

-- The register says who is registered, and where. Until it has been delivered, what others say of it has to do.
register as (
    select count(*) > 0 as is_delivered
    from {{ ref('stg_raw__delivery') }}
    where is_applied and dataset = 'psb.household_register'
),

-- Who is registered at each month-end; of several registrations the one that began last counts.
registrations as (
    select
        attribute.person_id,
        periods.period,
        max_by(
            attribute.division_code,
            cast(attribute.began_on as {{ dbt.type_string() }}) || attribute.division_code
        ) as division_code
    from {{ ref('int_person__attributes') }} as attribute
    {{ told_whether_renewed.format('attribute') }}
    inner join periods
        on
            attribute.began_on <= periods.counted_on
            and (attribute.moved_out_on is null or attribute.moved_out_on > periods.counted_on)
            {{ and_is_wanted }}
    where attribute.is_registration
    group by attribute.person_id, periods.period
),

-- What each person works in at each month-end: of several records that hold, the one that began last.
industries as (
    select
        attribute.person_id,
        periods.period,
        max_by(
            attribute.industry,
            cast(attribute.began_on as {{ dbt.type_string() }}) || attribute.industry
        ) as industry
    from {{ ref('int_person__attributes') }} as attribute
    {{ told_whether_renewed.format('attribute') }}
    inner join periods
        on
            attribute.began_on <= periods.counted_on
            and (attribute.ended_on is null or attribute.ended_on > periods.counted_on)
            {{ and_is_wanted }}
    where attribute.industry is not null
    group by attribute.person_id, periods.period
),

homes as (
    select
        people.*,
        ancestors.city_code is not null as is_home_in_city,
        ancestors.is_urban_district as is_registered_in_urban_district
    from people
    left join ancestors on people.hukou_division = ancestors.division_code
),

person_months as (
    select
        homes.person_id,
        periods.period,
        periods.counted_on,
        periods.month_before,
        periods.half_year_before,
        periods.five_years_before,
        living.division_code,
        living.township_code,
        living.district_code,
        living.city_code,
        living.division_code is not null as lives_here,
        living.arrived_on,
        living.here_since,
        living.dwelling,
        living.household_type,
        industries.industry,
        homes.sex,
        homes.birth_date,
        homes.ethnicity,
        homes.hukou_division,
        registered_at.division_code as registered_division_code,
        registered_at.township_code as registered_township_code,
        registered_at.district_code as registered_district_code,
        registered_at.city_code as registered_city_code,
        case when homes.married_on <= periods.counted_on then homes.marital end as marital,
        coalesce(living.evidence_begins_on, library_began.first_on) as evidence_begins_on,
        case
            when living.division_code is null or homes.hukou_division is null then 'none'
            when substr(homes.hukou_division, 1, 2) <> substr(living.division_code, 1, 2) then '跨省'
            when substr(homes.hukou_division, 1, 4) <> substr(living.division_code, 1, 4) then '区内跨盟市'
            when substr(homes.hukou_division, 1, 6) = substr(living.division_code, 1, 6) then 'none'
            -- a district that is not known cannot be said to be another one
            when substr(homes.hukou_division, 5, 2) = '99' or substr(living.division_code, 5, 2) = '99' then 'none'
            when homes.is_registered_in_urban_district and living.is_urban_district then 'none'
            else '市内跨旗县'
        end as scope_of_move
    from homes
    {{ told_whether_renewed.format('homes') }}
    inner join periods
        on
            (homes.birth_date is null or homes.birth_date <= periods.counted_on)
            and (homes.died_on is null or homes.died_on > periods.counted_on)
            {{ and_is_wanted }}
    left join living
        on
            homes.person_id = living.person_id
            and periods.period = living.period
    cross join library_began
    cross join register
    left join registrations
        on
            homes.person_id = registrations.person_id
            and periods.period = registrations.period
    left join industries
        on
            homes.person_id = industries.person_id
            and periods.period = industries.period
    left join ancestors as registered_at
        on
            case
                when register.is_delivered then registrations.division_code
                when homes.is_home_in_city then homes.hukou_division
            end = registered_at.division_code
    where living.division_code is not null or registered_at.division_code is not null
),

stays as (
    select
        *,
        scope_of_move <> 'none' as has_moved,
        -- who never moved has stayed no measurable time, unless a record says when she came
        case when scope_of_move <> 'none' or hukou_division is null then here_since else arrived_on end as stayed_since,
        {{ age_years('birth_date', 'counted_on') }} as age
    from person_months
),

judged as (
    select
        *,
        has_moved and stayed_since <= month_before as is_floating,
        lives_here
        and (stayed_since <= half_year_before or (not has_moved and hukou_division is not null)) as is_resident
    from stays
)

select
    person_id,
    period,
    division_code,
    township_code,
    district_code,
    city_code,
    coalesce(is_floating, false) as is_floating,
    case when is_floating then scope_of_move else 'none' end as flow_scope,
    coalesce(is_resident, false) as is_resident,
    sex,
    age,
    {{ age_band('age') }} as age_band,
    ethnicity,
    case
        when stayed_since is null then null
        when stayed_since > month_before then 'under_1m'
        when stayed_since > half_year_before then '1m_6m'
        when stayed_since > five_years_before then '6m_5y'
        else 'over_5y'
    end as stay_band,
    substr(hukou_division, 1, 2) || '0000000000' as origin_province,
    dwelling,
    industry,
    marital,
    household_type,
    counted_on < evidence_begins_on as is_retrospective,
    lives_here,
    case when lives_here then stayed_since end as arrived_on,
    registered_division_code,
    registered_township_code,
    registered_district_code,
    registered_city_code,
    cast(case when lives_here then 1 else 0 end as bigint) as people,
    cast(case when is_floating then 1 else 0 end as bigint) as floating,
    cast(case when is_floating and scope_of_move = '市内跨旗县' then 1 else 0 end as bigint) as floating_in_city,
    cast(case when registered_division_code is not null then 1 else 0 end as bigint) as registered,
    cast(case when is_resident then 1 else 0 end as bigint) as resident
from judged
