{# Five-year age bands that sort as text, 00-04 to 85+; `unknown` where the age is. #}
{% macro age_band(age) -%}
    case
        when {{ age }} is null then 'unknown'
        {% for low in range(0, 85, 5) -%}
        when {{ age }} < {{ low + 5 }} then '{{ '%02d-%02d' % (low, low + 4) }}'
        {% endfor -%}
        else '85+'
    end
{%- endmacro %}
