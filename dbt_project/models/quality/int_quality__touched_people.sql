-- People whose records may say something else than in the build before, those who are gone among them.
select
    touched.person_id,
    person_ref.person_ref
from {{ source('identity', 'touched_person') }} as touched
inner join {{ source('identity', 'person_ref') }} as person_ref on touched.person_id = person_ref.person_id
