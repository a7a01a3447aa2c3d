"""Person-months that go on from the build before are those that a build from nothing makes of the same library."""

from __future__ import annotations

import random
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from sources.warehouse import open_warehouse

REGISTER, GRID = "psb.household_register", "grid.household_visit"
PEOPLE = 40
PLACES = ("150202001001", "150203001001", "150221999999")
HOMES = (*PLACES, "610802000000", None)
FIRST = date(2014, 7, 1)
MODELS = (
    "stg_raw__build stg_raw__delivery int_calendar__former_periods int_calendar__periods "
    "int_calendar__renewed_periods int_calendar__renewed_people fct_person_month"
)
# What the model stands on and is made from people's records: the columns that it reads.
LIBRARY = {
    "int_residence__spells": (
        "person_id varchar, division_code varchar, from_on date, to_on date, dataset varchar, arrived_on date, "
        "here_since date, dwelling varchar, household_type varchar"
    ),
    "int_person__attributes": (
        "person_id varchar, is_registration boolean, began_on date, moved_out_on date, ended_on date, "
        "division_code varchar, industry varchar"
    ),
    "int_person__golden_record": (
        "person_id varchar, sex varchar, birth_date date, ethnicity varchar, hukou_division varchar, marital varchar, "
        "married_on date, died_on date"
    ),
}
ANCESTORS = (
    "division_code varchar, township_code varchar, district_code varchar, city_code varchar, is_urban_district boolean"
)


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


@dataclass
class Library:
    """What is known of people, by table and person: any day may change it, of those who are touched."""

    chance: random.Random
    rows: dict[str, dict[str, list[tuple[Any, ...]]]] = field(default_factory=lambda: {name: {} for name in LIBRARY})

    def renew(self, person: str, until: date) -> None:
        """Other records of a person, of days up to one; of some, who was merged into somebody else, none."""
        days = sorted(FIRST + timedelta(days=self.chance.randrange((until - FIRST).days + 1)) for _ in range(4))
        pick = self.chance.choice
        birth, died = pick((None, date(1980, 2, 29), days[1])), pick((None, None, days[2]))
        known = {
            "int_person__golden_record": [
                (person, "1", birth, "01", pick(HOMES), "20", pick((None, days[1], days[3])), died)
            ],
            "int_residence__spells": [
                (person, pick(PLACES), days[0], days[1], GRID, None, days[0], "01", "several"),
                (person, pick(PLACES), days[1], pick((None, days[3])), REGISTER, days[0], days[1], None, None),
            ],
            "int_person__attributes": [
                (person, True, days[0], days[2], None, pick(PLACES), None),
                (person, True, days[2], None, None, pick(PLACES), None),
                (person, False, days[1], None, pick((None, days[2])), None, pick("ACF")),
            ],
        }
        is_gone = self.chance.random() < 0.1
        for table, rows in known.items():
            self.rows[table][person] = [] if is_gone else rows

    def write(self, con: duckdb.DuckDBPyConnection, touched: list[str]) -> None:
        con.execute("create schema if not exists library")
        for table, columns in LIBRARY.items():
            con.execute(f"create or replace table library.{table} ({columns})")
            rows = [row for person in self.rows[table].values() for row in person]
            con.executemany(f"insert into library.{table} values ({', '.join('?' * len(rows[0]))})", rows)
        con.execute(f"create or replace table library.int_division__ancestors ({ANCESTORS})")
        con.executemany(
            "insert into library.int_division__ancestors values (?, ?, ?, '150200000000', ?)",
            [(code, code[:9] + "000", code[:6] + "000000", code[4] == "0") for code in PLACES],
        )
        con.execute("create or replace table library.int_person__touched (person_id varchar)")
        con.executemany("insert into library.int_person__touched values (?)", [(person,) for person in touched])


@dataclass(frozen=True)
class Day:
    """A build's date, the delivery that is new then, and the month-ends that are made anew for everybody."""

    as_of: date
    dataset: str
    extract_date: date
    renewed: tuple[date, ...]


JULY, AUGUST, SEPTEMBER, OCTOBER = date(2014, 7, 31), date(2014, 8, 31), date(2014, 9, 30), date(2014, 10, 31)
NOVEMBER, DECEMBER = date(2014, 11, 30), date(2014, 12, 31)
DAYS = {
    "from nothing": Day(date(2014, 10, 20), GRID, AUGUST, (AUGUST, SEPTEMBER, OCTOBER)),
    "the next day": Day(date(2014, 10, 21), GRID, date(2014, 10, 21), ()),
    "within a month": Day(date(2014, 10, 31), GRID, date(2014, 10, 25), ()),
    "a month later": Day(date(2014, 12, 1), GRID, AUGUST, (NOVEMBER, DECEMBER)),
    # it says who is registered, and is older than all that were there
    "the register's first delivery": Day(
        date(2014, 12, 1), REGISTER, JULY, (JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER)
    ),
    "what is kept moves on": Day(
        date(2016, 8, 31),
        GRID,
        date(2016, 8, 31),
        # September to December of 2014 are kept, and said something else of whom December's end has reached alone
        (
            JULY,
            AUGUST,
            *(month_end(2015, month) for month in range(1, 13)),
            *(month_end(2016, month) for month in range(1, 9)),
        ),
    ),
}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_day_after_day_they_are_as_from_nothing(small_warehouse: Any, delivery: Any, tmp_path: Any, seed: int) -> None:
    library, everybody = Library(random.Random(seed)), [f"P{number}" for number in range(PEOPLE)]
    warehouse = small_warehouse(tmp_path, [])
    arrived: list[Any] = []
    touched, from_nothing = everybody, ""
    for name, day in DAYS.items():
        held = list(arrived)
        arrived.append(delivery(day.dataset, [], day.extract_date, label=name))
        for person in touched:
            library.renew(person, day.as_of)
        warehouse.load(arrived, held=held, as_of=day.as_of)
        with open_warehouse(warehouse.workdir) as con:
            library.write(con, touched)
        warehouse.build(MODELS)
        if not held:
            (compiled,) = (warehouse.workdir.scratch / "target" / "compiled").rglob("fct_person_month.sql")
            from_nothing = compiled.read_text(encoding="utf-8")
        renewed = warehouse.rows("from library.int_calendar__renewed_periods order by all")
        assert renewed == [(period,) for period in day.renewed], name
        made = warehouse.rows("from library.fct_person_month order by all")
        assert made, name
        assert made == warehouse.rows(f"from ({from_nothing}) order by all"), name
        touched = library.chance.sample(everybody, 6)
