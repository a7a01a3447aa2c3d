{# One pass over all links. Sums are of decimals: those of doubles would hang on the order of their rows. #}
with people as (
    select
        person.person_id,
        coalesce(person.is_floating, false) as is_floating,
        -- names this long are mostly Mongolian ones, transliterated
        coalesce(length(person.name) >= 4, false) as has_long_name,
        coalesce({{ months_after('person.birth_date', 180) }} > build.as_of, false) as is_child,
        coalesce(person.sex = '2', false) as is_woman,
        person.id_number is null as has_no_number
    from {{ ref('dim_person') }} as person
    cross join {{ source('raw', 'build') }} as build
),

links as (
    select
        xref.dataset,
        xref.method,
        coalesce(xref.evidence, 'none') as evidence,
        case
            when xref.confidence >= 1 then '1'
            when xref.confidence >= 0.999 then '0.999'
            when xref.confidence >= 0.998 then '0.998'
            when xref.confidence >= 0.995 then '0.995'
            when xref.confidence >= 0.99 then '0.99'
            when xref.confidence >= 0.98 then '0.98'
            when xref.confidence >= 0.97 then '0.97'
            when xref.confidence >= 0.96 then '0.96'
            when xref.confidence >= 0.95 then '0.95'
            else '0'
        end as bucket,
        xref.person_id,
        cast(1 - xref.confidence as decimal(18, 9)) as doubt,
        cast(xref.confidence * (1 - xref.confidence) as decimal(18, 9)) as variance
    from {{ source('identity', 'person_xref') }} as xref
)

select
    links.dataset,
    links.method,
    links.evidence,
    links.bucket,
    people.is_floating,
    people.has_long_name,
    people.is_child,
    people.is_woman,
    people.has_no_number,
    cast(count(*) as bigint) as mentions,
    cast(sum(links.doubt) as decimal(27, 9)) as expected_wrong,
    cast(sum(links.variance) as decimal(27, 9)) as variance
from links
inner join people on links.person_id = people.person_id
group by
    links.dataset,
    links.method,
    links.evidence,
    links.bucket,
    people.is_floating,
    people.has_long_name,
    people.is_child,
    people.is_woman,
    people.has_no_number
