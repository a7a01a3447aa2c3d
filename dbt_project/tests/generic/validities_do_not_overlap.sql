{#- Validities are half-open, [valid_from, valid_to): for one key they may touch and must not overlap. -#}
{% test validities_do_not_overlap(model, key) %}
select
    earlier.{{ key }},
    earlier.valid_to,
    later.valid_from
from {{ model }} as earlier
inner join {{ model }} as later
    on
        earlier.{{ key }} = later.{{ key }}
        and coalesce(earlier.valid_from, date '0001-01-01') < coalesce(later.valid_from, date '0001-01-01')
where earlier.valid_to is null or earlier.valid_to > later.valid_from
{% endtest %}
