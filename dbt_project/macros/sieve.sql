{#-
    Which few of many rows are looked for, told to the engine in a way that it asks while it reads: it then spells out the
    other columns of those rows alone. Of `in (select ...)` it learns only when all is read. A key is held against a row of
    bits in which that of each key looked for is set (Bloom, Space/time trade-offs in hash coding with allowable errors,
    1970, with one hash): nothing that is looked for is passed over, and of the rest one in as many as there are bits to a
    key comes along. So it stands beside the condition itself and never for it.
-#}

{# As many as a processor's cache holds beside what is read: 256 KB. #}
{% macro sieve_bits() -%}
    {{- return(2 ** 21) -}}
{%- endmacro %}

{#-
    That a column may be among keys, where a build goes on from the one before; else true. `keys` is a query of one column
    of the same type. The bits are made here, and stay in the model's session.
-#}
{% macro may_be_among(column, keys) -%}
    {{- return(adapter.dispatch('may_be_among', 'sijiku')(column, keys)) -}}
{%- endmacro %}

{% macro default__may_be_among(column, keys) -%}
    {%- if not execute or not is_incremental() -%}
        {{- return('true') -}}
    {%- endif -%}
    {%- set bits = 'sieve_' ~ local_md5(keys) -%}
    {%- set place = 'cast(hash({}) & ' ~ (sieve_bits() - 1) ~ ' as integer)' -%}
    {%- call statement('sieve', fetch_result=False) -%}
    set variable {{ bits }} = (
        select bitstring_agg({{ place.format('asked.k') }}, 0, {{ sieve_bits() - 1 }}) from ({{ keys }}) as asked(k)
    )
    {%- endcall -%}
    {{- return("get_bit(getvariable('" ~ bits ~ "'), " ~ place.format(column) ~ ') = 1') -}}
{%- endmacro %}

{#- Left to the filters that Spark makes of a join while it runs. -#}
{% macro spark__may_be_among(column, keys) -%}
    {{- return('true') -}}
{%- endmacro %}
