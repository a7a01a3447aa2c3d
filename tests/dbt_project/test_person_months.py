"""Person-months that go on from the build before are those that a build from nothing makes of the same library."""

from __future__ import annotations

import random
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
    "int_calendar__renewed_periods fct_person_month"
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
ANCESTORS = "division_code varchar, township_code varchar, district_code varchar, city_code varchar, is_urban_district boolean"


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
        con.execute("create or replace table library.int_person__touched as select unnest(?::varchar[]) as person_id", [touched])


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_day_after_day_they_are_as_from_nothing(small_warehouse: Any, delivery: Any, tmp_path: Any, seed: int) -> None:
    chance = random.Random(seed)
    library = Library(chance)
    everybody = [f"P{number}" for number in range(PEOPLE)]
    # the build's date, the delivery that is new, and the months that are made anew for everybody
    days = [
        (date(2014, 10, 20), (GRID, date(2014, 8, 31)), {"2014-08-31", "2014-09-30", "2014-10-31"}),
        (date(2014, 10, 31), (GRID, date(2014, 10, 25)), {"2014-10-31"}),
        (date(2014, 11, 3), (GRID, date(2014, 8, 31)), {"2014-11-30"}),
        (date(2014, 12, 1), None, {"2014-11-30", "2014-12-31"}),
        # the first delivery of a dataset, of the register at that
        (date(2014, 12, 1), (REGISTER, date(2014, 11, 30)), {"2014-08-31", "2014-09-30", "2014-10-31", "2014-11-30", "2014-12-31"}),
        # one before it, from before the library began
        (date(2014, 12, 2), (REGISTER, date(2014, 7, 31)), {"2014-07-31", "2014-08-31", "2014-09-30", "2014-10-31", "2014-11-30", "2014-12-31"}),
        # three months are kept no more
        (date(2016, 10, 31), (GRID, date(2016, 10, 31)), None),
    ]
    warehouse, from_nothing = None, ""
    arrived: list[Any] = []
    for number, (as_of, new, renewed) in enumerate(days):
        held = list(arrived)
        if new:
            arrived.append(delivery(new[0], [], new[1], label=f"delivery {number}"))
        touched = chance.sample(everybody, 6) if number else everybody
        for person in touched:
            library.renew(person, as_of)
        if warehouse is None:
            warehouse = small_warehouse(tmp_path / "library", [])
        warehouse.load(arrived, held=held, as_of=as_of)
        with open_warehouse(warehouse.workdir) as con:
            library.write(con, touched if number else [])
        warehouse.build(MODELS)
        if not number:
            (compiled,) = (warehouse.workdir.scratch / "target" / "compiled").rglob("fct_person_month.sql")
            from_nothing = compiled.read_text(encoding="utf-8")
        listed = {str(period) for (period,) in warehouse.rows("from library.int_calendar__renewed_periods")}
        if renewed is not None:
            assert listed == renewed, as_of
        made = warehouse.rows("from library.fct_person_month order by all")
        assert made == warehouse.rows(f"from ({from_nothing}) order by all"), as_of
        assert made
