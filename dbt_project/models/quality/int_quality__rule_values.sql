{# The values by which each rule is judged: the catalogue's own, and those in force by what people changed (ADR 33). #}
with catalogue as (
{% for rule in rule_catalogue() %}
    select
        '{{ rule.rule_id }}' as rule_id,
        '{{ rule.severity }}' as catalogue_severity,
        cast({{ 'null' if rule.threshold_rate is none else rule.threshold_rate }} as double) as catalogue_threshold_rate,
        cast({{ 'null' if rule.threshold_count is none else rule.threshold_count }} as bigint) as catalogue_threshold_count
    {{ 'union all' if not loop.last }}
{% endfor %}
),

changes as (
    {{ rule_changes_said() }}
),

in_force as (
    {{ rule_changes_in_force('changes') }}
)

{{ rule_values('catalogue', 'in_force') }}
