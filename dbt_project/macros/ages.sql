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

{# Where the age is reached by 31 August, the first of September after it; from September on, that of the next year. #}
{% macro school_year_from(day) -%}
    cast(
        cast(year({{ day }}) + case when month({{ day }}) >= 9 then 1 else 0 end as {{ dbt.type_string() }})
        || '-09-01' as date
    )
{%- endmacro %}
