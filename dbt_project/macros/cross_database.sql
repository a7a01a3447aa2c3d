{#- What the two engines say differently. Models say it through these; DuckDB is the default, Spark dispatches. -#}

{% macro any_match(text, pattern) -%}
    {{ return(adapter.dispatch('any_match', 'sijiku')(text, pattern)) }}
{%- endmacro %}

{% macro default__any_match(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__any_match(text, pattern) -%}
    {{ text }} rlike '{{ pattern }}'
{%- endmacro %}


{% macro string_join(expression, separator, order_by) -%}
    {{ return(adapter.dispatch('string_join', 'sijiku')(expression, separator, order_by)) }}
{%- endmacro %}

{% macro default__string_join(expression, separator, order_by) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__string_join(expression, separator, order_by) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}


{% macro days_after(date, days) -%}
    {{ return(adapter.dispatch('days_after', 'sijiku')(date, days)) }}
{%- endmacro %}

{% macro default__days_after(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_after(date, days) -%}
    date_add({{ date }}, cast({{ days }} as integer))
{%- endmacro %}


{% macro months_after(date, months) -%}
    {{ return(adapter.dispatch('months_after', 'sijiku')(date, months)) }}
{%- endmacro %}

{% macro default__months_after(date, months) -%}
    cast({{ date }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__months_after(date, months) -%}
    add_months({{ date }}, cast({{ months }} as integer))
{%- endmacro %}


{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'sijiku')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    cast(date_diff('day', {{ earlier }}, {{ later }}) as bigint)
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}


{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'sijiku')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }})
{%- endmacro %}

{% macro spark__whole_quotient(dividend, divisor) -%}
    ({{ dividend }} div {{ divisor }})
{%- endmacro %}


{#-
    A number that no other row of the relation has, without order: which row has which number means nothing, and may be
    another one in the next run.
-#}
{% macro number_of_row() -%}
    {{ return(adapter.dispatch('number_of_row', 'sijiku')()) }}
{%- endmacro %}

{% macro default__number_of_row() -%}
    row_number() over ()
{%- endmacro %}

{% macro spark__number_of_row() -%}
    monotonically_increasing_id()
{%- endmacro %}


{#- A number of 64 bits of some columns: the same for the same values, and hardly ever for others. Another on each engine. -#}
{% macro quick_hash(columns) -%}
    {{ return(adapter.dispatch('quick_hash', 'sijiku')(columns)) }}
{%- endmacro %}

{% macro default__quick_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__quick_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}


{#- Both engines take the same text from here on; what differs is the type that comes out, so it is cast. -#}

{% macro months_ago(date, months) -%}
    cast({{ date }} - interval '{{ months }}' month as date)
{%- endmacro %}

{% macro years_ago(date, years) -%}
    cast({{ date }} - interval '{{ years }}' year as date)
{%- endmacro %}

{% macro month_end(date) -%}
    last_day(cast({{ date }} as date))
{%- endmacro %}

{% macro age_years(birth_date, on_date) -%}
    cast(
        year({{ on_date }}) - year({{ birth_date }})
        - case
            when month({{ on_date }}) * 100 + day({{ on_date }}) < month({{ birth_date }}) * 100 + day({{ birth_date }})
                then 1
            else 0
        end as bigint
    )
{%- endmacro %}

{% macro cast_bigint_sum(expression) -%}
    cast(coalesce(sum({{ expression }}), 0) as bigint)
{%- endmacro %}

{% macro count_where(condition) -%}
    cast(count(case when {{ condition }} then 1 end) as bigint)
{%- endmacro %}

{#- The same hash on both engines: lower-case hex of MD5 over the parts, each marked where null and closed by a bar. -#}
{% macro text_hash(parts) -%}
    md5(
        {%- for part in parts -%}
            coalesce('=' || cast({{ part }} as string), '~') || '|'{{ ' || ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
