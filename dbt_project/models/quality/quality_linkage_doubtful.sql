{{ config(alias='linkage_doubtful') }}
{# References are random, so none decides: of persons that are alike all are shown, or none. #}
{% set shown = 50 %}
{% set orders = {
    'largest': 'mentions desc nulls last, expected_wrong desc nulls last',
    'most_doubtful': 'expected_wrong desc nulls last, weakest asc nulls last, mentions desc nulls last',
} %}

with ranked as (
    {% for kind, order in orders.items() %}
    select
        '{{ kind }}' as kind,
        person_id,
        mentions,
        weakest,
        expected_wrong,
        rank() over (order by {{ order }}) as place,
        count(*) over (order by {{ order }}) as persons
    from {{ ref('int_quality__linkage_people') }}
    where {{ "expected_wrong > 0" if kind == 'most_doubtful' else "mentions > 1" }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    ranked.kind,
    cast(ranked.place as bigint) as place,
    reference.person_ref,
    ranked.mentions,
    ranked.weakest,
    cast(ranked.expected_wrong as double) as expected_wrong
from ranked
inner join {{ source('identity', 'person_ref') }} as reference on ranked.person_id = reference.person_id
where ranked.persons <= {{ shown }}
