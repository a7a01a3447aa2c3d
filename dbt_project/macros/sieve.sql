{#-
    How few of many rows are looked up, so that the engine asks for them while it reads: it then spells out the other
    columns of those rows alone. Of `in (select ...)` it learns only when all is read. A key is held against a row of bits
    in which that of each key looked for is set (Bloom, Space/time trade-offs in hash coding with allowable errors, 1970,
    with one hash): nothing that is looked for is passed over, and of the rest one in as many as there are bits to a key
    comes along, until the condition itself is asked.
-#}

{# As many as a processor's cache holds beside what is read: 256 KB. #}
{% macro sieve_bits() -%}
    {{- return(2 ** 21) -}}
{%- endmacro %}

{#- That a column is one of `keys`, a query of one column of the same type; of a build that goes on from the one before. -#}
{% macro is_one_of(column, keys) -%}
    {{- return(adapter.dispatch('is_one_of', 'sijiku')(column, keys)) -}}
{%- endmacro %}

{#- The bits are made here, before the model is, and stay in its session. -#}
{% macro default__is_one_of(column, keys) -%}
    {%- set bits = 'sieve_' ~ local_md5(keys) -%}
    {%- set place = 'cast(hash({}) & ' ~ (sieve_bits() - 1) ~ ' as integer)' -%}
    {%- if execute -%}
    {%- call statement('sieve', fetch_result=False) -%}
    set variable {{ bits }} = (
        select bitstring_agg({{ place.format('asked.k') }}, 0, {{ sieve_bits() - 1 }}) from ({{ keys }}) as asked(k)
    )
    {%- endcall -%}
    {%- endif -%}
    get_bit(getvariable('{{ bits }}'), {{ place.format(column) }}) = 1
    and {{ column }} in ({{ keys }})
{%- endmacro %}

{#- Spark makes filters of a join by itself, while it runs. -#}
{% macro spark__is_one_of(column, keys) -%}
    {{ column }} in ({{ keys }})
{%- endmacro %}
