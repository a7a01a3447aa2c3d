"""Links that would break a model's constraints give way, the weakest first."""

from __future__ import annotations

import random

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.cluster import connected_components
from identity.constraints import Conflict, keep_consistent

CONSISTENT = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), unique=True, max_size=25
)


def consistent(
    links: list[tuple[int, int, float]], colours: list[str | None], inputs: list[int]
) -> tuple[dict[int, int], int]:
    """Clusters of records 0 to 9 by `keep_consistent`, and how many links were cut."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE edge (profile_l BIGINT, profile_r BIGINT, confidence DOUBLE)")
        if links:
            connection.executemany("INSERT INTO edge VALUES (?, ?, ?)", links)
        connection.execute("CREATE TABLE thing (record BIGINT, colour VARCHAR, input INTEGER)")
        connection.executemany("INSERT INTO thing VALUES (?, ?, ?)", list(zip(range(10), colours, inputs, strict=True)))
        connected_components(connection, edge_table="edge", out_table="cluster")
        cut = keep_consistent(
            connection,
            edge_table="edge",
            conflicts=[Conflict("thing", "colour"), Conflict("thing", "input", is_one_each=True)],
            cluster_table="cluster",
        )
        clusters = dict(connection.execute("SELECT profile_id, cluster_id FROM cluster").fetchall())
        row = connection.execute(
            "SELECT count(*) FROM edge JOIN cluster AS l ON l.profile_id = profile_l "
            "JOIN cluster AS r ON r.profile_id = profile_r WHERE l.cluster_id <> r.cluster_id"
        ).fetchone()
        assert row == (0,), "links between clusters are cut"
        return clusters, cut


@settings(max_examples=40, deadline=None)
@given(
    CONSISTENT,
    st.lists(st.sampled_from([None, "red", "blue"]), min_size=10, max_size=10),
    st.lists(st.integers(0, 4), min_size=10, max_size=10),
    st.randoms(use_true_random=False),
)
def test_what_is_kept_apart_is_what_taking_the_strongest_link_first_keeps_apart(
    pairs: list[tuple[int, int]], colours: list[str | None], inputs: list[int], luck: random.Random
) -> None:
    weights = luck.sample(range(100), len(pairs))
    links = [(one, other, float(weight)) for (one, other), weight in zip(pairs, weights, strict=True)]
    members = {n: {n} for n in range(10)}
    for one, other, _ in sorted(links, key=lambda item: -item[2]):
        together = members[one] | members[other]
        named = {colours[n] for n in together} - {None}
        if len(named) <= 1 and len({inputs[n] for n in together}) == len(together):
            for n in together:
                members[n] = together
    clusters, _ = consistent(links, colours, inputs)
    assert {n: min(members[n]) for n in clusters} == clusters


def test_a_chain_of_equal_links_that_nothing_contradicts_stays_whole() -> None:
    links = [(n, n + 1, 1.0) for n in range(9)]
    clusters, cut = consistent(links, [None] * 10, list(range(10)))
    assert (set(clusters.values()), cut) == ({0}, 0)


def test_what_two_claim_by_equal_links_goes_to_neither() -> None:
    clusters, cut = consistent([(0, 1, 1.0), (0, 2, 1.0)], [None, "red", "blue"] + [None] * 7, list(range(10)))
    assert (clusters, cut) == ({0: 0, 1: 1, 2: 2}, 2)
