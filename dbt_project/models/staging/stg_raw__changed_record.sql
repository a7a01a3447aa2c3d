{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_all() }}') }}
{{ changed_records() }}
