"""Which counts of a set of linked tables to leave out, so that none of those left out can be worked out from the rest.

Counts hang together by sums (`Tables.sums`): districts make up the city, floating and others all people. A small count
that is left out is found again by subtraction unless others are left out with it (secondary suppression: Hundepool et
al., Statistical Disclosure Control, 2012, chapter 4). Which others: those that an alternative table needs. An
alternative is a table of whole numbers that obeys every sum, has nothing below 0 and shows the same as is published; it
is sought by linear programming as the cheapest change of the true table that moves a count far enough, where changing
what is shown so far has a price (Kelly, Golden and Assad 1992; Fischetti and Salazar 2005 call this the LP heuristic),
and what it changes is left out, too. Many counts are moved at once, with signs drawn at random, so that small counts
balance each other; what that leaves is moved by itself.

What holds at the end, for every count left out and every small one that is not listed (a rest):

- among the alternatives found, its least and its greatest value are `REACH` or more apart: who reads all that is
  published cannot narrow it down to less than the ten values that a small count may have, nor say that it is small;
- to somebody who is told which counts were left out as small, and so knows those to be 0 to 9, the others to be more,
  at least `INSIDER_REACH` + 1 values of each small one remain possible.

Each alternative is checked in whole numbers before it counts: the claim rests on tables that are there, not on a
solver's word. Leaving out more never takes an alternative away.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csc_matrix, hstack, identity

from sources.errors import SijikuError

log = logging.getLogger("sijiku.serving")

SMALLEST_SHOWN = 10
REACH = 10
INSIDER_REACH = 2

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# What a step of a count that stays left out costs: next to nothing, but no step is taken for nothing.
_FREE = 1e-3
# What a missing step of a count to protect costs, rising: at first only what is cheap to protect is.
_URGENCY = (4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0)
_WITHOUT_FAIL = 1e7
_SEED = 20141031
_SIGNS = np.array([1, -1])
_PATIENCE = 8


@dataclass(frozen=True)
class Tables:
    """Counts and how they hang together.

    Attributes:
        values: the true counts, persons.
        is_listed: whether a count stands in a published table; others are rests of those (people who are not floating).
        is_small: whether it must not be known.
        sums: one row a sum, one column a count: -1 for the whole, 1 for its parts; times `values` it is 0.
        weight: how much rather than another of its size a count is to be shown.
    """

    values: Ints
    is_listed: Bools
    is_small: Bools
    sums: csc_matrix
    weight: Floats


@dataclass
class Outcome:
    """What to leave out. `low`, `high`: the least and greatest value of each count among the alternatives found;
    `insider_low`, `insider_high`: the same among those that somebody may hold who knows which counts are small;
    `alternatives`: how many tables were found; `exposed`: small counts that such an insider can narrow down further;
    `unprotected`: counts that no alternative moves far enough, for which all others were left out, too."""

    is_hidden: Bools
    low: Ints
    high: Ints
    insider_low: Ints
    insider_high: Ints
    alternatives: int = 0
    exposed: int = 0
    unprotected: int = 0
    changes: list[Ints] = field(default_factory=list)
    tries: int = 0


def suppress(tables: Tables) -> Outcome:
    """Leave out what has to be: everything, where a count cannot be protected with less.

    Raises:
        SijikuError: the counts do not add up.
    """
    if (tables.sums @ tables.values).any():
        raise SijikuError(
            "发布表的计数不能加总。The counts to be released do not add up.",
            "Build in full: sijiku build --full. If it stays so, the marts' own additivity tests say where.",
        )
    values = tables.values
    outcome = Outcome(tables.is_small & tables.is_listed, values.copy(), values.copy(), values.copy(), values.copy())
    _protect(tables, outcome, is_insider=False)
    _protect(tables, outcome, is_insider=True)
    # who knows more has left out more: what was left out for the insider is to be protected from everybody
    _protect(tables, outcome, is_insider=False)
    left = _to_protect(tables, outcome) & (outcome.high - outcome.low < REACH)
    if left.any():
        outcome.unprotected = int(left.sum())
        outcome.is_hidden |= tables.is_listed
    exposed = tables.is_small & outcome.is_hidden & (outcome.insider_high - outcome.insider_low < INSIDER_REACH)
    outcome.exposed = int(exposed.sum())
    return outcome


def _to_protect(tables: Tables, outcome: Outcome) -> Bools:
    return outcome.is_hidden | (tables.is_small & ~tables.is_listed)


def _protect(tables: Tables, outcome: Outcome, *, is_insider: bool) -> None:
    low, high = (outcome.insider_low, outcome.insider_high) if is_insider else (outcome.low, outcome.high)
    reach = INSIDER_REACH if is_insider else REACH

    def wanting() -> Bools:
        short: Bools = high - low < reach
        return short & ((tables.is_small & outcome.is_hidden) if is_insider else _to_protect(tables, outcome))

    for urgency in _URGENCY:
        # twice with each price: those that balance each other with one draw of signs may not with another
        for _ in range(2):
            targets = np.flatnonzero(wanting())
            if not targets.size:
                return
            _move(tables, outcome, targets, np.ones(targets.size, np.int64), urgency, is_insider=is_insider)
    # What all at once does not move, parts of it may: other signs, other companions.
    random, idle = np.random.default_rng(_SEED), 0
    while (targets := np.flatnonzero(wanting())).size and idle < _PATIENCE:
        chosen = targets[random.random(targets.size) < 0.5] if idle else targets
        _move(tables, outcome, chosen, random.choice(_SIGNS, chosen.size), _URGENCY[-1], is_insider=is_insider)
        idle = idle + 1 if int(wanting().sum()) == targets.size else 0
    for target in np.flatnonzero(wanting()):
        for sign in _SIGNS:
            if wanting()[target]:
                one = np.array([target])
                _move(tables, outcome, one, np.array([sign]), _WITHOUT_FAIL, is_insider=is_insider, is_whole=True)


def _bounds(tables: Tables, outcome: Outcome, *, is_insider: bool) -> tuple[Ints, Ints]:
    """How far each count may fall and rise in an alternative."""
    values = tables.values
    most = int(values.max(initial=0)) + 10 * REACH
    fall, rise = values.copy(), np.full_like(values, most)
    if is_insider:
        small = outcome.is_hidden & tables.is_small
        others = tables.is_listed & ~small
        rise[small] = SMALLEST_SHOWN - 1 - values[small]
        fall[others] = values[others] - SMALLEST_SHOWN
    return fall, rise


def _move(
    tables: Tables,
    outcome: Outcome,
    targets: Ints,
    signs: Ints,
    urgency: float,
    *,
    is_insider: bool,
    is_whole: bool = False,
) -> None:
    """Look for one alternative that moves the targets, and leave out what it changes.

    `is_whole`: ask the solver for whole numbers, which takes longer and is seldom needed.
    """
    values, cells = tables.values, tables.values.size
    low, high = (outcome.insider_low, outcome.insider_high) if is_insider else (outcome.low, outcome.high)
    reach = INSIDER_REACH if is_insider else REACH
    fall, rise = _bounds(tables, outcome, is_insider=is_insider)
    up = signs > 0
    wanted = np.where(up, low[targets] + reach - values[targets], values[targets] - (high[targets] - reach))
    wanted = np.minimum(wanted, np.where(up, rise[targets], fall[targets]))
    some = wanted > 0
    targets, up, wanted = targets[some], up[some], wanted[some]
    if not targets.size:
        return
    is_shown = tables.is_listed & ~outcome.is_hidden
    # A large count says more to its readers. The noise makes each optimum the only one, and the next another.
    noise = np.random.default_rng((_SEED, len(outcome.changes), outcome.tries)).random(cells)
    price = np.where(is_shown, tables.weight * np.log2(2.0 + values), _FREE) * (1.0 + 1e-4 * noise)
    # columns: rises, falls, and what is wanting to the targets
    picks = csc_matrix((np.where(up, -1.0, 1.0), (np.arange(targets.size), targets)), shape=(targets.size, cells))
    answer = linprog(
        np.concatenate([price, price, np.full(targets.size, urgency)]),
        A_eq=hstack([tables.sums, -tables.sums, csc_matrix((tables.sums.shape[0], targets.size))], format="csc"),
        b_eq=np.zeros(tables.sums.shape[0]),
        A_ub=hstack([picks, -picks, -identity(targets.size)], format="csc"),
        b_ub=-wanted.astype(float),
        bounds=np.column_stack(
            [np.zeros(2 * cells + targets.size), np.concatenate([rise, fall, np.maximum(wanted, 0)])]
        ),
        # the mixed-integer solver comes with method `highs` only
        method="highs" if is_whole else "highs-ds",
        integrality=np.ones(2 * cells + targets.size) if is_whole else None,
        options={"mip_rel_gap": 0.0} if is_whole else {},
    )
    if answer.status != 0:
        raise SijikuError(
            f"线性规划未得解：{answer.message}。The solver found no table: {answer.message}",
            "Report it with the size of the city; release nothing of this period.",
        )
    exact = answer.x[:cells] - answer.x[cells : 2 * cells]
    outcome.tries += 1
    _take(tables, outcome, exact, is_insider=is_insider)


def _take(tables: Tables, outcome: Outcome, exact: Floats, *, is_insider: bool) -> None:
    """Enter an alternative, if in whole numbers it is one; else leave out what it changes and let the next try."""
    change = np.rint(exact).astype(np.int64)
    touched = (np.abs(exact) > 1e-6) & tables.is_listed & ~outcome.is_hidden
    outcome.is_hidden |= touched
    fall, rise = _bounds(tables, outcome, is_insider=is_insider)
    if (tables.sums @ change).any() or (change > rise).any() or (-change > fall).any():
        log.info("An alternative is not in whole numbers: %d counts", int((np.abs(exact - change) > 1e-6).sum()))
        return
    outcome.alternatives += 1
    outcome.changes.append(change)
    low, high = (outcome.insider_low, outcome.insider_high) if is_insider else (outcome.low, outcome.high)
    np.minimum(low, tables.values + change, out=low)
    np.maximum(high, tables.values + change, out=high)
