with cells as (
    select
        *,
        case level
            when 'district' then substr(division_code, 1, 4) || '00000000'
            when 'township' then substr(division_code, 1, 6) || '000000'
        end as parent_code
    from {{ ref('int_release__cells') }}
),

-- Divisions make up the one above.
divisions as (
    select
        'division' as kind,
        whole.cell as whole,
        part.cell as part
    from cells as part
    inner join cells as whole
        on
            part.parent_code = whole.division_code
            and part.period = whole.period
            and part.dimension_set = whole.dimension_set
            and part.dim_1 = whole.dim_1
            and part.dim_2 = whole.dim_2
            and part.measure = whole.measure
),

-- The cells of a set make up the total.
sets as (
    select
        'set/' || part.dimension_set as kind,
        whole.cell as whole,
        part.cell as part
    from cells as part
    inner join cells as whole
        on
            part.division_code = whole.division_code
            and part.period = whole.period
            and part.measure = whole.measure
            and whole.dimension_set = 'total'
    where part.dimension_set not in ('total', 'service', 'record', 'ages')
),

-- The same people under two headings. By definition: those from elsewhere in the city and the region are those from the
-- region; who has stayed half a year has a health record due. A month in which one does not hold has no such sum.
headings as (
    {% for heading in released_headings() -%}
    select
        'heading/{{ heading.name }}' as kind,
        whole.period,
        whole.cell as whole,
        part.cell as part,
        whole.people as whole_people,
        sum(part.people) over (partition by whole.cell) as part_people
    from cells as whole
    inner join cells as part
        on
            whole.division_code = part.division_code
            and whole.period = part.period
            and part.measure = 'floating'
            and part.dimension_set = '{{ heading.part_set }}'
            and part.dim_1 in ('{{ heading.parts | join("', '") }}')
    where
        whole.dimension_set = '{{ heading.whole_set }}'
        and whole.dim_1 = '{{ heading.whole }}'
        and whole.dim_2 = '{{ heading.group }}'
        and whole.measure = '{{ heading.measure }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

broken_headings as (
    select distinct
        kind,
        period
    from headings
    where whole_people <> part_people
),

same_people as (
    select
        headings.kind,
        headings.whole,
        headings.part
    from headings
    left join broken_headings
        on headings.kind = broken_headings.kind and headings.period = broken_headings.period
    where broken_headings.kind is null
),

-- A count, and what it leaves of its whole.
columns as (
    {% for parts in released_parts() -%}
    select
        'rest/{{ parts.rest }}' as kind,
        whole.cell as whole,
        part.cell as part
    from cells as whole
    inner join cells as part
        on
            whole.division_code = part.division_code
            and whole.period = part.period
            and whole.dimension_set = part.dimension_set
            and whole.dim_1 = part.dim_1
            and whole.dim_2 = part.dim_2
            and part.measure in ('{{ parts.part }}', '{{ parts.rest }}')
    where whole.measure = '{{ parts.whole }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ages as (
    {% for ages in released_ages() -%}
    select
        'ages/{{ ages.name }}' as kind,
        whole.cell as whole,
        part.cell as part
    from cells as whole
    inner join cells as part
        on
            whole.division_code = part.division_code
            and whole.period = part.period
            and whole.measure = part.measure
            and part.dimension_set = 'sex_age'
            and {{ is_of_ages(ages, 'part.dim_1', 'part.dim_2') }}
    where whole.dimension_set = 'ages' and whole.dim_1 = '{{ ages.name }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

nested as (
    select
        'nested/' || nested.dimension_set || '/' || nested.dim_1 || '/' || nested.dim_2 as kind,
        whole.cell as whole,
        part.cell as part
    from {{ ref('int_release__nested') }} as nested
    inner join cells as whole
        on
            nested.division_code = whole.division_code
            and nested.period = whole.period
            and nested.whole_set = whole.dimension_set
            and nested.whole_dim_1 = whole.dim_1
            and nested.whole_dim_2 = whole.dim_2
            and nested.whole_measure = whole.measure
    inner join cells as part
        on
            nested.division_code = part.division_code
            and nested.period = part.period
            and nested.dimension_set = part.dimension_set
            and nested.dim_1 = part.dim_1
            and nested.dim_2 = part.dim_2
            and part.measure in (
                nested.measure, 'rest_of_' || nested.whole_set || '/' || nested.whole_dim_1 || '/' || nested.whole_measure
            )
)

select * from divisions
union all
select * from sets
union all
select * from same_people
union all
select * from columns
union all
select * from ages
union all
select * from nested
