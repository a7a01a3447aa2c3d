{# Stands for "not ended" where dates are compared; never leaves this model. #}
{% set open_end = "date '9999-12-31'" %}

with evidence as (
    select * from {{ ref('int_residence__evidence') }}
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
        evidence.*,
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

claims as (
    select
        *,
        count(*) over (partition by person_id) as claims_of_person
    from claim_ends
    where from_on < to_on
),

-- Most people are claimed once. The others' time is cut wherever a claim begins, is seen or ends.
cuts as (
    select person_id, from_on as cut_on from claims where claims_of_person > 1
    union
    select person_id, seen_on as cut_on from claims where claims_of_person > 1 and seen_on < to_on
    union
    select person_id, to_on as cut_on from claims where claims_of_person > 1
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
-- later, the earliest).
candidates as (
    select
        stretches.person_id,
        stretches.from_on,
        stretches.to_on,
        claims.dataset,
        claims.role,
        claims.record_ref,
        claims.division_code,
        claims.dwelling,
        claims.flow_reason,
        claims.household_type,
        row_number() over (
            partition by stretches.person_id, stretches.from_on
            order by
                claims.place_rank asc nulls last,
                case when claims.seen_on <= stretches.from_on then 0 else 1 end asc nulls last,
                abs({{ days_between('claims.seen_on', 'stretches.from_on') }}) asc nulls last,
                claims.authority asc nulls last,
                claims.division_code asc nulls last,
                claims.arrived_on asc nulls last,
                claims.dwelling asc nulls last,
                claims.record_ref asc nulls last
        ) as place,
        first_value(claims.arrived_on) over (
            partition by stretches.person_id, stretches.from_on
            order by
                case when claims.arrived_on is null then 1 else 0 end asc nulls last,
                claims.authority asc nulls last,
                claims.seen_on desc nulls last,
                claims.arrived_on asc nulls last,
                claims.record_ref asc nulls last
        ) as arrived_on,
        -- how long somebody has been registered says nothing of how long she has stayed where she is seen
        min(case when not claims.is_registration then claims.from_on end) over (
            partition by stretches.person_id, stretches.from_on
        ) as here_since
    from stretches
    inner join claims
        on
            stretches.person_id = claims.person_id
            and claims.from_on <= stretches.from_on
            and claims.to_on > stretches.from_on
    where stretches.to_on is not null
),

chosen as (
    select
        person_id,
        division_code,
        from_on,
        to_on,
        dataset,
        record_ref,
        arrived_on,
        coalesce(arrived_on, here_since, from_on) as here_since,
        dwelling,
        flow_reason,
        household_type
    from candidates
    where place = 1
    union all
    select
        person_id,
        division_code,
        from_on,
        to_on,
        dataset,
        record_ref,
        arrived_on,
        from_on as here_since,
        dwelling,
        flow_reason,
        household_type
    from claims
    where claims_of_person = 1
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
