"""What people decided about pairs of mentions: one person, two, or unsure. Inputs of every build, for ever.

Decisions are about mentions; linking is about profiles. So a decision speaks of all mentions that look like the two:
whoever decided saw nothing else of them. Only where that would contradict itself (two mentions that look alike and are
decided to be two people, say) the decided ones become profiles of their own.

Made here for linking, in the connection's own catalog:

- `decision`: record_ref_l, role_l, record_ref_r, role_r, decision. The newest of each pair of which both mentions are
  there.
- `own_profile`: record_ref, role: see above.
- `together`: profile_l, profile_r, decided to be one person; `decided_group`: profile_id, group_id: who is one by that.
- `apart`: profile_l, profile_r, decided to be two; each pair in both orders.
- `partner`: profile_id, other: what linking says of one may hang on what it says of the other.
- `judged`: profile_l, profile_r, of every decision, unsure ones too; in both orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from identity.cluster import connected_components
from identity.linker import start_edges
from identity.profiles import MENTIONS, numbered
from sources.state import State

LOG = "decision"
Decision = Literal["same", "different", "unsure"]
DECISIONS: tuple[Decision, ...] = ("same", "different", "unsure")
EVIDENCE = "decision"

_PAIR = "record_ref_l, role_l, record_ref_r, role_r"
_TABLES = {
    "together": "profile_l BIGINT, profile_r BIGINT",
    "decided_group": "profile_id BIGINT, group_id BIGINT",
    "apart": "profile_l BIGINT, profile_r BIGINT",
    "partner": "profile_id BIGINT, other BIGINT",
    "judged": "profile_l BIGINT, profile_r BIGINT",
}


def told(state: State) -> str:
    """Query of all decisions ever made, with is_standing: no later one is about the same pair."""
    return (
        f"SELECT *, row_number() OVER (PARTITION BY {_PAIR} ORDER BY _segment DESC, decision_id) = 1 "
        f"AS is_standing FROM ({state.select(LOG)})"
    )


def gather(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """Make decision and own_profile."""
    connection.execute(
        f"CREATE OR REPLACE TABLE decision AS SELECT {_PAIR}, decision FROM ({told(state)}) WHERE is_standing"
    )
    connection.execute("CREATE OR REPLACE TABLE own_profile (record_ref VARCHAR, role VARCHAR)")
    if not _count(connection, "decision"):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE decided_mention AS "
        f"SELECT record_ref, role, {numbered()} AS looks FROM {MENTIONS} WHERE (record_ref, role) IN ("
        "SELECT (record_ref_l, role_l) FROM decision UNION SELECT (record_ref_r, role_r) FROM decision)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE decision AS SELECT * FROM decision "
        "WHERE (record_ref_l, role_l) IN (SELECT (record_ref, role) FROM decided_mention) "
        "AND (record_ref_r, role_r) IN (SELECT (record_ref, role) FROM decided_mention)"
    )
    for word, table in (("same", "alike"), ("different", "unlike")):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT DISTINCT l.looks AS profile_l, r.looks AS profile_r "
            "FROM decision JOIN decided_mention AS l ON l.record_ref = record_ref_l AND l.role = role_l "
            "JOIN decided_mention AS r ON r.record_ref = record_ref_r AND r.role = role_r "
            f"WHERE decision = '{word}'"
        )
    connected_components(connection, edge_table="alike", out_table="alike_group")
    of = "coalesce({0}.cluster_id, {1})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE torn_group AS "
        f"SELECT {of.format('l', 'profile_l')} AS group_id FROM unlike "
        "LEFT JOIN alike_group AS l ON l.profile_id = profile_l LEFT JOIN alike_group AS r ON r.profile_id = profile_r "
        f"WHERE {of.format('l', 'profile_l')} = {of.format('r', 'profile_r')}"
    )
    connection.execute(
        "INSERT INTO own_profile SELECT record_ref, role FROM decided_mention "
        "LEFT JOIN alike_group AS g ON g.profile_id = looks "
        f"WHERE {of.format('g', 'looks')} IN (SELECT group_id FROM torn_group) AND (record_ref, role) IN ("
        "SELECT (record_ref_l, role_l) FROM decision WHERE decision <> 'unsure' "
        "UNION SELECT (record_ref_r, role_r) FROM decision WHERE decision <> 'unsure')"
    )
    for table in ("decided_mention", "alike", "unlike", "alike_group", "torn_group"):
        connection.execute(f"DROP TABLE {table}")


def to_profiles(connection: duckdb.DuckDBPyConnection) -> int:
    """Make together, decided_group, apart, partner and judged from decision and `mention`.

    Returns:
        How many pairs are left out because they were decided to be two people and, by other decisions, are one.
    """
    start(connection)
    if not _count(connection, "decision"):
        return 0
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE decided_pair AS SELECT DISTINCT decision, l.profile_id AS profile_l, "
        "r.profile_id AS profile_r FROM decision JOIN mention AS l ON l.record_ref = record_ref_l AND l.role = role_l "
        "JOIN mention AS r ON r.record_ref = record_ref_r AND r.role = role_r"
    )
    both = "SELECT profile_l, profile_r FROM {0} UNION SELECT profile_r, profile_l FROM {0}"
    connection.execute(f"INSERT INTO judged {both.format('decided_pair')}")
    connection.execute("INSERT INTO together SELECT profile_l, profile_r FROM decided_pair WHERE decision = 'same'")
    connected_components(connection, edge_table="together", out_table="bond")
    connection.execute("INSERT INTO decided_group SELECT profile_id, cluster_id FROM bond")
    connection.execute(
        f"INSERT INTO apart SELECT d.* FROM ({both.format('decided_pair WHERE decision = $$different$$')}) AS d "
        "LEFT JOIN bond AS l ON l.profile_id = profile_l LEFT JOIN bond AS r ON r.profile_id = profile_r "
        "WHERE coalesce(l.cluster_id <> r.cluster_id, profile_l <> profile_r)"
    )
    connection.execute(
        "INSERT INTO partner FROM apart UNION SELECT l.profile_id, r.profile_id FROM decided_group AS l "
        "JOIN decided_group AS r USING (group_id) WHERE l.profile_id <> r.profile_id"
    )
    different = connection.execute(
        "SELECT count(*) FROM decided_pair WHERE decision = 'different' "
        "AND (profile_l, profile_r) NOT IN (SELECT (profile_l, profile_r) FROM apart)"
    ).fetchone()
    for table in ("decided_pair", "bond"):
        connection.execute(f"DROP TABLE {table}")
    return int(different[0]) if different else 0


def start(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of `to_profiles`, empty; and those of `gather`, if it did not run: nothing is decided."""
    texts = ", ".join(f"{column} VARCHAR" for column in (*_PAIR.split(", "), "decision"))
    connection.execute(f"CREATE TABLE IF NOT EXISTS decision ({texts})")
    connection.execute("CREATE TABLE IF NOT EXISTS own_profile (record_ref VARCHAR, role VARCHAR)")
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")


def forbid(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Delete from a table (unit, person) of whom a record of the unit and one of the person were decided to be two."""
    if _count(connection, "apart"):
        connection.execute(
            f"DELETE FROM {table} WHERE (unit, person) IN (SELECT (o.unit, k.person) FROM ("
            "SELECT unit, a.profile_r AS profile_id FROM open_one JOIN apart AS a ON a.profile_l = open_one.profile_id "
            f"WHERE unit IN (SELECT unit FROM {table})) AS o JOIN known AS k USING (profile_id))"
        )


def partners_of(profiles: str) -> str:
    """Query of profile_id: of whom linking may say something else where it does of these (query of profile_id)."""
    return f"SELECT other AS profile_id FROM partner WHERE profile_id IN ({profiles})"


@dataclass(frozen=True)
class DecidedLinker:
    """Brings together what people decided to be one person."""

    name: str = "decisions"
    method: Literal["decided"] = "decided"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `together`."""
        start_edges(connection, out_table)
        connection.execute(
            f"INSERT INTO {out_table} SELECT profile_l, profile_r, CAST(1 AS DOUBLE), '{EVIDENCE}' FROM together"
        )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return row[0] if row else 0
