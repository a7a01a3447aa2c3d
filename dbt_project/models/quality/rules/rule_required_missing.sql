{# Made from the contracts: a dataset that is added is looked at without a word here. #}
{{ config(**renewed(is_in_touched_records())) }}
{{ column_findings('required_missing', required_is_missing, '必填项为空：', 'a required column is null: ') }}
