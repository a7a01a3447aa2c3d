{#-
    What the centre cannot do without besides what a contract requires: who it is, from where, why and since when
    somebody is here, and how to reach her.
-#}
{% macro _important_fields() -%}
    {{- return([
        'name', 'sex', 'id_number', 'birth_date', 'ethnicity', 'phone', 'hukou_division', 'division', 'address',
        'destination', 'arrived_on', 'moved_on', 'flow_reason', 'stay_reason', 'dwelling', 'marital', 'education',
        'industry', 'household_key', 'mother_name', 'mother_id_number', 'husband_id_number', 'wife_id_number',
    ]) -}}
{%- endmacro %}

{#- Fields that only some records of a dataset have. -#}
{% macro _expected_when() -%}
    {%- set in_flow = "coalesce(flow, '1') = '1'" -%}
    {{- return({
        'hfpc.padis_case': {
            'division': in_flow, 'address': in_flow, 'dwelling': in_flow, 'industry': in_flow,
            'destination': "flow = '2'",
        },
        'centre.verification': {'destination': "verification = '2'"},
        'hrss.employment': {'industry': "employment = '1'"},
    }) -}}
{%- endmacro %}

{% macro fields_looked_for(contract) -%}
    {%- set columns = [] -%}
    {%- for column in contract.columns
        if column.field != 'record_key' and (column.required or column.field in _important_fields()) -%}
        {%- do columns.append(column) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}

{% macro field_is_expected(dataset, field) -%}
    {{- return(_expected_when().get(dataset, {}).get(field, 'true')) -}}
{%- endmacro %}

{% macro field_is_missing(column) -%}
    {%- if column.type in ['text', 'phone'] -%}
    {{ column.field }} is null
    {%- else -%}
    {{ column.field }}_status = 'missing'
    {%- endif -%}
{%- endmacro %}

{% macro record_place(dataset, contract) -%}
    {%- if dataset == 'hfpc.padis_case' -%}
    case when flow = '2' then hukou_division else division end
    {%- elif 'division' in contract.types -%}
    division
    {%- else -%}
    hukou_division
    {%- endif -%}
{%- endmacro %}
