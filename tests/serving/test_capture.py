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
    estimate_chapman,
    estimate_log_linear,
    fit_models,
    histories,
    log_linear,
    replicate,
)

# Hepatitis A in a college in Taiwan, 1995: a serum test (P), hospitals (Q) and epidemiologists (E) had 271 cases.
# Chao, Tsay, Lin, Shau and Chao, Statistics in Medicine 20 (2001), 3123-3157, table II; R package CARE1, data set HAV.
HEPATITIS = {"P": 69, "Q": 55, "E": 63, "PQ": 21, "PE": 17, "QE": 18, "PQE": 28}

# Carriers of HIV in Rome, 1990, by four reporting centres (Abeni, Brancato and Perucci, Epidemiology 5 (1994),
# 410-414), and people with diabetes of Casale Monferrato, by four lists (Bruno, LaPorte, Merletti, Biggeri, McCarty and
# Pagano, Diabetes Care 17 (1994), 548-556). Data sets of the R package Rcapture (Baillargeon and Rivest, Journal of
# Statistical Software 19(5), 2007), in the order of `histories`; its results are in its examples' output (HIV) and in
# its tests of published papers (diabetes: Rivest, Biometrics 67 (2011)).
HIV = np.array([205, 621, 11, 545, 10, 35, 3, 403, 6, 20, 0, 33, 1, 3, 0])
DIABETES = np.array([10, 182, 8, 74, 7, 20, 14, 709, 12, 650, 46, 104, 18, 157, 58])
HARES = {
    "000001": 4, "000010": 4, "000011": 2, "000100": 3, "000101": 4, "000110": 1, "000111": 1, "001000": 5, "001001": 2,
    "001011": 1, "001101": 1, "010000": 6, "010001": 1, "010010": 3, "010011": 1, "010100": 3, "010101": 3, "010111": 1,
    "011001": 2, "011011": 1, "011101": 2, "011111": 1, "100000": 3, "100001": 1, "100010": 2, "100100": 2, "100111": 1,
    "101000": 1, "101010": 1, "101100": 1, "110001": 1, "110010": 1, "111111": 2,
}  # fmt: skip
ALL_PAIRS = tuple(itertools.combinations(range(4), 2))


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


@pytest.mark.parametrize(
    ("counts", "pairs", "total", "error"),
    [
        (HIV, ((0, 1),), 12318.5, 1188.7),
        (HIV, ALL_PAIRS, 23443.5, 9594.9),
        (DIABETES, ((0, 2), (1, 3), (2, 3)), 2472, 53),
        (DIABETES, tuple(pair for pair in ALL_PAIRS if pair != (0, 3)), 2771, 145),
    ],
)
def test_four_lists_give_the_totals_errors_and_choice_of_rcapture(
    counts: Counts, pairs: tuple[tuple[int, int], ...], total: float, error: float
) -> None:
    models = fit_models(counts)
    place = models.pairs.index(pairs)
    unseen = models.expected[place, 0]
    assert unseen + counts.sum() == pytest.approx(total, abs=0.5)
    # the unseen are a Poisson number around an expectation that is itself not known
    assert (unseen + (unseen * models.error[place]) ** 2) ** 0.5 == pytest.approx(error, abs=0.5)
    assert log_linear(counts, pairs) == pytest.approx(unseen, rel=1e-6)


def test_the_best_models_are_those_that_the_papers_end_with() -> None:
    # « Eliminating the non significant interactions stepwise shows that only the [1,2] interaction is important »
    hiv = fit_models(HIV)
    assert hiv.pairs[hiv.best] == ((0, 1),)
    # Bruno's: all pairs but the first list with the fourth
    diabetes = fit_models(DIABETES)
    assert diabetes.pairs[diabetes.best] == tuple(pair for pair in ALL_PAIRS if pair != (0, 3))
    # AIC 86.65 and 92.073 of HIV's models
    both = [hiv.aic[hiv.pairs.index(pairs)] for pairs in (((0, 1),), ALL_PAIRS)]
    assert both[1] - both[0] == pytest.approx(92.073 - 86.65, abs=0.005)


