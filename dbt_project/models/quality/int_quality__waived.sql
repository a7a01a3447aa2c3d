{#
    What of the violated is waived: records (each role for itself), persons and deliveries of which everything that a
    rule found is waived. Only where there is a waiver at all is it looked at.
#}
with waivers as (
    select distinct
        rule_id,
        dataset
    from {{ ref('quality_finding') }}
    where state = 'waived'
),

things as (
    select
        finding.rule_id,
        finding.dataset,
        finding.division_code,
        coalesce(finding.record_ref, finding.finding_id) as thing,
        finding.role,
        min(case when finding.state = 'waived' then 1 else 0 end) as is_waived
    from {{ ref('quality_finding') }} as finding
    inner join waivers
        on
            finding.rule_id = waivers.rule_id
            and finding.dataset = waivers.dataset
    where finding.state <> 'verified'
    group by
        finding.rule_id,
        finding.dataset,
        finding.division_code,
        coalesce(finding.record_ref, finding.finding_id),
        finding.role
)

select
    rule_id,
    dataset,
    division_code,
    {{ count_where('is_waived = 1') }} as waived
from things
group by rule_id, dataset, division_code
