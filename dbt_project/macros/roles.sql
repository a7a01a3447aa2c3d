{# Who stands in a record beside the person that it is about. #}
{% macro companion_roles() %}
    {{ return(['mother', 'father', 'guardian']) }}
{% endmacro %}
