{# The raw view and the staging model of a dataset. #}
{% macro raw_of(dataset) %}
    {{ return(source('raw', dataset | replace('.', '__'))) }}
{% endmacro %}

{% macro staged_of(dataset) %}
    {{ return(ref('stg_' ~ dataset | replace('.', '__'))) }}
{% endmacro %}
