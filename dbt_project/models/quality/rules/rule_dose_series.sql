{#
    The doses of one vaccine that a child was given: in their order, far enough apart, each once. Two doses of one vaccine
    are 28 days apart by the schedule; four days less still count.
-#}
{% set least_days = 24 %}

with given as (
    select
        record_ref,
        child_key,
        vaccine,
        dose,
        given_on,
        division as division_code,
        _file as file,
        _row as row,
        lag(dose) over (
            partition by child_key, vaccine
            order by dose asc nulls last, given_on asc nulls last, record_key asc nulls last
        ) as dose_before,
        lag(given_on) over (
            partition by child_key, vaccine
            order by dose asc nulls last, given_on asc nulls last, record_key asc nulls last
        ) as given_before
    from {{ ref('stg_hfpc__immunization') }}
    where vaccination_kind = '1' and given_on is not null and dose between 1 and 4 and vaccine is not null
),

found as (
    select
        given.*,
        case
            when given.dose = given.dose_before then 'dose_given_twice'
            when given.given_on < given.given_before then 'dose_out_of_order'
            when {{ days_between('given.given_before', 'given.given_on') }} < {{ least_days }} then 'dose_interval_short'
        end as rule_id
    from given
),

named as (
    select
        found.rule_id,
        'hfpc.immunization' as dataset,
        'hfpc' as bureau,
        found.record_ref,
        'child' as role,
        person_ref.person_ref,
        found.division_code,
        found.file,
        found.row
    from found
    left join {{ ref('int_person__attributes') }} as mention
        on
            mention.dataset = 'hfpc.immunization'
            and found.record_ref = mention.record_ref
            and mention.role = 'child'
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
    where found.rule_id is not null
)

{{ named_findings('rule_dose_series', 'named') }}
