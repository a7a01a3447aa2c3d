{#- 公民身份号码, GB 11643-1999: 17 digits and a check character over them; the first generation had 15 digits. -#}

{% macro id_text(text) -%}
    {%- set plain = '^[0-9]{17}[0-9X]$' -%}
    case
        when {{ any_match(text, plain) }} then {{ text }}
        else upper({{ said(compact(text, plain, drop="-－—–_''‘’`´")) }})
    end
{%- endmacro %}

{#- The 17 digits before the check character as a number: null where the long form is. -#}
{% macro id_digits(long_form) -%}
    try_cast(substr({{ long_form }}, 1, 17) as bigint)
{%- endmacro %}

{#- The check character of 17 digits, given as a number: their weighted sum modulo 11, looked up. -#}
{% macro id_check_character(digits) -%}
    {%- set weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] -%}
    substr(
        '10X98765432',
        1 + cast(
            mod(
                {% for weight in weights -%}
                    {{ weight }} * mod({{ whole_quotient(digits, 10 ** (17 - loop.index)) }}, 10){{ ' + ' if not loop.last }}
                {%- endfor %},
                11
            ) as integer
        ),
        1
    )
{%- endmacro %}

{#- 18 places: those that came, or a first-generation number with its century. Without the check character, 17. -#}
{% macro id_long_form(text) -%}
    case
        when {{ any_match(text, '^[0-9]{17}[0-9X]$') }} then {{ text }}
        when {{ any_match(text, '^[0-9]{15}$') }} then substr({{ text }}, 1, 6) || '19' || substr({{ text }}, 7, 9)
    end
{%- endmacro %}

{% macro id_birth_date(long_form) -%}
    case
        when {{ any_match(long_form, '^[0-9]{6}(18|19|20)') }}
            then try_cast(
                substr({{ long_form }}, 7, 4) || '-' || substr({{ long_form }}, 11, 2) || '-' || substr({{ long_form }}, 13, 2)
                as date
            )
    end
{%- endmacro %}

{#-
    What a number is worth. `raw` is what came, `text` is id_text of it, `long_form` is id_long_form of that, `digits` id_digits of that.
    Numbers from 9 (foreigners) and from 81, 82, 83 (Hong Kong, Macao, Taiwan) follow the same rules. The area is not
    checked against lists: numbers were issued later than birth.
-#}
{% macro id_status(raw, text, long_form, digits) -%}
    case
        when {{ text }} is null then 'missing'
        when {{ long_form }} is null or {{ id_birth_date(long_form) }} is null then 'malformed'
        when length({{ text }}) = 15 then 'upgraded_15'
        when substr({{ long_form }}, 18, 1) <> {{ id_check_character(digits) }} then 'checksum_failed'
        when {{ raw }} = {{ long_form }} then 'valid'
        else 'cleaned'
    end
{%- endmacro %}

{% macro id_value(long_form, digits, status) -%}
    case {{ status }}
        when 'valid' then {{ long_form }}
        when 'cleaned' then {{ long_form }}
        when 'upgraded_15' then {{ long_form }} || {{ id_check_character(digits) }}
    end
{%- endmacro %}
