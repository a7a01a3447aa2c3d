{# Cells of communities, added up for every division above them and for themselves. #}
{% macro rolled_up_cells(cells, by, counts) %}
    select
        bridge.ancestor_code as division_code,
        bridge.ancestor_level as level,
        {% for column in by -%}
        cells.{{ column }},
        {% endfor -%}
        {% for count in counts -%}
        cast(sum(cells.{{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ cells }} as cells
    inner join {{ ref('bridge_division_ancestor') }} as bridge on cells.division_code = bridge.division_code
    group by
        bridge.ancestor_code,
        bridge.ancestor_level
        {%- for column in by %},
        cells.{{ column }}
        {%- endfor %}
{% endmacro %}
