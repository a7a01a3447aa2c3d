{# The columns of a model whose meta says that children add up to their parent. #}
{% macro additive_columns(relation) %}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.alias == relation.identifier and node.schema == relation.schema -%}
            {%- for column in node.columns.values() if column.config.meta.get('class') == 'additive' -%}
                {%- do columns.append(column.name) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if not columns -%}
            {{ exceptions.raise_compiler_error(relation ~ ' has no additive column: say `class: additive` in its yml.') }}
        {%- endif -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}

{# The depth of a level below the city, 0 for the city itself. #}
{% macro level_depth(level) -%}
    case {{ level }} when 'city' then 0 when 'district' then 1 when 'township' then 2 when 'community' then 3 end
{%- endmacro %}
