{# How far a code must go is the contract's to say: most name a community, a marriage office is a district's. #}
{{ config(**renewed(is_in_touched_records())) }}
{{ column_findings('division_partial', division_is_partial, '区划代码未到应填级别：', 'division code stops above the level asked for: ') }}
