"""What must not become one, however far around the evidence goes.

Of people, two who bear numbers of their own (`keep_apart`); of records of anything, those that a linkage model keeps
apart (`keep_consistent`). Both give way at the weakest links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from identity.cluster import connected_components


def keep_apart(connection: duckdb.DuckDBPyConnection, *, edge_table: str, anchor_table: str, cluster_table: str) -> int:
    """Take apart the clusters that hold two people who must not be one, at their weakest links.

    Each profile goes to the person to whom the strongest chain of links leads, a chain being as strong as its weakest
    link; what hangs on two people by equally strong links goes to neither. This is Borůvka's (1926) algorithm with
    one rule more: who bears a number asks nobody. So each round's choices make trees with at most one bearer in each.

    Args:
        edge_table: columns profile_l, profile_r, confidence. Edges that are cut are deleted.
        anchor_table: columns profile_id, person. Two persons of this table are two people.
        cluster_table: columns profile_id, cluster_id (see `identity.cluster`). Changed where it held a contradiction.

    Returns:
        How many edges were cut.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE contradiction AS SELECT cluster_id FROM {cluster_table} "
        f"JOIN {anchor_table} USING (profile_id) GROUP BY cluster_id HAVING min(person) <> max(person)"
    )
    if not _any(connection, "contradiction"):
        connection.execute("DROP TABLE contradiction")
        return 0
    connection.execute(
        "CREATE OR REPLACE TABLE part AS SELECT c.profile_id, coalesce(a.person, c.profile_id) AS part, "
        f"a.person IS NOT NULL AS is_bearer FROM {cluster_table} AS c SEMI JOIN contradiction USING (cluster_id) "
        f"LEFT JOIN (SELECT DISTINCT profile_id, person FROM {anchor_table}) AS a USING (profile_id)"
    )
    while _choose(connection, edge_table):
        connected_components(connection, edge_table="choice", out_table="joined")
        connection.execute(
            "CREATE OR REPLACE TABLE grown AS SELECT joined.profile_id AS part, cluster_id, "
            "bool_or(coalesce(b.is_bearer, false)) OVER (PARTITION BY cluster_id) AS is_bearer "
            "FROM joined LEFT JOIN (SELECT DISTINCT part, is_bearer FROM part) AS b ON b.part = joined.profile_id"
        )
        connection.execute(
            "UPDATE part SET part = grown.cluster_id, is_bearer = grown.is_bearer FROM grown "
            "WHERE grown.part = part.part"
        )
    cut = _settle(connection, edge_table, cluster_table)
    for table in ("contradiction", "part", "choice", "joined", "grown"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return cut


def _settle(connection: duckdb.DuckDBPyConnection, edge_table: str, cluster_table: str) -> int:
    """Make each part of table `part` a cluster, and cut the edges between them. Returns how many those were."""
    connection.execute(
        f"UPDATE {cluster_table} SET cluster_id = p.cluster_id FROM (SELECT profile_id, "
        f"min(profile_id) OVER (PARTITION BY part) AS cluster_id FROM part) AS p "
        f"WHERE p.profile_id = {cluster_table}.profile_id"
    )
    row = connection.execute(
        f"DELETE FROM {edge_table} USING part AS l, part AS r WHERE l.profile_id = {edge_table}.profile_l "
        f"AND r.profile_id = {edge_table}.profile_r AND l.part <> r.part"
    ).fetchone()
    return row[0] if row else 0


def _choose(connection: duckdb.DuckDBPyConnection, edge_table: str) -> bool:
    """choice: for each part without a bearer the part it joins, by its strongest link."""
    connection.execute(
        "CREATE OR REPLACE TABLE choice AS WITH link AS ("
        "SELECT l.part AS one, l.is_bearer AS one_bears, r.part AS other, r.is_bearer AS other_bears, "
        f"max(e.confidence) AS confidence FROM {edge_table} AS e JOIN part AS l ON l.profile_id = e.profile_l "
        "JOIN part AS r ON r.profile_id = e.profile_r WHERE l.part <> r.part GROUP BY ALL), "
        "seen AS (SELECT one AS part, other, other_bears, confidence FROM link WHERE NOT one_bears "
        "UNION SELECT other, one, one_bears, confidence FROM link WHERE NOT other_bears), "
        "strongest AS (SELECT part, max(confidence) AS confidence FROM seen GROUP BY part), "
        "best AS (SELECT seen.* FROM seen JOIN strongest USING (part, confidence)), "
        "undecided AS (SELECT part FROM best WHERE other_bears GROUP BY part HAVING count(DISTINCT other) > 1) "
        "SELECT part AS profile_l, "
        "arg_min(other, (NOT other_bears, least(part, other), greatest(part, other))) AS profile_r "
        "FROM best ANTI JOIN undecided USING (part) GROUP BY part"
    )
    return _any(connection, "choice")


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


@dataclass(frozen=True)
class Conflict:
    """A column of a table of records that keeps them apart: where it has two different values, or, with `is_one_each`,
    where it has the same value twice. Empty, it says nothing."""

    table: str
    column: str
    is_one_each: bool = False


def keep_consistent(
    connection: duckdb.DuckDBPyConnection, *, edge_table: str, conflicts: Sequence[Conflict], cluster_table: str
) -> int:
    """Take apart the clusters in which records meet that must not, at their weakest links.

    What is left is what comes of taking the links one by one, the strongest first, and leaving out each that would
    bring such records together. Done in rounds: two parts are joined when the link between them is the strongest that
    either has left, since nothing that is still to come could be taken before it. What two parts that exclude each
    other claim by equally strong links goes to neither.

    Args:
        edge_table: columns profile_l, profile_r, confidence. Edges that are cut are deleted.
        conflicts: their tables have a column record, the profile_id of the others.
        cluster_table: columns profile_id, cluster_id (see `identity.cluster`). Changed where it held a conflict.

    Returns:
        How many edges were cut.
    """
    traits = " UNION ALL ".join(
        f"SELECT record AS profile_id, {kind} AS kind, CAST({item.column} AS VARCHAR) AS value, "
        f"{item.is_one_each} AS is_one_each FROM {item.table} WHERE {item.column} IS NOT NULL"
        for kind, item in enumerate(conflicts)
    )
    if not traits:
        return 0
    connection.execute(
        f"CREATE OR REPLACE TABLE trait AS SELECT t.*, cluster_id FROM ({traits}) AS t "
        f"JOIN {cluster_table} USING (profile_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE contradiction AS SELECT cluster_id FROM trait WHERE NOT is_one_each "
        "GROUP BY cluster_id, kind HAVING min(value) <> max(value) UNION "
        "SELECT cluster_id FROM trait WHERE is_one_each GROUP BY cluster_id, kind, value HAVING count(*) > 1"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE part AS SELECT profile_id, profile_id AS part FROM {cluster_table} "
        "SEMI JOIN contradiction USING (cluster_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE open_link AS SELECT profile_l AS one, profile_r AS other, confidence "
        f"FROM {edge_table} WHERE profile_l IN (SELECT profile_id FROM part)"
    )
    while _any(connection, "open_link"):
        _join_strongest(connection)
    cut = _settle(connection, edge_table, cluster_table)
    for table in ("trait", "contradiction", "part", "open_link", "part_trait", "excluded", "strong", "tied", "joined"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return cut


def _join_strongest(connection: duckdb.DuckDBPyConnection) -> None:
    """One round: links within a part, or between parts that exclude each other, go; the strongest of both sides join.

    Each round takes a link away or joins two parts, so there is an end.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE part_trait AS SELECT DISTINCT part, kind, value, is_one_each FROM part "
        "JOIN trait USING (profile_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE open_link AS WITH moved AS ("
        "SELECT least(l.part, r.part) AS one, greatest(l.part, r.part) AS other, max(confidence) AS confidence "
        "FROM open_link AS o JOIN part AS l ON l.profile_id = o.one JOIN part AS r ON r.profile_id = o.other "
        f"WHERE l.part <> r.part GROUP BY ALL) SELECT * FROM moved ANTI JOIN ({_excluding('moved')}) USING (one, other)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE strong AS WITH side AS ("
        "SELECT one AS part, confidence FROM open_link UNION ALL SELECT other, confidence FROM open_link), "
        "most AS (SELECT part, max(confidence) AS confidence FROM side GROUP BY part) "
        "SELECT o.* FROM open_link AS o JOIN most AS a ON a.part = o.one AND a.confidence = o.confidence "
        "JOIN most AS b ON b.part = o.other AND b.confidence = o.confidence"
    )
    connection.execute(
        # Of the arms of a fork those exclude each other that share a value, or that do not, as the kind may be.
        "CREATE OR REPLACE TABLE tied AS WITH side AS (SELECT one AS middle, other AS arm FROM strong "
        "UNION ALL SELECT other, one FROM strong), "
        "armed AS (SELECT middle, arm, kind, value, is_one_each FROM side JOIN part_trait ON part = arm), "
        "lost AS (SELECT middle, arm FROM armed WHERE is_one_each "
        "QUALIFY count(*) OVER (PARTITION BY middle, kind, value) > 1 "
        "UNION SELECT middle, arm FROM armed WHERE NOT is_one_each "
        "QUALIFY min(value) OVER (PARTITION BY middle, kind) <> max(value) OVER (PARTITION BY middle, kind)) "
        "SELECT DISTINCT least(middle, arm) AS one, greatest(middle, arm) AS other FROM lost"
    )
    if _any(connection, "tied"):
        connection.execute("DELETE FROM open_link WHERE (one, other) IN (SELECT (one, other) FROM tied)")
        return
    # Of equally strong links a mixed-up order is as good as any, and ends soon where many stand in a row.
    connection.execute(
        "CREATE OR REPLACE TABLE joined AS WITH ranked AS (SELECT *, hash(one, other) AS luck FROM strong), "
        "side AS (SELECT one AS part, one, other, luck FROM ranked "
        "UNION ALL SELECT other, one, other, luck FROM ranked), "
        "choice AS (SELECT part, arg_min((one, other), (luck, one, other)) AS link FROM side GROUP BY part) "
        "SELECT link[1] AS one, link[2] AS other FROM choice GROUP BY link HAVING count(*) = 2"
    )
    connection.execute("UPDATE part SET part = j.one FROM joined AS j WHERE j.other = part.part")


def _excluding(table: str) -> str:
    """Query of the pairs (one, other) of a table whose parts must not be one."""
    return (
        f"SELECT DISTINCT p.one, p.other FROM {table} AS p JOIN part_trait AS l ON l.part = p.one "
        "JOIN part_trait AS r ON r.part = p.other AND r.kind = l.kind "
        "WHERE l.is_one_each = (l.value = r.value)"
    )
