{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_changed_fates() }}') }}
{% set renewals = renewals() %}
{% set datasets = renewed_datasets(renewals) if is_incremental() else active_datasets() %}

{% for dataset in active_datasets() if not execute or dataset in datasets %}
{{ row_fate(dataset, renewals[dataset].since if is_incremental() else none) }}
{% if not loop.last %}union all{% endif %}
{% else %}
select *
from {{ this }}
where false
{% endfor %}
