-- By extract dates and the build's date, never by the clock: the same deliveries give the same findings.
with newest as (
    select
        dataset,
        max(extract_date) as extract_date
    from {{ source('raw', 'delivery') }}
    where is_applied
    group by dataset
),

expected as (
    select
        newest.dataset,
        newest.extract_date,
        {{ days_after('newest.extract_date', 'rhythm.every_days') }} as due_on,
        {{ days_after('newest.extract_date', 'rhythm.every_days + rhythm.grace_days') }} as late_after
    from newest
    inner join {{ ref('delivery_rhythm') }} as rhythm on newest.dataset = rhythm.dataset
),

late as (
    select
        expected.dataset,
        split_part(expected.dataset, '.', 1) as bureau,
        cast(null as {{ dbt.type_string() }}) as record_ref,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_string() }}) as person_ref,
        cast(null as {{ dbt.type_string() }}) as division_code,
        cast(null as {{ dbt.type_string() }}) as file,
        cast(null as bigint) as row,
        cast(expected.extract_date as {{ dbt.type_string() }}) as newest_on,
        cast(expected.due_on as {{ dbt.type_string() }}) as due_on
    from expected
    cross join {{ source('raw', 'build') }} as build
    where build.as_of > expected.late_after
)

select
    {{
        finding_columns(
            'delivery_late',
            'late',
            detail_zh="'最近一批为 ' || late.newest_on || '，应于 ' || late.due_on || ' 前再报，至今未收到'",
            detail_en="'the newest delivery is of ' || late.newest_on || '; the next was due by ' || late.due_on",
            discriminator='late.newest_on'
        )
    }}
from late
