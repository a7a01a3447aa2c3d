{{ config(**renewed(of_touched_people())) }}
select
    person_id,
    cast(count(*) as bigint) as mentions,
    min(confidence) as weakest,
    cast(sum(cast(1 - confidence as decimal(18, 9))) as decimal(27, 9)) as expected_wrong
from {{ touched(source('identity', 'person_xref')) }} as xref
group by person_id
