"""Who must not become one person, however far around the evidence goes: two who bear numbers of their own."""

from __future__ import annotations

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
    connection.execute(
        f"UPDATE {cluster_table} SET cluster_id = p.cluster_id FROM (SELECT profile_id, "
        f"min(profile_id) OVER (PARTITION BY part) AS cluster_id FROM part) AS p "
        f"WHERE p.profile_id = {cluster_table}.profile_id"
    )
    row = connection.execute(
        f"DELETE FROM {edge_table} USING part AS l, part AS r WHERE l.profile_id = {edge_table}.profile_l "
        f"AND r.profile_id = {edge_table}.profile_r AND l.part <> r.part"
    ).fetchone()
    for table in ("contradiction", "part", "choice", "joined", "grown"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
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
