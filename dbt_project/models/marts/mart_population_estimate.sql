{% set grains = [('sex', 'age_band'), ('sex',), ('age_band',), ()] %}

-- Floating people as the library has them, by sex and age band and for all of each (all), of districts and the city.
with listed as (
    {% for division, level in [('district_code', 'district'), ('city_code', 'city')] %}
    select
        {{ division }} as division_code,
        '{{ level }}' as level,
        period,
        case when grouping(sex) = 0 then sex else 'all' end as sex,
        case when grouping(age_band) = 0 then age_band else 'all' end as age_band,
        cast(sum(people) as bigint) as listed
    from {{ ref('int_population__capture_cells') }}
    group by grouping sets (
        {%- for names in grains %}
        ({{ ([division, 'period'] + names | list) | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

methods as (
    select 'chapman' as method
    union all
    select 'log_linear' as method
)

select
    listed.division_code,
    listed.level,
    listed.period,
    listed.sex,
    listed.age_band,
    methods.method,
    listed.listed,
    estimate.unseen,
    estimate.unseen_low,
    estimate.unseen_high,
    coalesce(estimate.is_pooled, true) as is_pooled,
    estimate.pairs,
    estimate.pair_weights
from listed
cross join methods
left join {{ source('estimates', 'unseen') }} as estimate
    on
        listed.division_code = estimate.division_code
        and listed.sex = estimate.sex
        and listed.age_band = estimate.age_band
        and methods.method = estimate.method
