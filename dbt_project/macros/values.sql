{#- Text into values of a type. Each takes what came (a column of text) and gives SQL; see _macros.yml. -#}

{#- Years of four digits from 1800 on: what is older is a slip of the pen. -#}
{% macro _year() -%}
    {{- return('(1[89]|[2-9][0-9])[0-9]{2}') -}}
{%- endmacro %}

{#- 2099-12-31; and below 2101 a bare number is a year, not a day. -#}
{% macro _is_excel_serial(text) -%}
    {{ any_match(text, '^[0-9]{4,5}([.][0-9]+)?$') }}
    and cast(split_part({{ text }}, '.', 1) as integer) between 2101 and 73050
{%- endmacro %}

{% macro date_text(text) -%}
    case
        when {{ any_match(text, '^[0-9-]+$') }} then {{ text }}
        else {{ compact(
            "regexp_replace(" ~ trimmed(text) ~ ", '[ T]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z?$', '')",
            '^[0-9/]+$'
        ) }}
    end
{%- endmacro %}

{#- `text` is what date_text made. A day that the calendar does not have is null. -#}
{% macro date_value(text) -%}
    case
        when {{ any_match(text, '^' ~ _year() ~ '-[0-9]{1,2}-[0-9]{1,2}$') }}
            then try_cast({{ text }} as date)
        when {{ any_match(text, '^' ~ _year() ~ '[0-9]{4}([.]0+|000000)?$') }}
            then try_cast(
                substr({{ text }}, 1, 4) || '-' || substr({{ text }}, 5, 2) || '-' || substr({{ text }}, 7, 2) as date
            )
        when {{ any_match(text, '^' ~ _year() ~ '[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}[日号]?$') }}
            then try_cast(translate({{ text }}, '/.年月日号', '----') as date)
        when {{ _is_excel_serial(text) }}
            then {{ days_after("cast('1899-12-30' as date)", "split_part(" ~ text ~ ", '.', 1)") }}
    end
{%- endmacro %}

{% macro month_value(text) -%}
    case
        when {{ any_match(text, '^' ~ _year() ~ '(0[1-9]|1[0-2])([.]0+)?$') }}
            then try_cast(substr({{ text }}, 1, 4) || '-' || substr({{ text }}, 5, 2) || '-01' as date)
        when {{ any_match(text, '^' ~ _year() ~ '[-/.年][0-9]{1,2}月?$') }}
            then try_cast(translate({{ text }}, '/.年月', '---') || '-01' as date)
    end
{%- endmacro %}

{% macro number_text(text) -%}
    {{ compact(text, '^[0-9.-]+$', drop=',，') }}
{%- endmacro %}

{% macro integer_value(text) -%}
    case
        when {{ any_match(text, '^[+-]?[0-9]{1,18}([.]0*)?$') }}
            then cast(translate(split_part({{ text }}, '.', 1), '+', '') as bigint)
    end
{%- endmacro %}

{% macro decimal_value(text) -%}
    case
        when {{ any_match(text, '^[+-]?[0-9]{1,14}([.][0-9]*)?$') }}
            then try_cast(translate({{ text }}, '+', '') as decimal(18, 4))
    end
{%- endmacro %}

{#- A code as it stands in its list: Excel's `1.0` is 1. -#}
{% macro code_text(text) -%}
    {{ said("regexp_replace(" ~ compact(text, '^[0-9A-Za-z+]+$') ~ ", '[.]0+$', '')", zero=false) }}
{%- endmacro %}

{% macro division_text(text) -%}
    {{ said("regexp_replace(" ~ compact(text, '^[0-9]+$') ~ ", '[.]0+$', '')") }}
{%- endmacro %}

{% macro phone_text(text) -%}
    {%- set plain = '^[0-9]+$' -%}
    case
        when {{ any_match(text, plain) }} then {{ text }}
        else regexp_replace({{ compact(text, plain, drop='-—–_+()（）') }}, '[.]0+$', '')
    end
{%- endmacro %}

{#- `text` is what phone_text made. 86 before a mobile number is the country. -#}
{% macro phone_value(text) -%}
    case
        when {{ any_match(text, '^1[0-9]{10}$') }} then {{ text }}
        when {{ any_match(text, '^(00)?861[0-9]{10}$') }} then right({{ text }}, 11)
        when {{ any_match(text, '^[0-9]{7,12}$') }} then {{ text }}
    end
{%- endmacro %}

{#- A name for comparing: no blanks, dots or marks, half-width, upper-case; null where it says that there is none. -#}
{% macro name_norm(text) -%}
    upper({{ said(compact(said(trimmed(text)), '^[一-龥]+$', drop="·•‧∙・･．.。,，、-－—_*()（）''‘’`")) }})
{%- endmacro %}
