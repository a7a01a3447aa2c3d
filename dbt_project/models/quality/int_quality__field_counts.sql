{#- One pass over each dataset for all its fields at once; what comes out is small and is then turned. -#}
with counted_on as (
    select period
    from {{ ref('int_calendar__periods') }}
    where is_current
)
{%- for dataset in datasets_with_people() %},

{{ dataset | replace('.', '__') }} as (
    {%- set staged = staged_of(dataset) -%}
    {%- set contract = contract_of(dataset) %}
    select
        {{ record_place(dataset, contract) if execute }} as place
        {%- for column in (fields_looked_for(contract) if execute else []) %},
        {{ count_where(field_is_expected(dataset, column.field)) }} as {{ column.field }}__records,
        {{ count_where(field_is_expected(dataset, column.field) ~ ' and ' ~ field_is_missing(column)) }}
            as {{ column.field }}__missing
        {%- endfor %}
    from {{ staged }}
    group by {{ record_place(dataset, contract) if execute }}
)
{%- endfor %},

fields as (
{%- for dataset in datasets_with_people() %}
    {%- for column in (fields_looked_for(contract_of(dataset)) if execute else []) %}
    select
        '{{ dataset }}' as dataset,
        '{{ column.field }}' as field,
        {{ 'true' if column.required else 'false' }} as is_required,
        place,
        {{ column.field }}__records as records,
        {{ column.field }}__missing as missing
    from {{ dataset | replace('.', '__') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
{%- endfor %}
)

select
    coalesce(ancestors.division_code, {{ unallocated_community_of_city() }}) as division_code,
    counted_on.period,
    fields.dataset,
    split_part(fields.dataset, '.', 1) as bureau,
    fields.field,
    fields.is_required,
    cast(sum(fields.records) as bigint) as records,
    cast(sum(fields.missing) as bigint) as missing
from fields
cross join counted_on
left join {{ ref('int_division__ancestors') }} as ancestors on fields.place = ancestors.division_code
where fields.records > 0
group by
    coalesce(ancestors.division_code, {{ unallocated_community_of_city() }}),
    counted_on.period,
    fields.dataset,
    fields.field,
    fields.is_required
