"""Estimates of those on no list: published figures, a population whose size is known, and the ugly cases."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from serving.capture import (
    REPLICATES,
    Counts,
    chapman,
    choose_pairs,
    estimate_chapman,
    estimate_log_linear,
    histories,
    log_linear,
    unseen_of_many,
)

# Hepatitis A in a college in Taiwan, 1995: a serum test (P), hospitals (Q) and epidemiologists (E) had 271 cases.
# Chao, Tsay, Lin, Shau and Chao, Statistics in Medicine 20 (2001), 3123-3157, table II; R package CARE1, data set HAV.
HEPATITIS = {"P": 69, "Q": 55, "E": 63, "PQ": 21, "PE": 17, "QE": 18, "PQE": 28}


def counts_of(table: dict[str, int], names: str) -> Counts:
    keys = ["".join(name for name, on in zip(names, row, strict=True) if on) for row in histories(len(names))]
    return np.array([table[key] for key in keys])


def interval(replicates: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(replicates, [2.5, 97.5])
    return float(low), float(high)


def test_chapman_is_the_formula_on_a_worked_example() -> None:
    # 10 turtles marked, 15 caught later, 5 of them marked: 11 · 16 / 6 - 1
    assert chapman(10, 15, 5) == pytest.approx(28.333, abs=0.001)
    estimate = estimate_chapman(5, 10, 5, np.random.default_rng(1))
    assert estimate.people == pytest.approx(28.333 - 20, abs=0.001)
    # Seber's variance (1970) of it is 16 · 11 · 10 · 5 / (36 · 7)
    large = estimate_chapman(500, 1000, 500, np.random.default_rng(1))
    seber = 1001 * 1501 * 500 * 1000 / (501**2 * 502)
    assert large.replicates.std() == pytest.approx(seber**0.5, rel=0.1)


@pytest.mark.parametrize(("pairs", "total"), [((), 388), (((0, 1), (0, 2), (1, 2)), 1313)])
def test_log_linear_models_give_the_published_totals(pairs: tuple[tuple[int, int], ...], total: int) -> None:
    counts = counts_of(HEPATITIS, "PQE")
    assert counts.sum() == 271
    assert round(271 + log_linear(counts, pairs)) == total


def test_without_a_third_order_the_saturated_model_is_an_odds_ratio() -> None:
    # n111 · n100 · n010 · n001 / (n110 · n101 · n011)
    by_hand = 28 * 69 * 55 * 63 / (21 * 17 * 18)
    assert log_linear(counts_of(HEPATITIS, "PQE"), ((0, 1), (0, 2), (1, 2))) == pytest.approx(by_hand)


@pytest.mark.parametrize("lists", [3, 4])
def test_the_model_is_the_one_of_least_aic_by_statsmodels(lists: int) -> None:
    random = np.random.default_rng(lists)
    on = histories(lists).astype(float)
    for _ in range(5):
        logs = 6 + on @ random.normal(-0.5, 0.4, lists) + 0.7 * on[:, 0] * on[:, 1]
        counts = random.poisson(np.exp(logs))
        aic = {}
        every = list(itertools.combinations(range(lists), 2))
        for size in range(len(every) + 1):
            for pairs in itertools.combinations(every, size):
                design = np.column_stack([np.ones(len(on)), on, *(on[:, a] * on[:, b] for a, b in pairs)])
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fitted = sm.GLM(counts, design, family=sm.families.Poisson()).fit()
                aic[pairs] = (round(fitted.aic, 6), len(pairs))
        assert choose_pairs(counts) == min(aic, key=lambda pairs: aic[pairs]), counts


def test_many_tables_at_once_are_the_tables_one_by_one() -> None:
    random = np.random.default_rng(7)
    tables = random.poisson(counts_of(HEPATITIS, "PQE"), size=(20, 7))
    for pairs in ((), ((0, 1),), ((0, 1), (0, 2), (1, 2))):
        together = unseen_of_many(tables.astype(float), pairs)
        assert together == pytest.approx([log_linear(table, pairs) for table in tables], rel=1e-6)


def population(random: np.random.Generator, people: int) -> tuple[Counts, int]:
    """Counts by history of a closed population, and how many are on no list: the second list knows whom the first knows
    better than others."""
    first, third, fourth = (random.random(people) < chance for chance in (0.6, 0.7, 0.5))
    second = random.random(people) < np.where(first, 0.75, 0.4)
    place = first * 8 + second * 4 + third * 2 + fourth
    counts = np.bincount(place, minlength=16)
    return counts[1:], int(counts[0])


def test_the_interval_holds_the_truth_of_a_closed_population_as_often_as_it_says() -> None:
    random = np.random.default_rng(20141031)
    held = []
    for _ in range(60):
        counts, truth = population(random, 4_000)
        estimate = estimate_log_linear(counts, random)
        low, high = interval(estimate.replicates)
        held.append(low <= truth <= high)
        assert low <= estimate.people <= high
    # 95 of 100; of 60 one is out by luck in at most nine. What the choice of a model adds, the interval does not know.
    assert sum(held) >= 51
    assert (0, 1) in estimate.pairs


def test_lists_that_depend_on_each_other_are_told_from_those_that_do_not() -> None:
    counts, truth = population(np.random.default_rng(3), 200_000)
    assert log_linear(counts, ((0, 1),)) == pytest.approx(truth, rel=0.02)
    # who leaves the dependence out finds far too few
    assert log_linear(counts, ()) < 0.9 * truth


def test_the_same_seed_gives_the_same_samples() -> None:
    counts = counts_of(HEPATITIS, "PQE")
    one, other = (estimate_log_linear(counts, np.random.default_rng(5)) for _ in range(2))
    assert len(one.replicates) == REPLICATES
    assert np.array_equal(one.replicates, other.replicates)


def test_a_history_that_nobody_has_does_not_let_the_estimate_run_away() -> None:
    # nobody is on the second and third list alone: the saturated model divides by nothing
    counts = counts_of(HEPATITIS | {"QE": 0, "PQ": 0}, "PQE")
    estimate = estimate_log_linear(counts, np.random.default_rng(5))
    assert 0 < estimate.people <= counts.sum()
    assert np.isfinite(estimate.replicates).all()
