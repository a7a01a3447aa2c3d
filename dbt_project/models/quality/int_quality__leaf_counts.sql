{#- A dataset is timely while its newest delivery is no older than a month and a day: most are delivered monthly. -#}
{% set days_until_late = 31 %}

with counted_on as (
    select
        period,
        counted_on
    from {{ ref('int_calendar__periods') }}
    where is_current
),

last_deliveries as (
    select
        dataset,
        max(extract_date) as extract_date
    from {{ ref('stg_raw__delivery') }}
    where is_applied
    group by dataset
),

open_findings as (
    select
        finding.dataset,
        finding.rule_id,
        finding.record_ref,
        finding.division_code,
        rule.catalogue_severity
    from {{ ref('quality_finding') }} as finding
    inner join {{ ref('int_quality__rule_values') }} as rule on finding.rule_id = rule.rule_id
    where
        -- a defect that is acknowledged, or said to be put right, is still in the data; one that is waived is agreed on
        finding.state in ('open', 'acknowledged', 'fixed')
        and finding.dataset in ({% for dataset in datasets_with_people() %}'{{ dataset }}'{{ ', ' if not loop.last }}{% endfor %})
),

-- A registration of a home is about that home; findings about it name no other place.
homes as (
    select
        record_ref,
        min(division_code) as division_code
    from {{ ref('int_person__attributes') }}
    where is_registration and record_ref in (select record_ref from open_findings where division_code is null)
    group by record_ref
),

-- One defect may break several rules, so records are counted; what is only worth knowing does not count against anybody.
-- Severity is the catalogue's: a figure does not change by word.
wrong_records as (
    select
        open_findings.dataset,
        open_findings.record_ref,
        min(coalesce(open_findings.division_code, homes.division_code)) as place
    from open_findings
    left join homes on open_findings.record_ref = homes.record_ref
    where open_findings.catalogue_severity in ('error', 'warn') and open_findings.record_ref is not null
    group by open_findings.dataset, open_findings.record_ref
),

counts as (
    select
        places.dataset,
        places.place,
        places.records,
        case
            when {{ days_between('last_deliveries.extract_date', 'counted_on.counted_on') }} <= {{ days_until_late }}
                then places.records
            else 0
        end as timely_records,
        0 as findings_open,
        0 as records_wrong,
        0 as duplicates,
        0 as values_expected,
        0 as values_missing
    from {{ ref('int_quality__record_places') }} as places
    cross join counted_on
    left join last_deliveries on places.dataset = last_deliveries.dataset
    union all
    select
        open_findings.dataset,
        coalesce(open_findings.division_code, homes.division_code) as place,
        0 as records,
        0 as timely_records,
        count(*) as findings_open,
        0 as records_wrong,
        count(case when open_findings.rule_id in ('row_repeated', 'person_repeated') then 1 end) as duplicates,
        0 as values_expected,
        0 as values_missing
    from open_findings
    left join homes on open_findings.record_ref = homes.record_ref
    group by open_findings.dataset, coalesce(open_findings.division_code, homes.division_code)
    union all
    select
        dataset,
        place,
        0 as records,
        0 as timely_records,
        0 as findings_open,
        count(*) as records_wrong,
        0 as duplicates,
        0 as values_expected,
        0 as values_missing
    from wrong_records
    group by dataset, place
    union all
    select
        dataset,
        division_code as place,
        0 as records,
        0 as timely_records,
        0 as findings_open,
        0 as records_wrong,
        0 as duplicates,
        sum(records) as values_expected,
        sum(missing) as values_missing
    from {{ ref('int_quality__field_counts') }}
    group by dataset, division_code
)

select
    coalesce(ancestors.division_code, {{ unallocated_community_of_city() }}) as division_code,
    counted_on.period,
    counts.dataset,
    split_part(counts.dataset, '.', 1) as bureau,
    cast(sum(counts.records) as bigint) as records,
    cast(sum(counts.timely_records) as bigint) as timely_records,
    cast(sum(counts.findings_open) as bigint) as findings_open,
    cast(sum(counts.records_wrong) as bigint) as records_wrong,
    cast(sum(counts.duplicates) as bigint) as duplicates,
    cast(sum(counts.values_expected) as bigint) as values_expected,
    cast(sum(counts.values_missing) as bigint) as values_missing
from counts
cross join counted_on
left join {{ ref('int_division__ancestors') }} as ancestors on counts.place = ancestors.division_code
group by
    coalesce(ancestors.division_code, {{ unallocated_community_of_city() }}),
    counted_on.period,
    counts.dataset
