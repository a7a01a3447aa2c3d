{{ config(alias='population') }}

{#-
    What is shown, and of what other column each count is a part: what the part leaves of the whole is a group of people
    too, which subtraction gives away. A count is small where it, that rest, or either of these for its whole is.
-#}
{% set smallest_shown = 10 %}
{% set part_of = {
    'people': none,
    'floating': 'people',
    'floating_in_city': 'floating',
    'registered': none,
    'resident': 'people'
} %}

with totals as (
    select
        division_code,
        substr(division_code, 1, 4) || '00000000' as family_code,
        level,
        period,
        {% for count in part_of -%}
        {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('mart_population') }}
    where dimension_set = 'total' and level in ('city', 'district')
),

judged as (
    select
        *,
        {% for count in part_of -%}
        case
            when {{ count }} < {{ smallest_shown }} then 1
            {% set step = namespace(part=count) -%}
            {% for _ in part_of if part_of[step.part] -%}
            {% set whole = part_of[step.part] -%}
            when {{ whole }} < {{ smallest_shown }} or {{ whole }} - {{ step.part }} < {{ smallest_shown }} then 1
            {% set step.part = whole -%}
            {% endfor -%}
            else 0
        end as {{ count }}_is_small{{ ',' if not loop.last }}
        {% endfor %}
    from totals
),

-- One small district hides its column in every district of the city, or the others would give it away.
families as (
    select
        family_code,
        period,
        count(*) as districts,
        {% for count in part_of -%}
        max({{ count }}_is_small) as {{ count }}_is_hidden{{ ',' if not loop.last }}
        {% endfor %}
    from judged
    where level = 'district'
    group by family_code, period
),

hidden as (
    select
        judged.*,
        {% for count in part_of -%}
        case
            when judged.level = 'district' then families.{{ count }}_is_hidden = 1
            when judged.{{ count }}_is_small = 1 then true
            -- an only child is as large as its parent
            else coalesce(families.districts = 1 and families.{{ count }}_is_hidden = 1, false)
        end as {{ count }}_is_hidden{{ ',' if not loop.last }}
        {% endfor %}
    from judged
    left join families
        on
            judged.family_code = families.family_code
            and judged.period = families.period
)

select
    division_code,
    level,
    period,
    {% for count in part_of -%}
    case when not {{ count }}_is_hidden then {{ count }} end as {{ count }}{{ ',' if not loop.last }}
    {% endfor %}
from hidden
