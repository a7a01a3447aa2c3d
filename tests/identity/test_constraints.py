"""Which links give way where a cluster holds two people who bear numbers of their own."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from identity.cluster import connected_components
from identity.constraints import keep_apart

Edges = list[tuple[int, int, float]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def apart(
    connection: duckdb.DuckDBPyConnection, edges: Edges, anchors: dict[int, int], star: str | None = None
) -> tuple[set[frozenset[int]], int]:
    """Cluster, keep apart; returns the groups and how many edges were cut."""
    connection.execute("CREATE OR REPLACE TABLE edge (profile_l BIGINT, profile_r BIGINT, confidence DOUBLE)")
    connection.execute("CREATE OR REPLACE TABLE anchor (profile_id BIGINT, person BIGINT)")
    connection.executemany("INSERT INTO edge VALUES (?, ?, ?)", edges)
    connection.executemany("INSERT INTO anchor VALUES (?, ?)", list(anchors.items()))
    star_table = "star" if star else None
    connected_components(connection, edge_table="edge", out_table="cluster", star=star, star_table=star_table)
    cut = keep_apart(
        connection, edge_table="edge", anchor_table="anchor", cluster_table="cluster", star_table=star_table
    )
    rows = connection.execute("SELECT list(profile_id) FROM cluster GROUP BY cluster_id").fetchall()
    left = connection.execute(
        "SELECT count(*) FROM edge JOIN cluster AS l ON l.profile_id = profile_l "
        "JOIN cluster AS r ON r.profile_id = profile_r WHERE l.cluster_id <> r.cluster_id"
    ).fetchone()
    assert left == (0,)
    return {frozenset(row[0]) for row in rows}, cut


def test_a_cluster_with_one_bearer_stays_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    assert apart(connection, [(1, 2, 0.9), (2, 3, 0.8)], {1: 1}) == ({frozenset({1, 2, 3})}, 0)


def test_the_weakest_link_between_two_bearers_is_cut(connection: duckdb.DuckDBPyConnection) -> None:
    edges = [(1, 2, 0.99), (2, 3, 0.95), (3, 4, 0.98)]
    assert apart(connection, edges, {1: 1, 4: 4}) == ({frozenset({1, 2}), frozenset({3, 4})}, 1)


def test_records_of_one_bearer_are_not_parted(connection: duckdb.DuckDBPyConnection) -> None:
    edges = [(1, 2, 0.96), (2, 3, 0.97), (3, 4, 0.98)]
    assert apart(connection, edges, {1: 1, 2: 1, 4: 4}) == ({frozenset({1, 2}), frozenset({3, 4})}, 1)


def test_who_is_linked_as_strongly_to_two_bearers_is_given_to_neither(connection: duckdb.DuckDBPyConnection) -> None:
    assert apart(connection, [(1, 2, 0.95), (2, 3, 0.95)], {1: 1, 3: 3}) == (
        {frozenset({1}), frozenset({2}), frozenset({3})},
        2,
    )


def test_a_long_chain_between_three_bearers_falls_into_three(connection: duckdb.DuckDBPyConnection) -> None:
    edges = [(n, n + 1, 0.99 - 0.01 * (n % 5 == 4)) for n in range(14)]
    groups, cut = apart(connection, edges, {0: 0, 7: 7, 14: 14})
    assert groups == {frozenset(range(5)), frozenset(range(5, 10)), frozenset(range(10, 15))}
    assert cut == 2


def test_clusters_of_sure_links_alone_need_no_look(connection: duckdb.DuckDBPyConnection) -> None:
    edges = [(1, 1, 1.0), (1, 2, 1.0), (3, 3, 1.0), (3, 4, 1.0), (2, 3, 0.6), (5, 5, 1.0), (5, 6, 1.0)]
    anchors = {1: 1, 3: 3, 5: 5, 6: 6}
    assert apart(connection, edges, anchors) == ({frozenset(pair) for pair in ((1, 2), (3, 4), (5,), (6,))}, 2)
    assert apart(connection, edges, anchors, "confidence = 1") == (
        {frozenset(pair) for pair in ((1, 2), (3, 4), (5, 6))},
        1,
    )


def test_other_clusters_are_left_alone(connection: duckdb.DuckDBPyConnection) -> None:
    groups, cut = apart(connection, [(1, 2, 0.9), (10, 11, 0.7), (11, 12, 0.6)], {1: 1, 2: 2, 10: 10})
    assert groups == {frozenset({1}), frozenset({2}), frozenset({10, 11, 12})}
    assert cut == 1
