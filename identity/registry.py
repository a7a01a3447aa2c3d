"""The person registry: which number each person has, kept in state for ever.

A number is random, never derived from anything personal and never given to another person. What is wanted is worked
out from the groups of this build and the logs; what the logs lack of it is appended. So the same input appends
nothing, and a build that was killed between two logs is completed by running it again.

How groups of mentions come by numbers: each group asks for a number its mentions had, each number goes to one of the
groups that ask, and a group that is refused asks for its next (deferred acceptance, Gale and Shapley 1962, which has
one outcome when, as here, no two choices are equal):

- a group asks for the numbers its mentions have now, most mentions first, then for those they had earlier. So when
  groups merge, the number with most mentions wins;
- a number prefers groups that have it now, then the one with most mentions that never had another before. So when a
  merge is undone the number stays with those it was made for, and the others get their earlier one back;
- equal counts are decided by the earliest assignment, then by the smallest record_ref and role.

A group that gets none is given a new number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import duckdb

from sources.errors import SijikuError
from sources.state import State
from sources.surrogate import SURROGATE
from sources.warehouse import few

ASSIGNMENTS = "person_assignment"
EVENTS = "person_event"
REFERENCES = "person_ref"

_MENTION = "record_ref || ' ' || role"

REASONS: dict[str, str] = {
    "created": "'首次报送的记录 · records seen for the first time'",
    "split": "former_mentions || ' 条记录与原人员分开 · ' || former_mentions "
    "|| ' records parted from the other person'",
    "merged": "former_mentions || ' 条记录与该人员为同一人 · ' || former_mentions "
    "|| ' records are the other person''s (' || coalesce(evidence, 'linked otherwise') || ')'",
    "retired": "'其记录均不再报送 · none of its records is delivered any more'",
    "revived": "CASE WHEN other_person_id IS NULL THEN '其记录重新报送 · its records are delivered again' "
    "ELSE '合并撤销，恢复原编号 · a merge was undone and the earlier number returns' END",
}


def assign(
    connection: duckdb.DuckDBPyConnection,
    state: State,
    build_id: str,
    *,
    group_table: str,
    out_table: str,
    gone_table: str | None = None,
    rivals: Callable[[], bool] | None = None,
) -> dict[str, int]:
    """Give each group of mentions its person number and write down what changed.

    Args:
        connection: resolves the paths of `state.select`; tables are made in its current schema.
        state: logs person_assignment, person_event and person_ref are read and appended to.
        build_id: stands in the events and in the names of the segments.
        group_table: columns mention_id, record_ref, role, group_id, evidence. One row per mention; mentions of one
            group are one person. `evidence` (may be null) says what linked the mention.
        out_table: made with columns group_id, person_id, mentions (how many are of the group). One row per group.
        gone_table: columns record_ref, role: mentions that are not delivered any more. None if `group_table` holds all
            mentions there are; otherwise it holds those of whole persons, as they were and as they are now, and nobody
            else's number is touched.
        rivals: called once table past (person_id: the numbers that these mentions have or had) is made; adds to
            `group_table` the mentions of others who hold one of these, and says whether there were any.

    Returns:
        Events appended, by kind; kinds without one are left out.

    Raises:
        SijikuError: the random numbers drawn are in use already.
    """
    _read_past(connection, state, group_table, gone_table)
    if rivals and rivals():
        _read_more_past(connection, state, group_table)
    _find_contested(connection)
    _read_tenures(connection)
    _rank_claims(connection)
    _match(connection)
    _number(connection, state, group_table, out_table)
    _append_assignments(connection, state, build_id, group_table, out_table)
    _append_events(connection, state, build_id, group_table, out_table, is_partial=gone_table is not None)
    _append_references(connection, state, build_id, out_table)
    return _events_written(connection)


def _read_past(connection: duckdb.DuckDBPyConnection, state: State, group_table: str, gone_table: str | None) -> None:
    """past: which numbers each mention has had, by the segment of the log. Of one that is gone, mention and group are
    null."""
    if not gone_table:
        connection.execute(f"CREATE OR REPLACE TABLE past AS {_past(state.select(ASSIGNMENTS), group_table)}")
        return
    connection.execute(
        f"CREATE OR REPLACE TABLE asked_past AS SELECT mention_id, group_id, record_ref, role FROM {group_table} "
        f"UNION ALL SELECT NULL, NULL, record_ref, role FROM {gone_table} "
        f"ANTI JOIN {group_table} USING (record_ref, role)"
    )
    connection.execute(f"CREATE OR REPLACE TABLE past AS {_past(_log_of(state, 'asked_past'), 'asked_past')}")


def _read_more_past(connection: duckdb.DuckDBPyConnection, state: State, group_table: str) -> None:
    """Add to past that of the mentions that came to the groups since it was read."""
    connection.execute(
        "CREATE OR REPLACE TABLE asked_more AS SELECT mention_id, group_id, record_ref, role "
        f"FROM {group_table} ANTI JOIN asked_past USING (record_ref, role)"
    )
    connection.execute(f"INSERT INTO past {_past(_log_of(state, 'asked_more'), 'asked_more')}")


def _log_of(state: State, table: str) -> str:
    """Query of the assignments of few records."""
    return f"SELECT * FROM ({state.select(ASSIGNMENTS)}) WHERE record_ref IN ({few('record_ref', table)})"


def _past(log: str, asked_table: str) -> str:
    """Query of rows of past: what a log (query) has of the mentions of a table."""
    return (
        "SELECT mention_id, group_id, record_ref, role, person_id, _segment AS segment "
        f"FROM ({log}) JOIN (SELECT mention_id, group_id, record_ref, role FROM {asked_table}) USING (record_ref, role)"
    )


def _find_contested(connection: duckdb.DuckDBPyConnection) -> None:
    """number_held (group_id, person_id): which numbers the mentions of each group have or had. contested: groups
    that may have several numbers, or one that another group may have too. Nearly all have one, which nobody else has.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE number_held AS SELECT DISTINCT group_id, person_id FROM past "
        "WHERE mention_id IS NOT NULL"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE contested AS SELECT group_id FROM number_held GROUP BY group_id HAVING count(*) > 1 "
        "UNION SELECT group_id FROM number_held WHERE person_id IN ("
        "SELECT person_id FROM number_held GROUP BY person_id HAVING count(*) > 1)"
    )


