"""How many people no list has: capture-recapture on a closed population, from counts alone.

A capture history says on which of k lists somebody stands. Of the 2^k histories all but one can be counted; that of the
people on no list is estimated:

- `chapman`: two lists, N = (n1 + 1)(n2 + 1) / (m + 1) - 1 (Chapman 1951), right where to be on one list says nothing of
  being on the other. Lists that reach the same people easily make it too low: it is then a lower bound.
- `log_linear`: three lists or more, a Poisson regression of the counts on the lists and on those of their pairs that
  depend on each other (Fienberg 1972; International Working Group for Disease Monitoring and Forecasting 1995). Which
  pairs do is not known: all hierarchical models with every list and any set of pairs are weighed by AIC (Buckland,
  Burnham and Augustin 1997; for closed populations Stanley and Burnham 1998), and the estimate is their weighted mean.
  What leaves out a real dependence is far more wrong than what keeps one too many, and BIC leaves it out in groups of a
  few thousand.

Intervals are by parametric bootstrap (Buckland and Garthwaite 1991): whole populations are drawn from a fitted model,
who is on no list is forgotten, and the same model is fitted again. The model is drawn too, by its weight, so that how
uncertain its choice is shows in the interval: each end is where the models' tails, weighed, add up to one in forty
(Turek and Fletcher 2012). With the best model alone, 95% intervals held the truth in 83 to 96 of 100 simulated
populations; how often these do is in docs/unseen.md.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Pair = tuple[int, int]

# Of a 95% interval each end is told by one replicate in forty: by 500, from a dozen of them.
REPLICATES = 500
# Newton's method on a concave likelihood, from a good start: six steps do, separated tables take more.
_STEPS = 25
_LONGEST_STEP, _NO_STEP = 3.0, 1e-8
_LARGEST_LOG = 30.0
# A model whose estimate has a standard error as large as itself tells nothing: a history that decides is empty, and the
# likelihood has no peak. A sample farther from its model than four of its errors has met such an empty history, and is
# taken as that far.
_LARGEST_ERROR, _FARTHEST = 1.0, 4.0


@dataclass(frozen=True)
class Unseen:
    """An estimate of those on no list.

    Attributes:
        people: how many, persons.
        replicates: what the bootstrap's samples gave: everybody, less those who truly were seen; persons.
        pairs: the pairs of lists that depend on each other in the best log-linear model.
        weights: of every pair of lists, the weight of the log-linear models in which they depend on each other, 0 to 1.
    """

    people: float
    replicates: Floats
    pairs: tuple[Pair, ...] = ()
    weights: dict[Pair, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Models:
    """All log-linear models of one table of counts, one a row of each.

    Attributes:
        pairs: the pairs of lists that depend on each other, the fewest first.
        designs: the design, of all pairs; a pair that a model does not have is a column of zeros.
        expected: people by history, those on no list first, persons.
        error: standard error of the logarithm of those on no list, by the information matrix.
        aic: but for what all models share.
        weight: by AIC, 0 to 1; all together 1. A model that tells nothing weighs nothing.
    """

    pairs: list[tuple[Pair, ...]]
    designs: Floats
    expected: Floats
    error: Floats
    aic: Floats
    weight: Floats

    @property
    def best(self) -> int:
        """The place of the model of most weight; of equal ones, that with the fewest pairs."""
        return int(np.argmax(self.weight))

    def weight_of(self, pair: Pair) -> float:
        """The weight of the models that have this pair."""
        return float(sum(weight for pairs, weight in zip(self.pairs, self.weight, strict=True) if pair in pairs))


def histories(lists: int) -> npt.NDArray[np.bool_]:
    """The 2^lists - 1 histories that can be seen, one a row, a column a list, from (no, …, yes) to (yes, …, yes)."""
    return np.array(list(itertools.product([False, True], repeat=lists)))[1:]


def chapman(first: float | Floats, second: float | Floats, both: float | Floats) -> Any:
    """Chapman's estimate of all people, from how many are on the first list, on the second, and on both (1951)."""
    return (first + 1) * (second + 1) / (both + 1) - 1


def estimate_chapman(only_first: int, only_second: int, both: int, random: np.random.Generator) -> Unseen:
    """Those on neither of two lists.

    Args:
        only_first, only_second, both: people by the lists that they are on, persons.
        random: where the bootstrap draws from.
    """
    first, second = only_first + both, only_second + both
    total = chapman(first, second, both)
    on_first, on_second = first / total, second / total
    chances = [
        on_first * on_second,
        on_first * (1 - on_second),
        (1 - on_first) * on_second,
        (1 - on_first) * (1 - on_second),
    ]
    drawn = random.multinomial(round(total), chances, size=REPLICATES).astype(np.float64)
    both_, first_, second_ = drawn[:, 0], drawn[:, 1], drawn[:, 2]
    seen = only_first + only_second + both
    return Unseen(total - seen, chapman(first_ + both_, second_ + both_, both_) - seen)


def estimate_log_linear(counts: Counts, random: np.random.Generator) -> Unseen:
    """Those on none of three or more lists, by all hierarchical models of pairs, weighed by AIC.

    Args:
        counts: people by history, in the order of `histories`, persons.
        random: where the bootstrap draws from.
    """
    models = fit_models(counts)
    drawn = random.choice(len(models.pairs), size=REPLICATES, p=models.weight)
    weights = {pair: models.weight_of(pair) for pair in models.pairs[-1]}
    unseen = float(models.weight @ models.expected[:, 0])
    return Unseen(unseen, replicate(counts, models, drawn, random), models.pairs[models.best], weights)


