{{ config(**renewed(is_among('person_id', 'library', 'int_residence__renewed_people'))) }}
{% do made_before('int_residence__renewed_people') %}

with begun as (
    select
        spell.person_id,
        spell.division_code,
        spell.from_on,
        -- an end that lies ahead has not come: the stay lasts
        case when spell.to_on <= build.as_of then spell.to_on end as to_on,
        spell.dataset,
        spell.record_ref
    from {{ touched(ref('int_residence__spells'), 'int_residence__renewed_people') }} as spell
    cross join {{ ref('stg_raw__build') }} as build
    where spell.from_on <= build.as_of
),

followed as (
    select
        *,
        case
            when
                lag(division_code) over (partition by person_id order by from_on asc nulls last) = division_code
                and lag(to_on) over (partition by person_id order by from_on asc nulls last) = from_on
                then 0
            else 1
        end as begins
    from begun
),

-- Records that follow one another at one place are one stay.
numbered as (
    select
        *,
        sum(begins) over (
            partition by person_id order by from_on asc nulls last rows between unbounded preceding and current row
        ) as stay
    from followed
),

stays as (
    select
        person_id,
        min(division_code) as division_code,
        min(from_on) as from_on,
        case when count(*) = count(to_on) then max(to_on) end as to_on,
        -- the record that says so last is the one that vouches for the stay
        max_by(dataset, from_on) as source_dataset,
        max_by(record_ref, from_on) as record_ref
    from numbered
    group by person_id, stay
),

first_deliveries as (
    select
        dataset,
        min(extract_date) as first_on
    from {{ ref('stg_raw__delivery') }}
    where is_applied
    group by dataset
)

select
    stays.person_id,
    stays.division_code,
    stays.from_on,
    stays.to_on,
    stays.to_on is null as is_current,
    stays.source_dataset,
    coalesce(stays.from_on < first_deliveries.first_on, false) as is_retrospective,
    stays.record_ref
from stays
left join first_deliveries on stays.source_dataset = first_deliveries.dataset
