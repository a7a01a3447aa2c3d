-- The leaf of entitlements: persons times rules are counted once, by all that marts and metrics ask of them. What the law
-- asks registration for is counted apart: the floating are not entitled to it, they aspire to it.
with counted as (
    select
        people.period,
        people.division_code,
        entitlement.rule_id,
        people.population_group,
        coalesce(people.sex, '0') as sex,
        people.age_band,
        people.stay_band,
        people.origin_province,
        {{ count_where('not entitlement.is_aspired') }} as entitled,
        {{ count_where('not entitlement.is_aspired and entitlement.is_covered') }} as covered,
        {{ count_where('not entitlement.is_aspired and entitlement.is_timely') }} as timely,
        {{ count_where('entitlement.is_aspired') }} as aspired,
        {{ count_where('entitlement.is_aspired and entitlement.is_covered') }} as aspired_covered
    from {{ ref('fct_entitlement') }} as entitlement
    inner join {{ ref('int_entitlement__people') }} as people on entitlement.person_id = people.person_id
    group by
        people.period,
        people.division_code,
        entitlement.rule_id,
        people.population_group,
        coalesce(people.sex, '0'),
        people.age_band,
        people.stay_band,
        people.origin_province
)

select
    counted.*,
    rule.service,
    rule.is_service,
    rule.is_record_expected,
    rule.bureau
from counted
inner join {{ ref('entitlement_rule') }} as rule on counted.rule_id = rule.rule_id
