{#
    The findings of every rule that looks at a record by itself: of each dataset's staging one pass, in which all of its
    checks are asked at once; only rows of which one may be true meet their delivery. `found` names the checks that are
    true by their numbers. In a build that goes on from the one before all checks are asked of touched records, and those
    that speak of the build's date of all others.
#}
{%- set renewed_findings = "(" ~ is_in_touched_records() ~ " or " ~ is_by_rule_of_the_day() ~ ")" -%}
{{ config(**renewed(renewed_findings)) }}
{%- do made_before('int_quality__touched_records') -%}
{%- set checks = record_checks() if execute else [] -%}
{%- set datasets = active_datasets() -%}
{%- set renewals = renewals() -%}
{%- set numbered = {} -%}
{%- for check in checks -%}
    {%- do numbered.setdefault(check.dataset, []).append(dict(check, mark='|' ~ loop.index ~ '|')) -%}
{%- endfor -%}
{#- Passes over rows of staging: of which dataset, by what name, and the checks that are asked of the rows. -#}
{%- set passes = [] -%}
{%- for dataset in datasets -%}
    {%- set asked = numbered.get(dataset, []) -%}
    {%- set asked_daily = asked | selectattr('rule_id', 'in', rules_of_the_day()) | list -%}
    {%- set name = dataset | replace('.', '__') -%}
    {%- set staged = staged_of(dataset) -%}
    {#- Of the few that are touched all are asked in full: to sift them first would only make the statement twice as long. -#}
    {%- do passes.append(dict(dataset=dataset, name=name, checks=asked, is_sifted=not is_incremental(),
        rows=rows_of_touched_records(dataset, renewals))) -%}
    {%- if is_incremental() and asked_daily -%}
        {#- Few rows are left by what is asked of them: only these are looked up among the touched. -#}
        {%- do passes.append(dict(dataset=dataset, name=name ~ '_of_the_day', checks=asked_daily, rows=staged, is_sifted=true,
            but="staged.record_ref not in (select record_ref from " ~ ref('int_quality__touched_records') ~ ")")) -%}
    {%- endif -%}
{%- endfor -%}
{%- set columns_of_checks = ['dataset', 'mark', 'rule_id', 'role', 'discriminator', 'detail_zh', 'detail_en'] -%}
{%- set said_of_checks = [] -%}
{%- for check in checks -%}
    {%- do said_of_checks.append([
        text_literal(check.dataset),
        text_literal('|' ~ loop.index ~ '|'),
        text_literal(check.rule_id),
        'cast(' ~ (text_literal(check.role) if check.role else 'null') ~ ' as ' ~ dbt.type_string() ~ ')',
        text_literal(check.discriminator),
        text_literal(check.detail_zh),
        text_literal(check.detail_en),
    ]) -%}
{%- endfor -%}
with deliveries as (
    select
        delivery as delivered_in,
        dataset,
        extract_date as delivered_on,
        apply_order,
        max(case when mode = 'full' then apply_order end) over (partition by dataset) as last_full_order
    from {{ ref('stg_raw__delivery') }}
    where is_applied
),

-- What is in force stands in the last full delivery or after it.
first_deliveries as (
    select
        dataset,
        min(delivered_on) as first_delivered_on
    from deliveries
    where apply_order >= coalesce(last_full_order, 0)
    group by dataset
),

build as (
    select as_of
    from {{ ref('stg_raw__build') }}
),
{% for pass in passes %}
{{ pass.name }} as (
    select staged.*
    from {{ pass.rows }} as staged
    cross join build
    inner join first_deliveries as bound on bound.dataset = '{{ pass.dataset }}'
    {%- if pass.is_sifted %}
    where
        (
            {% for check in pass.checks -%}
            (({{ check.applies }}) and ({{ check.may_fail }}))
            {{ 'or ' if not loop.last }}
            {%- endfor %}
        )
        {{ 'and ' ~ pass.but if pass.but }}
    {%- endif %}
),
{% endfor %}
defects as (
{% for pass in passes %}
    {%- set contract = contract_of(pass.dataset) %}
    select
        '{{ pass.dataset }}' as dataset,
        staged.record_ref,
        {{ record_place(pass.dataset, contract) if execute }} as division_code,
        staged._file as file,
        staged._row as row,
        {% for check in pass.checks -%}
        case when ({{ check.applies }}) and ({{ check.fails }}) then '{{ check.mark }}' else '' end
        || {% endfor -%}
        '' as found
    from {{ pass.name }} as staged
    inner join deliveries on staged._delivery = deliveries.delivered_in
    cross join build
    {{ 'union all' if not loop.last }}
{% endfor %}
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
    {{ people_in_records('found') }}
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
