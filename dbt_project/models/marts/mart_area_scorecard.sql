with sums as (
    select
        bridge.ancestor_code as division_code,
        bridge.ancestor_level as level,
        counts.period,
        sum(counts.records) as records,
        sum(counts.timely_records) as timely_records,
        sum(counts.findings_open) as findings_open,
        sum(counts.duplicates) as duplicates,
        sum(counts.values_expected) as values_expected,
        sum(counts.values_missing) as values_missing
    from {{ ref('int_quality__leaf_counts') }} as counts
    inner join {{ ref('bridge_division_ancestor') }} as bridge on counts.division_code = bridge.division_code
    group by bridge.ancestor_code, bridge.ancestor_level, counts.period
),

measured as (
    {% for measure, parts in quality_measures().items() -%}
    select
        division_code,
        level,
        period,
        '{{ measure }}' as measure,
        cast({{ parts.numerator }} as bigint) as numerator,
        cast({{ parts.denominator }} as bigint) as denominator,
        cast({{ parts.per }} as double) * {{ parts.numerator }} / {{ parts.denominator }} as value
    from sums
    where {{ parts.denominator }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    measured.division_code,
    measured.level,
    measured.period,
    measured.measure,
    measured.value,
    target.target,
    -- measures are of the records in force as of the build: there is no month before it yet
    cast(null as double) as previous,
    measured.numerator,
    measured.denominator
from measured
left join {{ ref('scorecard_target') }} as target on measured.measure = target.measure
