{# The verdict on a dataset as a whole: of a small community one slip is many percent. #}
{{ config(alias='verdict') }}

select
    build.build_id,
    counted.rule_id,
    counted.dataset,
    counted.bureau,
    counted.violated,
    counted.denominator,
    {{
        verdict_status(
            'counted.violated', 'counted.denominator', 'rule.threshold_rate', 'rule.threshold_count'
        )
    }} as status
from (
    select
        rule_id,
        dataset,
        bureau,
        {{ cast_bigint_sum('violated') }} as violated,
        {{ cast_bigint_sum('denominator') }} as denominator
    from {{ ref('int_quality__evaluation') }}
    group by rule_id, dataset, bureau
) as counted
inner join {{ ref('quality_rule') }} as rule on counted.rule_id = rule.rule_id
cross join {{ source('raw', 'build') }} as build
