"""Edges to clusters: what hangs together, however far around, is one."""

from __future__ import annotations

import duckdb
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold


def connected_components(connection: duckdb.DuckDBPyConnection, *, edge_table: str, out_table: str) -> None:
    """Cluster the profiles that edges touch.

    Args:
        connection: tables are read and made in its current schema.
        edge_table: columns profile_l, profile_r; edges of a profile with itself are allowed.
        out_table: made with columns profile_id, cluster_id (the smallest profile_id in the component). One row per
            profile that an edge touches.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE cluster_node AS SELECT profile_l AS profile_id FROM {edge_table} "
        f"UNION SELECT profile_r FROM {edge_table}"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE cluster_edge AS SELECT DISTINCT profile_l, profile_r FROM {edge_table} "
        f"WHERE profile_l <> profile_r"
    )
    clusters = cluster_pairwise_predictions_at_threshold(
        "cluster_node",
        "cluster_edge",
        DuckDBAPI(connection),
        node_id_column_name="profile_id",
        edge_id_column_name_left="profile_l",
        edge_id_column_name_right="profile_r",
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS SELECT profile_id, cluster_id FROM {clusters.physical_name}"
    )
    clusters.drop_table_from_database_and_remove_from_cache()
    connection.execute("DROP TABLE cluster_node")
    connection.execute("DROP TABLE cluster_edge")
