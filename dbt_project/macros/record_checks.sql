{#-
    How the checks of rules on records (macro record_checks) are asked of a dataset's rows of staging, alias `staged`. What
    they may speak of besides: the delivery of the row, and since when the dataset is delivered; and the build's date, as
    `as_of`.
-#}

{#- The checks, each with the mark by which it is told in `found`; none before the project is parsed. -#}
{% macro marked_checks() -%}
    {%- set marked = [] -%}
    {%- for check in (record_checks() if execute else []) -%}
        {%- do marked.append(dict(check, mark='|' ~ loop.index ~ '|')) -%}
    {%- endfor -%}
    {{- return(marked) -}}
{%- endmacro %}

{#- What checks speak of beside the row, as bodies of CTEs: deliveries, first_deliveries and build. -#}
{% macro context_of_checks() -%}
deliveries as (
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
)
{%- endmacro %}

{#- That one of the checks may be true of a row, by what can be told before its delivery is looked up. -#}
{% macro may_find(checks) -%}
        (
            {% for check in checks -%}
            (({{ check.applies }}) and ({{ check.may_fail }}))
            {{ 'or ' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}

{#- Of a row that is checked: which record it is, where it counts, and where it stands. -#}
{% macro checked_row(dataset) -%}
        '{{ dataset }}' as dataset,
        staged.record_ref,
        {{ record_place(dataset, contract_of(dataset)) if execute }} as division_code,
        staged._file as file,
        staged._row as row
{%- endmacro %}

{#- The marks of the checks that are true of a row, as one text. -#}
{% macro found_by(checks) -%}
        {% for check in checks -%}
        case when ({{ check.applies }}) and ({{ check.fails }}) then '{{ check.mark }}' else '' end
        || {% endfor -%}
        ''
{%- endmacro %}

{#- Checks as of a day: `day` is SQL of it. -#}
{% macro checks_asked_on(day, checks) -%}
    {%- set asked = [] -%}
    {%- for check in checks -%}
        {%- do asked.append(dict(
            check,
            applies=check.applies | replace('as_of', day),
            fails=check.fails | replace('as_of', day),
            may_fail=check.may_fail | replace('as_of', day),
        )) -%}
    {%- endfor -%}
    {{- return(asked) -}}
{%- endmacro %}

{#-
    That one of the checks may be true of a row as of one day and not as of the other, by what can be told before its
    delivery is looked up. What hangs on the day comes first: few rows are left by it.
-#}
{% macro may_turn(checks, day, other) -%}
        (
            {% for check in checks -%}
            {%- set parts = [check.applies, check.may_fail] -%}
            {%- set dated = [] -%}
            {%- for part in parts if 'as_of' in part -%}
                {%- do dated.append('(' ~ part ~ ')') -%}
            {%- endfor -%}
            {%- set dated = dated | join(' and ') or 'true' -%}
            {#- What only the delivery tells may turn while this does not. -#}
            {%- set turns = 'is distinct from' if check.fails == check.may_fail else 'or' -%}
            (
                (({{ dated | replace('as_of', day) }}) {{ turns }} ({{ dated | replace('as_of', other) }}))
                {%- for part in parts if 'as_of' not in part %}
                and ({{ part }})
                {%- endfor %}
            )
            {{ 'or ' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}
