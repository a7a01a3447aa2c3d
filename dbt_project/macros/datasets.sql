{# The datasets that are read; a test holds this list to be those whose contract is active. #}
{% macro active_datasets() %}
    {{ return(['civil.marriage', 'finance.service_funding', 'grid.household_visit', 'psb.temporary_residence']) }}
{% endmacro %}

{# The raw view and the staging model of a dataset. #}
{% macro raw_of(dataset) %}
    {{ return(source('raw', dataset | replace('.', '__'))) }}
{% endmacro %}

{% macro staged_of(dataset) %}
    {{ return(ref('stg_' ~ dataset | replace('.', '__'))) }}
{% endmacro %}
