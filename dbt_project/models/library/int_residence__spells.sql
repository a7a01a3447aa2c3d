{{ config(**renewed(of_touched_people())) }}
{# Stands for "not ended" where dates are compared; never leaves this model. #}
{% set open_end = "date '9999-12-31'" %}
{# Days are counted from here, seven digits; nobody has ten million claims. #}
{% set first_day = "cast('0001-01-01' as date)" %}
{% set days_at_most = 10 ** 7 %}
{% set claims_at_most = 10 ** 7 %}

with evidence as (
    select * from {{ touched(ref('int_residence__evidence')) }} as touched
),

-- Who left or died is gone from every place where she was seen before. Within one register a later registration
-- survives the cancelling of an earlier one: that is how moving house looks. Who gives up a place of stay may be back
-- at her registered home: only death, or a record of having gone from there, ends that.
departed as (
    select
        claim.person_id,
        claim.dataset,
        claim.role,
        claim.record_ref,
        min(leaving.left_on) as departed_on
    from evidence as claim
    inner join evidence as leaving
        on
            claim.person_id = leaving.person_id
            and claim.seen_on < leaving.left_on
            and (
                leaving.died_on is not null
                or claim.dataset <> leaving.dataset
                or claim.seen_on < leaving.seen_on
            )
    where
        claim.is_claim
        and leaving.left_on is not null
        and (
            leaving.died_on is not null
            or leaving.leaves_home
            or claim.dataset = leaving.dataset
            or not claim.is_registration
        )
    group by claim.person_id, claim.dataset, claim.role, claim.record_ref
),

claim_ends as (
    select
        evidence.person_id,
        evidence.dataset,
        evidence.role,
        evidence.record_key,
        evidence.record_ref,
        evidence.division_code,
        evidence.dwelling,
        evidence.flow_reason,
        evidence.household_type,
        evidence.is_registration,
        evidence.place_rank,
        evidence.authority,
        evidence.arrived_on,
        evidence.seen_on,
        evidence.from_on,
        coalesce(least(evidence.moved_out_on, departed.departed_on), {{ open_end }}) as to_on
    from evidence
    left join departed
        on
            evidence.person_id = departed.person_id
            and evidence.dataset = departed.dataset
            and evidence.role = departed.role
            and evidence.record_ref = departed.record_ref
    where evidence.is_claim
),

claimed as (
    select *
    from claim_ends
    where from_on < to_on
),

-- Most people are claimed once. The others' time is cut wherever a claim begins, is seen or ends.
claimed_often as (
    select person_id
    from claimed
    group by person_id
    having count(*) > 1
),

-- Each person's claims, numbered: once by which of two equally good ones counts for the place, once for the arrival.
-- In the end the key of the record decides: references are random.
claims as (
    select
        claimed.*,
        row_number() over (
            partition by claimed.person_id
            order by
                claimed.authority asc nulls last,
                claimed.division_code asc nulls last,
                claimed.arrived_on asc nulls last,
                claimed.dwelling asc nulls last,
                claimed.dataset asc nulls last,
                claimed.record_key asc nulls last,
                claimed.role asc nulls last
        ) as claim_number,
        row_number() over (
            partition by claimed.person_id
            order by
                claimed.authority asc nulls last,
                claimed.seen_on desc nulls last,
                claimed.arrived_on asc nulls last,
                claimed.dataset asc nulls last,
                claimed.record_key asc nulls last,
                claimed.role asc nulls last
        ) as arrival_number
    from claimed
    inner join claimed_often on claimed.person_id = claimed_often.person_id
),

cuts as (
    select person_id, from_on as cut_on from claims
    union
    select person_id, seen_on as cut_on from claims where seen_on < to_on
    union
    select person_id, to_on as cut_on from claims
),

stretches as (
    select
        person_id,
        cut_on as from_on,
        lead(cut_on) over (partition by person_id order by cut_on asc nulls last) as to_on
    from cuts
),

-- Of the claims that hold over a stretch the best counts: a known place, before the registered home, before an unknown
-- place; one that had been made by then before one that reaches back from later; then the latest made (or of those from
-- later, the earliest). That order is one number, which ends in that of the claim: the least of a group is found in one
-- pass, and a window would sort tens of millions of rows.
best as (
    select
        stretches.person_id,
        stretches.from_on,
        stretches.to_on,
        min(
            claims.place_rank * {{ 10 ** 15 }}
            + case when claims.seen_on <= stretches.from_on then 0 else {{ 10 ** 14 }} end
            + cast(abs({{ days_between('claims.seen_on', 'stretches.from_on') }}) as bigint) * {{ claims_at_most }}
            + claims.claim_number
        ) % {{ claims_at_most }} as claim_number,
        min(
            case
                when claims.arrived_on is not null
                    then
                        claims.arrival_number * {{ days_at_most }}
                        + {{ days_between(first_day, 'claims.arrived_on') }}
            end
        ) % {{ days_at_most }} as days_to_arrival,
        -- how long somebody has been registered says nothing of how long she has stayed where she is seen
        min(case when not claims.is_registration then claims.from_on end) as here_since
    from stretches
    inner join claims
        on
            stretches.person_id = claims.person_id
            and claims.from_on <= stretches.from_on
            and claims.to_on > stretches.from_on
    where stretches.to_on is not null
    group by stretches.person_id, stretches.from_on, stretches.to_on
),

arrived as (
    select
        *,
        {{ days_after(first_day, 'days_to_arrival') }} as arrived_on
    from best
),

chosen as (
    select
        arrived.person_id,
        claims.division_code,
        arrived.from_on,
        arrived.to_on,
        claims.dataset,
        claims.record_ref,
        arrived.arrived_on,
        coalesce(arrived.arrived_on, arrived.here_since, arrived.from_on) as here_since,
        claims.dwelling,
        claims.flow_reason,
        claims.household_type
    from arrived
    inner join claims
        on
            arrived.person_id = claims.person_id
            and arrived.claim_number = claims.claim_number
    union all
    select
        claimed.person_id,
        claimed.division_code,
        claimed.from_on,
        claimed.to_on,
        claimed.dataset,
        claimed.record_ref,
        claimed.arrived_on,
        claimed.from_on as here_since,
        claimed.dwelling,
        claimed.flow_reason,
        claimed.household_type
    from claimed
    left join claimed_often on claimed.person_id = claimed_often.person_id
    where claimed_often.person_id is null
)

select
    person_id,
    division_code,
    from_on,
    case when to_on < {{ open_end }} then to_on end as to_on,
    dataset,
    record_ref,
    arrived_on,
    here_since,
    dwelling,
    flow_reason,
    household_type
from chosen
