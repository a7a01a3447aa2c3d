{{ config(**renewed(is_about_compared_people())) }}

{#
    For people whose record shows a conflict: which bureau's records say otherwise than the person's record while
    another bureau says the same as it. One record of each dataset stands for all that say so: a child's vaccinations
    are one disagreement, not twenty. A registered home changes in a life: what a registration said that has ended by
    now (a permit that expired) was true then and contradicts nothing; nor does somewhere in the city a district of it.
#}
{% set fields = {
    'sex': ('性别', 'sex'),
    'birth_date': ('出生日期', 'birth date'),
    'id_number': ('公民身份号码', 'ID number'),
    'ethnicity': ('民族', 'ethnicity'),
    'hukou_division': ('户籍地', 'registered home'),
    'name': ('姓名', 'name'),
} %}

{# Of a day's few people the statements are picked out once. #}
{% set stated = 'of_compared' if is_incremental() else ref('int_person__attributes') %}
{% set of_compared = stated_of('int_quality__compared_people') %}

with
{% if is_incremental() -%}
of_compared as (
    select *
    from {{ of_compared }} as attribute
),

{% endif -%}
people as (
    select
        person_id,
        sex,
        birth_date,
        id_number,
        ethnicity,
        substr(hukou_division, 1, 6) as hukou_division,
        name_norm
    from {{ ref('int_person__golden_record') }}
    where
        n_bureaus > 1
        and (
            {% for field in fields -%}
            ',' || conflict_fields || ',' like '%,{{ field }},%'{{ ' or ' if not loop.last }}
            {%- endfor %}
        )
),

statements as (
    select
        attribute.person_id,
        attribute.dataset,
        attribute.bureau,
        attribute.role,
        attribute.record_ref,
        attribute.record_key,
        {% for field in fields -%}
        {% if field == 'hukou_division' -%}
        case
            when attribute.ended_on <= build.as_of then null
            when
                substr({{ unallocated_community_of_city() }}, 1, 6)
                in (substr(attribute.hukou_division, 1, 6), people.hukou_division)
                and substr(attribute.hukou_division, 1, 4) = substr(people.hukou_division, 1, 4)
                then null
            else substr(attribute.hukou_division, 1, 6) = people.hukou_division
        end as agrees_hukou_division
        {%- elif field == 'name' -%}
        -- a slip of the pen is no other name
        {{ characters_apart('attribute.name_norm', 'people.name_norm') }} < 2 as agrees_name
        {%- else -%}
        attribute.{{ field }} = people.{{ field }} as agrees_{{ field }}
        {%- endif %}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ stated }} as attribute
    inner join people on attribute.person_id = people.person_id
    cross join {{ ref('stg_raw__build') }} as build
),

-- Who says what by dataset and role: each field's records that agree and one that does not.
by_dataset as (
    select
        person_id,
        dataset,
        bureau,
        role,
        {% for field in fields -%}
        max(case when agrees_{{ field }} then 1 else 0 end) as agrees_{{ field }},
        -- the first by its key: references are random
        min_by(record_ref, case when not agrees_{{ field }} then record_key end) as other_{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from statements
    group by person_id, dataset, bureau, role
),

-- The first and the last bureau that agree: another one agrees unless both are the one that does not.
agreeing as (
    select
        person_id,
        {% for field in fields -%}
        min(case when agrees_{{ field }} = 1 then bureau end) as first_{{ field }},
        max(case when agrees_{{ field }} = 1 then bureau end) as last_{{ field }}{{ ',' if not loop.last }}
        {% endfor %}
    from by_dataset
    group by person_id
),

conflicts as (
    {% for field, (zh, en) in fields.items() %}
    select
        by_dataset.dataset,
        by_dataset.bureau,
        by_dataset.role,
        by_dataset.other_{{ field }} as record_ref,
        '{{ field }}' as field,
        '{{ zh }}' as name_zh,
        '{{ en }}' as name_en
    from by_dataset
    inner join agreeing on by_dataset.person_id = agreeing.person_id
    where
        by_dataset.other_{{ field }} is not null
        and (agreeing.first_{{ field }} <> by_dataset.bureau or agreeing.last_{{ field }} <> by_dataset.bureau)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

named as (
    select
        -- what a person is called is no field of public.yml's field_conflict
        case conflicts.field when 'name' then 'name_conflict' else 'field_conflict' end as rule_id,
        mention.dataset,
        mention.bureau,
        mention.record_ref,
        mention.role,
        person_ref.person_ref,
        mention.written_division_code as division_code,
        mention.file,
        mention.row,
        conflicts.field,
        conflicts.name_zh,
        conflicts.name_en
    from conflicts
    inner join {{ stated }} as mention
        on
            conflicts.dataset = mention.dataset
            and conflicts.record_ref = mention.record_ref
            and conflicts.role = mention.role
    left join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
)

select
    {{
        finding_columns(
            none,
            'named',
            detail_zh="'与其他部门记载不一致：' || named.name_zh",
            detail_en="'other bureaus say otherwise: ' || named.name_en",
            discriminator='named.field'
        )
    }}
from named
