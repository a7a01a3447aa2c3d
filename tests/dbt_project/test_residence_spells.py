"""Stays that go on from the build before are those that a build from nothing makes of the same library."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from sources.warehouse import open_warehouse

PADIS, GRID = "hfpc.padis_case", "grid.household_visit"
PLACES = ("150202001001", "150203001001", "150221999999")
MODELS = (
    "stg_raw__build stg_raw__delivery int_calendar__former_periods int_calendar__periods "
    "int_residence__renewed_people fct_residence_spell"
)
SPELLS = "person_id varchar, division_code varchar, from_on date, to_on date, dataset varchar, record_ref varchar"
EVERYBODY = [f"P{number}" for number in range(60)]
FIRST = date(2014, 7, 1)
# What a build is as of, and the delivery that is new then.
BUILDS = {
    "from nothing": (date(2014, 9, 30), GRID, date(2014, 8, 31)),
    "another dataset": (date(2014, 10, 1), PADIS, date(2014, 10, 1)),
    "the same date": (date(2014, 10, 1), GRID, date(2014, 9, 30)),
    "a year later": (date(2015, 10, 2), GRID, date(2015, 10, 2)),
    "an older delivery comes late": (date(2015, 10, 2), PADIS, date(2014, 7, 15)),
    "dates go back": (date(2015, 1, 31), GRID, date(2014, 8, 31)),
}


def stays_of(person: str, chance: random.Random) -> list[tuple[Any, ...]]:
    """Up to three stays one after the other, some of them in days that no build has reached; of some people none."""
    cuts = sorted({FIRST + timedelta(days=chance.randrange(600)) for _ in range(chance.randrange(4) + 1)})
    ends = [*cuts[1:], chance.choice((None, cuts[-1] + timedelta(days=chance.randrange(1, 200))))]
    return [
        (person, chance.choice(PLACES), begun, ended, chance.choice((PADIS, GRID)), f"{person}-{begun}")
        for begun, ended in zip(cuts, ends, strict=True)
        if chance.random() < 0.8
    ]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_build_after_build_they_are_as_from_nothing(
    small_warehouse: Any, delivery: Any, tmp_path: Any, seed: int
) -> None:
    chance = random.Random(seed)
    warehouse = small_warehouse(tmp_path, [])
    arrived: list[Any] = []
    stays: dict[str, list[tuple[Any, ...]]] = {}
    touched, from_nothing = EVERYBODY, ""
    for name, (as_of, dataset, extract_date) in BUILDS.items():
        held = list(arrived)
        arrived.append(delivery(dataset, [], extract_date, label=name))
        stays |= {person: stays_of(person, chance) for person in touched}
        warehouse.load(arrived, held=held, as_of=as_of)
        with open_warehouse(warehouse.workdir) as con:
            con.execute("create schema if not exists library")
            con.execute(f"create or replace table library.int_residence__spells ({SPELLS})")
            con.executemany(
                "insert into library.int_residence__spells values (?, ?, ?, ?, ?, ?)",
                [row for rows in stays.values() for row in rows],
            )
            con.execute("create or replace table library.int_person__touched (person_id varchar)")
            con.executemany("insert into library.int_person__touched values (?)", [(person,) for person in touched])
        warehouse.build(MODELS)
        if not held:
            (compiled,) = (warehouse.workdir.scratch / "target" / "compiled").rglob("fct_residence_spell.sql")
            from_nothing = compiled.read_text(encoding="utf-8")
        made = warehouse.rows("from library.fct_residence_spell order by all")
        assert len(made) > len(EVERYBODY) // 4, name
        assert made == warehouse.rows(f"from ({from_nothing}) order by all"), name
        renewed = warehouse.rows("select count(*) from library.int_residence__renewed_people")
        assert not held or renewed[0][0] < len(EVERYBODY), name
        touched = chance.sample(EVERYBODY, 6)
