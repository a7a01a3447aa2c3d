-- Month-ends that a round may have: of the month in which one was delivered, or the month before. Who is counted here
-- never meets an answer: not even its date.
with rounds as (
    select distinct
        periods.period,
        periods.counted_on
    from {{ ref('int_calendar__periods') }} as periods
    inner join {{ ref('stg_raw__delivery') }} as delivery
        on
            periods.period = {{ month_end('delivery.extract_date') }}
            or periods.period = {{ month_end(months_ago('delivery.extract_date', 1)) }}
    where delivery.is_applied and delivery.dataset = 'survey.dynamic_monitoring'
),

-- Whom the survey is about: floating people of 15 to 59.
people as (
    select
        month.person_id,
        month.period,
        rounds.counted_on,
        month.city_code,
        month.district_code,
        month.sex,
        case month.flow_scope when '跨省' then '1' when '区内跨盟市' then '2' when '市内跨旗县' then '3' end as flow_scope
    from {{ ref('fct_person_month') }} as month
    inner join rounds on month.period = rounds.period
    where month.is_floating and month.age between 15 and 59
),

indicators as (
    select
        indicator,
        register_services
    from {{ ref('survey_indicator') }}
    where register_services is not null
),

-- A record that says no day says that it was given.
holders as (
    select distinct
        people.period,
        people.person_id,
        indicators.indicator
    from people
    inner join {{ ref('fct_service_event') }} as event
        on
            people.person_id = event.person_id
            and (event.served_on is null or event.served_on <= people.counted_on)
            and (event.ended_on is null or event.ended_on > people.counted_on)
    inner join indicators on ';' || indicators.register_services || ';' like '%;' || event.service || ';%'
),

held as (
    select
        people.period,
        people.city_code,
        people.district_code,
        people.sex,
        people.flow_scope,
        holders.indicator,
        count(*) as holders
    from holders
    inner join people on holders.period = people.period and holders.person_id = people.person_id
    group by
        people.period, people.city_code, people.district_code, people.sex, people.flow_scope, holders.indicator
),

cells as (
    select
        period,
        city_code,
        district_code,
        sex,
        flow_scope,
        count(*) as people
    from people
    group by period, city_code, district_code, sex, flow_scope
)

select
    cells.period,
    cells.city_code,
    cells.district_code,
    cells.sex,
    cells.flow_scope,
    indicators.indicator,
    cells.people,
    coalesce(held.holders, 0) as holders
from cells
cross join indicators
left join held
    on
        cells.period = held.period
        and cells.district_code = held.district_code
        and coalesce(cells.sex, '') = coalesce(held.sex, '')
        and coalesce(cells.flow_scope, '') = coalesce(held.flow_scope, '')
        and indicators.indicator = held.indicator