def test_an_interval_of_one_model_is_near_that_of_its_profile_likelihood() -> None:
    models = fit_models(HIV)
    drawn = np.full(4 * REPLICATES, models.pairs.index(((0, 1),)))
    low, high = interval(replicate(HIV, models, drawn, np.random.default_rng(1)) + HIV.sum())
    # Rcapture: 10266 to 14992, around 12308
    assert (low, high) == (pytest.approx(10_266, rel=0.03), pytest.approx(14_992, rel=0.03))
    # and that of all models is longer, for which of them holds is not known
    all_low, all_high = interval(estimate_log_linear(HIV, np.random.default_rng(1)).replicates + HIV.sum())
    assert all_low < low < high < all_high


def test_six_occasions_give_the_published_number_of_hares() -> None:
    # 68 snowshoe hares in six nights (Cormack, Biometrics 45 (1989), 395-413; Rcapture's model Mt: 75.1, error 3.4)
    counts = np.array([HARES.get("".join("01"[on] for on in row), 0) for row in histories(6).astype(int)])
    assert counts.sum() == 68
    assert 68 + log_linear(counts, ()) == pytest.approx(75.1, abs=0.05)


def test_without_a_third_order_the_saturated_model_is_an_odds_ratio() -> None:
    # n111 · n100 · n010 · n001 / (n110 · n101 · n011)
    by_hand = 28 * 69 * 55 * 63 / (21 * 17 * 18)
    assert log_linear(counts_of(HEPATITIS, "PQE"), ((0, 1), (0, 2), (1, 2))) == pytest.approx(by_hand)


@pytest.mark.parametrize("lists", [3, 4])
def test_every_model_is_what_statsmodels_makes_of_it_and_the_best_has_the_least_aic(lists: int) -> None:
    random = np.random.default_rng(lists)
    on = histories(lists).astype(float)
    for _ in range(5):
        logs = 6 + on @ random.normal(-0.5, 0.4, lists) + 0.7 * on[:, 0] * on[:, 1]
        counts = random.poisson(np.exp(logs))
        models = fit_models(counts)
        every = list(itertools.combinations(range(lists), 2))
        aic = []
        for size in range(len(every) + 1):
            for pairs in itertools.combinations(every, size):
                design = np.column_stack([np.ones(len(on)), on, *(on[:, a] * on[:, b] for a, b in pairs)])
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fitted = sm.GLM(counts, design, family=sm.families.Poisson()).fit()
                place = models.pairs.index(pairs)
                aic.append((round(fitted.aic, 6), place))
                assert models.expected[place] == pytest.approx(
                    [np.exp(fitted.params[0]), *fitted.fittedvalues], rel=1e-6
                )
                assert models.error[place] == pytest.approx(fitted.bse[0], rel=1e-4)
        assert models.best == min(aic)[1], counts
        least, second = sorted(aic)[:2]
        odds = models.weight[second[1]] / models.weight[least[1]]
        assert odds == pytest.approx(np.exp((least[0] - second[0]) / 2), rel=1e-4)
        assert models.weight.sum() == pytest.approx(1)


def test_the_estimate_is_the_mean_of_all_models_by_their_weight() -> None:
    counts = counts_of(HEPATITIS, "PQE")
    models = fit_models(counts)
    by_hand = sum(weight * log_linear(counts, pairs) for weight, pairs in zip(models.weight, models.pairs, strict=True))
    estimate = estimate_log_linear(counts, np.random.default_rng(1))
    assert estimate.people == pytest.approx(by_hand, rel=1e-6)
    assert set(estimate.weights) == {(0, 1), (0, 2), (1, 2)}
    assert estimate.weights[0, 1] == pytest.approx(
        sum(weight for weight, pairs in zip(models.weight, models.pairs, strict=True) if (0, 1) in pairs)
    )


def population(random: np.random.Generator, people: int) -> tuple[Counts, int]:
    """Counts by history of a closed population, and how many are on no list: the second list knows whom the first knows
    better than others."""
    first, third, fourth = (random.random(people) < chance for chance in (0.6, 0.7, 0.5))
    second = random.random(people) < np.where(first, 0.75, 0.4)
    place = first * 8 + second * 4 + third * 2 + fourth
    counts = np.bincount(place, minlength=16)
    return counts[1:], int(counts[0])


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
    models = fit_models(counts)
    assert models.weight[models.pairs.index(((0, 1), (0, 2), (1, 2)))] == 0
    estimate = estimate_log_linear(counts, np.random.default_rng(5))
    assert 0 < estimate.people < 2 * counts.sum()
    assert estimate.replicates.max() < 100 * counts.sum()
