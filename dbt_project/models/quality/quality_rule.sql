{{ config(alias='rule') }}

{#- The rules stand where their models do, in `meta.rule`; this catalogue is made from them, so it cannot fall behind. -#}
{% set rules = [] %}
{% if execute %}
    {% for node in graph.nodes.values() if node.config.meta and node.config.meta.get('rule') %}
        {% do rules.append(node) %}
    {% endfor %}
{% endif %}
{% set texts = [
    'rule_id', 'name_zh', 'name_en', 'dimension', 'kahn', 'severity', 'owner_bureau', 'disclose_to', 'reason', 'source'
] %}

with rules as (
{% for node in rules | sort(attribute='name') %}
    {% set rule = node.config.meta.rule %}
    select
        {% for text in texts -%}
        {{ text_literal(rule[text] | string) if rule[text] is not none else 'null' }} as {{ text }},
        {% endfor -%}
        {{ rule.version }} as version,
        {{ 'null' if rule.threshold_rate is none else rule.threshold_rate }} as threshold_rate,
        {{ 'null' if rule.threshold_count is none else rule.threshold_count }} as threshold_count,
        {{ text_literal(node.raw_code) }} as sql
    {% if not loop.last %}union all{% endif %}
{% else %}
    select
        {% for text in texts -%}
        '' as {{ text }},
        {% endfor -%}
        0 as version,
        null as threshold_rate,
        null as threshold_count,
        '' as sql
    from (select 1 as one) as none
    where one = 0
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
    source
from rules
