-- The mart is one of the restricted library: no part of what is promised for analysis.
select
    period,
    district_code as district,
    sum(records) as records,
    sum(findings_open) as findings_open,
    sum(duplicates) as duplicates,
    sum(duplicates) / nullif(sum(records), 0) as duplicate_rate,
    sum(values_expected) as values_expected,
    sum(values_missing) as values_missing,
    sum(values_missing) / nullif(sum(values_expected), 0) as missing_rate,
    sum(timely_records) as timely_records,
    sum(timely_records) / nullif(sum(records), 0) as timeliness
from marts.mart_record_quality
group by period, district_code
order by period, district
