with found as (
{% for rule in rule_models() %}
    select
        {% for field in finding_fields() -%}
        {{ field }},
        {% endfor -%}
        discriminator
    from {{ ref(rule) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
)

select
    -- the same defect of the same record has the same id in every build; nothing personal enters it
    {{ text_hash(['rule_id', 'dataset', 'record_ref', 'role', 'discriminator']) }} as finding_id,
    {% for field in finding_fields() -%}
    {{ field }}{{ ',' if not loop.last }}
    {% endfor %}
from found
