{#
    Whole views of a dataset that differ from the one before by more than a population does: in how many rows there are,
    and in how men and women, or districts, share them (half the sum of the differences between the shares). In the months
    in which people come and go by the season, and schools begin, the number may change by half.
-#}
{% set usual_change = 0.2 %}
{% set seasonal_change = 0.5 %}
{% set seasonal = {
    'psb.temporary_residence': [2, 3], 'hfpc.padis_case': [2, 3], 'grid.household_visit': [2, 3],
    'housing.rental_filing': [2, 3], 'edu.student_enrollment': [3, 9],
} %}
{% set most_apart = 0.1 %}
{% set least_rows = 1000 %}

with whole as (
    select
        delivery,
        dataset,
        extract_date,
        rows_read,
        lag(delivery) over (
            partition by dataset order by apply_order asc nulls last, delivery asc nulls last
        ) as delivery_before,
        lag(rows_read) over (
            partition by dataset order by apply_order asc nulls last, delivery asc nulls last
        ) as rows_before,
        row_number() over (
            partition by dataset order by apply_order desc nulls last, delivery desc nulls last
        ) as place
    from {{ ref('stg_raw__delivery') }}
    where is_applied and mode = 'full'
),

-- Only the newest view is in question: what an earlier one held is no longer in force.
newest as (
    select *
    from whole
    where place = 1 and delivery_before is not null and rows_before >= {{ least_rows }}
),

compared as (
    select delivery from newest
    union
    select delivery_before as delivery from newest
),

counted as (
{%- for dataset in datasets_with_people() %}
    {%- set raw = raw_of(dataset) %}
    {%- set contract = contract_of(dataset) %}
    {%- if execute %}
    {%- for column in contract.columns if column.field in ('sex', 'division', 'hukou_division') and column.type != 'division6' %}
    select
        _delivery as delivery,
        '{{ column.field }}' as field,
        {{ "substr(" ~ adapter.quote(column.header) ~ ", 1, 6)" if column.type == 'division12' else adapter.quote(column.header) }}
            as value,
        count(*) as records
    from {{ raw }}
    where _delivery in (select delivery from compared) and {{ adapter.quote(column.header) }} is not null
    group by 1, 2, 3
    union all
    {%- endfor %}
    {%- endif %}
{%- endfor %}
    select
        delivery,
        '' as field,
        '' as value,
        0 as records
    from compared
    where 1 = 0
),

shares as (
    select
        delivery,
        field,
        value,
        cast(records as double) / sum(records) over (partition by delivery, field) as share
    from counted
),

differences as (
    select
        newest.delivery,
        shares.field,
        shares.value,
        sum(case when shares.delivery = newest.delivery then shares.share else -shares.share end) as difference
    from newest
    inner join shares on shares.delivery in (newest.delivery, newest.delivery_before)
    group by newest.delivery, shares.field, shares.value
),

apart as (
    select
        delivery,
        field
    from differences
    group by delivery, field
    having sum(abs(difference)) / 2 > {{ most_apart }}
),

found as (
    select
        'volume_changed' as rule_id,
        dataset,
        delivery,
        '' as field
    from newest
    where
        abs(cast(rows_read as double) / rows_before - 1) > case
            {%- for dataset, months in seasonal.items() %}
            when dataset = '{{ dataset }}' and month(extract_date) in ({{ months | join(', ') }}) then {{ seasonal_change }}
            {%- endfor %}
            else {{ usual_change }}
        end
    union all
    select
        'distribution_changed' as rule_id,
        newest.dataset,
        newest.delivery,
        apart.field
    from newest
    inner join apart on newest.delivery = apart.delivery
),

named as (
    select
        rule_id,
        dataset,
        split_part(dataset, '.', 1) as bureau,
        cast(null as {{ dbt.type_string() }}) as record_ref,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_string() }}) as person_ref,
        cast(null as {{ dbt.type_string() }}) as division_code,
        cast(null as {{ dbt.type_string() }}) as file,
        cast(null as bigint) as row,
        delivery || field as discriminator
    from found
)

{{ named_findings('rule_delivery_change', 'named', discriminator='named.discriminator') }}
