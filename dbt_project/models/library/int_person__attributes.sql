{# Keys of those who are touched are kept before their records are taken up anew. #}
{% do made_before('int_person__former_keys') %}
{{ config(**renewed(is_among('person_id', 'identity', 'touched_person'))) }}
with linked as (
    {% for dataset in datasets_with_people() %}
    {{ linked_mentions(dataset, touched(source('identity', 'person_xref'), source('identity', 'touched_person'))) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    linked.person_id,
    linked.dataset,
    split_part(linked.dataset, '.', 1) as bureau,
    linked.role,
    linked.record_ref,
    -- a record cannot speak of a day after it was extracted
    least(
        coalesce(greatest(linked.observed_on, linked.confirmed_on), delivery.extract_date), delivery.extract_date
    ) as observed_on,
    least(coalesce(linked.observed_on, linked.confirmed_on, delivery.extract_date), delivery.extract_date) as began_on,
    linked.name,
    linked.name_norm,
    linked.sex,
    linked.birth_date,
    linked.id_number,
    linked.id_number_status,
    linked.ethnicity,
    linked.phone,
    -- a code that names no more than the city's own province leaves open whether the home is in the city
    case
        when
            linked.hukou_division_status not in ('unknown', 'missing')
            and linked.hukou_division <> '{{ city_code()[:2] }}0000000000'
            then linked.hukou_division
    end as hukou_division,
    -- what a registration of a home says of where somebody lives is that home
    case when linked.is_registration then linked.hukou_division else linked.division_code end as division_code,
    case
        when linked.is_registration then linked.hukou_division_status
        else linked.division_status
    end as division_status,
    linked.household_key,
    linked.arrived_on,
    linked.ended_on,
    linked.moved_out_on,
    linked.left_on,
    linked.died_on,
    linked.leaves_home,
    linked.dwelling,
    linked.flow_reason,
    linked.marital,
    linked.industry,
    linked.education,
    linked.has_address,
    linked.is_residence_evidence
    and coalesce(linked.residents like '%,' || linked.role || ',%', true) as is_residence_evidence,
    linked.is_registration,
    -- what rules look at
    linked.record_key,
    linked._delivery as delivery,
    linked._file as file,
    linked._row as row,
    delivery.extract_date,
    linked.division_code as written_division_code,
    linked.division_status as written_division_status,
    linked.hukou_division_status,
    linked.observed_on as written_on,
    linked.one_per,
    linked.one_per_kind,
    cast({{ build_ordinal() }} as bigint) as made_in
from linked
inner join {{ ref('stg_raw__delivery') }} as delivery
    on
        linked._delivery = delivery.delivery
        and delivery.is_applied
