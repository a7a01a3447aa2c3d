{{ config(alias='rule') }}

{#- The rules as dbt_project/rules has them: this catalogue is made from those, so it cannot fall behind. -#}
{% set texts = [
    'rule_id', 'name_zh', 'name_en', 'dimension', 'kahn', 'severity', 'owner_bureau', 'disclose_to', 'reason', 'source',
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
        {{ 'null' if rule.threshold_rate is none else rule.threshold_rate }} as threshold_rate,
        {{ 'null' if rule.threshold_count is none else rule.threshold_count }} as threshold_count,
        {{ text_literal(asked[rule.rule_id] | join(';\n') if rule.rule_id in asked else models.get(rule.model, '')) }} as sql
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select
    rule_id,
    cast(version as bigint) as version,
    name_zh,
    name_en,
    dimension,
    kahn,
    severity,
    cast(threshold_rate as double) as threshold_rate,
    cast(threshold_count as bigint) as threshold_count,
    cast(owner_bureau as {{ dbt.type_string() }}) as owner_bureau,
    disclose_to,
    sql,
    reason,
    source,
    reason_zh
from rules
