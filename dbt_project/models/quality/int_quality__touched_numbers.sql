{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
-- Numbers of which it may be otherwise than in the build before under which names they stand, and whose they are.
select id_number
from {{ ref('int_person__former_keys') }}
where id_number is not null
union
select id_number
from {{ stated_of_touched(ref('int_person__attributes')) }}
where
    id_number is not null
    -- nobody is touched where a build does not go on from the one before, and all that is stated is looked at
    and person_id in (select person_id from {{ source('identity', 'touched_person') }})
