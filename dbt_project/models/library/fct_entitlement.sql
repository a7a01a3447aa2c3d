{{ config(**renewed(is_among('person_id', 'library', 'int_entitlement__renewed_people'))) }}
{% set renewed_people = 'int_entitlement__renewed_people' %}
{# Rules for small children are many, and are asked of small children only: of others they have ended. #}
{% set small_months = 96 %}

with population_groups as (
    select 'floating' as population_group
    union all
    select 'registered' as population_group
),

sizes as (
    select true as is_small
    union all
    select false as is_small
),

rules as (
    select
        rule.*,
        population_groups.population_group as for_group,
        sizes.is_small
    from {{ ref('entitlement_rule') }} as rule
    cross join population_groups
    cross join sizes
    where
        rule.population_group in ('all', population_groups.population_group)
        and (
            sizes.is_small
            or coalesce(rule.age_to_months, {{ small_months }} + 1) > {{ small_months }}
            or rule.age_counted = 'school_year'
            or rule.needs = 'birth'
        )
),

people as (
    select
        person_id,
        counted_on,
        {{ asked_of_people() | join(',\n        ') }},
        coalesce({{ months_after('birth_date', small_months) }} > counted_on, false) as is_small
    from {{ touched(ref('int_entitlement__people'), renewed_people) }} as people
),

candidates as (
    select
        people.person_id,
        people.population_group,
        people.arrived_on,
        people.counted_on,
        rules.rule_id,
        rules.covered_by,
        rules.needs,
        rules.age_counted,
        rules.min_stay_months,
        rules.lookback_days,
        rules.valid_from,
        rules.valid_to,
        case
            when rules.needs = 'birth' then people.gave_birth_on
            else {{ months_after('people.birth_date', 'rules.age_from_months') }}
        end as of_age_on,
        case
            when rules.needs = 'birth' then {{ months_after('people.gave_birth_on', 12) }}
            else {{ months_after('people.birth_date', 'rules.age_to_months') }}
        end as too_old_on
    from people
    inner join rules
        on
            people.population_group = rules.for_group
            and people.is_small = rules.is_small
    where
        (rules.sex is null or rules.sex = people.sex)
        and (
            people.birth_date is not null
            or rules.needs = 'birth'
            or (rules.age_from_months is null and rules.age_to_months is null)
        )
        and case rules.needs
            when 'work' then people.has_work
            when 'rents' then people.is_renting
            when 'need' then people.is_in_need
            when 'birth' then people.gave_birth_on is not null
            else true
        end
),

aged as (
    select
        *,
        case age_counted when 'school_year' then {{ school_year_from('of_age_on') }} else of_age_on end as aged_on,
        case age_counted when 'school_year' then {{ school_year_from('too_old_on') }} else too_old_on end as ends_on
    from candidates
),

entitled as (
    select
        person_id,
        population_group,
        rule_id,
        covered_by,
        lookback_days,
        greatest(valid_from, aged_on, {{ months_after('arrived_on', 'min_stay_months') }}) as from_on,
        least(valid_to, ends_on) as to_on,
        counted_on
    from aged
    where needs is null or needs <> 'due_here' or arrived_on is null or arrived_on <= aged_on
),

-- Who is entitled is millions of rows; what the rule says besides is looked up when they are told.
current_entitlement as (
    select
        person_id,
        population_group,
        rule_id,
        covered_by,
        lookback_days,
        from_on,
        to_on
    from entitled
    where from_on <= counted_on and (to_on is null or to_on > counted_on)
),

events as (
    select *
    from {{ touched(ref('fct_service_event'), renewed_people) }} as event
),

service_names as (
    select distinct service from events
),

-- What covers what: a service may cover several rules, and a rule may be covered by any of several services.
covers as (
    select distinct
        rule.covered_by,
        service_names.service
    from {{ ref('entitlement_rule') }} as rule
    inner join service_names
        on ';' || rule.covered_by || ';' like '%;' || service_names.service || ';%'
),

given as (
    select
        event.person_id,
        covers.covered_by,
        min(event.served_on) as first_on,
        max(event.served_on) as last_on
    from events as event
    inner join covers on event.service = covers.service
    cross join {{ ref('stg_raw__build') }} as build
    where
        (event.served_on is null or event.served_on <= build.as_of)
        and (event.ended_on is null or event.ended_on > build.as_of)
    group by event.person_id, covers.covered_by
    union all
    select
        attribute.person_id,
        'record:' || attribute.dataset as covered_by,
        min(attribute.began_on) as first_on,
        max(attribute.began_on) as last_on
    from {{ stated_of(renewed_people) }} as attribute
    cross join {{ ref('stg_raw__build') }} as build
    where
        attribute.dataset in (
            select substr(covered_by, 8)
            from {{ ref('entitlement_rule') }}
            where covered_by like 'record:%'
        )
        and attribute.role not in ('{{ companion_roles() | join("', '") }}')
        and (attribute.moved_out_on is null or attribute.moved_out_on > build.as_of)
        and (attribute.left_on is null or attribute.left_on > build.as_of)
    group by attribute.person_id, attribute.dataset
),

judged as (
    select
        entitled.person_id,
        entitled.population_group,
        entitled.rule_id,
        entitled.from_on,
        entitled.to_on,
        given.person_id is not null
        and (
            entitled.lookback_days is null
            or given.last_on >= {{ days_after('entitled.from_on', '-entitled.lookback_days') }}
        ) as is_covered,
        case
            when
                entitled.lookback_days is null
                or given.first_on >= {{ days_after('entitled.from_on', '-entitled.lookback_days') }}
                then given.first_on
            else given.last_on
        end as given_on
    from current_entitlement as entitled
    left join given
        on
            entitled.person_id = given.person_id
            and entitled.covered_by = given.covered_by
)

select
    judged.person_id,
    rule.service,
    judged.rule_id,
    judged.from_on,
    judged.to_on,
    coalesce(judged.is_covered, false) as is_covered,
    case when judged.is_covered then judged.given_on end as covered_on,
    coalesce(
        judged.is_covered and judged.given_on <= {{ days_after('judged.from_on', 'rule.timely_days') }}, false
    ) as is_timely,
    judged.population_group,
    rule.is_registration_required and judged.population_group = 'floating' as is_aspired,
    rule.is_service
from judged
inner join {{ ref('entitlement_rule') }} as rule on judged.rule_id = rule.rule_id
