"""Entitlements that go on from the build before are those that a build from nothing makes of the same library."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from sources.warehouse import open_warehouse

PEOPLE, TOUCHED = 120, 20
MODELS = (
    "entitlement_rule stg_raw__build stg_raw__delivery int_calendar__former_periods int_calendar__periods "
    "int_entitlement__former_people int_entitlement__people int_entitlement__renewed_people fct_entitlement"
)
# What the models stand on and is made from people's records: the columns that they read.
LIBRARY = {
    "fct_person_month": (
        "person_id varchar, period date, is_floating boolean, arrived_on date, industry varchar, dwelling varchar, "
        "division_code varchar, sex varchar, age_band varchar, stay_band varchar, origin_province varchar, "
        "lives_here boolean, registered integer"
    ),
    "int_person__golden_record": "person_id varchar, birth_date date",
    "int_person__mothers": "person_id varchar, mother_person_id varchar",
    "fct_service_event": "person_id varchar, service varchar, kind varchar, served_on date, ended_on date",
    "int_person__attributes": (
        "person_id varchar, dataset varchar, role varchar, began_on date, moved_out_on date, left_on date, "
        "made_in bigint"
    ),
}
# Builds' dates: the same day again, school's first day, more than a year on, the day from which permits are of another
# law, and back.
DAYS = (
    date(2014, 8, 31),
    date(2014, 8, 31),
    date(2014, 9, 1),
    date(2015, 12, 31),
    date(2016, 1, 1),
    date(2015, 12, 31),
)
SERVICES = (
    "health_record", "vaccine_OPV_4", "vaccine_JE_2", "schooling", "permit", "employment_registration", "public_rental",
    "insurance_110", "insurance_390", "insurance_510", "maternal_care", "folic_acid", "assistance_1", "assistance_5",
    "training", "campaign_OPV_1",
)  # fmt: skip
RECORDS = (("psb.temporary_residence", "resident"), ("hfpc.padis_case", "subject"), ("hfpc.immunization", "child"))
# After how many months something begins or ends by the rules, and after how many nothing does.
SPANS = (0, 1, 6, 12, 24, 48, 72, 84, 96, 180, 192, 216, 600, 720, 333)


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass
class Library:
    """What is known of people, by table and person: any day may change it, of those who are touched.

    A person's months are phases: from a day on she is here as one says of her, touched or not.
    """

    chance: random.Random
    phases: dict[str, list[tuple[date, tuple[Any, ...]]]] = field(default_factory=dict)
    rows: dict[str, dict[str, list[tuple[Any, ...]]]] = field(default_factory=lambda: {name: {} for name in LIBRARY})

    def day(self) -> date:
        """A day that a build counts, or one of those beside it."""
        return self.chance.choice(DAYS) + timedelta(days=self.chance.choice((-1, 0, 0, 1)))

    def maybe(self, value: Any) -> Any:
        return self.chance.choice((None, value))

    def rarely(self) -> date | None:
        return self.chance.choice((None, None, None, self.day()))

    def renew(self, person: str, everybody: Sequence[str]) -> None:
        """Other records of a person: of what she was given alone, or of who she is besides; of some none any more."""
        pick = self.chance.choice
        given: dict[str, list[tuple[Any, ...]]] = {
            "fct_service_event": [
                (person, pick(SERVICES), pick("12"), self.maybe(self.day()), self.maybe(self.day())) for _ in "12345678"
            ],
            "int_person__attributes": [
                (person, *pick(RECORDS), self.day(), self.rarely(), self.rarely()) for _ in "12"
            ],
        }
        born = months_before(self.day(), pick(SPANS))
        known: dict[str, list[tuple[Any, ...]]] = {
            "int_person__golden_record": [(person, pick((born, born, born, None)))],
            "int_person__mothers": [(person, pick(everybody))],
        }
        sex = pick("12")
        phases = [(date(1990, 1, 1), self.phase(sex)), (self.day(), self.phase(sex))]
        is_gone = self.chance.random() < 0.1
        for table, rows in given.items():
            self.rows[table][person] = [] if is_gone else rows
        if is_gone or not self.phases.get(person) or pick((True, False)):
            for table, rows in known.items():
                self.rows[table][person] = [] if is_gone else rows
            self.phases[person] = [] if is_gone else phases

    def phase(self, sex: str) -> tuple[Any, ...]:
        """How somebody is here: floating or not, since when, with work and a flat or not, not at all."""
        pick = self.chance.choice
        arrived = months_before(self.day(), pick(SPANS[:5]))
        return (
            *(pick((True, False)), arrived, pick((None, "F")), pick((None, "01", "02"))),
            *("150202001001", sex, "unknown", None, None, pick((True, True, True, False)), pick((0, 1, 1))),
        )

    def write(self, con: duckdb.DuckDBPyConnection, as_of: date, touched: list[str]) -> None:
        """The library as of a day; the month is the current one, as it stands then."""
        con.execute("create schema if not exists library")
        [(ordinal,)] = con.execute("select ordinal from raw.build").fetchall()
        period = months_before(as_of, -1).replace(day=1) - timedelta(days=1)
        self.rows["fct_person_month"] = {
            person: [(person, period, *[how for since, how in phases if since <= as_of][-1])]
            for person, phases in self.phases.items()
            if phases
        }
        for table, columns in LIBRARY.items():
            con.execute(f"create or replace table library.{table} ({columns})")
            rows = [row for person in self.rows[table].values() for row in person]
            if table == "int_person__attributes":
                # What is stated of the touched is of this build.
                rows = [(*row, ordinal if row[0] in touched else 0) for row in rows]
            con.executemany(f"insert into library.{table} values ({', '.join('?' * len(rows[0]))})", rows)
        con.execute("create or replace table library.int_person__touched (person_id varchar)")
        con.executemany("insert into library.int_person__touched values (?)", [(person,) for person in touched])


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_day_after_day_they_are_as_from_nothing(small_warehouse: Any, delivery: Any, tmp_path: Any, seed: int) -> None:
    library, everybody = Library(random.Random(seed)), [f"P{number}" for number in range(PEOPLE)]
    warehouse = small_warehouse(tmp_path, [])
    arrived: list[Any] = []
    touched, from_nothing = everybody, ""
    for number, as_of in enumerate(DAYS):
        held = list(arrived)
        arrived.append(delivery("grid.household_visit", [], date(2014, 8, 1), label=str(number)))
        for person in touched:
            library.renew(person, everybody)
        warehouse.load(arrived, held=held, as_of=as_of)
        with open_warehouse(warehouse.workdir) as con:
            library.write(con, as_of, touched)
        warehouse.build(MODELS)
        if not held:
            (compiled,) = (warehouse.workdir.scratch / "target" / "compiled").rglob("fct_entitlement.sql")
            from_nothing = compiled.read_text(encoding="utf-8")
        made = warehouse.rows("from library.fct_entitlement order by all")
        assert made, as_of
        assert made == warehouse.rows(f"from ({from_nothing}) order by all"), as_of
        renewed = {person for (person,) in warehouse.rows("from library.int_entitlement__renewed_people")}
        asked = {person for (person,) in warehouse.rows("select person_id from library.int_entitlement__people")}
        if not held or date(2016, 1, 1) in DAYS[number - 1 : number + 1]:  # rules begin and end, be it backwards
            assert asked <= renewed, as_of
        elif as_of == DAYS[number - 1]:  # and the mothers that records of theirs named and name
            assert set(touched) <= renewed
            assert len(renewed) <= 3 * len(touched)
        touched = library.chance.sample(everybody, TOUCHED)
