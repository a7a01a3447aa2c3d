select
    counts.division_code,
    'community' as level,
    counts.period,
    counts.dataset,
    counts.bureau,
    ancestors.township_code,
    ancestors.district_code,
    ancestors.city_code,
    counts.records,
    counts.timely_records,
    counts.findings_open,
    counts.duplicates,
    counts.values_expected,
    counts.values_missing
from {{ ref('int_quality__leaf_counts') }} as counts
inner join {{ ref('int_division__ancestors') }} as ancestors on counts.division_code = ancestors.division_code
