{{ config(**renewed(is_about_touched_people())) }}
{% do made_before('int_quality__touched_people') %}

-- Few people have several records of a kind: those first, so that nothing else is compared.
with several as (
    select
        dataset,
        role,
        person_id,
        one_per_kind
    from {{ stated_of_touched(ref('int_quality__mentions')) }} as mention
    where
        one_per is not null
        -- the guardian of two pupils is no pupil twice
        and role not in ('{{ companion_roles() | join("', '") }}')
    group by dataset, role, person_id, one_per_kind
    having count(*) > 1
),

records as (
    select mention.*
    from {{ stated_of_touched(ref('int_quality__mentions')) }} as mention
    inner join several
        on
            mention.dataset = several.dataset
            and mention.role = several.role
            and mention.person_id = several.person_id
            and mention.one_per_kind = several.one_per_kind
    where mention.one_per is not null
),

-- Two records are open at once when neither ended before the other began.
repeated as (
    select distinct
        one.dataset,
        one.bureau,
        one.record_ref,
        one.role,
        one.person_ref,
        one.division_code,
        one.file,
        one.row,
        one.one_per
    from records as one
    inner join records as other
        on
            one.dataset = other.dataset
            and one.role = other.role
            and one.person_id = other.person_id
            and one.one_per_kind = other.one_per_kind
            and one.record_key <> other.record_key
    where
        (one.one_per = 'delivery' and one.delivery = other.delivery)
        or (
            one.one_per = 'time'
            and (one.ended_on is null or one.ended_on > other.written_on)
            and (other.ended_on is null or other.ended_on > one.written_on)
        )
)

select
    {{
        finding_columns(
            'person_repeated',
            'repeated',
            detail_zh="case repeated.one_per
            when 'delivery' then '同一人在同一批次中有多条记录'
            else '同一人同时有多条有效记录'
        end",
            detail_en="case repeated.one_per
            when 'delivery' then 'one person with several records in one delivery'
            else 'one person with several records open at once'
        end"
        )
    }}
from repeated
