{# Every dimension set of a mart counts the same people: its cells add up to the total of the same `by`. #}
{% test sets_agree(model, by, counts) %}
    with sums as (
        select
            {% for column in by -%}
            {{ column }},
            {% endfor -%}
            dimension_set
            {%- for count in counts %},
            sum({{ count }}) as {{ count }}
            {%- endfor %}
        from {{ model }}
        group by
            {% for column in by -%}
            {{ column }},
            {% endfor -%}
            dimension_set
    )

    select
        {% for column in by -%}
        cells.{{ column }},
        {% endfor -%}
        cells.dimension_set
    from sums as cells
    left join sums as total
        on
            total.dimension_set = 'total'
            {% for column in by -%}
            and cells.{{ column }} = total.{{ column }}
            {% endfor %}
    where
        {% for count in counts -%}
        cells.{{ count }} is distinct from total.{{ count }}
        {{ 'or' if not loop.last }}
        {% endfor %}
{% endtest %}
