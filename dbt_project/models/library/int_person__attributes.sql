select
    xref.person_id,
    mention.dataset,
    facts.bureau,
    mention.role,
    mention.record_ref,
    -- a record cannot speak of a day after it was extracted
    least(
        coalesce(greatest(facts.observed_on, facts.confirmed_on), delivery.extract_date), delivery.extract_date
    ) as observed_on,
    least(coalesce(facts.observed_on, facts.confirmed_on, delivery.extract_date), delivery.extract_date) as began_on,
    mention.name,
    mention.name_norm,
    mention.sex,
    mention.birth_date,
    mention.id_number,
    mention.id_number_status,
    mention.ethnicity,
    mention.phone,
    -- a code that names no more than the city's own province leaves open whether the home is in the city
    case
        when
            mention.hukou_division_status not in ('unknown', 'missing')
            and mention.hukou_division <> '{{ city_code()[:2] }}0000000000'
            then mention.hukou_division
    end as hukou_division,
    -- what a registration of a home says of where somebody lives is that home
    case when facts.is_registration then mention.hukou_division else mention.division_code end as division_code,
    case
        when facts.is_registration then mention.hukou_division_status
        else mention.division_status
    end as division_status,
    mention.household_key,
    facts.arrived_on,
    facts.ended_on,
    facts.moved_out_on,
    facts.left_on,
    facts.died_on,
    facts.leaves_home,
    facts.dwelling,
    facts.flow_reason,
    facts.marital,
    facts.industry,
    facts.education,
    facts.has_address,
    facts.is_residence_evidence
    and coalesce(facts.residents like '%,' || mention.role || ',%', true) as is_residence_evidence,
    facts.is_registration
from {{ ref('int_person__mentions') }} as mention
inner join {{ source('identity', 'person_xref') }} as xref
    on
        mention.dataset = xref.dataset
        and mention.record_key = xref.record_key
        and mention.role = xref.role
inner join {{ ref('int_record__facts') }} as facts
    on
        mention.dataset = facts.dataset
        and mention.record_key = facts.record_key
inner join {{ ref('stg_raw__delivery') }} as delivery
    on
        mention._delivery = delivery.delivery
        and delivery.is_applied
