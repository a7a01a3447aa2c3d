"""Connected components, against networkx as an independent oracle."""

from __future__ import annotations

import duckdb
import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.cluster import connected_components

NODES = st.integers(min_value=0, max_value=40)
GRAPHS = st.lists(st.tuples(NODES, NODES), max_size=60)


def clusters(edges: list[tuple[int, int]], stars: list[tuple[int, int]] | None = None) -> set[frozenset[int]]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE edge (profile_l BIGINT, profile_r BIGINT, is_arm BOOLEAN)")
        for some, is_arm in ((edges, False), (stars or [], True)):
            connection.execute(
                "INSERT INTO edge SELECT unnest(?), unnest(?), ?", [[e[0] for e in some], [e[1] for e in some], is_arm]
            )
        connected_components(
            connection, edge_table="edge", out_table="cluster", star=None if stars is None else "is_arm"
        )
        rows = connection.execute("SELECT list(profile_id), cluster_id FROM cluster GROUP BY cluster_id").fetchall()
        left = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    assert sorted(left) == ["cluster", "edge"], "working tables are dropped"
    assert all(min(members) == cluster for members, cluster in rows), "named after their smallest member"
    assert sum(len(members) for members, _ in rows) == len(set().union(*edges, *(stars or []))), "each once"
    return {frozenset(members) for members, _ in rows}


@given(GRAPHS)
@settings(max_examples=40, deadline=None, print_blob=True)
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    assert clusters(edges) == {frozenset(members) for members in nx.connected_components(nx.Graph(edges))}


@given(GRAPHS, st.lists(st.sets(NODES, min_size=1, max_size=6), max_size=6))
@settings(max_examples=40, deadline=None, print_blob=True)
def test_components_of_stars_are_those_of_networkx(edges: list[tuple[int, int]], groups: list[set[int]]) -> None:
    apart = [group - set().union(*groups[:number]) for number, group in enumerate(groups)]
    stars = [(min(star), member) for star in apart if star for member in sorted(star)]
    assert clusters(edges, stars) == {
        frozenset(members) for members in nx.connected_components(nx.Graph([*edges, *stars]))
    }


def test_a_long_chain_is_one_cluster() -> None:
    chain = [(i * 7919 % 2003, (i + 1) * 7919 % 2003) for i in range(2002)]
    assert len(clusters(chain)) == 1


def test_no_edges_make_no_clusters() -> None:
    assert clusters([]) == set()
