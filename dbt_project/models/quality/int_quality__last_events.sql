{{ config(materialized='view') }}

select
    finding_id,
    kind,
    build_id,
    opened_in,
    cases_seen,
    {% for field in finding_fields() -%}
    {{ field }}{{ ',' if not loop.last }}
    {% endfor %}
from (
    select
        *,
        first_value(build_id) over (
            partition by finding_id order by _segment asc nulls last, kind asc nulls last
        ) as opened_in,
        row_number() over (
            partition by finding_id order by _segment desc nulls last, kind desc nulls last
        ) as place
    from {{ source('raw', 'finding_event') }}
) as events
where place = 1
