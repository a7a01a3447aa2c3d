{{ config(alias='verdict') }}

{#
    The verdict on a dataset as a whole: of a small community one slip is many percent. Under the values in force and
    under the catalogue's own, each with everything that was found and without what is waived.
#}
select
    build.build_id,
    counted.rule_id,
    counted.dataset,
    counted.bureau,
    counted.violated,
    counted.denominator,
    {{
        verdict_status(
            'counted.violated',
            'counted.denominator',
            'rule.threshold_rate',
            'rule.threshold_count'
        )
    }} as status,
    counted.waived,
    {{
        verdict_status(
            '(counted.violated - counted.waived)',
            'counted.denominator',
            'rule.threshold_rate',
            'rule.threshold_count'
        )
    }} as status_without_waived,
    {{
        verdict_status(
            'counted.violated',
            'counted.denominator',
            'rule.catalogue_threshold_rate',
            'rule.catalogue_threshold_count'
        )
    }} as catalogue_status,
    {{
        verdict_status(
            '(counted.violated - counted.waived)',
            'counted.denominator',
            'rule.catalogue_threshold_rate',
            'rule.catalogue_threshold_count'
        )
    }} as catalogue_status_without_waived
from (
    select
        rule_id,
        dataset,
        bureau,
        {{ cast_bigint_sum('violated') }} as violated,
        {{ cast_bigint_sum('denominator') }} as denominator,
        {{ cast_bigint_sum('waived') }} as waived
    from {{ ref('quality_result') }}
    group by rule_id, dataset, bureau
) as counted
inner join {{ ref('int_quality__rule_values') }} as rule on counted.rule_id = rule.rule_id
cross join {{ source('raw', 'build') }} as build
