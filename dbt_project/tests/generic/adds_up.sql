{#
    Children add up to their parent: for every additive column of a mart, in every cell of its grain. The columns are
    those whose meta says `class: additive`; the rest of the grain is `by`. Fails with a row per parent's cell that does
    not agree, or per cell that only one of both levels has.
    - by: columns of the grain besides division and level
    - only: the rows that it is about; a set that only the city has is left out so
    - tolerance: what money in floating point may differ by
#}
{% test adds_up(model, by, tolerance=0, only='true') %}
    {%- set additive = additive_columns(model) -%}
    {%- set cells = [] -%}
    {%- for column in by -%}
        {%- do cells.append("coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), '')") -%}
    {%- endfor -%}

    with parents_of as (
        select distinct
            division_code,
            parent_code
        from {{ ref('dim_division') }}
        where valid_to is null
    ),

    finest as (
        select max({{ level_depth('level') }}) as depth from {{ model }}
    ),

    parents as (
        select
            division_code,
            {% for cell in cells -%}
            {{ cell }} as cell_{{ loop.index }},
            {% endfor -%}
            {% for column in additive -%}
            {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
        cross join finest
        where {{ level_depth('level') }} < finest.depth and {{ only }}
    ),

    children as (
        select
            parents_of.parent_code as division_code,
            {% for cell in cells -%}
            {{ cell }} as cell_{{ loop.index }},
            {% endfor -%}
            {% for column in additive -%}
            sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }} as child
        inner join parents_of on child.division_code = parents_of.division_code
        where parents_of.parent_code is not null and child.level <> 'city' and {{ only }}
        group by
            parents_of.parent_code
            {%- for cell in cells %},
            {{ cell }}
            {%- endfor %}
    )

    select
        coalesce(parents.division_code, children.division_code) as division_code
    from parents
    full outer join children
        on
            parents.division_code = children.division_code
            {% for cell in cells -%}
            and parents.cell_{{ loop.index }} = children.cell_{{ loop.index }}
            {% endfor %}
    where
        {% for column in additive -%}
        abs(coalesce(parents.{{ column }}, 0) - coalesce(children.{{ column }}, 0)) > {{ tolerance }}
        {{ 'or' if not loop.last }}
        {% endfor %}
{% endtest %}
