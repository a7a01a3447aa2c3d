{# A view: each rule looks at few of these columns, and they stand in the library already. #}
{{ config(materialized='view', meta={'renewed': is_of_this_build()}) }}

select
    mention.dataset,
    mention.bureau,
    mention.record_key,
    mention.record_ref,
    mention.role,
    mention.person_id,
    person_ref.person_ref,
    mention.written_division_code as division_code,
    mention.written_division_status as division_status,
    mention.hukou_division_status,
    mention.id_number_status,
    mention.birth_date,
    mention.delivery,
    mention.file,
    mention.row,
    mention.extract_date,
    mention.written_on,
    mention.ended_on,
    mention.one_per,
    mention.one_per_kind,
    mention.made_in
from {{ ref('int_person__attributes') }} as mention
left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
