{#
    A month is settled once it is over: from then on it says of a person what her records say. Renewed are those that the
    build before counted as of another day, that it had not or that are kept no more. And all of them where a dataset
    begins otherwise: before its first delivery the library looks back, and whose first it is is said of every month.
#}
with firsts as (
    select
        dataset,
        min(extract_date) as first_on,
        min(case when not is_new then extract_date end) as was_first_on
    from {{ ref('stg_raw__delivery') }}
    where is_applied
    group by dataset
),

begun_otherwise as (
    select count(*) as datasets
    from firsts
    where was_first_on is null or was_first_on <> first_on
)

select coalesce(periods.period, former.period) as period
from {{ ref('int_calendar__periods') }} as periods
full outer join {{ ref('int_calendar__former_periods') }} as former on periods.period = former.period
cross join begun_otherwise
where
    begun_otherwise.datasets > 0
    or periods.period is null
    or former.period is null
    or periods.counted_on <> former.counted_on
