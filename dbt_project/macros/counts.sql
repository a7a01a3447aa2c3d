{# The additive counts of a population, in the order of interface/public.yml. #}
{% macro population_counts() %}
    {{ return(['people', 'floating', 'floating_in_city', 'registered', 'resident']) }}
{% endmacro %}
