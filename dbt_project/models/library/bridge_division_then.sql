-- What a division in force was before: the changes that lead to it, each with the former division's name and last day.
with former as (
    select
        change.new_code,
        change.old_code,
        change.member_code,
        history.name,
        history.level,
        history.valid_to
    from {{ ref('division_change') }} as change
    inner join {{ ref('dim_division') }} as history
        on change.old_code = history.division_code and change.changed_on = history.valid_to
),

-- Where one former division alone became the one in force, all that lies in it was in that; where several merged, only
-- what is named can be told apart.
alone as (
    select
        new_code,
        valid_to,
        min(old_code) as old_code
    from former
    group by new_code, valid_to
    having count(distinct old_code) = 1
),

named as (
    select
        new_code,
        valid_to,
        member_code
    from former
    where member_code is not null
    group by new_code, valid_to, member_code
),

every_validity as (
    select
        ancestor.division_code,
        ancestor.ancestor_level,
        former.old_code as ancestor_code,
        former.name as ancestor_name,
        former.valid_to
    from {{ ref('bridge_division_ancestor') }} as ancestor
    inner join former
        on ancestor.ancestor_code = former.new_code and ancestor.ancestor_level = former.level
    left join alone
        on former.new_code = alone.new_code and former.valid_to = alone.valid_to
    left join named
        on
            former.new_code = named.new_code
            and former.valid_to = named.valid_to
            and ancestor.division_code = named.member_code
    where
        former.member_code = ancestor.division_code
        or (former.member_code is null and alone.old_code is not null and named.member_code is null)
    union all
    select
        ancestor.division_code,
        ancestor.ancestor_level,
        ancestor.ancestor_code,
        current_division.name as ancestor_name,
        cast(null as date) as valid_to
    from {{ ref('bridge_division_ancestor') }} as ancestor
    inner join {{ ref('dim_division') }} as current_division
        on ancestor.ancestor_code = current_division.division_code and current_division.valid_to is null
)

-- Validities follow one another without a gap; the first reaches back as far as anybody asks.
select
    division_code,
    ancestor_level,
    ancestor_code,
    ancestor_name,
    coalesce(
        lag(valid_to) over (partition by division_code, ancestor_level order by valid_to nulls last, ancestor_code nulls last),
        cast('1900-01-01' as date)
    ) as valid_from,
    valid_to
from every_validity
