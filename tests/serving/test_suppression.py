"""What is left out cannot be worked out: neither by sums, nor by bounds, nor by who knows which counts are small."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csc_matrix, vstack

from serving.suppression import REACH, SMALLEST_SHOWN, Outcome, Tables, suppress
from sources.errors import SijikuError

Cell = tuple[str, str]
COLUMNS = ("people", "floating", "others")


@dataclass(frozen=True)
class City:
    """A city of districts and their townships; people = floating + others, and others are not listed."""

    truth: Mapping[Cell, int]
    sums: tuple[tuple[Cell, tuple[Cell, ...]], ...]

    @property
    def cells(self) -> list[Cell]:
        return list(self.truth)

    def tables(self) -> Tables:
        place = {cell: number for number, cell in enumerate(self.cells)}
        entries = [
            (row, place[cell], sign)
            for row, (whole, parts) in enumerate(self.sums)
            for cell, sign in ((whole, -1), *((part, 1) for part in parts))
        ]
        rows, columns, signs = map(np.array, zip(*entries, strict=True))
        values = np.array(list(self.truth.values()), dtype=np.int64)
        return Tables(
            values=values,
            is_listed=np.array([column != "others" for _, column in self.cells]),
            is_small=values < SMALLEST_SHOWN,
            sums=csc_matrix((signs, (rows, columns)), shape=(len(self.sums), len(self.cells))),
            weight=np.array([{0: 16.0, 1: 4.0}.get(area.count("."), 1.0) for area, _ in self.cells]),
        )


def city(townships: Mapping[str, tuple[int, int]]) -> City:
    """A city of townships `c.<district>.<township>`, each with its people and its floating."""
    truth: dict[Cell, int] = {}
    children: dict[str, list[str]] = {}
    for name, (people, floating) in townships.items():
        for column, count in zip(COLUMNS, (people, floating, people - floating), strict=True):
            for area in (name, name.rsplit(".", 1)[0], "c"):
                truth[area, column] = truth.get((area, column), 0) + count
        district = name.rsplit(".", 1)[0]
        children.setdefault(district, []).append(name)
        if district not in children.setdefault("c", []):
            children["c"].append(district)
    sums = [
        ((parent, column), tuple((child, column) for child in below))
        for (parent, below), column in itertools.product(children.items(), COLUMNS)
    ]
    sums += [((area, "people"), ((area, "floating"), (area, "others"))) for area in {area: None for area, _ in truth}]
    return City(truth, tuple(sums))


def random_city(seed: int) -> City:
    draw = random.Random(seed)
    townships = {}
    for district, township in itertools.product(range(2 + seed % 3), range(1 + seed % 4)):
        people = draw.choice([draw.randint(0, 25), draw.randint(10, 300), draw.randint(1000, 9000)])
        floating = draw.choice([0, people, draw.randint(0, people), max(people - draw.randint(0, 12), 0)])
        townships[f"c.{district}.{township}"] = (people, floating)
    return city(townships)


ONE_SMALL = city({"c.0.0": (400, 7), "c.0.1": (500, 90), "c.0.2": (300, 80), "c.1.0": (800, 200), "c.1.1": (900, 300)})
CITIES = {
    "one small township": ONE_SMALL,
    "nobody at all": city({"c.0.0": (0, 0), "c.1.0": (0, 0)}),
    "an only township of an only district": city({"c.0.0": (50, 45)}),
    "all but a few are floating": city({"c.0.0": (100, 95), "c.0.1": (200, 150), "c.1.0": (90, 40)}),
    "two nines": city({"c.0.0": (400, 9), "c.0.1": (400, 9), "c.1.0": (500, 100), "c.1.1": (500, 100)}),
} | {f"random {seed}": random_city(seed) for seed in range(12)}


def shown_by(place: City, outcome: Outcome) -> dict[Cell, int]:
    """What a reader has in hand."""
    return {
        cell: place.truth[cell]
        for cell, is_hidden in zip(place.cells, outcome.is_hidden, strict=True)
        if cell[1] != "others" and not is_hidden
    }


def attack(
    place: City, shown: Mapping[Cell, int], known: Mapping[Cell, tuple[int, int | None]], target: Cell
) -> tuple[float, float]:
    """The least and the most a count can be for a reader who knows the shown ones, how areas and columns add up, and of
    some counts their bounds. Written from the published alone: the unknown are its variables."""
    unknown = [cell for cell in place.cells if cell not in shown]
    place_of = {cell: number for number, cell in enumerate(unknown)}
    rows, right = [], []
    for whole, parts in place.sums:
        row, rest = [0.0] * len(unknown), 0.0
        for cell, sign in ((whole, 1.0), *((part, -1.0) for part in parts)):
            if cell in shown:
                rest -= sign * shown[cell]
            else:
                row[place_of[cell]] = sign
        rows.append(row)
        right.append(rest)
    ends = []
    for sign in (1.0, -1.0):
        goal = [0.0] * len(unknown)
        goal[place_of[target]] = sign
        answer = linprog(
            goal, A_eq=rows, b_eq=right, bounds=[known.get(cell, (0, None)) for cell in unknown], method="highs"
        )
        # unbounded above where not even the city's total is shown
        ends.append(sign * answer.fun if answer.status == 0 else float("inf"))
        assert answer.status in (0, 3), answer.message
    return ends[0], ends[1]


@pytest.mark.parametrize("name", CITIES)
def test_no_count_left_out_can_be_narrowed_down_to_fewer_than_ten_values(name: str) -> None:
    place = CITIES[name]
    shown = shown_by(place, suppress(place.tables()))
    for cell, value in place.truth.items():
        small_or_hidden = value < SMALLEST_SHOWN or (cell not in shown and cell[1] != "others")
        if small_or_hidden:
            low, high = attack(place, shown, {}, cell)
            assert low <= value <= high and high - low >= REACH - 1e-6, (cell, value, low, high)
            assert high >= SMALLEST_SHOWN, "nor can it be told that it is small"


@pytest.mark.parametrize("name", CITIES)
def test_who_is_told_which_counts_are_small_still_learns_none(name: str) -> None:
    place = CITIES[name]
    outcome = suppress(place.tables())
    assert outcome.exposed == 0
    shown = shown_by(place, outcome)
    known = {
        cell: (0, SMALLEST_SHOWN - 1) if value < SMALLEST_SHOWN else (SMALLEST_SHOWN, None)
        for cell, value in place.truth.items()
        if cell not in shown and cell[1] != "others"
    }
    for cell, value in place.truth.items():
        if value < SMALLEST_SHOWN and cell[1] != "others":
            low, high = attack(place, shown, known, cell)
            assert low <= value <= high and high - low >= 2 - 1e-6, (cell, value, low, high)


def test_the_attack_undoes_leaving_out_the_small_counts_alone() -> None:
    naive = {cell: value for cell, value in ONE_SMALL.truth.items() if value >= SMALLEST_SHOWN and cell[1] != "others"}
    assert attack(ONE_SMALL, naive, {}, ("c.0.0", "floating")) == pytest.approx((7, 7))


def test_every_count_that_is_shown_is_the_true_one_and_none_is_small() -> None:
    for place in CITIES.values():
        shown = shown_by(place, suppress(place.tables()))
        assert all(value == place.truth[cell] >= SMALLEST_SHOWN for cell, value in shown.items())


def test_little_is_left_out_besides() -> None:
    # a column of seven counts with one small one: one other township's is enough
    shown = shown_by(ONE_SMALL, suppress(ONE_SMALL.tables()))
    hidden = {cell for cell in ONE_SMALL.cells if cell not in shown and cell[1] != "others"}
    assert ("c.0.0", "floating") in hidden and len(hidden) == 2, hidden


def test_every_alternative_is_a_table_of_whole_numbers_that_shows_the_same() -> None:
    for place in CITIES.values():
        tables = place.tables()
        outcome = suppress(tables)
        assert outcome.alternatives == len(outcome.changes) > 0
        is_shown = tables.is_listed & ~outcome.is_hidden
        for change in outcome.changes:
            assert (tables.values + change >= 0).all()
            assert not (tables.sums @ (tables.values + change)).any()
            assert not change[is_shown].any()


def test_the_same_counts_leave_out_the_same() -> None:
    tables = CITIES["random 7"].tables()
    assert (suppress(tables).is_hidden == suppress(tables).is_hidden).all()


def test_where_a_count_follows_from_the_sums_alone_nothing_is_shown() -> None:
    """Floating people of a village of whom everybody knows that there are none: no sum lets them be another number."""
    place = city({"c.0.0": (400, 0), "c.0.1": (500, 90), "c.1.0": (800, 200)})
    tables = place.tables()
    village = place.cells.index(("c.0.0", "floating"))
    nobody = csc_matrix(([-1.0], ([0], [village])), shape=(1, tables.values.size))
    outcome = suppress(replace(tables, sums=vstack([tables.sums, nobody], format="csc")))
    assert outcome.unprotected == 1
    assert outcome.is_hidden[tables.is_listed].all()


def test_counts_that_do_not_add_up_are_refused() -> None:
    tables = ONE_SMALL.tables()
    tables.values[0] += 1
    with pytest.raises(SijikuError, match="do not add up"):
        suppress(tables)