def _read_tenures(connection: duckdb.DuckDBPyConnection) -> None:
    """tenure: which number each present mention of a contested group has had, from when to when, and which of them is
    first and latest."""
    connection.execute(
        "CREATE OR REPLACE TABLE contested_past AS SELECT * FROM past SEMI JOIN contested USING (group_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE tenure AS WITH span AS (SELECT mention_id, min(segment) AS first_segment, "
        "max(segment) AS last_segment FROM contested_past GROUP BY mention_id) "
        "SELECT mention_id, group_id, record_ref, role, person_id, min(segment) AS since, "
        "bool_or(segment = last_segment) AS is_latest, bool_or(segment = first_segment) AS is_first "
        "FROM contested_past JOIN span USING (mention_id) "
        "GROUP BY mention_id, group_id, record_ref, role, person_id"
    )


def _rank_claims(connection: duckdb.DuckDBPyConnection) -> None:
    """claim: one row per group and number it may have, with the rank each gives to the other, from 1."""
    seniority = f"min(printf('%06d ', since) || {_MENTION})"
    connection.execute(
        "CREATE OR REPLACE TABLE claim AS WITH counted AS ("
        "SELECT group_id, person_id, bool_or(is_latest) AS is_latest, "
        "CASE WHEN bool_or(is_latest) THEN count(*) FILTER (is_latest) ELSE count(*) END AS mentions, "
        f"count(*) FILTER (is_first) AS natives, {seniority} AS seniority "
        "FROM tenure GROUP BY group_id, person_id) "
        "SELECT group_id, person_id, row_number() OVER (PARTITION BY group_id "
        "ORDER BY is_latest DESC, mentions DESC, seniority) AS choice, row_number() OVER (PARTITION BY person_id "
        "ORDER BY is_latest DESC, natives DESC, mentions DESC, seniority) AS preference FROM counted "
        "UNION ALL SELECT group_id, person_id, 1, 1 FROM number_held ANTI JOIN contested USING (group_id)"
    )


