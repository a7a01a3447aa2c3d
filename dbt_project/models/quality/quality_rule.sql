{{ config(alias='rule') }}

{#-
    The rules as dbt_project/rules has them: this catalogue is made from those, so it cannot fall behind. Severity and
    thresholds are those in force; what the catalogue says itself stands beside them.
-#}
{% set texts = [
    'rule_id', 'name_zh', 'name_en', 'dimension', 'kahn', 'owner_bureau', 'disclose_to', 'reason', 'source',
    'reason_zh'
] %}
{#- A rule on records is what it asks of each dataset, one with a model is that model. -#}
{% set asked = {} %}
{% for check in (record_checks() if execute else []) %}
    {% do asked.setdefault(check.rule_id, []).append(
        'select record_ref from staging.stg_' ~ check.dataset | replace('.', '__') ~ ' where (' ~ check.applies ~ ') and (' ~ check.fails ~ ')'
    ) %}
{% endfor %}
{% set models = {} %}
{% if execute %}
    {% for node in graph.nodes.values() if node.name in rule_models() %}
        {% do models.update({node.name: node.raw_code}) %}
    {% endfor %}
{% endif %}

with rules as (
{% for rule in rule_catalogue() %}
    select
        {% for text in texts -%}
        {{ text_literal(rule[text]) if rule[text] is not none else 'null' }} as {{ text }},
        {% endfor -%}
        {{ rule.version }} as version,
        {{ text_literal(asked[rule.rule_id] | join(';\n') if rule.rule_id in asked else models.get(rule.model, '')) }} as sql
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select
    rules.rule_id,
    cast(rules.version as bigint) as version,
    rules.name_zh,
    rules.name_en,
    rules.dimension,
    rules.kahn,
    rule_value.severity,
    rule_value.threshold_rate,
    rule_value.threshold_count,
    cast(rules.owner_bureau as {{ dbt.type_string() }}) as owner_bureau,
    rules.disclose_to,
    rules.sql,
    rules.reason,
    rules.source,
    rules.reason_zh,
    rule_value.catalogue_severity,
    rule_value.catalogue_threshold_rate,
    rule_value.catalogue_threshold_count
from rules
inner join {{ ref('int_quality__rule_values') }} as rule_value on rules.rule_id = rule_value.rule_id
