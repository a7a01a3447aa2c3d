{% set counts = ['floating_entitled', 'floating_covered', 'registered_entitled', 'registered_covered'] %}

with cells as (
    select
        division_code,
        period,
        service,
        {% for count in counts -%}
        {% set group, measure = count.split('_') -%}
        case when population_group = '{{ group }}' then {{ measure }} else 0 end as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_entitlement__cells') }}
    where is_service and entitled > 0
),

rolled_up as (
    {{ rolled_up_cells('cells', ['period', 'service'], counts) }}
),

rated as (
    select
        *,
        cast(floating_covered as double) / nullif(floating_entitled, 0) as floating_rate,
        cast(registered_covered as double) / nullif(registered_entitled, 0) as registered_rate
    from rolled_up
)

select
    division_code,
    level,
    period,
    service,
    {% for count in counts -%}
    {{ count }},
    {% endfor -%}
    floating_rate / nullif(registered_rate, 0) as equalisation_ratio,
    floating_rate,
    registered_rate
from rated
