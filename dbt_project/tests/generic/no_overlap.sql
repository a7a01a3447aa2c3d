{# Nobody is in two places at once: of one entity no two half-open intervals [from_on, to_on) overlap; null is open. #}
{% test no_overlap(model, entity, from_on, to_on) %}
    select
        {{ entity }},
        {{ from_on }}
    from (
        select
            {{ entity }},
            {{ from_on }},
            {{ to_on }},
            lead({{ from_on }}) over (partition by {{ entity }} order by {{ from_on }} asc nulls last) as next_from_on
        from {{ model }}
    ) as followed
    where {{ to_on }} <= {{ from_on }} or next_from_on < coalesce({{ to_on }}, cast('9999-12-31' as date))
{% endtest %}
