{# The units that records name, against the list of units; where that was never delivered nothing is unknown. -#}
{% set users = {'psb.temporary_residence': ('resident', 'registered_on'), 'edu.student_enrollment': ('student', 'enrolled_on')} %}

with units as (
    select
        {{ code_text('unit_code') }} as unit_code,
        max(coalesce(closed_on, cast('9999-12-31' as date))) as closed_on
    from {{ ref('stg_ref__unit') }}
    group by {{ code_text('unit_code') }}
),

listed as (
    select count(*) as units
    from units
),

users as (
{% for dataset, (role, day) in users.items() %}
    select
        '{{ dataset }}' as dataset,
        '{{ role }}' as role,
        record_ref,
        {{ code_text('unit_code') }} as unit_code,
        {{ day }} as used_on,
        division as division_code,
        _file as file,
        _row as row
    from {{ staged_of(dataset) }}
    where unit_code is not null
    {{ 'union all' if not loop.last }}
{% endfor %}
),

found as (
    select
        users.*,
        case when units.unit_code is null then 'unit_unknown' else 'unit_closed' end as rule_id
    from users
    cross join listed
    left join units on users.unit_code = units.unit_code
    where
        listed.units > 0
        and users.unit_code is not null
        and (units.unit_code is null or users.used_on > units.closed_on)
),

named as (
    select
        found.rule_id,
        found.dataset,
        split_part(found.dataset, '.', 1) as bureau,
        found.record_ref,
        found.role,
        person_ref.person_ref,
        found.division_code,
        found.file,
        found.row
    from found
    left join {{ ref('int_person__attributes') }} as mention
        on
            found.dataset = mention.dataset
            and found.record_ref = mention.record_ref
            and found.role = mention.role
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
)

{{ named_findings('rule_unit_reference', 'named') }}
