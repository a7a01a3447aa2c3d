{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

{#
    What bureaus say of one person that cannot all be so: never married after having been married; two days of arrival more
    than a year apart, both of stays that go on; two kinds of dwelling in stays that go on; and a mother whom nobody but
    her children's records knows. One pass tells of whom; their records are named after.
-#}
{% set days_apart = 366 %}

with statements as (
    select
        mention.person_id,
        mention.dataset,
        mention.bureau,
        mention.role,
        mention.record_ref,
        mention.marital,
        mention.arrived_on,
        mention.dwelling,
        -- a register says what is so on the day of its extract
        case when mention.is_registration then mention.extract_date else mention.observed_on end as said_on,
        mention.ended_on is null and mention.left_on is null as is_open
    from {{ stated_of_touched(ref('int_person__attributes')) }} as mention
    where
        mention.role not in ('{{ companion_roles() | join("', '") }}')
        and (mention.marital is not null or mention.arrived_on is not null or mention.dwelling is not null)
),

people as (
    select
        person_id,
        min(case when substr(marital, 1, 1) in ('2', '3', '4') then said_on end) as married_by,
        max(case when marital = '10' then said_on end) as single_on,
        min(case when is_open then arrived_on end) as arrived_first,
        max(case when is_open then arrived_on end) as arrived_last,
        min(case when is_open and arrived_on is not null then bureau end) as first_bureau,
        max(case when is_open and arrived_on is not null then bureau end) as last_bureau,
        min(case when is_open and dwelling <> '99' then dwelling end) as dwelling_first,
        max(case when is_open and dwelling <> '99' then dwelling end) as dwelling_last
    from statements
    group by person_id
),

contradicted as (
    select
        people.*,
        coalesce(people.single_on > people.married_by, false) as is_single_again,
        coalesce(
            people.first_bureau <> people.last_bureau
            and {{ days_between('people.arrived_first', 'people.arrived_last') }} > {{ days_apart }},
            false
        ) as has_two_arrivals,
        coalesce(people.dwelling_first <> people.dwelling_last, false) as has_two_dwellings
    from people
    where
        people.single_on > people.married_by
        or people.arrived_first < people.arrived_last
        or people.dwelling_first <> people.dwelling_last
),

found as (
    select
        'marital_back_to_single' as rule_id,
        statements.dataset,
        statements.role,
        statements.record_ref
    from statements
    inner join contradicted on statements.person_id = contradicted.person_id
    where
        contradicted.is_single_again
        and statements.marital = '10'
        and statements.said_on > contradicted.married_by
    union all
    select
        'arrival_conflict' as rule_id,
        statements.dataset,
        statements.role,
        statements.record_ref
    from statements
    inner join contradicted on statements.person_id = contradicted.person_id
    where
        contradicted.has_two_arrivals
        and statements.is_open
        and statements.arrived_on in (contradicted.arrived_first, contradicted.arrived_last)
    union all
    select
        'dwelling_conflict' as rule_id,
        statements.dataset,
        statements.role,
        statements.record_ref
    from statements
    inner join contradicted on statements.person_id = contradicted.person_id
    where
        contradicted.has_two_dwellings
        and statements.is_open
        and statements.dwelling in (contradicted.dwelling_first, contradicted.dwelling_last)
),

named as (
    select
        found.rule_id,
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        person_ref.person_ref,
        {{ place_of_record('mention') }} as division_code,
        mention.file,
        mention.row
    from found
    inner join {{ stated_of_touched(ref('int_person__attributes')) }} as mention
        on
            found.dataset = mention.dataset
            and found.record_ref = mention.record_ref
            and found.role = mention.role
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
)

{{ named_findings('rule_statements', 'named') }}