def _match(connection: duckdb.DuckDBPyConnection) -> None:
    """asking: for each group with a claim, the choice it has come to. Where that is a claim, the number is its own."""
    connection.execute("CREATE OR REPLACE TABLE asking AS SELECT DISTINCT group_id, 1 AS choice FROM claim")
    refused = 1
    while refused:
        row = connection.execute(
            "UPDATE asking SET choice = asking.choice + 1 FROM ("
            "SELECT group_id, row_number() OVER (PARTITION BY person_id ORDER BY preference) AS place "
            "FROM asking JOIN claim USING (group_id, choice)) AS queue "
            "WHERE queue.group_id = asking.group_id AND queue.place > 1"
        ).fetchone()
        refused = row[0] if row else 0


def _number(connection: duckdb.DuckDBPyConnection, state: State, group_table: str, out_table: str) -> None:
    """The matched numbers, and new random ones for the groups that have none."""
    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS SELECT group_id, coalesce(person_id, {SURROGATE}) AS person_id, "
        f"person_id IS NULL AS is_new, mentions FROM ("
        f"SELECT group_id, count(*) AS mentions FROM {group_table} GROUP BY group_id) "
        "LEFT JOIN (SELECT group_id, person_id FROM asking JOIN claim USING (group_id, choice)) USING (group_id)"
    )
    row = connection.execute(
        f"SELECT count(*) - count(DISTINCT person_id) + (SELECT count(*) FROM ({state.select(ASSIGNMENTS)}) "
        f"WHERE person_id IN (SELECT person_id FROM {out_table} WHERE is_new)) FROM {out_table}"
    ).fetchone()
    if row and row[0]:
        raise SijikuError("The random person numbers drawn are in use already.", "Run the build again.")


def _append_assignments(
    connection: duckdb.DuckDBPyConnection, state: State, build_id: str, group_table: str, out_table: str
) -> None:
    """Log the mentions whose number is not the one last logged."""
    state.append(
        connection,
        ASSIGNMENTS,
        # What is not contested has the number that it had.
        "SELECT g.record_ref, g.role, p.person_id FROM ("
        f"SELECT * FROM {group_table} ANTI JOIN (SELECT mention_id FROM past ANTI JOIN contested USING (group_id)) "
        f"USING (mention_id)) AS g JOIN {out_table} AS p USING (group_id) "
        "LEFT JOIN (SELECT mention_id, person_id FROM tenure WHERE is_latest) AS t USING (mention_id) "
        "WHERE t.person_id IS DISTINCT FROM p.person_id",
        key=_fresh_key(state, ASSIGNMENTS, build_id),
    )


