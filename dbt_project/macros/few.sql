{#-
    That a column is one of few keys. The engine then hands what reads the many a Bloom filter of the few, and spells out
    other columns only of rows that it lets through. It does so for one column, not for several or an expression, and only
    where the few are chosen by a condition themselves (DuckDB 1.5, JoinFilterPushdownOptimizer::IsFiltering): here by
    one that is true of all.
-#}
{% macro is_one_of(column, keys) -%}
    {{- return(column ~ ' in (select few.k from (' ~ keys ~ ') as few (k) where hash(few.k) is not null)') -}}
{%- endmacro %}
