-- What the row before says of the same key, in the order in which rows apply.
with followed as (
    select
        rows_of_key.*,
        lag(rows_of_key.is_deletion) over (
            partition by rows_of_key.dataset, rows_of_key.record_key
            order by
                delivery.apply_order asc nulls last,
                file.position asc nulls last,
                rows_of_key.row asc nulls last
        ) as follows_deletion
    from {{ ref('int_quality__deleted_keys') }} as rows_of_key
    inner join {{ source('raw', 'delivery') }} as delivery
        on
            rows_of_key.delivery = delivery.delivery
            and delivery.is_applied
    inner join {{ source('raw', 'delivery_file') }} as file
        on
            rows_of_key.delivery = file.delivery
            and rows_of_key.file = file.file
),

unknown as (
    select
        followed.dataset,
        split_part(followed.dataset, '.', 1) as bureau,
        record_ref.record_ref,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_string() }}) as person_ref,
        cast(null as {{ dbt.type_string() }}) as division_code,
        followed.delivery,
        followed.file,
        followed.row
    from followed
    left join {{ source('raw', 'record_ref') }} as record_ref
        on
            followed.dataset = record_ref.dataset
            and followed.record_key = record_ref.record_key
    where followed.is_deletion and coalesce(followed.follows_deletion, true)
)

select
    {{
        finding_columns(
            'delete_unknown',
            'unknown',
            detail_zh="'要删除的主键不存在'",
            detail_en="'a deletion of a key that is not there'",
            discriminator=text_hash(['unknown.delivery', 'unknown.file', 'unknown.row'])
        )
    }}
from unknown
