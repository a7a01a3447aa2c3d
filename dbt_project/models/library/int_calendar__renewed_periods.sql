{#
    A month says of a person what her records say. Renewed are months that the build before had not or that are kept no
    more, and one that is counted as of another day where a dataset's first delivery lies between both days: before it the
    library looks back. And all of them where a delivery came that is older than the first of its dataset or than all
    there were. A dataset that was not there before is of records that are new, so of people who are touched; but where
    the register begins, others' word for who is registered counts no more. Of whom a month that is counted as of another
    day says something else is told by int_calendar__renewed_people.
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

begun_between as (
    select periods.period
    from {{ ref('int_calendar__periods') }} as periods
    inner join {{ ref('int_calendar__former_periods') }} as former on periods.period = former.period
    inner join firsts
        on
            firsts.was_first_on > least(periods.counted_on, former.counted_on)
            and firsts.was_first_on <= greatest(periods.counted_on, former.counted_on)
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
    or periods.period in (select period from begun_between)
