select
    mention.dataset,
    split_part(mention.dataset, '.', 1) as bureau,
    mention.record_key,
    mention.record_ref,
    mention.role,
    xref.person_id,
    person_ref.person_ref,
    mention.division_code,
    mention.division_status,
    mention.hukou_division_status,
    mention.id_number_status,
    mention.birth_date,
    mention._delivery as delivery,
    mention._file as file,
    mention._row as row,
    delivery.extract_date
from {{ ref('int_person__mentions') }} as mention
left join {{ source('identity', 'person_xref') }} as xref
    on
        mention.dataset = xref.dataset
        and mention.record_key = xref.record_key
        and mention.role = xref.role
left join {{ source('identity', 'person_ref') }} as person_ref on xref.person_id = person_ref.person_id
left join {{ source('raw', 'delivery') }} as delivery
    on
        mention._delivery = delivery.delivery
        and delivery.is_applied
