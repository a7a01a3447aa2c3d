{{ config(materialized='view') }}

select
    dataset,
    record_key,
    record_ref
from {{ ref('stg_raw__changed_record') }}
where
    dataset in (
        {%- for dataset in datasets_with_people() %}
        '{{ dataset }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
