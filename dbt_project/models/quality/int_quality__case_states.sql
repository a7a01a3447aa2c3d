{#
    What people last said of each finding that is still found, and for how long it counts. Of an earlier life of the
    finding nothing counts: who had put right what came back has to look again.
#}
with said as (
    select
        case_event.finding_id,
        case_event.state,
        case_event.until_on,
        cast(case_event.{{ adapter.quote('at') }} as date) as said_on,
        row_number() over (
            partition by case_event.finding_id
            order by
                case_event._segment desc nulls last,
                case_event.{{ adapter.quote('at') }} desc nulls last,
                case_event.case_event_id asc nulls last
        ) as place
    from {{ source('raw', 'case_event') }} as case_event
    left join {{ ref('int_quality__last_events') }} as last_event
        on case_event.finding_id = last_event.finding_id
    where
        case_event.state is not null
        and case_event._segment > coalesce(last_event.cases_seen, 0)
        and coalesce(last_event.kind, 'opened') <> 'verified'
)

select
    finding_id,
    state,
    until_on,
    said_on
from said
where place = 1