def _append_events(
    connection: duckdb.DuckDBPyConnection,
    state: State,
    build_id: str,
    group_table: str,
    out_table: str,
    *,
    is_partial: bool,
) -> None:
    """One event for each number that begins or ends to be somebody's.

    `created` (its records had none), `split` (they were another person's), `revived` (it had ended before), `merged`
    (most of its records are now the other person's), `retired` (none of its records is there). Whether a number was
    somebody's before is read from the events, so what a killed build did not log is logged now.
    """
    before = _segments_before(state, build_id)
    past = "SELECT person_id FROM number_held UNION SELECT person_id FROM past WHERE mention_id IS NULL"
    concerned = f"WHERE person_id IN ({past})" if is_partial else ""
    connection.execute(
        "CREATE OR REPLACE TABLE event AS WITH former AS ("
        f"SELECT mention_id, arg_max(person_id, segment) AS person_id FROM contested_past "
        f"WHERE segment <= {before} GROUP BY mention_id), "
        "moved AS (SELECT f.person_id AS former, p.person_id AS present, count(*) AS mentions, "
        f"min({_MENTION}) AS seniority, string_agg(DISTINCT g.evidence, ', ' ORDER BY g.evidence) AS evidence "
        f"FROM former AS f JOIN {group_table} AS g USING (mention_id) JOIN {out_table} AS p USING (group_id) "
        "WHERE f.person_id <> p.person_id GROUP BY ALL), "
        "origin AS (SELECT * FROM moved "
        "QUALIFY row_number() OVER (PARTITION BY present ORDER BY mentions DESC, seniority) = 1), "
        "heir AS (SELECT * FROM moved "
        "QUALIFY row_number() OVER (PARTITION BY former ORDER BY mentions DESC, seniority) = 1), "
        "standing AS (SELECT person_id, arg_max(kind, _segment) IN ('created', 'split', 'revived') AS is_somebody "
        f"FROM ({state.select(EVENTS)}) {concerned} GROUP BY person_id), "
        "begun AS (SELECT p.person_id, CASE WHEN s.person_id IS NOT NULL THEN 'revived' "
        "WHEN o.former IS NOT NULL THEN 'split' ELSE 'created' END AS kind, o.former AS other_person_id, "
        f"o.mentions AS former_mentions, o.evidence FROM {out_table} AS p LEFT JOIN standing AS s USING (person_id) "
        "LEFT JOIN origin AS o ON o.present = p.person_id WHERE s.person_id IS NULL OR NOT s.is_somebody), "
        "ended AS (SELECT s.person_id, CASE WHEN h.present IS NOT NULL THEN 'merged' ELSE 'retired' END AS kind, "
        "h.present AS other_person_id, h.mentions AS former_mentions, h.evidence FROM standing AS s "
        f"LEFT JOIN heir AS h ON h.former = s.person_id WHERE s.is_somebody "
        f"AND NOT EXISTS (SELECT 1 FROM {out_table} AS p WHERE p.person_id = s.person_id)) "
        f"SELECT *, CASE kind {_cases(REASONS.items())} END AS reason "
        "FROM (SELECT * FROM begun UNION ALL SELECT * FROM ended)"
    )
    state.append(
        connection,
        EVENTS,
        f"SELECT {SURROGATE} AS event_id, '{build_id}' AS build_id, person_id, kind, other_person_id, reason "
        "FROM event",
        key=_fresh_key(state, EVENTS, build_id),
    )


def _append_references(connection: duckdb.DuckDBPyConnection, state: State, build_id: str, out_table: str) -> None:
    """Give each person without one the random reference that findings use."""
    state.append(
        connection,
        REFERENCES,
        f"SELECT person_id, {SURROGATE} AS person_ref FROM {out_table} "
        f"ANTI JOIN ({state.select(REFERENCES)}) USING (person_id)",
        key=_fresh_key(state, REFERENCES, build_id),
    )


def _events_written(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("SELECT kind, count(*) FROM event GROUP BY kind ORDER BY kind").fetchall())


def _cases(pairs: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"WHEN '{value}' THEN {expression}" for value, expression in pairs)


def _fresh_key(state: State, log: str, build_id: str) -> str:
    """A key for the next segment of a build. The same build comes again when its inputs go back to what they were (an
    earlier as-of date, say) and may then have something to append that it had not the first time."""
    earlier = [path for path in state.segments(log) if build_of(path.name) == build_id]
    return f"{build_id}.{len(earlier) + 1}"


def _segments_before(state: State, build_id: str) -> int:
    """The last assignment segment that this build did not write: if it wrote the newest it was killed, or is run
    again with nothing changed."""
    segments = [path.name for path in state.segments(ASSIGNMENTS)]
    while segments and build_of(segments[-1]) == build_id:
        segments.pop()
    return int(segments[-1][:6]) if segments else 0


def build_of(segment: str) -> str:
    """The build that wrote a segment of the registry's logs, by the segment's file name."""
    return re.sub(r"^\d+-(.*)\.\d+\.parquet$", r"\1", segment)
