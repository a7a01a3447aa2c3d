{#-
    On Spark, which knows no text without a length but `string`: the columns that a contract promises, in Spark's types.
    dbt asks for this by its name.
-#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ 'string' if column.data_type == 'varchar' else column.data_type }}) as
        {{- ' ' ~ (adapter.quote(column.name) if column.quote else column.name) }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
