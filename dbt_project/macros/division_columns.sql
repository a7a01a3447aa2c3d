{#
    The rows of a dataset with a division code that is not in the list, one SELECT a column of divisions. The role is
    that of the person whom the column describes: the only one, or the first that maps it; null where the column
    describes the record. The division is that of the record where it has one that is known.
#}
{% macro division_columns_unknown(dataset, staged) %}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
        {%- set columns = contract.columns | selectattr('type', 'in', ['division12', 'division6']) | list -%}
        {%- for column in columns %}
            {%- set roles = [] -%}
            {%- for name, role in contract.roles.items() if column.header in role.values() -%}
                {%- do roles.append(name) -%}
            {%- endfor %}
    select
        '{{ dataset }}' as dataset,
        record_ref,
        {{ "'" ~ roles[0] ~ "'" if roles else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as role,
        {{ 'division' if 'division' in contract.types else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as division_code,
        _file as file,
        _row as row,
        '{{ column.field }}' as field,
        '{{ column.header }}' as header
    from {{ staged }}
    where {{ column.field }}_status = 'unknown'
            {%- if not loop.last %}
    union all
            {%- endif -%}
        {%- endfor -%}
        {%- if not columns %}
    select
        '{{ dataset }}' as dataset,
        record_ref,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_string() }}) as division_code,
        _file as file,
        _row as row,
        '' as field,
        '' as header
    from {{ staged }}
    where 1 = 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
