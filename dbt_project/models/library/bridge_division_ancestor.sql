{#- Four levels: a division has at most three ancestors above it. #}
{% set steps_up = 3 %}

with current_division as (
    select
        division_code,
        level,
        parent_code
    from {{ ref('dim_division') }}
    where valid_to is null
),

step_0 as (
    select
        division_code,
        level as division_level,
        division_code as ancestor_code,
        level as ancestor_level,
        parent_code as next_code
    from current_division
)
{%- for step in range(1, steps_up + 1) %},

step_{{ step }} as (
    select
        below.division_code,
        below.division_level,
        above.division_code as ancestor_code,
        above.level as ancestor_level,
        above.parent_code as next_code
    from step_{{ step - 1 }} as below
    inner join current_division as above
        on below.next_code = above.division_code
)
{%- endfor %}

{% for step in range(steps_up + 1) -%}
select
    division_code,
    division_level,
    ancestor_code,
    ancestor_level
from step_{{ step }}
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
