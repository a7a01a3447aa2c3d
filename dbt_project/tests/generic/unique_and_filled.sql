{#- Columns each of which names a row: in every row a value, in no two the same. One pass for all of them. -#}
{% test unique_and_filled(model, columns) %}
select count(*) as all_rows
from {{ model }}
having
    {%- for column in columns %}
    count(*) <> count({{ column }})
    or count(*) <> count(distinct {{ column }}){{ ' or' if not loop.last }}
    {%- endfor %}
{% endtest %}
