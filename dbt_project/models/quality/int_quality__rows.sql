-- The areas of the people in a record stand for the record; of several the first in order.
with areas as (
    select
        dataset,
        record_key,
        min(division_code) as division_code
    from {{ ref('int_person__mentions') }}
    where
        (dataset, record_key) in (
            select
                dataset,
                record_key
            from {{ ref('stg_raw__row_fate') }}
            where fate in ('repeated', 'key_conflict')
        )
    group by dataset, record_key
)

select
    fate.dataset,
    split_part(fate.dataset, '.', 1) as bureau,
    fate.record_key,
    record_ref.record_ref,
    cast(null as {{ dbt.type_string() }}) as role,
    cast(null as {{ dbt.type_string() }}) as person_ref,
    areas.division_code,
    fate._delivery as delivery,
    fate._file as file,
    fate._row as row,
    fate.fate
from {{ ref('stg_raw__row_fate') }} as fate
left join {{ source('raw', 'record_ref') }} as record_ref
    on
        fate.dataset = record_ref.dataset
        and fate.record_key = record_ref.record_key
left join areas
    on
        fate.dataset = areas.dataset
        and fate.record_key = areas.record_key
where fate.fate in ('repeated', 'key_conflict')
