{{ config(alias='result') }}

select
    build.build_id,
    counted.rule_id,
    counted.dataset,
    counted.bureau,
    counted.division_code,
    counted.violated,
    counted.denominator,
    {{ verdict_status('counted.violated', 'counted.denominator', 'rule.threshold_rate', 'rule.threshold_count') }}
        as status,
    {{
        verdict_status(
            'counted.violated',
            'counted.denominator',
            'rule.catalogue_threshold_rate',
            'rule.catalogue_threshold_count'
        )
    }} as catalogue_status,
    coalesce(waived.waived, 0) as waived
from {{ ref('int_quality__evaluation') }} as counted
inner join {{ ref('int_quality__rule_values') }} as rule on counted.rule_id = rule.rule_id
left join {{ ref('int_quality__waived') }} as waived
    on
        counted.rule_id = waived.rule_id
        and counted.dataset = waived.dataset
        and counted.division_code is not distinct from waived.division_code
cross join {{ source('raw', 'build') }} as build
