{{ config(**renewed(is_among('person_id', 'identity', 'touched_person'))) }}
{#
    One pass over all records tells what everybody agrees on. Only where records differ, field by field, is it worked out
    which one counts: to do that for everybody would group tens of millions of rows once a field.
#}
{% set registered_home %}
case
    -- who was struck off for another reason than death is not registered there any more
    when
        not coalesce(attribute.is_registration, false)
        or attribute.moved_out_on is null
        or attribute.died_on is not null
        then attribute.hukou_division
end
{% endset %}
{% set values = {
    'name': 'attribute.name_norm',
    'id_number': 'attribute.id_number',
    'sex': 'attribute.sex',
    'birth_date': 'attribute.birth_date',
    'ethnicity': 'attribute.ethnicity',
    'phone': 'attribute.phone',
    'hukou_division': registered_home,
    'marital': 'attribute.marital',
} %}
{% set bureaus = [] %}
{% for dataset in datasets_with_people() %}
    {% do bureaus.append(dataset.split('.')[0]) %}
{% endfor %}

{# Of a day's few people the statements are picked out once. #}
{% set stated = 'of_touched' if is_incremental() else ref('int_person__attributes') %}

with
{% if is_incremental() -%}
of_touched as (
    select *
    from {{ stated_of_touched(ref('int_person__attributes')) }} as attribute
),

{% endif -%}
people as (
    select
        attribute.person_id,
        count(*) as n_records,
        -- each bureau is a bit
        bit_count(
            bit_or(
                case attribute.bureau
                    {% for bureau in bureaus | unique -%}
                    when '{{ bureau }}' then {{ 2 ** loop.index0 }}
                    {% endfor -%}
                    else 0
                end
            )
        ) as n_bureaus,
        min(attribute.died_on) as died_on,
        max(case when attribute.marital is not null then attribute.observed_on end) as married_on,
        min(case when attribute.name_norm is not null then attribute.name end) as written,
        {% for field, value in values.items() -%}
        min({{ value }}) as {{ field }}_first,
        max({{ value }}) as {{ field }}_last{{ ',' if not loop.last }}
        {% endfor %}
    from {{ stated }} as attribute
    group by attribute.person_id
),

{% for field in values -%}
{{ field }}_contested as (
    select person_id from people where {{ field }}_first <> {{ field }}_last
),

{% endfor -%}

named as (
    {{ golden_field(stated, 'name', values.name, 'name_contested') }}
),

-- The name as people write it: of the ways in which the chosen name is written, the first in order.
written as (
    select
        attribute.person_id,
        min(attribute.name) as name
    from {{ stated }} as attribute
    inner join named
        on
            attribute.person_id = named.person_id
            and attribute.name_norm = named.value
    group by attribute.person_id
),

numbered as (
    {{
        golden_field(
            stated,
            'id_number',
            values.id_number,
            'id_number_contested',
            preferred="case attribute.id_number_status when 'valid' then 1 when 'cleaned' then 2 else 3 end"
        )
    }}
),

sexed as (
    {{ golden_field(stated, 'sex', values.sex, 'sex_contested') }}
),

born as (
    {{ golden_field(stated, 'birth_date', values.birth_date, 'birth_date_contested') }}
),

ethnic as (
    {{ golden_field(stated, 'ethnicity', values.ethnicity, 'ethnicity_contested') }}
),

phoned as (
    {{ golden_field(stated, 'phone', values.phone, 'phone_contested') }}
),

registered as (
    {{
        golden_field(
            stated,
            'hukou_division',
            values.hukou_division,
            'hukou_division_contested',
            compared='substr(value, 1, 6)',
            preferred='case when attribute.is_registration then 1 else 2 end',
            newest_first=true
        )
    }}
),

married as (
    {{ golden_field(stated, 'marital', values.marital, 'marital_contested', newest_first=true) }}
),

-- What is agreed on, or what counts where records differ.
settled as (
    select
        people.person_id,
        people.n_records,
        people.n_bureaus,
        people.died_on,
        case when named.person_id is null then people.written else written.name end as name,
        coalesce(named.value, people.name_first) as name_norm,
        coalesce(numbered.value, people.id_number_first) as id_number,
        coalesce(sexed.value, people.sex_first) as sex,
        coalesce(born.value, people.birth_date_first) as birth_date,
        coalesce(ethnic.value, people.ethnicity_first) as ethnicity,
        coalesce(phoned.value, people.phone_first) as phone,
        coalesce(registered.value, people.hukou_division_first) as hukou_division,
        coalesce(married.value, people.marital_first) as marital,
        people.married_on,
        coalesce(named.variants, 1) > 1 as has_name_conflict,
        coalesce(numbered.variants, 1) > 1 as has_number_conflict,
        coalesce(sexed.variants, 1) > 1 as has_sex_conflict,
        coalesce(born.variants, 1) > 1 as has_birth_conflict,
        coalesce(ethnic.variants, 1) > 1 as has_ethnicity_conflict,
        coalesce(phoned.variants, 1) > 1 as has_phone_conflict,
        coalesce(registered.variants, 1) > 1 as has_hukou_conflict
    from people
    left join named on people.person_id = named.person_id
    left join written on people.person_id = written.person_id
    left join numbered on people.person_id = numbered.person_id
    left join sexed on people.person_id = sexed.person_id
    left join born on people.person_id = born.person_id
    left join ethnic on people.person_id = ethnic.person_id
    left join phoned on people.person_id = phoned.person_id
    left join registered on people.person_id = registered.person_id
    left join married on people.person_id = married.person_id
),

-- What the number itself says: digits 7 to 14 are the birth date, the 17th is odd for men (GB 11643).
said_by_number as (
    select
        *,
        cast(
            substr(id_number, 7, 4) || '-' || substr(id_number, 11, 2) || '-' || substr(id_number, 13, 2) as date
        ) as number_birth_date,
        case
            when id_number is null then null
            when cast(substr(id_number, 17, 1) as int) % 2 = 1 then '1'
            else '2'
        end as number_sex,
        -- a foreigner's permanent residence card begins with 9 and names no home
        case when substr(id_number, 1, 1) <> '9' then substr(id_number, 1, 6) end as area_code
    from settled
),

-- Where the number was issued stands in for the registered home only where no record names one. Which numbers there are is
-- known before it is known whose are needed: people are passed through once.
issuing_areas as (
    select substr(id_number_first, 1, 6) as text
    from people
    where substr(id_number_first, 1, 1) <> '9'
    union
    select substr(value, 1, 6) as text
    from numbered
    where substr(value, 1, 1) <> '9'
),

issued_at as (
    {{ division6_resolution('issuing_areas') }}
),

assembled as (
    select
        said.person_id,
        said.name,
        said.name_norm,
        coalesce(said.number_sex, said.sex) as sex,
        coalesce(said.number_birth_date, said.birth_date) as birth_date,
        said.id_number,
        said.ethnicity,
        said.phone,
        coalesce(said.hukou_division, issued_at.code) as hukou_division,
        case
            when said.hukou_division is not null then 'record'
            when issued_at.code is not null then 'id_number'
        end as hukou_source,
        said.marital,
        said.married_on,
        said.died_on,
        said.n_records,
        said.n_bureaus,
        said.has_birth_conflict or said.number_birth_date <> said.birth_date as has_birth_conflict,
        said.has_ethnicity_conflict,
        said.has_hukou_conflict,
        said.has_number_conflict,
        said.has_name_conflict,
        said.has_phone_conflict,
        said.has_sex_conflict or said.number_sex <> said.sex as has_sex_conflict
    from said_by_number as said
    left join issued_at on said.area_code = issued_at.text
)

select
    person_id,
    name,
    name_norm,
    sex,
    birth_date,
    id_number,
    ethnicity,
    phone,
    hukou_division,
    hukou_source,
    marital,
    married_on,
    died_on,
    cast(n_records as bigint) as n_records,
    cast(n_bureaus as bigint) as n_bureaus,
    trim(
        trailing ',' from (
            case when has_birth_conflict then 'birth_date,' else '' end
            || case when has_ethnicity_conflict then 'ethnicity,' else '' end
            || case when has_hukou_conflict then 'hukou_division,' else '' end
            || case when has_number_conflict then 'id_number,' else '' end
            || case when has_name_conflict then 'name,' else '' end
            || case when has_phone_conflict then 'phone,' else '' end
            || case when has_sex_conflict then 'sex,' else '' end
        )
    ) as conflict_fields
from assembled
