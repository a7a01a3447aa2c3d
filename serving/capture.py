"""How many people no list has: capture-recapture on a closed population, from counts alone.

A capture history says on which of k lists somebody stands. Of the 2^k histories all but one can be counted; that of the
people on no list is estimated:

- `chapman`: two lists, N = (n1 + 1)(n2 + 1) / (m + 1) - 1 (Chapman 1951), right where to be on one list says nothing of
  being on the other. Lists that reach the same people easily make it too low: it is then a lower bound.
- `log_linear`: three lists or more, a Poisson regression of the counts on the lists and on those of their pairs that
  depend on each other (Fienberg 1972; International Working Group for Disease Monitoring and Forecasting 1995). Which
  pairs do is chosen among all hierarchical models with every list and any set of pairs, by AIC: what leaves out a real
  dependence is far more wrong than what keeps one too many, and BIC leaves it out in groups of a few thousand.

Intervals are by parametric bootstrap (Buckland and Garthwaite 1991): whole populations are drawn from the fitted model,
who is on no list is forgotten, and the same model is fitted again. How uncertain the choice of the model is does not
show in them.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Unseen:
    """An estimate of those on no list.

    Attributes:
        people: how many, persons.
        replicates: what the bootstrap's samples gave: everybody, less those who truly were seen; persons.
        pairs: of a log-linear model, the pairs of lists that it lets depend on each other.
    """

    people: float
    replicates: Floats
    pairs: tuple[Pair, ...] = ()


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
    """Those on none of three or more lists, by the hierarchical model of pairs with the least AIC.

    Args:
        counts: people by history, in the order of `histories`, persons.
        random: where the bootstrap draws from.
    """
    pairs = choose_pairs(counts)
    fitted = _fit(counts, _design(_lists_of(counts), pairs))
    unseen = float(np.exp(fitted.params[0]))
    expected = np.concatenate([[unseen], fitted.fittedvalues])
    total = round(unseen + counts.sum())
    drawn = random.multinomial(total, expected / expected.sum(), size=REPLICATES)[:, 1:].astype(np.float64)
    everybody = unseen_of_many(drawn, pairs) + drawn.sum(axis=1)
    return Unseen(unseen, everybody - counts.sum(), pairs)


def choose_pairs(counts: Counts) -> tuple[Pair, ...]:
    """The pairs of lists that depend on each other in the model with the least AIC; of equal ones, the fewest.

    A model that finds more people on no list than on any is left out: where a history has a count of 0, a pair's
    dependence may be as strong as one likes. The one without pairs is always there.
    """
    lists = _lists_of(counts)
    subsets, kept = _models(lists)
    # A column of zeros is a coefficient that is not there.
    designs = _design(lists, subsets[-1])[None, :, :] * kept[:, None, :]
    coefficients = _regress(np.broadcast_to(counts.astype(np.float64), (len(subsets), len(counts))), designs)
    logs = _logs(coefficients, designs)
    # Twice the log-likelihood but for what all models share.
    aic = 2 * kept.sum(axis=1) - 2 * (counts * logs - np.exp(logs)).sum(axis=1)
    is_left_out = coefficients[:, 0] > np.log(max(counts.sum(), 1))
    is_left_out[0] = False
    # Fits differ in their last digits from machine to machine; equal models should not.
    return subsets[int(np.argmin(np.where(is_left_out, np.inf, np.round(aic, 6))))]


def log_linear(counts: Counts, pairs: tuple[Pair, ...]) -> float:
    """Those on no list, in the model with these pairs, persons."""
    return float(np.exp(_fit(counts, _design(_lists_of(counts), pairs)).params[0]))


def unseen_of_many(counts: Floats, pairs: tuple[Pair, ...]) -> Floats:
    """Those on no list in the model with these pairs, for many tables of counts at once.

    Args:
        counts: a table a row, persons.
    """
    design = _design(_lists_of(counts[0]), pairs)
    coefficients = _regress(counts, np.broadcast_to(design, (len(counts), *design.shape)))
    return np.asarray(np.exp(np.clip(coefficients[:, 0], -_LARGEST_LOG, _LARGEST_LOG)))


def _regress(counts: Floats, designs: Floats) -> Floats:
    """Poisson regressions of many tables, each with its design, by Newton's method: the coefficients of `_fit`, without
    a call for each of hundreds."""
    # The start: least squares on the logarithms.
    coefficients = np.asarray((np.linalg.pinv(designs) @ np.log(counts + 0.5)[:, :, None])[:, :, 0], dtype=np.float64)
    # A whisper of a ridge: a coefficient that no count tells of stays where it is instead of going anywhere.
    ridge = 1e-8 * np.eye(designs.shape[2])
    for _ in range(_STEPS):
        expected = np.exp(_logs(coefficients, designs))
        information = (designs * expected[:, :, None]).transpose(0, 2, 1) @ designs + ridge
        score = (designs * (counts - expected)[:, :, None]).sum(axis=1)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        coefficients += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _NO_STEP:
            break
    return coefficients


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
