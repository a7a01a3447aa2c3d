{#-
    State keeps what every published build's scorecards said. The month before is the newest one it knows that lies before
    this build's, and its last word is that of its newest build. Builds of this build's own month never count: it would
    otherwise be another table once it is published.
-#}
with former_periods as (
    select
        history.period,
        max(history._segment) as last_segment
    from {{ source('raw', 'scorecard_history') }} as history
    inner join {{ ref('int_calendar__periods') }} as calendar on history.period < calendar.period
    where calendar.is_current
    group by history.period
),

period_before as (
    select
        period,
        last_segment
    from (
        select
            period,
            last_segment,
            row_number() over (order by period desc nulls last) as place
        from former_periods
    ) as placed
    where place = 1
)

select
    history.division_code,
    history.bureau,
    history.measure,
    history.period,
    history.value
from {{ source('raw', 'scorecard_history') }} as history
inner join period_before
    on
        history.period = period_before.period
        and history._segment = period_before.last_segment
