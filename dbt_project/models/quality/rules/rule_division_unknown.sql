{# Every column of divisions of every dataset, as its contract says; a role's column is found in the role. #}
{{ config(**renewed(is_in_touched_records())) }}
{{ column_findings('division_unknown', division_is_unknown, '区划代码不在区划表中：', 'division code is not in the list: ') }}
