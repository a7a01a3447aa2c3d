{{ config(alias='linkage_quality') }}
{#
    The model's estimate takes each link's confidence for what it says. Fewer links than these were looked at: too few to
    say anything better.
#}
{% set enough = 30 %}
{# How likely a record without a number that hangs on nobody is of somebody listed: as in identity/models/population.yml. #}
{% set listed = 0.667 %}
{% set z = 1.96 %}
{% set groups = {
    'all': 'true',
    'floating': 'is_floating',
    'long_names': 'has_long_name',
    'children': 'is_child',
    'women': 'is_woman',
    'no_valid_number': 'has_no_number',
} %}

with grouped as (
    {% for name, condition in groups.items() %}
    select
        '{{ name }}' as population_group,
        method,
        evidence,
        has_no_number,
        {{ cast_bigint_sum('mentions') }} as mentions,
        cast(sum(expected_wrong) as decimal(27, 9)) as expected_wrong,
        cast(sum(variance) as decimal(27, 9)) as variance
    from {{ ref('int_quality__linkage_cells') }}
    where {{ condition }}
    group by method, evidence, has_no_number
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

strata as (
    select
        population_group,
        'all' as stratum,
        {{ cast_bigint_sum("case when method <> 'single' then mentions else 0 end") }} as links,
        {{ cast_bigint_sum("case when method = 'single' and has_no_number then mentions else 0 end") }} as unlinked,
        cast(sum(case when method <> 'single' then expected_wrong else 0 end) as double) as expected_wrong,
        cast(sum(case when method <> 'single' then variance else 0 end) as double) as variance
    from grouped
    group by population_group
    union all
    select
        population_group,
        method as stratum,
        {{ cast_bigint_sum('mentions') }} as links,
        cast(null as bigint) as unlinked,
        cast(sum(expected_wrong) as double) as expected_wrong,
        cast(sum(variance) as double) as variance
    from grouped
    where method <> 'single'
    group by population_group, method
    union all
    select
        population_group,
        method || ': ' || evidence as stratum,
        {{ cast_bigint_sum('mentions') }} as links,
        cast(null as bigint) as unlinked,
        cast(sum(expected_wrong) as double) as expected_wrong,
        cast(sum(variance) as double) as variance
    from grouped
    where method <> 'single' and population_group = 'all'
    group by population_group, method || ': ' || evidence
),

judged as (
    select
        strata.population_group,
        strata.stratum,
        strata.links,
        strata.unlinked,
        strata.expected_wrong,
        strata.variance,
        case when reviews.reviewed >= {{ enough }} then reviews.reviewed end as reviewed,
        case
            when reviews.reviewed >= {{ enough }} then cast(reviews.confirmed as double) / reviews.reviewed
            else 1 - strata.expected_wrong / strata.links
        end as share
    from strata
    left join {{ ref('int_quality__linkage_reviews') }} as reviews
        on
            strata.stratum = reviews.stratum
            and strata.population_group = 'all'
    where strata.links > 0
)

select
    population_group,
    stratum,
    links,
    expected_wrong,
    share as {{ adapter.quote('precision') }},
    greatest(
        case
            when reviewed is null then share - {{ z }} * sqrt(variance) / links
            -- Wilson's interval
            else (
                share + {{ z * z / 2 }} / reviewed
                - {{ z }} * sqrt((share * (1 - share) + {{ z * z / 4 }} / reviewed) / reviewed)
            ) / (1 + {{ z * z }} / reviewed)
        end,
        0
    ) as precision_low,
    least(
        case
            when reviewed is null then share + {{ z }} * sqrt(variance) / links
            else (
                share + {{ z * z / 2 }} / reviewed
                + {{ z }} * sqrt((share * (1 - share) + {{ z * z / 4 }} / reviewed) / reviewed)
            ) / (1 + {{ z * z }} / reviewed)
        end,
        1
    ) as precision_high,
    unlinked,
    links * share / (links * share + {{ listed }} * unlinked) as recall,
    links * share / (links * share + unlinked) as recall_low,
    case when unlinked is not null then cast(1 as double) end as recall_high,
    coalesce(reviewed, 0) as reviewed,
    case when reviewed is null then 'model' else 'decisions' end as source
from judged
