{#- The grain of a table: no two rows with the same values in all of `columns`, null being a value like others. Grouped are
    their hashes, numbers instead of texts; only rows of which the hash repeats are looked at themselves, mostly none. -#}
{% test unique_combination(model, columns) %}
with repeated as (
    select {{ quick_hash(columns) }} as hash_of_row
    from {{ model }}
    group by {{ quick_hash(columns) }}
    having count(*) > 1
)

select
    {{ columns | join(', ') }},
    count(*) as rows_of_it
from {{ model }}
where {{ quick_hash(columns) }} in (select hash_of_row from repeated)
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
