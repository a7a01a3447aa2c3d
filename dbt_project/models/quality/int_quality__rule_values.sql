{# The values by which each rule is judged: the catalogue's own, and those in force by what people changed (ADR 33). #}
{% set columns = ['rule_id', 'catalogue_severity', 'catalogue_threshold_rate', 'catalogue_threshold_count'] %}
{% set own_values = [] %}
{% for rule in rule_catalogue() %}
    {% do own_values.append([
        text_literal(rule.rule_id),
        text_literal(rule.severity),
        'cast(' ~ ('null' if rule.threshold_rate is none else rule.threshold_rate) ~ ' as double)',
        'cast(' ~ ('null' if rule.threshold_count is none else rule.threshold_count) ~ ' as bigint)',
    ]) %}
{% endfor %}
with catalogue as (
    select
        {{ columns | join(',\n        ') }}
    from {{ written_rows(columns, own_values) }}
),

changes as (
    {{ rule_changes_said() }}
),

in_force as (
    {{ rule_changes_in_force('changes') }}
)

{{ rule_values('catalogue', 'in_force') }}
