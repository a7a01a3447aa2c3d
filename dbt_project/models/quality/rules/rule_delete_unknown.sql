with ordered_rows as (
{% for dataset in active_datasets() %}
    select
        '{{ dataset }}' as dataset,
        raw._record_key as record_key,
        raw._delivery as delivery,
        raw._file as file,
        raw._row as row,
        coalesce(raw._change = 'D', false) as is_deletion,
        delivery.apply_order,
        file.position
    from {{ raw_of(dataset) }} as raw
    inner join {{ source('raw', 'delivery') }} as delivery
        on
            raw._delivery = delivery.delivery
            and delivery.is_applied
    inner join {{ source('raw', 'delivery_file') }} as file
        on
            raw._delivery = file.delivery
            and raw._file = file.file
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

deleted_keys as (
    select distinct
        dataset,
        record_key
    from ordered_rows
    where is_deletion
),

-- What the row before says of the same key, in the order in which rows apply.
followed as (
    select
        ordered_rows.*,
        lag(ordered_rows.is_deletion) over (
            partition by ordered_rows.dataset, ordered_rows.record_key
            order by
                ordered_rows.apply_order asc nulls last,
                ordered_rows.position asc nulls last,
                ordered_rows.row asc nulls last
        ) as follows_deletion
    from ordered_rows
    inner join deleted_keys
        on
            ordered_rows.dataset = deleted_keys.dataset
            and ordered_rows.record_key = deleted_keys.record_key
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
