{#- The grain of a table: no two rows with the same values in all of `columns`, null being a value like others. -#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_of_it
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
