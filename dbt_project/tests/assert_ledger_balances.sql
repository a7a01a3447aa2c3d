-- What is read is declared, what is read has one fate, and who is mentioned is one person: or nothing is published.
select
    dataset,
    delivery,
    balance
from {{ ref('quality_ledger') }}
where balance <> 0
