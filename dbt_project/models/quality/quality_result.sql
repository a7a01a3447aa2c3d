{{ config(alias='result') }}

select
    build.build_id,
    counted.rule_id,
    counted.dataset,
    counted.bureau,
    counted.division_code,
    counted.violated,
    counted.denominator,
    {{
        verdict_status(
            'counted.violated', 'counted.denominator', 'rule.threshold_rate', 'rule.threshold_count'
        )
    }} as status
from {{ ref('int_quality__evaluation') }} as counted
inner join {{ ref('quality_rule') }} as rule on counted.rule_id = rule.rule_id
cross join {{ source('raw', 'build') }} as build
