{#
    A month is settled once it is over: from then on it says of a person what her records say. Renewed are those that the
    build before counted as of another day, that it had not or that are kept no more. And all of them where a delivery
    came that is older than the first of its dataset or than all there were: before that the library looks back. A dataset
    that was not there before is of records that are new, so of people who are touched; but where the register begins,
    others' word for who is registered counts no more.
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
    select
        coalesce(
            min(first_on) <> min(was_first_on)
            or max(
                case
                    when was_first_on <> first_on then 1
                    when was_first_on is null and dataset = 'psb.household_register' then 1
                    else 0
                end
            ) = 1,
            true
        ) as is_so
    from firsts
)

select coalesce(periods.period, former.period) as period
from {{ ref('int_calendar__periods') }} as periods
full outer join {{ ref('int_calendar__former_periods') }} as former on periods.period = former.period
cross join begun_otherwise
where
    begun_otherwise.is_so
    or periods.period is null
    or former.period is null
    or periods.counted_on <> former.counted_on
