-- Records of which rules may say something else than in the build before: they changed, or somebody else is meant in them.
with changed as (
    select
        dataset,
        record_ref
    from {{ ref('stg_raw__changed_record') }}
    where record_ref is not null
)

select
    dataset,
    record_ref,
    true as is_changed
from changed
union all
select
    dataset,
    record_ref,
    false as is_changed
from {{ source('identity', 'relinked_record') }}
where record_ref not in (select record_ref from changed)
