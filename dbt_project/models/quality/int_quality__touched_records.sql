-- Records of which rules may say something else than in the build before: they changed, or somebody else is meant in them.
select record_ref
from {{ ref('stg_raw__changed_record') }}
where record_ref is not null
union
select record_ref
from {{ source('identity', 'relinked_record') }}
