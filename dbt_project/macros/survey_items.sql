{# The questions of the survey that seed survey_indicator names: as columns of the staged survey. #}
{% macro survey_items() %}
    {{ return(['b01', 'b07', 'b08', 'b09', 'b15', 'b17', 'c01', 'c07', 'c12', 'c13', 'c14', 'c15', 'c16', 'c17', 'c18',
        'd05', 'd07', 'd13']) }}
{% endmacro %}
