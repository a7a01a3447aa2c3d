{#-
    How tables of the working warehouse are stored. DuckDB looks long for a way to write texts shorter, and of texts that
    are nearly all different finds hardly any; every look-up by them would then have to spell them out again.
-#}

{#- Columns of texts that are nearly all different. -#}
{% macro texts_nearly_all_different() -%}
    {{- return(['record_key', 'record_ref', 'person_id', 'person_ref', 'finding_id', 'id_number']) -}}
{%- endmacro %}

{#-
    As dbt-duckdb has it, but that such texts are stored as they are where the model's yml tells the types of all columns:
    to ask the engine for them, it would have to plan the query twice.
-#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set columns = model.columns.values() | list -%}
    {%- set as_they_are = model.columns | select('in', texts_nearly_all_different()) | list -%}
    {%- set asks_for_more = language != 'sql' or partitioned_by or sorted_by or config.get('sql_header') -%}
    {%- if temporary or asks_for_more or not as_they_are or columns | rejectattr('data_type') | list -%}
        {{- return(dbt.duckdb__create_table_as(
            temporary, relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by
        )) -}}
    {%- endif -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    create table {{ relation }} (
        {% for column in columns -%}
        {{ adapter.quote(column.name) }} {{ column.data_type }}
        {{- ' using compression uncompressed' if column.name in as_they_are }}
        {{- ',' if not loop.last }}
        {% endfor %}
    );
    insert into {{ relation }} by name
    select * from (
        {{ compiled_code }}
    ) as made;
{%- endmacro %}
