{#
    What the rules counted, before anybody judges it: thresholds can change without a rule being run again. Violated are
    the records, each role of a record for itself, of which a rule found something; what has no record, persons and
    deliveries, counts each for itself. The denominator is what could have been: of a rule on records those to which it
    applies; of expected counterparts those expected; of others, as the rule says, the people in some roles, or all
    mentions of people, in datasets about no people rows.
#}
{% set own_denominator = [] %}
{% set in_roles = [] %}
{% set of_records = [] %}
{% for check in (record_checks() if execute else []) %}
    {% set asked = [text_literal(check.rule_id), text_literal(check.dataset)] %}
    {% if asked not in of_records %}
        {% do of_records.append(asked) %}
    {% endif %}
{% endfor %}
{% for rule in rule_catalogue() %}
    {% if rule.counted_over != 'all' %}
        {% do own_denominator.append(rule.rule_id) %}
    {% endif %}
    {% if rule.counted_over is mapping %}
        {% for dataset, roles in rule.counted_over.items() %}
            {% for role in roles %}
                {% do in_roles.append([text_literal(rule.rule_id), text_literal(dataset), text_literal(role)]) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endfor %}
with mentions as (
    select
        mention.dataset,
        mention.role,
        mention.written_division_code,
        {{ place_of_record('mention') }} as place,
        count(*) as records
    from {{ ref('int_person__attributes') }} as mention
    group by mention.dataset, mention.role, mention.written_division_code, {{ place_of_record('mention') }}
),

people_in_roles as (
    select
        dataset,
        role,
        place as division_code,
        {{ cast_bigint_sum('records') }} as records
    from mentions
    group by dataset, role, place
),

people as (
    select
        dataset,
        written_division_code as division_code,
        {{ cast_bigint_sum('records') }} as records
    from mentions
    group by dataset, written_division_code
),

with_people as (
    select distinct dataset
    from people
),

rows_of_things as (
    select
        delivery.dataset,
        cast(null as {{ dbt.type_string() }}) as division_code,
        {{ cast_bigint_sum('row_counts.staged') }} as records
    from {{ ref('int_quality__row_counts') }} as row_counts
    inner join {{ source('raw', 'delivery') }} as delivery
        on
            row_counts.delivery = delivery.delivery
            and delivery.is_applied
    left join with_people on delivery.dataset = with_people.dataset
    where with_people.dataset is null
    group by delivery.dataset
),

records as (
    select * from people
    union all
    select * from rows_of_things
),

things as (
    select distinct
        rule_id,
        dataset,
        division_code,
        coalesce(record_ref, finding_id) as thing,
        role
    from {{ ref('int_quality__current_findings') }}
),

-- Rules that look at some datasets only have a verdict on these, even where there was nothing to look at.
asked_of_records as (
    select
        rule_id,
        dataset
    from {{ written_rows(['rule_id', 'dataset'], of_records) if execute }}
),

asked_of_roles as (
    select
        rule_id,
        dataset,
        role
    from {{ written_rows(['rule_id', 'dataset', 'role'], in_roles) }}
),

evaluated as (
    select
        rule.rule_id,
        records.dataset,
        records.division_code,
        records.records as denominator,
        cast(0 as bigint) as violated
    from records
    cross join {{ ref('quality_rule') }} as rule
    where rule.rule_id not in ('{{ own_denominator | join("', '") }}')
    union all
    select
        asked_of_records.rule_id,
        asked_of_records.dataset,
        applicable.division_code,
        coalesce(applicable.records, 0) as denominator,
        cast(0 as bigint) as violated
    from asked_of_records
    left join {{ ref('int_quality__applicable_records') }} as applicable
        on
            asked_of_records.rule_id = applicable.rule_id
            and asked_of_records.dataset = applicable.dataset
    union all
    select
        asked_of_roles.rule_id,
        asked_of_roles.dataset,
        people_in_roles.division_code,
        coalesce(people_in_roles.records, 0) as denominator,
        cast(0 as bigint) as violated
    from asked_of_roles
    left join people_in_roles
        on
            asked_of_roles.dataset = people_in_roles.dataset
            and asked_of_roles.role = people_in_roles.role
    union all
    select
        'counterpart_missing' as rule_id,
        dataset,
        division_code,
        {{ count_where('true') }} as denominator,
        cast(0 as bigint) as violated
    from {{ ref('int_quality__expected_counterparts') }}
    group by dataset, division_code
    union all
    select
        rule_id,
        dataset,
        division_code,
        cast(0 as bigint) as denominator,
        {{ count_where('true') }} as violated
    from things
    group by rule_id, dataset, division_code
)

select
    rule_id,
    dataset,
    split_part(dataset, '.', 1) as bureau,
    division_code,
    {{ cast_bigint_sum('violated') }} as violated,
    {{ cast_bigint_sum('denominator') }} as denominator
from evaluated
group by rule_id, dataset, division_code
