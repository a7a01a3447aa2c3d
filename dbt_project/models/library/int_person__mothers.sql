-- A vaccination card names the mother on every line: one line of it says as much as all of them.
with cards as (
    select min(record_key) as record_key
    from {{ ref('stg_hfpc__immunization') }}
    where mother_name_norm is not null
    group by child_key
),

named as (
    select
        'hfpc.birth_certificate' as dataset,
        record_key,
        1 as authority,
        coalesce(mother_id_number, '') || coalesce(mother_name_norm, '') as mother
    from {{ ref('stg_hfpc__birth_certificate') }}
    union all
    select
        'hfpc.immunization' as dataset,
        card.record_key,
        2 as authority,
        coalesce(card.mother_id_number, '') || coalesce(card.mother_name_norm, '') as mother
    from {{ ref('stg_hfpc__immunization') }} as card
    inner join cards on card.record_key = cards.record_key
),

children as (
    select
        child.person_id,
        mother.person_id as mother_person_id,
        min(named.authority) as authority,
        count(*) as agreeing,
        -- what the records say decides between equals, never the random number
        min(named.mother) as mother
    from named
    inner join {{ source('identity', 'person_xref') }} as child
        on
            named.dataset = child.dataset
            and named.record_key = child.record_key
            and child.role = 'child'
    inner join {{ source('identity', 'person_xref') }} as mother
        on
            named.dataset = mother.dataset
            and named.record_key = mother.record_key
            and mother.role = 'mother'
    where child.person_id <> mother.person_id
    group by child.person_id, mother.person_id
)

select
    person_id,
    min_by(
        mother_person_id,
        lpad(cast(authority as string), 2, '0')
        || lpad(cast(999999999 - agreeing as string), 9, '0')
        || mother
        || mother_person_id
    ) as mother_person_id
from children
group by person_id
