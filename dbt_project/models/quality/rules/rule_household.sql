{#
    Households of the household register, of whom is registered there now: who heads them, how many they are, and whether
    those in them can be what they are to the head. Collective households (集体户) have no head and many members: what has
    more than fifty members is taken for one.
-#}
{% set collective = 50 %}

with members as (
    select
        record_ref,
        household_key,
        relationship,
        sex,
        {{ ymd('birth_date') }} as born,
        hukou_division as division_code,
        _file as file,
        _row as row
    from {{ ref('stg_psb__household_register') }}
    where
        household_key is not null
        and cancelled_on_status = 'missing'
        and cancel_reason is null
),

households as (
    select
        household_key,
        count(*) as people,
        {{ count_where("relationship = '02'") }} as heads,
        {{ count_where('relationship is null') }} as unknown,
        {{ count_where("relationship in ('10', '11', '12')") }} as spouses,
        min(case when relationship = '02' then sex end) as head_sex,
        min(case when relationship = '02' then born end) as head_born
    from members
    group by household_key
    having count(*) > 1
),

found as (
    select
        members.*,
        case
            when households.heads > 1 and members.relationship = '02' then 'household_with_two_heads'
            when
                households.heads = 0 and households.unknown = 0 and households.people <= {{ collective }}
                then 'household_without_head'
            when households.heads = 1 and households.spouses > 1 and members.relationship in ('10', '11', '12')
                then 'household_with_two_spouses'
            when
                households.heads = 1
                and members.relationship in ('10', '11', '12')
                and members.sex = households.head_sex
                and members.sex in ('1', '2')
                then 'spouse_of_same_sex'
            when
                households.heads = 1
                and (
                    (members.relationship in ('20', '30') and members.born - households.head_born < 120000)
                    or (members.relationship = '50' and households.head_born - members.born < 120000)
                )
                then 'generation_impossible'
        end as rule_id
    from members
    inner join households on members.household_key = households.household_key
),

named as (
    select
        found.rule_id,
        'psb.household_register' as dataset,
        'psb' as bureau,
        found.record_ref,
        'resident' as role,
        person_ref.person_ref,
        found.division_code,
        found.file,
        found.row
    from found
    left join {{ ref('int_person__attributes') }} as mention
        on
            mention.dataset = 'psb.household_register'
            and found.record_ref = mention.record_ref
            and mention.role = 'resident'
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
    where found.rule_id is not null
)

{{ named_findings('rule_household', 'named') }}
