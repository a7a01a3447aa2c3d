with bureaus as (
    select
        person_id,
        bureau,
        count(*) as mentions,
        min(died_on) as died_on
    from {{ ref('int_person__attributes') }}
    group by person_id, bureau
),

people as (
    select
        person_id,
        cast(sum(mentions) as bigint) as n_records,
        cast(count(*) as bigint) as n_bureaus,
        min(died_on) as died_on
    from bureaus
    group by person_id
),

named as (
    {{ golden_field('name', 'attribute.name_norm') }}
),

-- The name as people write it: of the ways in which the chosen name is written, the first in order.
written as (
    select
        attribute.person_id,
        min(attribute.name) as name
    from {{ ref('int_person__attributes') }} as attribute
    inner join named
        on
            attribute.person_id = named.person_id
            and attribute.name_norm = named.value
    group by attribute.person_id
),

numbered as (
    {{
        golden_field(
            'id_number',
            'attribute.id_number',
            preferred="case attribute.id_number_status when 'valid' then 1 when 'cleaned' then 2 else 3 end"
        )
    }}
),

sexed as (
    {{ golden_field('sex', 'attribute.sex') }}
),

born as (
    {{ golden_field('birth_date', 'attribute.birth_date') }}
),

ethnic as (
    {{ golden_field('ethnicity', 'attribute.ethnicity') }}
),

phoned as (
    {{ golden_field('phone', 'attribute.phone') }}
),

registered as (
    {{
        golden_field(
            'hukou_division',
            "case
                -- who was struck off for another reason than death is not registered there any more
                when
                    not coalesce(attribute.is_registration, false)
                    or attribute.moved_out_on is null
                    or attribute.died_on is not null
                    then attribute.hukou_division
            end",
            compared='substr(value, 1, 6)',
            preferred='case when attribute.is_registration then 1 else 2 end',
            newest_first=true
        )
    }}
),

married as (
    {{ golden_field('marital', 'attribute.marital', newest_first=true) }}
),

-- What the number itself says: digits 7 to 14 are the birth date, the 17th is odd for men (GB 11643).
said_by_number as (
    select
        person_id,
        value as id_number,
        variants,
        cast(substr(value, 7, 4) || '-' || substr(value, 11, 2) || '-' || substr(value, 13, 2) as date) as birth_date,
        case when cast(substr(value, 17, 1) as int) % 2 = 1 then '1' else '2' end as sex,
        -- a foreigner's permanent residence card begins with 9 and names no home
        case when substr(value, 1, 1) <> '9' then substr(value, 1, 6) end as area_code
    from numbered
),

-- Where the number was issued stands in for the registered home only where no record names one.
issuing_areas as (
    select distinct area_code as text
    from said_by_number
    where area_code is not null
),

issued_at as (
    {{ division6_resolution('issuing_areas') }}
),

assembled as (
    select
        people.person_id,
        written.name,
        named.value as name_norm,
        coalesce(number.sex, sexed.value) as sex,
        coalesce(number.birth_date, born.value) as birth_date,
        number.id_number,
        ethnic.value as ethnicity,
        phoned.value as phone,
        coalesce(registered.value, issued_at.code) as hukou_division,
        case
            when registered.value is not null then 'record'
            when issued_at.code is not null then 'id_number'
        end as hukou_source,
        married.value as marital,
        married.stated_on as married_on,
        people.died_on,
        people.n_records,
        people.n_bureaus,
        coalesce(born.variants, 0) > 1 or number.birth_date <> born.value as has_birth_conflict,
        coalesce(ethnic.variants, 0) > 1 as has_ethnicity_conflict,
        coalesce(registered.variants, 0) > 1 as has_hukou_conflict,
        coalesce(number.variants, 0) > 1 as has_number_conflict,
        coalesce(named.variants, 0) > 1 as has_name_conflict,
        coalesce(phoned.variants, 0) > 1 as has_phone_conflict,
        coalesce(sexed.variants, 0) > 1 or number.sex <> sexed.value as has_sex_conflict
    from people
    left join named on people.person_id = named.person_id
    left join written on people.person_id = written.person_id
    left join said_by_number as number on people.person_id = number.person_id
    left join sexed on people.person_id = sexed.person_id
    left join born on people.person_id = born.person_id
    left join ethnic on people.person_id = ethnic.person_id
    left join phoned on people.person_id = phoned.person_id
    left join registered on people.person_id = registered.person_id
    left join married on people.person_id = married.person_id
    left join issued_at on number.area_code = issued_at.text
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
    n_records,
    n_bureaus,
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
