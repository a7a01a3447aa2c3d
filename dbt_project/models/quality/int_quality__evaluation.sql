{#
    What the rules counted, before anybody judges it: thresholds can change without a rule being run again. Violated are
    the records, each role of a record for itself, of which a rule found something; what has no record, persons and
    deliveries, counts each for itself. The denominator is what could have been: mentions of people, in datasets about
    no people rows; of expected counterparts those expected.
#}
with people as (
    select
        dataset,
        written_division_code as division_code,
        {{ count_where('true') }} as records
    from {{ ref('int_person__attributes') }}
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

evaluated as (
    select
        rule.rule_id,
        records.dataset,
        records.division_code,
        records.records as denominator,
        cast(0 as bigint) as violated
    from records
    cross join {{ ref('quality_rule') }} as rule
    where rule.rule_id <> 'counterpart_missing'
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
