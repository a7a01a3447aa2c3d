{#
    Of how many records each rule on records could have found something: each role for itself, as findings are counted.
    One pass over a dataset counts what all of its rules apply to; what comes out is small and is then turned. In a build
    that goes on from the one before, of a dataset in which no record changed only those are counted that speak of the
    build's date.
-#}
{{ config(**renewed("(" ~ is_in_changed_datasets() ~ " or " ~ is_by_rule_of_the_day() ~ ")")) }}
{%- set changed = changed_datasets() -%}
{%- set checks = record_checks() if execute else [] -%}
with build as (
    select as_of
    from {{ ref('stg_raw__build') }}
){{ ',' }}
{%- set counted = {} -%}
{%- set counts = {} -%}
{%- for check in checks if check.dataset in changed or check.rule_id in rules_of_the_day() -%}
    {#- A rule that looks at several columns of a record applies to it once. -#}
    {%- set about = (check.dataset, check.rule_id, check.role) -%}
    {%- do counted.setdefault(about, []).append('(' ~ check.applies ~ ')') -%}
{%- endfor -%}
{%- for about, conditions in counted.items() -%}
    {%- do counts.setdefault(about[0], {}).setdefault(conditions | join(' or '), []).append(about) -%}
{%- endfor -%}
{%- set rules = [] -%}
{%- set datasets = active_datasets() | select('in', counts) | list if execute else active_datasets() -%}
{%- for dataset in datasets -%}
    {%- for abouts in counts[dataset].values() -%}
        {%- set number = loop.index -%}
        {%- for about in abouts -%}
            {%- do rules.append([text_literal(dataset), text_literal(about[1]), number]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor %}
{% for dataset in datasets %}
{{ dataset | replace('.', '__') }} as (
    {%- set contract = contract_of(dataset) %}
    select
        {{ record_place(dataset, contract) if execute }} as place
        {%- for condition in counts[dataset] %},
        {{ count_where(condition) }} as records_{{ loop.index }}
        {%- endfor %}
    from {{ staged_of(dataset) }}
    cross join build
    group by {{ record_place(dataset, contract) if execute }}
),
{% endfor %}
rules as (
    select
        dataset,
        rule_id,
        number
    from {{ written_rows(['dataset', 'rule_id', 'number'], rules) if execute }}
),

turned as (
{% for dataset in datasets %}
    select
        rules.rule_id,
        rules.dataset,
        counted.place,
        case rules.number
            {% for condition in counts[dataset] -%}
            when {{ loop.index }} then counted.records_{{ loop.index }}
            {% endfor -%}
        end as records
    from {{ dataset | replace('.', '__') }} as counted
    inner join rules on rules.dataset = '{{ dataset }}'
    {{ 'union all' if not loop.last }}
{% endfor %}
)

select
    rule_id,
    dataset,
    place as division_code,
    {{ cast_bigint_sum('records') }} as records
from turned
where records > 0
group by rule_id, dataset, place
