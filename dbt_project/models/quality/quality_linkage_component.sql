{{ config(alias='linkage_component') }}
{% set bands = [1, 2, 3, 6, 11, 21, 51, 101, 201, 501] %}

select
    cast(
        case
            {% for band in bands | reverse -%}
            when mentions >= {{ band }} then {{ band }}
            {% endfor -%}
        end as bigint
    ) as mentions_from,
    cast(count(*) as bigint) as persons,
    {{ cast_bigint_sum('mentions') }} as mentions
from {{ ref('int_quality__linkage_people') }}
group by 1