def fit_models(counts: Counts) -> Models:
    """Every model with all lists and any set of their pairs. The one without pairs always has a weight.

    Args:
        counts: people by history, in the order of `histories`, persons.
    """
    lists = _lists_of(counts)
    subsets, kept = _models(lists)
    # A column of zeros is a coefficient that is not there.
    designs = _design(lists, subsets[-1])[None, :, :] * kept[:, None, :]
    coefficients = _regress(np.broadcast_to(counts.astype(np.float64), (len(subsets), len(counts))), designs)
    logs = _logs(coefficients, designs)
    expected = np.exp(np.column_stack([np.clip(coefficients[:, 0], -_LARGEST_LOG, _LARGEST_LOG), logs]))
    variance = np.linalg.inv(_information(expected[:, 1:], designs))[:, 0, 0]
    # of a matrix that is as good as singular, anything may come out
    error = np.sqrt(np.where(variance > 0, variance, np.inf))
    # Twice the log-likelihood but for what all models share. Fits differ in their last digits from machine to machine;
    # equal models should not.
    aic = np.round(2 * kept.sum(axis=1) - 2 * (counts * logs - expected[:, 1:]).sum(axis=1), 6)
    tells = error <= _LARGEST_ERROR
    tells[0] = True
    weight = np.where(tells, np.exp(-(aic - aic[tells].min()) / 2), 0.0)
    return Models(subsets, designs, expected, error, aic, weight / weight.sum())


def replicate(counts: Counts, models: Models, drawn: Counts, random: np.random.Generator) -> Floats:
    """The bootstrap's samples, each of one model: everybody in it, less those who truly were seen, persons.

    Args:
        counts: people by history, in the order of `histories`, persons.
        drawn: the place of each sample's model in `models`.
        random: where the samples are drawn from.
    """
    expected = models.expected[drawn]
    people = np.round(expected[:, 0] + counts.sum()).astype(np.int64)
    chances = expected / expected.sum(axis=1, keepdims=True)
    sampled = random.multinomial(people, chances)[:, 1:].astype(np.float64)
    unseen = _regress(sampled, models.designs[drawn])[:, 0]
    middle, reach = np.log(expected[:, 0]), _FARTHEST * models.error[drawn]
    unseen = np.exp(np.clip(unseen, middle - reach, middle + reach))
    return np.asarray(unseen + sampled.sum(axis=1) - counts.sum())


def log_linear(counts: Counts, pairs: tuple[Pair, ...]) -> float:
    """Those on no list in the model with these pairs, by statsmodels, persons."""
    return float(np.exp(_fit(counts, _design(_lists_of(counts), pairs)).params[0]))


def _regress(counts: Floats, designs: Floats) -> Floats:
    """Poisson regressions of many tables, each with its design, by Newton's method: the coefficients of `_fit`, without
    a call for each of hundreds."""
    # The start: least squares on the logarithms.
    coefficients = np.asarray((np.linalg.pinv(designs) @ np.log(counts + 0.5)[:, :, None])[:, :, 0], dtype=np.float64)
    for _ in range(_STEPS):
        expected = np.exp(_logs(coefficients, designs))
        information = _information(expected, designs)
        score = (designs * (counts - expected)[:, :, None]).sum(axis=1)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        coefficients += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _NO_STEP:
            break
    return coefficients


def _information(expected: Floats, designs: Floats) -> Floats:
    """The information matrix of each regression, with a whisper of a ridge: a coefficient that no count tells of stays
    where it is instead of going anywhere."""
    ridge = 1e-8 * np.eye(designs.shape[2])
    return np.asarray((designs * expected[:, :, None]).transpose(0, 2, 1) @ designs + ridge)


def _logs(coefficients: Floats, designs: Floats) -> Floats:
    return np.clip((designs @ coefficients[:, :, None])[:, :, 0], -_LARGEST_LOG, _LARGEST_LOG)


def _lists_of(counts: npt.NDArray[Any]) -> int:
    return int(np.log2(len(counts) + 1))


@cache
def _models(lists: int) -> tuple[list[tuple[Pair, ...]], npt.NDArray[np.bool_]]:
    """Every set of pairs, the smallest first, and which columns of the design of all pairs each of them keeps."""
    every = list(itertools.combinations(range(lists), 2))
    subsets = [pairs for size in range(len(every) + 1) for pairs in itertools.combinations(every, size)]
    kept = np.array([[True] * (1 + lists) + [pair in pairs for pair in every] for pairs in subsets])
    return subsets, kept


@cache
def _design(lists: int, pairs: tuple[Pair, ...]) -> Floats:
    on = histories(lists).astype(np.float64)
    return np.column_stack([np.ones(len(on)), on, *(on[:, one] * on[:, other] for one, other in pairs)])


def _fit(counts: Counts, design: Floats) -> Any:
    with warnings.catch_warnings():
        # A model with as many coefficients as counts fits them exactly: that is what it is for.
        warnings.simplefilter("ignore")
        return sm.GLM(counts, design, family=sm.families.Poisson()).fit()
