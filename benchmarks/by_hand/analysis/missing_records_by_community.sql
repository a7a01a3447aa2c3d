select
    mart.period,
    of_district.ancestor_code as district,
    of_township.ancestor_code as township,
    mart.division_code as community,
    mart.bureau,
    sum(mart.expected) as records_due,
    sum(mart.missing) as records_unseen,
    sum(mart.missing) / sum(mart.expected) as unseen_rate
from marts.mart_missing_record as mart
inner join library.bridge_division_ancestor as of_district
    on mart.division_code = of_district.division_code and of_district.ancestor_level = 'district'
inner join library.bridge_division_ancestor as of_township
    on mart.division_code = of_township.division_code and of_township.ancestor_level = 'township'
where mart.level = 'community'
group by mart.period, of_district.ancestor_code, of_township.ancestor_code, mart.division_code, mart.bureau
order by period, district, township, community, bureau
