"""What must not become one, however far around the evidence goes.

Of people, two who bear numbers of their own (`keep_apart`), and two of whom somebody decided it (`keep_decided_apart`);
of records of anything, those that a linkage model keeps apart (`keep_consistent`). All give way at the weakest links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from identity.cluster import connected_components
from identity.linker import EDGE_COLUMNS
from identity.profiles import PROFILE_FIELDS

# How strongly a decision holds: nothing that is merely evidence outweighs it.
_DECIDED = 2

# Edges that `identity.certain` made: stars, each of one person.
CERTAIN = "method = 'certain'"

# What links a profile: in a star of certain edges its own, unless something was decided of it; of others the surest.
LINK = (
    "WITH side AS (SELECT profile_l AS profile_id, method, confidence, evidence FROM {0} WHERE method <> 'certain' "
    "UNION ALL SELECT profile_r, method, confidence, evidence FROM {0} WHERE method <> 'certain'), "
    "own AS (SELECT profile_r AS profile_id, struct_pack(method, confidence, evidence) AS link FROM {0} "
    "WHERE method = 'certain' AND profile_r NOT IN (SELECT profile_id FROM side WHERE method = 'decided')) "
    "FROM own UNION ALL SELECT profile_id, arg_max(struct_pack(method, confidence, evidence), "
    "(method = 'decided', confidence, evidence)) FROM side ANTI JOIN own USING (profile_id) GROUP BY profile_id"
)


def keep_apart(
    connection: duckdb.DuckDBPyConnection,
    *,
    edge_table: str,
    anchor_table: str,
    cluster_table: str,
    bond_table: str | None = None,
    star_table: str | None = None,
) -> int:
    """Take apart the clusters that hold two people who must not be one, at their weakest links.

    Each profile goes to the person to whom the strongest chain of links leads, a chain being as strong as its weakest
    link; what hangs on two people by equally strong links goes to neither. This is Borůvka's (1926) algorithm with
    one rule more: who bears a number asks nobody. So each round's choices make trees with at most one bearer in each.

    Args:
        edge_table: columns profile_l, profile_r, confidence. Edges that are cut are deleted; they go to cut_edge.
        anchor_table: columns profile_id, person. Two persons of this table are two people.
        cluster_table: columns profile_id, cluster_id (see `identity.cluster`). Changed where it held a contradiction.
            Rows of clusters that did go, as they were, to parted (profile_id, component).
        bond_table: columns profile_l, profile_r: edges that are never cut, even between two persons.
        star_table: see `identity.cluster`, of stars that are never of two persons. Who is in no row of it needs no
            look.

    Returns:
        How many edges were cut.
    """
    connection.execute(f"CREATE OR REPLACE TABLE cut_edge AS SELECT * FROM {edge_table} LIMIT 0")
    connection.execute(
        f"CREATE OR REPLACE TABLE parted AS SELECT profile_id, cluster_id AS component FROM {cluster_table} LIMIT 0"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE contradiction AS SELECT cluster_id FROM {star_table or cluster_table} "
        f"JOIN {anchor_table} USING (profile_id) GROUP BY cluster_id HAVING min(person) <> max(person)"
    )
    if not _any(connection, "contradiction"):
        connection.execute("DROP TABLE contradiction")
        return 0
    _remember(connection, cluster_table, "contradiction")
    connection.execute(
        "CREATE OR REPLACE TABLE part AS SELECT c.profile_id, coalesce(a.person, c.profile_id) AS part, "
        f"a.person IS NOT NULL AS is_bearer FROM {cluster_table} AS c SEMI JOIN contradiction USING (cluster_id) "
        f"LEFT JOIN (SELECT DISTINCT profile_id, person FROM {anchor_table}) AS a USING (profile_id)"
    )
    if bond_table:
        connection.execute(
            f"CREATE OR REPLACE TABLE choice AS SELECT l.part AS profile_l, r.part AS profile_r FROM {bond_table} "
            "JOIN part AS l ON l.profile_id = profile_l JOIN part AS r ON r.profile_id = profile_r "
            "WHERE l.part <> r.part"
        )
        if _any(connection, "choice"):
            _grow(connection)
    while _choose(connection, edge_table):
        _grow(connection)
    cut = _settle(connection, edge_table, cluster_table)
    for table in ("contradiction", "part", "choice", "joined", "grown"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return cut


def _settle(connection: duckdb.DuckDBPyConnection, edge_table: str, cluster_table: str) -> int:
    """Make each part of table `part` a cluster, and cut the edges between them: they go to cut_edge. Returns how many
    those were."""
    connection.execute(
        f"UPDATE {cluster_table} SET cluster_id = p.cluster_id FROM (SELECT profile_id, "
        f"min(profile_id) OVER (PARTITION BY part) AS cluster_id FROM part) AS p "
        f"WHERE p.profile_id = {cluster_table}.profile_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE cut_edge AS SELECT e.* FROM {edge_table} AS e "
        "JOIN part AS l ON l.profile_id = profile_l JOIN part AS r ON r.profile_id = profile_r WHERE l.part <> r.part"
    )
    row = connection.execute(
        f"DELETE FROM {edge_table} WHERE (profile_l, profile_r) IN (SELECT (profile_l, profile_r) FROM cut_edge)"
    ).fetchone()
    return row[0] if row else 0


def keep_decided_apart(
    connection: duckdb.DuckDBPyConnection,
    *,
    edge_table: str,
    apart_table: str,
    cluster_table: str,
    profile_table: str,
) -> int:
    """Take apart the clusters that hold two profiles that were decided to be two people.

    The weakest links of the cluster give way, one strength after the other, until nothing leads from the one to the
    other. What was decided to be one person never does, and what is one for certain only where it holds both. What hung
    on either by links that gave way goes to the one that it is more like. So nothing depends on which member of a group
    the others are linked to. Where several pairs are in a cluster, they are taken one after the other, each by the
    links that the whole cluster had. Runs after `keep_apart`.

    Args:
        edge_table: EDGE_COLUMNS and method; certain edges make stars, each with its centre on the left. Those of
            clusters that are taken apart go to torn_edge, and become one of each profile with itself, with the link
            that it had and no linker.
        apart_table: columns profile_l, profile_r.
        cluster_table: columns profile_id, cluster_id.
        profile_table: see `identity.profiles.collapse`; has all profiles of the clusters.

    Returns:
        How many pairs were taken apart by this.
    """
    connection.execute(f"CREATE OR REPLACE TABLE torn_edge AS SELECT * FROM {edge_table} LIMIT 0")
    if not _look_at_whole(connection, edge_table, apart_table, cluster_table):
        return 0
    count = 0
    while found := _find_torn(connection, apart_table, cluster_table):
        count += found
        _break(connection, cluster_table)
        _choose_sides(connection, profile_table)
        connection.execute(
            f"UPDATE {cluster_table} SET cluster_id = s.cluster_id FROM (SELECT profile_id, "
            "min(profile_id) OVER (PARTITION BY cluster_id, side) AS cluster_id FROM sided_one) AS s "
            f"WHERE s.profile_id = {cluster_table}.profile_id"
        )
    if count:
        connection.execute(f"INSERT INTO torn_edge FROM {edge_table} WHERE profile_r IN (SELECT profile_id FROM whole)")
        connection.execute(f"DELETE FROM {edge_table} WHERE profile_r IN (SELECT profile_id FROM whole)")
        connection.execute(
            f"INSERT INTO {edge_table} ({', '.join(EDGE_COLUMNS)}, method) SELECT profile_id, profile_id, "
            f"link.confidence, link.evidence, link.method FROM link_had JOIN {cluster_table} USING (profile_id) "
            f"WHERE link.method = 'certain' OR cluster_id IN (SELECT cluster_id FROM {cluster_table} "
            "SEMI JOIN whole USING (profile_id) GROUP BY cluster_id HAVING count(*) > 1)"
        )
    for table in ("torn", "whole", "rung", "held_rung", "broken", "tied", "sided_one", "link_had"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return count


def release_unlinked(connection: duckdb.DuckDBPyConnection, *, edge_table: str, cluster_table: str) -> None:
    """Take out of clusters that were taken apart (parted) the profiles that no edge touches any more: their mentions
    look alike, and nothing says that they are one person."""
    if not _any(connection, "parted"):
        return
    connection.execute(
        f"DELETE FROM {cluster_table} WHERE profile_id IN (SELECT profile_id FROM parted) AND profile_id NOT IN ("
        f"SELECT profile_l FROM {edge_table} UNION SELECT profile_r FROM {edge_table})"
    )


def _remember(connection: duckdb.DuckDBPyConnection, cluster_table: str, which: str) -> None:
    connection.execute(
        f"INSERT INTO parted SELECT profile_id, cluster_id FROM {cluster_table} SEMI JOIN {which} USING (cluster_id) "
        "WHERE profile_id NOT IN (SELECT profile_id FROM parted)"
    )


def _find_torn(connection: duckdb.DuckDBPyConnection, apart: str, cluster_table: str) -> int:
    """torn (component, cluster_id, one, other): of what hung together at first one pair that still is in a cluster,
    the first by their numbers."""
    connection.execute(
        "CREATE OR REPLACE TABLE torn AS SELECT component, arg_min(cluster_id, said) AS cluster_id, "
        "arg_min(one, said) AS one, arg_min(other, said) AS other FROM ("
        "SELECT w.component, l.cluster_id, profile_l AS one, profile_r AS other, (profile_l, profile_r) AS said "
        f"FROM {apart} JOIN whole AS w ON w.profile_id = profile_l "
        f"JOIN {cluster_table} AS l ON l.profile_id = profile_l "
        f"JOIN {cluster_table} AS r ON r.profile_id = profile_r AND r.cluster_id = l.cluster_id "
        "WHERE profile_l < profile_r) GROUP BY component"
    )
    row = connection.execute("SELECT count(*) FROM torn").fetchone()
    return row[0] if row else 0


def _look_at_whole(connection: duckdb.DuckDBPyConnection, edge_table: str, apart: str, cluster_table: str) -> bool:
    """What the clusters to be taken apart are as yet, if there are any. whole: profile_id, component, unit (the centre
    of its star of certain links). rung: profile_l, profile_r, component, unit if both are of one, strength. link_had:
    see LINK."""
    connection.execute(
        "CREATE OR REPLACE TABLE torn AS SELECT DISTINCT l.cluster_id "
        f"FROM {apart} JOIN {cluster_table} AS l ON l.profile_id = profile_l "
        f"JOIN {cluster_table} AS r ON r.profile_id = profile_r AND r.cluster_id = l.cluster_id"
    )
    if not _any(connection, "torn"):
        connection.execute("DROP TABLE torn")
        return False
    _remember(connection, cluster_table, "torn")
    connection.execute(
        f"CREATE OR REPLACE TABLE whole AS SELECT profile_id, cluster_id AS component, unit FROM {cluster_table} "
        f"SEMI JOIN torn USING (cluster_id) LEFT JOIN (SELECT profile_r AS profile_id, min(profile_l) AS unit "
        f"FROM {edge_table} WHERE method = 'certain' AND profile_r IN (SELECT profile_id FROM parted) "
        "GROUP BY profile_r) USING (profile_id)"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE held_rung AS SELECT e.* FROM {edge_table} AS e "
        "WHERE profile_r IN (SELECT profile_id FROM whole)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE rung AS SELECT profile_l, profile_r, r.component, "
        "CASE WHEN l.unit = r.unit THEN r.unit END AS unit, "
        f"CASE WHEN method = 'decided' THEN {_DECIDED} ELSE confidence END AS strength "
        "FROM held_rung JOIN whole AS l ON l.profile_id = profile_l JOIN whole AS r ON r.profile_id = profile_r"
    )
    connection.execute(f"CREATE OR REPLACE TABLE link_had AS {LINK.format('held_rung')}")
    return True


def _break(connection: duckdb.DuckDBPyConnection, cluster_table: str) -> None:
    """broken (profile_id, cluster_id, piece): what still hangs together once the two are apart."""
    connection.execute(
        "CREATE OR REPLACE TABLE held_rung AS SELECT profile_l, profile_r, component, "
        "CASE WHEN rung.unit IS NULL OR (a.unit = b.unit AND rung.unit = a.unit) THEN strength "
        f"ELSE {_DECIDED} END AS strength FROM rung JOIN torn USING (component) "
        "JOIN whole AS a ON a.profile_id = one JOIN whole AS b ON b.profile_id = other"
    )
    while True:
        connected_components(connection, edge_table="held_rung", out_table="hanging")
        connection.execute(
            "CREATE OR REPLACE TABLE tied AS SELECT component FROM torn "
            "JOIN hanging AS l ON l.profile_id = one JOIN hanging AS r ON r.profile_id = other "
            "WHERE l.cluster_id = r.cluster_id"
        )
        if not _any(connection, "tied"):
            break
        connection.execute(
            "DELETE FROM held_rung WHERE (component, strength) IN (SELECT (component, min(strength)) FROM held_rung "
            "WHERE profile_l <> profile_r AND component IN (SELECT component FROM tied) GROUP BY component)"
        )
    connection.execute(
        "CREATE OR REPLACE TABLE broken AS SELECT c.profile_id, c.cluster_id, "
        f"coalesce(h.cluster_id, c.profile_id) AS piece FROM {cluster_table} AS c SEMI JOIN torn USING (cluster_id) "
        "LEFT JOIN hanging AS h ON h.profile_id = c.profile_id"
    )
    connection.execute("DROP TABLE hanging")


def _choose_sides(connection: duckdb.DuckDBPyConnection, profile_table: str) -> None:
    """sided_one (profile_id, cluster_id, side): to which of the two each profile goes, piece by piece."""

    def alike(one: str, other: str) -> str:
        return " + ".join(
            f"coalesce(CASE WHEN {one}.{f} = {other}.{f} THEN 1 ELSE -1 END * CAST("
            f"{one}.{f} IS NOT NULL AND {other}.{f} IS NOT NULL AS INTEGER), 0)"
            for f in PROFILE_FIELDS
        )

    connection.execute(
        "CREATE OR REPLACE TABLE sided_one AS WITH placed AS ("
        "SELECT b.*, one, other, o.piece AS piece_one, t.piece AS piece_other FROM broken AS b "
        "JOIN torn USING (cluster_id) JOIN broken AS o ON o.profile_id = one JOIN broken AS t ON t.profile_id = other"
        "), weighed AS (SELECT p.profile_id, p.cluster_id, p.piece, one, other, piece_one, piece_other, "
        f"x.mentions, {alike('x', 'a')} AS like_one, {alike('x', 'b')} AS like_other FROM placed AS p "
        f"JOIN {profile_table} AS x ON x.profile_id = p.profile_id "
        f"JOIN {profile_table} AS a ON a.profile_id = one JOIN {profile_table} AS b ON b.profile_id = other), "
        "cores AS (SELECT cluster_id, sum(mentions) FILTER (piece = piece_one) AS mentions_one, "
        "sum(mentions) FILTER (piece = piece_other) AS mentions_other FROM weighed GROUP BY cluster_id), "
        "pieces AS (SELECT cluster_id, piece, max(like_one) AS like_one, max(like_other) AS like_other "
        "FROM weighed GROUP BY cluster_id, piece) "
        "SELECT profile_id, cluster_id, CASE WHEN piece = piece_one THEN one WHEN piece = piece_other THEN other "
        "WHEN p.like_one <> p.like_other THEN CASE WHEN p.like_one > p.like_other THEN one ELSE other END "
        "WHEN mentions_one >= mentions_other THEN one ELSE other END AS side "
        "FROM weighed JOIN cores USING (cluster_id) JOIN pieces AS p USING (cluster_id, piece)"
    )


def _grow(connection: duckdb.DuckDBPyConnection) -> None:
    """Let parts be one by choice."""
    connected_components(connection, edge_table="choice", out_table="joined")
    connection.execute(
        "CREATE OR REPLACE TABLE grown AS SELECT joined.profile_id AS part, cluster_id, "
        "bool_or(coalesce(b.is_bearer, false)) OVER (PARTITION BY cluster_id) AS is_bearer "
        "FROM joined LEFT JOIN (SELECT DISTINCT part, is_bearer FROM part) AS b ON b.part = joined.profile_id"
    )
    connection.execute(
        "UPDATE part SET part = grown.cluster_id, is_bearer = grown.is_bearer FROM grown WHERE grown.part = part.part"
    )


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
    for table in (
        "cut_edge",
        "trait",
        "contradiction",
        "part",
        "open_link",
        "part_trait",
        "excluded",
        "strong",
        "tied",
        "joined",
    ):
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
