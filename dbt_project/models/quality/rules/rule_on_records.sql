{#
    The findings of every rule that looks at a record by itself: of each dataset's staging one pass, in which all of its
    checks are asked at once; only rows of which one may be true meet their delivery. `found` names the checks that are
    true by their numbers. In a build that goes on from the one before all checks are asked of touched records; of all others
    only few say something else by now (int_quality__turned_records).
#}
{%- set is_by_turned = "(" ~ is_by_rule_of_the_day() ~ " and " ~ is_in_turned_records() ~ ")" -%}
{{ config(**renewed("(" ~ is_in_touched_records() ~ " or " ~ is_by_turned ~ ")")) }}
{%- do made_before('int_quality__touched_records') -%}
{%- do made_before('int_quality__turned_records') -%}
{%- set checks = marked_checks() -%}
{%- set datasets = active_datasets() -%}
{%- set renewals = renewals() -%}
{%- set columns_of_checks = ['dataset', 'mark', 'rule_id', 'role', 'discriminator', 'detail_zh', 'detail_en'] -%}
{%- set said_of_checks = [] -%}
{%- for check in checks -%}
    {%- do said_of_checks.append([
        text_literal(check.dataset),
        text_literal(check.mark),
        text_literal(check.rule_id),
        'cast(' ~ (text_literal(check.role) if check.role else 'null') ~ ' as ' ~ dbt.type_string() ~ ')',
        text_literal(check.discriminator),
        text_literal(check.detail_zh),
        text_literal(check.detail_en),
    ]) -%}
{%- endfor -%}
with {{ context_of_checks() }},
{% for dataset in datasets %}
{#- Of the few that are touched all are asked in full: to sift them first would only make the statement twice as long. -#}
{%- set asked = checks | selectattr('dataset', 'equalto', dataset) | list %}
{{ dataset | replace('.', '__') }} as (
    select staged.*
    from {{ rows_of_touched_records(dataset, renewals) }} as staged
    cross join build
    inner join first_deliveries as bound on bound.dataset = '{{ dataset }}'
    {%- if not is_incremental() %}
    where {{ may_find(asked) }}
    {%- endif %}
),
{% endfor %}
defects as (
{% for dataset in datasets %}
    {%- set asked = checks | selectattr('dataset', 'equalto', dataset) | list %}
    select
        {{ checked_row(dataset) }},
        {{ found_by(asked) }} as found
    from {{ dataset | replace('.', '__') }} as staged
    inner join deliveries on staged._delivery = deliveries.delivered_in
    cross join build
    {{ 'union all' if not loop.last }}
{% endfor %}
{%- if is_incremental() %}
    union all
    select
        dataset,
        record_ref,
        division_code,
        file,
        row,
        found
    from {{ ref('int_quality__turned_records') }}
{%- endif %}
),

checks as (
    select
        {{ columns_of_checks | join(',\n        ') }}
    from {{ written_rows(columns_of_checks, said_of_checks) if execute }}
),

found as (
    select
        defects.dataset,
        defects.record_ref,
        defects.division_code,
        defects.file,
        defects.row,
        checks.rule_id,
        checks.role,
        checks.discriminator,
        checks.detail_zh,
        checks.detail_en
    from defects
    inner join checks
        on
            defects.dataset = checks.dataset
            and instr(defects.found, checks.mark) > 0
),

mentioned as (
    {{ people_in_records('(select record_ref from found where role is not null)') }}
    {%- if is_incremental() %}
    -- who is touched may stand in a record that turned, too
    union
    {{ people_in_records(ref('int_quality__turned_records'), ref('int_person__attributes')) }}
    {%- endif %}
)

select
    {{ finding_id('found.rule_id', 'found', 'found.discriminator') }} as finding_id,
    found.rule_id,
    found.dataset,
    split_part(found.dataset, '.', 1) as bureau,
    found.record_ref,
    found.role,
    mentioned.person_ref,
    found.division_code,
    found.file,
    found.row,
    found.discriminator,
    found.detail_zh,
    found.detail_en
from found
left join mentioned
    on
        found.dataset = mentioned.dataset
        and found.record_ref = mentioned.record_ref
        and found.role = mentioned.role
