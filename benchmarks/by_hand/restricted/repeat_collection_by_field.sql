-- The mart counts pairs of bureaus; who asked again, and after whom, stands in its leaf alone.
select
    period,
    bureau,
    field,
    sum(collections) as collections,
    sum(repeats) as repeat_collections,
    sum(repeats) / sum(collections) as repeat_rate,
    sum(repeat_cost_yuan) as repeat_cost_yuan
from library.int_collection__leaf_cells
group by period, bureau, field
order by period, bureau, field
