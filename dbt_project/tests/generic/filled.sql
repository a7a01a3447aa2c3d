{#- Columns that have a value in every row: one pass for all of them. Of a table in which one has not, a row that says
    how many rows there are, and in how many of them each column is filled. -#}
{% test filled(model, columns) %}
select
    count(*) as all_rows,
    {%- for column in columns %}
    count({{ adapter.quote(column) }}) as {{ adapter.quote(column) }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ model }}
having
    {%- for column in columns %}
    count(*) <> count({{ adapter.quote(column) }}){{ ' or' if not loop.last }}
    {%- endfor %}
{% endtest %}
