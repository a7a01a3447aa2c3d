"""How good identity is, against an example counted by hand and an oracle that lists every pair."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.evaluation import Evaluation, evaluate, score, write_chart
from sources.errors import UsageError
from sources.workdir import Workdir

Mention = tuple[int, int, str, bool]  # true person, person found, dataset, has a number


def evaluated(mentions: list[Mention]) -> Evaluation:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute(
            "CREATE TABLE found (dataset VARCHAR, record_key VARCHAR, role VARCHAR, person_id VARCHAR, has_number BOOL)"
        )
        connection.execute(
            "CREATE TABLE true_mention (dataset VARCHAR, record_key VARCHAR, role VARCHAR, person BIGINT)"
        )
        connection.execute(
            "CREATE TABLE true_person AS SELECT range AS person, CASE range WHEN 1 THEN '乌云其木格' ELSE '王伟' END "
            "AS name, CAST(1 + range % 2 AS VARCHAR) AS sex, DATE '1980-01-01' + INTERVAL (range * 20) YEAR "
            "AS birth_date, range = 0 AS is_floating, range > 0 AS is_registered FROM range(6)"
        )
        for key, (truth, found, dataset, has_number) in enumerate(mentions):
            connection.execute("INSERT INTO found VALUES (?, ?, 'r', ?, ?)", [dataset, key, found, has_number])
            connection.execute("INSERT INTO true_mention VALUES (?, ?, 'r', ?)", [dataset, key, truth])
        return score(connection)


def test_an_example_counted_by_hand() -> None:
    # Person 0 has three mentions, one of them given to person 1, who has two.
    result = evaluated([(0, 7, "a", True), (0, 7, "b", True), (0, 8, "a", False), (1, 8, "a", True), (1, 8, "b", True)])
    whole = result.overall
    assert (whole.mentions, whole.people, whole.people_found, whole.miscounted) == (5, 2, 2, 0)
    assert whole.precision == pytest.approx(2 / 4)  # together: 1 + 3 pairs, rightly 1 + 1
    assert whole.recall == pytest.approx(2 / 4)  # of 3 + 1
    assert whole.b_cubed_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert whole.b_cubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert whole.exact == 0
    groups = {each.scope: each for each in result.groups}
    assert (groups["no valid number"].precision, groups["no valid number"].recall) == (0, 0)
    assert groups["floating"].recall == pytest.approx(1 / 3)
    assert groups["long names"].people == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from("ab"), st.booleans()), max_size=14))
@settings(max_examples=25, deadline=None, print_blob=True)
def test_counting_pairs_gives_what_listing_them_gives(mentions: list[Mention]) -> None:
    result = evaluated(mentions)
    scopes = {"overall": [True] * len(mentions), "no valid number": [not mention[3] for mention in mentions]}
    scopes |= {name: [mention[2] == name for mention in mentions] for name in "ab"}
    for _, each in result.scores():
        if each.scope not in scopes:
            continue
        inside = scopes[each.scope]
        pairs = [p for p in itertools.combinations(range(len(mentions)), 2) if inside[p[0]] or inside[p[1]]]
        said = {p for p in pairs if mentions[p[0]][1] == mentions[p[1]][1]}
        wanted = {p for p in pairs if mentions[p[0]][0] == mentions[p[1]][0]}
        assert each.precision == (pytest.approx(len(said & wanted) / len(said)) if said else None)
        assert each.recall == (pytest.approx(len(said & wanted) / len(wanted)) if wanted else None)
    true, found = defaultdict(set), defaultdict(set)
    for key, mention in enumerate(mentions):
        true[mention[0]].add(key)
        found[mention[1]].add(key)
    if mentions:
        clusters = list(found.values())
        assert result.overall.exact == pytest.approx(sum(group in clusters for group in true.values()) / len(true))


def test_figures_leave_as_json_and_as_a_chart(tmp_path: Path) -> None:
    result = evaluated([(0, 7, "a", True), (0, 7, "b", True)])
    assert json.loads(result.as_json())["overall"]["recall"] == 1
    for name, start in (("chart.svg", b"<svg"), ("chart.png", b"\x89PNG")):
        write_chart(result, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(UsageError, match=r"chart\.gif"):
        write_chart(result, tmp_path / "chart.gif")


def test_without_a_truth_nothing_is_evaluated(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mentions\.parquet"):
        evaluate(Workdir(tmp_path / "library"), tmp_path)
