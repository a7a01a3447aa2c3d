{#
    How rules are judged. `sijiku rules` renders these macros too (serving/judging.py), so that what it says at once is
    what the next build publishes: plain Jinja, nothing of dbt's, SQL of every engine.
#}

{#
    A rule's verdict on what was counted: pass, pass_with_violations, fail, or not_applicable where there was nothing to
    look at. Without thresholds any violation fails. A threshold in count is reached by more than it, one in percent by
    a greater share; either is enough to fail.
#}
{% macro verdict_status(violated, denominator, threshold_rate, threshold_count) -%}
    case
        when {{ violated }} = 0 and {{ denominator }} = 0 then 'not_applicable'
        when {{ violated }} = 0 then 'pass'
        when {{ threshold_rate }} is null and {{ threshold_count }} is null then 'fail'
        when {{ violated }} > {{ threshold_count }} then 'fail'
        when {{ violated }} > {{ threshold_rate }} * {{ denominator }} then 'fail'
        else 'pass_with_violations'
    end
{%- endmacro %}

{#
    Which change of each rule's values holds: the newest that has not ended. Columns rule_id, field, kind, new_value,
    change_id.
    - changes: relation of state's log rule_change, each row with the day that is asked about, `as_of`
#}
{% macro rule_changes_in_force(changes) -%}
    select
        rule_id,
        field,
        kind,
        new_value,
        change_id
    from (
        select
            rule_id,
            field,
            kind,
            new_value,
            change_id,
            row_number() over (
                partition by rule_id, field order by _segment desc nulls last, change_id asc nulls last
            ) as place
        from {{ changes }} as said
        where until_on is null or until_on >= as_of
    ) as standing
    where place = 1
{%- endmacro %}

{#
    What each rule is judged by: one row per rule, with the catalogue's own values beside those in force. Columns
    rule_id; for each of severity, threshold_rate and threshold_count its value in force, and catalogue_<field>.
    - catalogue: relation with rule_id and catalogue_<field>
    - in_force: relation of `rule_changes_in_force`
#}
{% macro rule_values(catalogue, in_force) -%}
    {%- set types = {'severity': 'string', 'threshold_rate': 'double', 'threshold_count': 'bigint'} -%}
    select
        catalogue.rule_id,
        {% for field, type in types.items() -%}
        case
            when changed.{{ field }}_kind = 'set' then cast(changed.{{ field }} as {{ type }})
            else catalogue.catalogue_{{ field }}
        end as {{ field }},
        catalogue.catalogue_{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ catalogue }} as catalogue
    left join (
        select
            rule_id,
            {% for field in types -%}
            max(case when field = '{{ field }}' then kind end) as {{ field }}_kind,
            max(case when field = '{{ field }}' then new_value end) as {{ field }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ in_force }} as in_force
        group by rule_id
    ) as changed on catalogue.rule_id = changed.rule_id
{%- endmacro %}

{# How grave a verdict is, for the gravest of several; and a verdict by its gravity. #}
{% macro gravity_of(status) -%}
    case {{ status }}
        when 'error' then 4 when 'fail' then 3 when 'pass_with_violations' then 2 when 'pass' then 1 else 0
    end
{%- endmacro %}

{% macro status_of_gravity(gravity) -%}
    case {{ gravity }}
        when 4 then 'error' when 3 then 'fail' when 2 then 'pass_with_violations' when 1 then 'pass'
        when 0 then 'not_applicable'
    end
{%- endmacro %}

{# What people said of how rules are judged, as of this build: for rule_changes_in_force. #}
{% macro rule_changes_said() -%}
    select
        rule_change.change_id,
        rule_change.rule_id,
        rule_change.field,
        rule_change.kind,
        rule_change.old_value,
        rule_change.new_value,
        rule_change.{{ adapter.quote("by") }},
        rule_change.reason,
        rule_change.{{ adapter.quote("at") }},
        rule_change.until_on,
        rule_change._segment,
        build.as_of
    from {{ source('raw', 'rule_change') }} as rule_change
    cross join {{ source('raw', 'build') }} as build
{%- endmacro %}
