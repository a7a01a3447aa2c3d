{{ config(**renewed(of_touched_people())) }}
{#
    People have several claims each, and what is cut, joined and grouped here are tens of millions of rows. So people and
    claims go by numbers that never leave this model.
#}
{# Stands for "not ended" where dates are compared; never leaves this model. #}
{% set open_end = "date '9999-12-31'" %}
{#
    Days are counted from here, seven digits; authorities have three, and nobody is claimed a million times on one day in
    the same way.
#}
{% set first_day = "cast('0001-01-01' as date)" %}
{% set days_at_most = 10 ** 7 %}
{% set equals_at_most = 10 ** 6 %}
{% set standings_at_most = 10 ** 9 %}

{# Of a day's few people the evidence is picked out once. #}
{% do made_before('int_person__touched') %}
{% set evidence = 'of_touched' if is_incremental() else ref('int_residence__evidence') %}

with
{% if is_incremental() -%}
of_touched as (
    select * from {{ touched(ref('int_residence__evidence')) }} as touched
),

{% endif -%}
-- Who left or died is gone from every place where she was seen before. Within one register a later registration
-- survives the cancelling of an earlier one: that is how moving house looks. Who gives up a place of stay may be back
-- at her registered home: only death, or a record of having gone from there, ends that.
departed as (
    select
        claim.role,
        claim.record_ref,
        min(leaving.left_on) as departed_on
    from {{ evidence }} as claim
    inner join {{ evidence }} as leaving
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
    group by claim.record_ref, claim.role
),

people as (
    select
        person_id,
        {{ number_of_row() }} as person
    from (
        select person_id
        from {{ evidence }}
        where is_claim
        group by person_id
    ) as claimed
),

claim_ends as (
    select
        evidence.*,
        people.person,
        coalesce(least(evidence.moved_out_on, departed.departed_on), {{ open_end }}) as to_on
    from {{ evidence }} as evidence
    inner join people on evidence.person_id = people.person_id
    left join departed
        on
            evidence.record_ref = departed.record_ref
            and evidence.role = departed.role
    where evidence.is_claim
),

claims as (
    select
        person,
        {{ number_of_row() }} as claim,
        person_id,
        dataset,
        role,
        record_ref,
        division_code,
        dwelling,
        flow_reason,
        household_type,
        is_registration,
        place_rank,
        authority,
        arrived_on,
        seen_on,
        from_on,
        to_on
    from claim_ends
    where from_on < to_on
),

-- Claims that are equally good: of one day, of the same kind of place and authority.
equals as (
    select
        person,
        place_rank,
        seen_on,
        authority
    from claims
    group by person, place_rank, seen_on, authority
    having count(*) > 1
),

-- Of these decides what they say, in the end the key of the record: references are random. They are few.
ordered as (
    select
        claims.claim,
        row_number() over (
            partition by claims.person, claims.place_rank, claims.seen_on, claims.authority
            order by
                claims.division_code asc nulls last,
                claims.arrived_on asc nulls last,
                claims.dwelling asc nulls last,
                claims.dataset asc nulls last,
                evidence.record_key asc nulls last,
                claims.role asc nulls last
        ) as place
    from claims
    inner join equals
        on
            claims.person = equals.person
            and claims.place_rank = equals.place_rank
            and claims.seen_on = equals.seen_on
            and claims.authority = equals.authority
    inner join {{ evidence }} as evidence
        on
            claims.record_ref = evidence.record_ref
            and claims.role = evidence.role
),

-- A claim is told by person, kind of place, day and standing.
standing as (
    select
        claims.person,
        claims.claim,
        claims.place_rank,
        {{ days_between(first_day, 'claims.seen_on') }} as seen_day,
        claims.authority * {{ equals_at_most }} + coalesce(ordered.place, 0) as standing,
        claims.authority,
        {{ days_between(first_day, 'claims.arrived_on') }} as arrived_day,
        claims.is_registration,
        claims.from_on,
        claims.to_on
    from claims
    left join ordered on claims.claim = ordered.claim
),

claimed_once as (
    select person
    from standing
    group by person
    having count(*) = 1
),

-- A person's time is cut wherever a claim begins, is seen or ends; where there is one, not where it is seen.
cuts as (
    select
        person,
        from_on as cut_on
    from standing
    union all
    select
        standing.person,
        {{ days_after(first_day, 'standing.seen_day') }} as cut_on
    from standing
    left join claimed_once on standing.person = claimed_once.person
    where claimed_once.person is null and {{ days_after(first_day, 'standing.seen_day') }} < standing.to_on
    union all
    select
        person,
        to_on as cut_on
    from standing
),

stretches as (
    select
        person,
        cut_on as from_on,
        lead(cut_on) over (partition by person order by cut_on asc nulls last) as to_on
    from cuts
),

-- Of the claims that hold over a stretch the best counts: a known place, before the registered home, before an unknown
-- place; one that had been made by then before one that reaches back from later; then the latest made (or of those from
-- later, the earliest); then by standing. That order is one number, from which the claim can be told: the least of a
-- group is found in one pass, and a window would sort tens of millions of rows. The arrival is the one that the highest
-- authority states, the latest made of these.
best as (
    select
        stretches.person,
        stretches.from_on,
        min(stretches.to_on) as to_on,
        min(
            standing.place_rank * {{ 10 ** 8 * standings_at_most }}
            + (
                case
                    when standing.seen_day <= {{ days_between(first_day, 'stretches.from_on') }} then 0
                    else {{ days_at_most }}
                end
                + abs({{ days_between(first_day, 'stretches.from_on') }} - standing.seen_day)
            ) * {{ standings_at_most }}
            + standing.standing
        ) as claim_number,
        min(
            standing.authority * {{ 10 ** 14 }}
            + ({{ days_at_most }} - standing.seen_day) * {{ days_at_most }}
            + standing.arrived_day
        ) % {{ days_at_most }} as arrived_day,
        -- how long somebody has been registered says nothing of how long she has stayed where she is seen
        min(case when not standing.is_registration then standing.from_on end) as here_since
    from stretches
    inner join standing
        on
            stretches.person = standing.person
            and standing.from_on <= stretches.from_on
            and standing.to_on > stretches.from_on
    where stretches.from_on < stretches.to_on
    group by stretches.person, stretches.from_on
),

told as (
    select
        *,
        {{ whole_quotient('claim_number', 10 ** 8 * standings_at_most) }} as place_rank,
        {{ whole_quotient('claim_number', standings_at_most) }} % {{ 10 ** 8 }} as days_to_seen,
        claim_number % {{ standings_at_most }} as standing
    from best
),

chosen as (
    select
        told.from_on,
        told.to_on,
        standing.claim,
        {{ days_after(first_day, 'told.arrived_day') }} as arrived_on,
        told.here_since
    from told
    inner join standing
        on
            told.person = standing.person
            and told.standing = standing.standing
            and told.place_rank = standing.place_rank
            and standing.seen_day
            = {{ days_between(first_day, 'told.from_on') }}
            + case
                when told.days_to_seen < {{ days_at_most }} then -told.days_to_seen
                else told.days_to_seen - {{ days_at_most }}
            end
)

select
    claims.person_id,
    claims.division_code,
    chosen.from_on,
    case when chosen.to_on < {{ open_end }} then chosen.to_on end as to_on,
    claims.dataset,
    claims.record_ref,
    chosen.arrived_on,
    coalesce(chosen.arrived_on, chosen.here_since, chosen.from_on) as here_since,
    claims.dwelling,
    claims.flow_reason,
    claims.household_type
from chosen
inner join claims on chosen.claim = claims.claim
