-- The mart does not tell the floating from the registered; its leaf does.
select
    cell.period,
    of_district.ancestor_code as district,
    cell.bureau,
    cell.rule_id as rule,
    cell.population_group,
    sum(cell.entitled) as records_due,
    sum(cell.entitled - cell.covered) as records_unseen,
    sum(cell.entitled - cell.covered) / nullif(sum(cell.entitled), 0) as unseen_rate
from library.int_entitlement__cells as cell
inner join library.bridge_division_ancestor as of_district
    on cell.division_code = of_district.division_code and of_district.ancestor_level = 'district'
where cell.is_record_expected
group by cell.period, of_district.ancestor_code, cell.bureau, cell.rule_id, cell.population_group
order by period, district, bureau, rule, population_group
