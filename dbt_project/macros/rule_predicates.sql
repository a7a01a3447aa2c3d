{#- What rules on records say again and again. Days and births are compared as numbers, yyyymmdd; see _macros.yml. -#}

{% macro ymd(date) -%}
    (year({{ date }}) * 10000 + month({{ date }}) * 100 + day({{ date }}))
{%- endmacro %}

{#- Digits 7 to 14 of a usable number are the day of birth (GB 11643). -#}
{% macro number_ymd(id_number) -%}
    cast(substr({{ id_number }}, 7, 8) as integer)
{%- endmacro %}

{#- The 17th digit of a usable number is odd for men. -#}
{% macro number_is_of_man(id_number) -%}
    substr({{ id_number }}, 17, 1) in ('1', '3', '5', '7', '9')
{%- endmacro %}

{% macro is_younger(born, day, years) -%}
    {{ ymd(day) }} - {{ born }} < {{ years }}0000
{%- endmacro %}

{% macro is_older(born, day, years) -%}
    {{ ymd(day) }} - {{ born }} >= {{ years + 1 }}0000
{%- endmacro %}

{#- More years and part of a year than so many, from one day to another. -#}
{% macro is_longer(first, last, years) -%}
    {{ ymd(last) }} - {{ ymd(first) }} > {{ years }}0000
{%- endmacro %}
