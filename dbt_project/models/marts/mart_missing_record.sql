with cells as (
    select
        cell.division_code,
        cell.period,
        rule.bureau,
        cell.rule_id,
        cell.entitled as expected,
        cell.entitled - cell.covered as missing
    from {{ ref('int_entitlement__cells') }} as cell
    inner join {{ ref('entitlement_rule') }} as rule on cell.rule_id = rule.rule_id
    where rule.is_record_expected and cell.entitled > 0
),

rolled_up as (
    {{ rolled_up_cells('cells', ['period', 'bureau', 'rule_id'], ['expected', 'missing']) }}
)

select
    division_code,
    level,
    period,
    bureau,
    rule_id,
    expected,
    missing,
    cast(missing as double) / expected as missing_rate
from rolled_up
