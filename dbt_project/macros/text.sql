{#- Characters that stand for nothing: tab, line ends, no-break and ideographic spaces, zero-width space, BOM. -#}
{% macro _blanks() -%}
    {{- return(' \t\r\n\u00a0\u3000\u200b\ufeff') -}}
{%- endmacro %}

{#- Full-width digits, letters and the marks that numbers and dates are written with, and their half-width forms. -#}
{% macro _full_width() -%}
    {%- set characters = namespace(full='', half='') -%}
    {%- for code in [11, 13, 14, 15] + range(16, 27) | list + range(33, 59) | list + range(65, 91) | list -%}
        {%- set characters.full = characters.full ~ '%c' % (65280 + code) -%}
        {%- set characters.half = characters.half ~ '%c' % (32 + code) -%}
    {%- endfor -%}
    {{- return(characters) -}}
{%- endmacro %}

{% macro trimmed(text) -%}
    case
        when {{ any_match(text, '^[!-~一-龥]+$') }} then {{ text }}
        else nullif(trim(both '{{ _blanks() }}' from {{ text }}), '')
    end
{%- endmacro %}

{#- Half-width, without blanks or any of `drop`. A text that matches `plain` is not touched: which is most. -#}
{% macro compact(text, plain, drop='') -%}
    {%- set width = _full_width() -%}
    case
        when {{ any_match(text, plain) }} then {{ text }}
        else nullif(translate({{ text }}, '{{ width.full ~ _blanks() ~ drop }}', '{{ width.half }}'), '')
    end
{%- endmacro %}

{% macro is_placeholder(text, zero=true) -%}
    {{ any_match(text, '^(无|不详|未知|暂无|空|-+|—+|/' ~ ('|0' if zero) ~ ')$') }}
{%- endmacro %}

{#- The text, or null where it says that there is nothing to say. -#}
{% macro said(text, zero=true) -%}
    case when {{ is_placeholder(text, zero) }} then null else {{ text }} end
{%- endmacro %}

{#- How many characters of either text the other does not have, the greater of the two: engines count edits otherwise. -#}
{% macro characters_apart(one, other) -%}
    greatest(length(translate({{ one }}, {{ other }}, '')), length(translate({{ other }}, {{ one }}, '')))
{%- endmacro %}
