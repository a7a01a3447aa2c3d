{{ config(alias='linkage_doubtful') }}
{% set shown = 50 %}

with ranked as (
    select
        reference.person_ref,
        people.mentions,
        people.weakest,
        people.expected_wrong,
        row_number() over (
            order by people.mentions desc nulls last, reference.person_ref asc nulls last
        ) as by_size,
        row_number() over (
            order by
                people.expected_wrong desc nulls last, people.weakest asc nulls last, reference.person_ref asc nulls last
        ) as by_doubt
    from {{ ref('int_quality__linkage_people') }} as people
    inner join {{ source('identity', 'person_ref') }} as reference on people.person_id = reference.person_id
    where people.mentions > 1
)

select
    'largest' as kind,
    cast(by_size as bigint) as place,
    person_ref,
    mentions,
    weakest,
    cast(expected_wrong as double) as expected_wrong
from ranked
where by_size <= {{ shown }}
union all
select
    'most_doubtful' as kind,
    cast(by_doubt as bigint) as place,
    person_ref,
    mentions,
    weakest,
    cast(expected_wrong as double) as expected_wrong
from ranked
where by_doubt <= {{ shown }} and expected_wrong > 0
