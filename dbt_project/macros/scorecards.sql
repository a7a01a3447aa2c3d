{# The measures of data quality on scorecards: each with what is counted, of how many, and per how many. #}
{% macro quality_measures() %}
    {{
        return({
            'missing_rate': {'numerator': 'values_missing', 'denominator': 'values_expected', 'per': 1},
            'duplicate_rate': {'numerator': 'duplicates', 'denominator': 'records', 'per': 1},
            'findings_per_1000': {'numerator': 'records_wrong', 'denominator': 'records', 'per': 1000},
            'timeliness': {'numerator': 'timely_records', 'denominator': 'records', 'per': 1},
        })
    }}
{% endmacro %}

{#
    The measures of each division's records, all of them or those of each part.
    - by: columns of int_quality__leaf_counts that part them: bureau, or none
    - levels: of the divisions that have a scorecard; all where none are named
#}
{% macro scorecard(by=[], levels=[]) %}
with sums as (
    select
        bridge.ancestor_code as division_code,
        bridge.ancestor_level as level,
        counts.period,
        {% for column in by -%}
        counts.{{ column }},
        {% endfor -%}
        sum(counts.records) as records,
        sum(counts.timely_records) as timely_records,
        sum(counts.records_wrong) as records_wrong,
        sum(counts.duplicates) as duplicates,
        sum(counts.values_expected) as values_expected,
        sum(counts.values_missing) as values_missing
    from {{ ref('int_quality__leaf_counts') }} as counts
    inner join {{ ref('bridge_division_ancestor') }} as bridge on counts.division_code = bridge.division_code
    {% if levels -%}
    where bridge.ancestor_level in ('{{ levels | join("', '") }}')
    {% endif -%}
    group by bridge.ancestor_code, bridge.ancestor_level, counts.period{% for column in by %}, counts.{{ column }}{% endfor %}
),

measured as (
    {% for measure, parts in quality_measures().items() -%}
    select
        division_code,
        level,
        period,
        {% for column in by -%}
        {{ column }},
        {% endfor -%}
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
    {% for column in by -%}
    measured.{{ column }},
    {% endfor -%}
    measured.measure,
    measured.value,
    target.target,
    former.value as previous,
    former.period as previous_period,
    measured.numerator,
    measured.denominator
from measured
left join {{ ref('scorecard_target') }} as target on measured.measure = target.measure
left join {{ ref('int_quality__former_scores') }} as former
    on
        measured.division_code = former.division_code
        and measured.measure = former.measure
        {% for column in by -%}
        and measured.{{ column }} = former.{{ column }}
        {% else -%}
        and former.bureau is null
        {% endfor %}
{% endmacro %}
