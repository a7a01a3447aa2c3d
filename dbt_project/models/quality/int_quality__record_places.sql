{% for dataset in datasets_with_people() -%}
{%- set staged = staged_of(dataset) -%}
{%- set contract = contract_of(dataset) %}
select
    '{{ dataset }}' as dataset,
    {{ record_place(dataset, contract) if execute }} as place,
    count(*) as records
from {{ staged }}
group by {{ record_place(dataset, contract) if execute }}
{{ 'union all' if not loop.last }}
{%- endfor %}
