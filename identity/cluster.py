"""Edges to clusters: what hangs together, however far around, is one."""

from __future__ import annotations

import duckdb
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold


def connected_components(
    connection: duckdb.DuckDBPyConnection,
    *,
    edge_table: str,
    out_table: str,
    star: str | None = None,
    star_table: str | None = None,
) -> None:
    """Cluster the profiles that edges touch.

    Most edges are arms of stars. So each profile is first hung on the smallest one that an edge leads it to, where
    that hangs on none itself; only what is left between those needs to be followed around.

    Args:
        connection: tables are read and made in its current schema.
        edge_table: columns profile_l, profile_r; edges of a profile with itself are allowed.
        out_table: made with columns profile_id, cluster_id (the smallest profile_id in the component). One row per
            profile that an edge touches.
        star: SQL over edges. Those that meet it are known to make stars: each profile of a star, the centre too, is
            profile_r of one such edge, and profile_l is the centre, the smallest of them. Then only the others need
            to be looked through.
        star_table: made, where there are stars, with the columns of out_table: of the clusters that other edges touch,
            the centres and who is in no star.
    """
    if star:
        _components_of_stars(connection, edge_table, out_table, star, star_table or "star_cluster")
        if star_table is None:
            connection.execute("DROP TABLE star_cluster")
        return
    edges = f"(SELECT least(profile_l, profile_r) AS one, greatest(profile_l, profile_r) AS other FROM {edge_table})"
    connection.execute(
        "CREATE OR REPLACE TABLE cluster_hung AS WITH above AS MATERIALIZED ("
        f"SELECT other AS profile_id, min(one) AS held FROM {edges} WHERE one < other GROUP BY other) "
        "SELECT * FROM above ANTI JOIN (SELECT profile_id AS held FROM above) USING (held)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE cluster_edge AS SELECT DISTINCT profile_l, profile_r FROM ("
        "SELECT coalesce(l.held, one) AS profile_l, coalesce(r.held, other) AS profile_r "
        f"FROM {edges} LEFT JOIN cluster_hung AS l ON l.profile_id = one "
        "LEFT JOIN cluster_hung AS r ON r.profile_id = other) WHERE profile_l <> profile_r"
    )
    _follow(connection)
    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS SELECT n.profile_id, coalesce(c.cluster_id, held) AS cluster_id FROM ("
        "SELECT profile_id, held FROM cluster_hung UNION ALL SELECT profile_id, profile_id FROM ("
        "SELECT held AS profile_id FROM cluster_hung UNION SELECT profile_id FROM cluster_around "
        f"UNION SELECT profile_l FROM {edge_table} WHERE profile_l = profile_r "
        "AND profile_l NOT IN (SELECT profile_id FROM cluster_hung))) AS n (profile_id, held) "
        "LEFT JOIN cluster_around AS c ON c.profile_id = held"
    )
    for table in ("cluster_hung", "cluster_edge", "cluster_around"):
        connection.execute(f"DROP TABLE {table}")


def _components_of_stars(
    connection: duckdb.DuckDBPyConnection, edge_table: str, out_table: str, star: str, star_table: str
) -> None:
    held = f"(SELECT profile_r AS profile_id, profile_l AS held FROM {edge_table} WHERE {star})"
    connection.execute(
        f"CREATE OR REPLACE TABLE between_stars AS SELECT profile_l, profile_r FROM {edge_table} WHERE NOT ({star})"
    )
    # They are few, and so are their ends: not all stars are put into order for them.
    connection.execute(
        f"CREATE OR REPLACE TABLE star_end AS SELECT * FROM {held} WHERE profile_id IN ("
        "SELECT profile_l FROM between_stars UNION ALL SELECT profile_r FROM between_stars)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE between_stars AS SELECT DISTINCT coalesce(l.held, e.profile_l) AS profile_l, "
        "coalesce(r.held, e.profile_r) AS profile_r FROM between_stars AS e "
        "LEFT JOIN star_end AS l ON l.profile_id = e.profile_l LEFT JOIN star_end AS r ON r.profile_id = e.profile_r"
    )
    connected_components(connection, edge_table="between_stars", out_table=star_table)
    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS SELECT s.profile_id, coalesce(c.cluster_id, s.held) AS cluster_id "
        f"FROM {held} AS s LEFT JOIN {star_table} AS c ON c.profile_id = s.held "
        f"UNION ALL SELECT profile_id, cluster_id FROM {star_table} ANTI JOIN {held} AS s USING (profile_id)"
    )
    for table in ("between_stars", "star_end"):
        connection.execute(f"DROP TABLE {table}")


def _follow(connection: duckdb.DuckDBPyConnection) -> None:
    """cluster_around (profile_id, cluster_id): what hangs together by cluster_edge."""
    connection.execute("CREATE OR REPLACE TABLE cluster_around (profile_id BIGINT, cluster_id BIGINT)")
    if connection.execute("SELECT 1 FROM cluster_edge LIMIT 1").fetchone() is None:
        return
    connection.execute(
        "CREATE OR REPLACE TABLE cluster_node AS SELECT profile_l AS profile_id FROM cluster_edge "
        "UNION SELECT profile_r FROM cluster_edge"
    )
    clusters = cluster_pairwise_predictions_at_threshold(
        "cluster_node",
        "cluster_edge",
        DuckDBAPI(connection),
        node_id_column_name="profile_id",
        edge_id_column_name_left="profile_l",
        edge_id_column_name_right="profile_r",
    )
    connection.execute(f"INSERT INTO cluster_around SELECT profile_id, cluster_id FROM {clusters.physical_name}")
    clusters.drop_table_from_database_and_remove_from_cache()
    connection.execute("DROP TABLE cluster_node")
