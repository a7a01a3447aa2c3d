"""What is released cannot be undone: no hidden count can be worked out from what is shown, by sums or by bounds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from scipy.optimize import linprog

from serving.release import store_release
from sources.interface import public_tables
from sources.warehouse import open_warehouse

COLUMNS = ("people", "floating", "floating_in_city", "registered", "resident")
PART_OF = {"floating": "people", "floating_in_city": "floating", "resident": "people"}
SMALLEST_SHOWN = 10
CITY = "150200000000"

Counts = dict[str, int]
Shown = dict[tuple[str, str], int | None]


def district(number: int) -> str:
    return f"1502{number:02d}000000"


def random_city(seed: int, districts: int) -> dict[str, Counts]:
    """Districts with counts around the limit, where hiding is hardest."""
    draw = random.Random(seed)
    areas = {}
    for number in range(2, 2 + districts):
        people = draw.choice([draw.randint(0, 30), draw.randint(20, 400), draw.randint(1000, 9000)])
        floating = draw.choice([0, people, max(people - draw.randint(0, 12), 0), draw.randint(0, people)])
        areas[district(number)] = {
            "people": people,
            "floating": floating,
            "floating_in_city": draw.choice([0, floating, draw.randint(0, floating)]),
            "registered": draw.choice([draw.randint(0, 12), draw.randint(10, 500)]),
            "resident": draw.choice([people, draw.randint(0, people)]),
        }
    return areas


CRAFTED: dict[str, dict[str, Counts]] = {
    "one small district among large ones": {
        district(2): {"people": 100, "floating": 9, "floating_in_city": 0, "registered": 100, "resident": 60},
        district(3): {"people": 900, "floating": 400, "floating_in_city": 100, "registered": 300, "resident": 700},
    },
    "all but a few are floating": {
        district(2): {"people": 100, "floating": 95, "floating_in_city": 50, "registered": 30, "resident": 40},
        district(3): {"people": 200, "floating": 150, "floating_in_city": 20, "registered": 40, "resident": 90},
    },
    "an only district": {
        district(2): {"people": 50, "floating": 45, "floating_in_city": 30, "registered": 9, "resident": 20},
    },
    "nobody at all": {
        district(2): {"people": 0, "floating": 0, "floating_in_city": 0, "registered": 0, "resident": 0},
        district(3): {"people": 500, "floating": 100, "floating_in_city": 50, "registered": 60, "resident": 200},
    },
    "a city too small to show": {
        district(2): {"people": 4, "floating": 1, "floating_in_city": 0, "registered": 2, "resident": 3},
        district(3): {"people": 3, "floating": 3, "floating_in_city": 3, "registered": 1, "resident": 0},
    },
}
CITIES = CRAFTED | {f"random {seed}": random_city(seed, 2 + seed % 4) for seed in range(30)}
PERIODS = {name: date(2000 + number, 1, 31) for number, name in enumerate(CITIES)}


def truth_of(areas: Mapping[str, Counts]) -> dict[tuple[str, str], int]:
    """Every count of the districts and of their city."""
    counts = {(area, column): area_counts[column] for area, area_counts in areas.items() for column in COLUMNS}
    return counts | {(CITY, column): sum(counts[area, column] for area in areas) for column in COLUMNS}


@pytest.fixture(scope="module")
def released(small_warehouse: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """What the model shows of every city; each stands in a month of its own."""
    warehouse = small_warehouse(tmp_path_factory.mktemp("release"), [])
    rows = [
        (area, "city" if area == CITY else "district", PERIODS[name], *(truth[area, column] for column in COLUMNS))
        for name, areas in CITIES.items()
        for truth in [truth_of(areas)]
        for area in (CITY, *areas)
    ]
    with open_warehouse(warehouse.workdir) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS marts")
        counts = ", ".join(f"{column} BIGINT" for column in COLUMNS)
        connection.execute(
            f"CREATE TABLE marts.mart_population (division_code VARCHAR, level VARCHAR, period DATE, {counts})"
        )
        connection.executemany("INSERT INTO marts.mart_population VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("ALTER TABLE marts.mart_population ADD COLUMN dimension_set VARCHAR DEFAULT 'total'")
        connection.execute("ALTER TABLE marts.mart_population ADD COLUMN dim_1 VARCHAR")
        connection.execute("ALTER TABLE marts.mart_population ADD COLUMN dim_2 VARCHAR")
        for public in public_tables():
            if public.table.name in ("mart_service_coverage", "mart_missing_record"):
                columns = ", ".join(f'"{name}" {type_}' for name, type_ in public.columns.items())
                connection.execute(f"CREATE TABLE {public.table.quoted} ({columns})")
    for kind, what in (("seed", "entitlement_rule"), ("run", "path:models/release")):
        outcome = warehouse.dbt(kind, "--select", what)
        assert outcome.returncode == 0, outcome.stdout[-4000:]
    store_release(warehouse.workdir)
    shown: dict[str, Shown] = {name: {} for name in CITIES}
    names = {period: name for name, period in PERIODS.items()}
    for area, period, *values in warehouse.rows(
        f"SELECT division_code, period, {', '.join(COLUMNS)} FROM release.population"
    ):
        shown[names[period]] |= {(area, column): value for column, value in zip(COLUMNS, values, strict=True)}
    return shown


def bounds(areas: Mapping[str, Counts], shown: Shown, target: tuple[str, str]) -> tuple[float, float]:
    """The least and the most that a hidden count can be, for whoever knows what is shown and how counts hang together:
    districts sum to the city, parts are no larger than their whole, nothing is below 0."""
    cells = [(area, column) for area in (CITY, *areas) for column in COLUMNS]
    index = {cell: position for position, cell in enumerate(cells)}
    equal, equal_to, at_most = [], [], []
    for column in COLUMNS:
        row = [0.0] * len(cells)
        row[index[CITY, column]] = -1.0
        for area in areas:
            row[index[area, column]] = 1.0
        equal.append(row)
        equal_to.append(0.0)
    for cell, value in shown.items():
        if value is not None:
            row = [0.0] * len(cells)
            row[index[cell]] = 1.0
            equal.append(row)
            equal_to.append(float(value))
    for area, (part, whole) in itertools.product((CITY, *areas), PART_OF.items()):
        row = [0.0] * len(cells)
        row[index[area, part]], row[index[area, whole]] = 1.0, -1.0
        at_most.append(row)
    found = []
    for sign in (1.0, -1.0):
        objective = [0.0] * len(cells)
        objective[index[target]] = sign
        # Counts are below a million: only what is unbounded meets this.
        answer = linprog(
            objective,
            A_ub=at_most,
            b_ub=[0.0] * len(at_most),
            A_eq=equal,
            b_eq=equal_to,
            bounds=[(0, 1_000_000)] * len(cells),
        )
        assert answer.status == 0, answer.message
        found.append(sign * answer.fun)
    return found[0], found[1]


def hidden_cells(shown: Shown) -> Iterator[tuple[str, str]]:
    return (cell for cell, value in shown.items() if value is None)


@pytest.mark.parametrize("name", CITIES)
def test_no_small_count_is_shown_nor_the_small_rest_of_one(name: str, released: dict[str, Shown]) -> None:
    truth = truth_of(CITIES[name])
    assert set(released[name]) == set(truth)
    for (area, column), value in released[name].items():
        if value is None:
            continue
        assert value == truth[area, column] >= SMALLEST_SHOWN
        whole = PART_OF.get(column)
        if whole and released[name][area, whole] is not None:
            assert truth[area, whole] - value >= SMALLEST_SHOWN, (area, column)


@pytest.mark.parametrize("name", CITIES)
def test_an_attacker_with_linear_programming_learns_no_hidden_count(name: str, released: dict[str, Shown]) -> None:
    for cell in hidden_cells(released[name]):
        low, high = bounds(CITIES[name], released[name], cell)
        assert high - low >= SMALLEST_SHOWN - 0.5, (cell, low, high)


def test_the_attack_succeeds_where_only_the_small_count_is_hidden() -> None:
    # the attack is worth something: it undoes hiding without regard to the siblings
    name = "one small district among large ones"
    naive: Shown = dict(truth_of(CITIES[name]))
    naive[district(2), "floating"] = None
    assert bounds(CITIES[name], naive, (district(2), "floating")) == pytest.approx((9, 9))


def test_what_is_large_everywhere_is_shown(released: dict[str, Shown]) -> None:
    shown = released["one small district among large ones"]
    assert shown[district(2), "people"] == 100 and shown[CITY, "floating"] == 409
    assert shown[district(2), "resident"] == 60 and shown[district(3), "resident"] == 700
