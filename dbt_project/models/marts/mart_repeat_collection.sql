{% set fields = collected_fields() %}

with periods as (
    select period
    from {{ ref('int_calendar__periods') }}
    where is_current
),

-- For each pair of bureaus that both hold the person: what both have asked for.
pairs as (
    select
        one.division_code,
        one.bureau,
        other.bureau as other_bureau
        {%- for field in fields %},
        count(case when one.{{ field }}_collections > 0 and other.{{ field }}_collections > 0 then 1 end)
            as {{ field }}_people,
        sum(
            case
                when one.{{ field }}_collections > 0 and other.{{ field }}_collections > 0
                    then one.{{ field }}_collections + other.{{ field }}_collections
                else 0
            end
        ) as {{ field }}_collections
        {%- endfor %}
    from {{ ref('int_collection__fields') }} as one
    inner join {{ ref('int_collection__fields') }} as other
        on one.person_id = other.person_id and one.bureau < other.bureau
    group by one.division_code, one.bureau, other.bureau
),

by_field as (
    {% for field in fields -%}
    select
        division_code,
        bureau,
        other_bureau,
        '{{ field }}' as field,
        {{ field }}_people as people,
        {{ field }}_collections as collections
    from pairs
    where {{ field }}_people > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    bridge.ancestor_code as division_code,
    bridge.ancestor_level as level,
    periods.period,
    by_field.field,
    by_field.bureau,
    by_field.other_bureau,
    cast(sum(by_field.people) as bigint) as people,
    cast(sum(by_field.collections) as bigint) as collections,
    cast(sum(by_field.collections - by_field.people) as bigint) as repeats,
    cast(
        sum(by_field.collections - by_field.people) * max(cost.minutes * cost.yuan_per_hour) / 60 as double
    ) as cost_yuan
from by_field
inner join {{ ref('bridge_division_ancestor') }} as bridge on by_field.division_code = bridge.division_code
cross join periods
left join {{ ref('collection_cost') }} as cost on by_field.field = cost.field
group by
    bridge.ancestor_code,
    bridge.ancestor_level,
    periods.period,
    by_field.field,
    by_field.bureau,
    by_field.other_bureau
