{#
    Records that say what they said, of which a rule that speaks of the build's date says something else than in the build
    before: few of all. Each such check is asked as of both dates; `found` names those that are true by now, of all the
    rules of the day.
#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{%- do made_before('int_quality__touched_records') -%}
{%- do made_before('int_calendar__former_periods') -%}
{%- set checks = marked_checks() | selectattr('rule_id', 'in', rules_of_the_day()) | list -%}
{%- set datasets = active_datasets() | select('in', checks | map(attribute='dataset') | list) | list -%}
{%- for dataset in active_datasets() -%}
    {%- do staged_of(dataset) -%}
{%- endfor -%}
{#- Both days are written out, so that the engine asks while it reads; the former is the last that the build before counted
    was its own. -#}
{%- set days = {} -%}
{%- if is_incremental() -%}
    {%- set asked_as_of -%}
    select
        max(build.as_of) as as_of,
        max(former.counted_on) as former_day
    from {{ ref('stg_raw__build') }} as build
    cross join {{ ref('int_calendar__former_periods') }} as former
    {%- endset -%}
    {%- for row in run_query(asked_as_of) -%}
        {%- do days.update({
            'now': "cast('" ~ row['as_of'] ~ "' as date)",
            'before': "cast('" ~ row['former_day'] ~ "' as date)",
        }) -%}
    {%- endfor -%}
{%- endif -%}
with {{ context_of_checks() }}
{%- if is_incremental() %},
{% for dataset in datasets %}
{%- set asked = checks | selectattr('dataset', 'equalto', dataset) | list %}
{{ dataset | replace('.', '__') }} as (
    select staged.*
    from {{ staged_of(dataset) }} as staged
    inner join first_deliveries as bound on bound.dataset = '{{ dataset }}'
    where
        {{ may_turn(asked, days.now, days.before) }}
        -- few are left by what is asked of them: only these are looked up among the touched
        and staged.record_ref not in (select record_ref from {{ ref('int_quality__touched_records') }})
),
{% endfor %}
asked as (
{% for dataset in datasets %}
    {%- set asked = checks | selectattr('dataset', 'equalto', dataset) | list %}
    select
        {{ checked_row(dataset) }},
        {{ found_by(checks_asked_on(days.now, asked)) }} as found,
        {{ found_by(checks_asked_on(days.before, asked)) }} as found_before
    from {{ dataset | replace('.', '__') }} as staged
    inner join deliveries on staged._delivery = deliveries.delivered_in
    {{ 'union all' if not loop.last }}
{% endfor %}
)

select
    dataset,
    record_ref,
    division_code,
    file,
    row,
    found
from asked
where found <> found_before
{%- else %}

select
    cast(null as {{ dbt.type_string() }}) as dataset,
    cast(null as {{ dbt.type_string() }}) as record_ref,
    cast(null as {{ dbt.type_string() }}) as division_code,
    cast(null as {{ dbt.type_string() }}) as file,
    cast(null as bigint) as row,
    cast(null as {{ dbt.type_string() }}) as found
from build
where false
{%- endif %}
