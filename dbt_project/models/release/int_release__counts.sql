{% set sets = released_sets() %}

with population as (
    select *
    from {{ ref('mart_population') }}
    where level <> 'community'
),

newest as (
    select max(period) as period
    from population
),

-- Where and when more than totals is released.
areas as (
    select
        population.division_code,
        population.level,
        population.period
    from population
    inner join newest on population.period = newest.period
    where population.dimension_set = 'total' and population.level in ('city', 'district')
),

-- A category is listed where somebody in the city is in it, and then for every district: a row that is not there would
-- say that nobody is.
population_categories as (
    {% for set, counts in sets.items() -%}
    select
        period,
        dimension_set,
        dim_1,
        dim_2
    from population
    where level = 'city' and dimension_set = '{{ set }}' and {{ counts | first }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

population_rows as (
    select
        areas.division_code,
        areas.level,
        areas.period,
        categories.dimension_set,
        categories.dim_1,
        categories.dim_2,
        coalesce(population.people, 0) as people,
        coalesce(population.floating, 0) as floating
    from population_categories as categories
    inner join areas on categories.period = areas.period
    left join population
        on
            areas.division_code = population.division_code
            and areas.period = population.period
            and categories.dimension_set = population.dimension_set
            and categories.dim_1 = population.dim_1
            and coalesce(categories.dim_2, '') = coalesce(population.dim_2, '')
    where areas.level = 'city' or categories.dimension_set <> 'ethnicity'
),

service_rows as (
    select
        areas.division_code,
        areas.level,
        areas.period,
        'service' as dimension_set,
        city.service as dim_1,
        city.population_group as dim_2,
        coalesce(coverage.entitled, 0) as entitled,
        coalesce(coverage.covered, 0) as covered
    from {{ ref('mart_service_coverage') }} as city
    inner join areas on city.period = areas.period
    left join {{ ref('mart_service_coverage') }} as coverage
        on
            areas.division_code = coverage.division_code
            and areas.period = coverage.period
            and city.service = coverage.service
            and city.population_group = coverage.population_group
    where
        city.level = 'city'
        and city.entitled > 0
        and city.service in ('{{ released_services() | join("', '") }}')
),

-- Records that are no service of their own: what is not seen of a service is told by its coverage.
record_rows as (
    select
        areas.division_code,
        areas.level,
        areas.period,
        'record' as dimension_set,
        city.rule_id as dim_1,
        cast(null as {{ dbt.type_string() }}) as dim_2,
        coalesce(found.expected, 0) as expected,
        coalesce(found.missing, 0) as missing
    from {{ ref('mart_missing_record') }} as city
    inner join {{ ref('entitlement_rule') }} as rule on city.rule_id = rule.rule_id
    inner join areas on city.period = areas.period
    left join {{ ref('mart_missing_record') }} as found
        on
            areas.division_code = found.division_code
            and areas.period = found.period
            and city.rule_id = found.rule_id
    where city.level = 'city' and city.expected > 0 and not rule.is_service
)

{% for count in population_counts() -%}
select
    division_code,
    level,
    period,
    dimension_set,
    '' as dim_1,
    '' as dim_2,
    '{{ count }}' as measure,
    {{ count }} as people
from population
where dimension_set = 'total'
union all
{% endfor -%}
{% for set, counts in sets.items() -%}
{% for count in counts -%}
select
    division_code,
    level,
    period,
    dimension_set,
    dim_1,
    coalesce(dim_2, '') as dim_2,
    '{{ count }}' as measure,
    {{ count }} as people
from population_rows
where dimension_set = '{{ set }}'
union all
{% endfor -%}
{% endfor -%}
{% for count in ['entitled', 'covered'] -%}
select
    division_code,
    level,
    period,
    dimension_set,
    dim_1,
    dim_2,
    '{{ count }}' as measure,
    {{ count }} as people
from service_rows
union all
{% endfor -%}
{% for count in ['expected', 'missing'] -%}
select
    division_code,
    level,
    period,
    dimension_set,
    dim_1,
    '' as dim_2,
    '{{ count }}' as measure,
    {{ count }} as people
from record_rows
{{ 'union all' if not loop.last }}
{% endfor %}
