"""Of populations whose size is known, the intervals of the unseen hold it as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from serving.estimates import LOG_LINEAR
from tests.campaigns.unseen import (
    CHANCES,
    METHODS,
    PAGE,
    PEOPLE,
    RUNS,
    SCENARIOS,
    Scenario,
    campaign,
    counts_of,
    people_found,
    people_on_lists,
    run_city,
    run_scenario,
)

_INDEPENDENT, _DEPENDENT, *_ = SCENARIOS


@pytest.mark.parametrize("scenario", [_INDEPENDENT, _DEPENDENT], ids=["independent", "dependent"])
def test_what_is_assumed_is_enough(scenario: Scenario) -> None:
    for result in run_scenario(scenario, 40):
        if result.is_assumed:
            assert not result.is_short, (result.method, result.held)
            assert result.people.mean() == pytest.approx(result.truth.mean(), rel=0.1)
        else:
            # who looks at two lists that find the same people finds too few
            assert result.people.mean() < 0.8 * result.truth.mean()


def test_missed_links_make_the_unseen_too_many() -> None:
    missed = Scenario("missed", missed=0.03)
    for result in run_scenario(missed, 10):
        assert result.people.mean() > 1.3 * result.truth.mean()


def test_districts_and_ages_have_intervals_of_their_own_people() -> None:
    # three of six are out by luck in one case of 400
    for result in run_city(6):
        if result.is_assumed:
            assert result.held >= 4, (result.scenario, result.method)


def test_a_scenario_draws_what_it_says() -> None:
    random = np.random.default_rng(1)
    people = 200_000
    independent = Scenario("", people=people)
    on = people_on_lists(independent, random)
    assert on.mean(axis=0) == pytest.approx(CHANCES, abs=0.005)
    depend = people_on_lists(Scenario("", odds=(((0, 2), 4.0),), people=people), random)
    both, one, other, none = (
        (depend[:, 0] == first) & (depend[:, 2] == second)
        for first, second in ((True, True), (True, False), (False, True), (False, False))
    )
    assert both.sum() * none.sum() / (one.sum() * other.sum()) == pytest.approx(4, rel=0.05)
    # nothing goes wrong: each listed person is found once, on her lists
    listed = on[on.any(axis=1)]
    assert (counts_of(people_found(on, independent, random)) == counts_of(listed)).all()
    gone = people_found(on, Scenario("", gone=0.02), random)
    assert len(gone) / len(listed) == pytest.approx(1.02, abs=0.002)
    wrong = people_found(on, Scenario("", wrong=0.002), random)
    assert 1 - len(wrong) / len(listed) == pytest.approx(0.002, abs=0.0005)
    missed = people_found(on, Scenario("", missed=0.01), random)
    several = listed[listed.sum(axis=1) > 1]
    assert len(missed) - len(listed) == pytest.approx(0.01 * several.sum(), rel=0.05)
    assert missed.sum() == listed.sum()


def test_the_page_has_every_scenario() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [scenario.name for scenario in SCENARIOS if page.count(f"| {scenario.name} |") != len(METHODS)] == []
    assert f"每种情形 {RUNS} 次" in page
    assert f"{PEOPLE:,}" in page


@pytest.mark.full
def test_of_400_intervals_370_hold_the_truth_where_the_assumptions_do() -> None:
    results = [result for found in campaign(RUNS) for result in found]
    assert not [f"{result.scenario} {result.method}: {result.held}" for result in results if result.is_short]
    assert {result.method for result in results if result.is_assumed} == set(METHODS)
    assert LOG_LINEAR in METHODS
