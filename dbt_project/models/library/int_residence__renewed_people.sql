{#
    Of whom the library may say otherwise where they have stayed: who is touched; who came or went on a day that lies
    between the dates of the build before and of this one, for what lies ahead has not come yet; and who stayed somewhere
    by the word of a dataset that begins on another day: it was not there, or an older delivery of it came late.
#}
with former as (
    select max(counted_on) as as_of
    from {{ ref('int_calendar__former_periods') }}
),

dates as (
    select
        former.as_of is null as is_unknown,
        least(former.as_of, build.as_of) as after_on,
        greatest(former.as_of, build.as_of) as until_on
    from {{ ref('stg_raw__build') }} as build
    cross join former
),

begun_otherwise as (
    select dataset
    from {{ ref('stg_raw__delivery') }}
    where is_applied
    group by dataset
    having coalesce(min(extract_date) <> min(case when not is_new then extract_date end), true)
)

select person_id
from {{ ref('int_person__touched') }}
union
select spell.person_id
from {{ ref('int_residence__spells') }} as spell
cross join dates
where
    dates.is_unknown
    or (spell.from_on > dates.after_on and spell.from_on <= dates.until_on)
    or (spell.to_on > dates.after_on and spell.to_on <= dates.until_on)
union
select person_id
from {{ ref('int_residence__spells') }}
where dataset in (select dataset from begun_otherwise)
