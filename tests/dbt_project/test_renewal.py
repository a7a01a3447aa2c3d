"""Staging that goes on from the build before is what staging from nothing would be, whatever arrives in between."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from sources.workdir import Workdir
from tests.comparison import working_differences

UNIT, RESIDENCE, VISIT = "ref.unit", "psb.temporary_residence", "grid.household_visit"
DATASETS = (UNIT, RESIDENCE, VISIT)
STAGED = [f"stg_{dataset.replace('.', '__')}" for dataset in DATASETS]
FIRST = date(2014, 10, 1)
DAYS = 4
NAMES = ("张伟", "王芳", "李娜", "乌云其其格", "")
PLACES = ("150202001012", "150203001001", "150202", "1999", "")
UNITS = ("150202590000", "150203590000", "150204590000")


@dataclass
class Bureau:
    """What a bureau sends of a dataset, day by day: anything that its contract lets it."""

    dataset: str
    chance: random.Random
    sent: int = 0

    def rows(self, mode: str) -> list[dict[str, Any]]:
        count = self.chance.randint(1, 10)
        return [self.row(mode, number) for number in range(count)]

    def row(self, mode: str, number: int) -> dict[str, Any]:
        """A row under one of few keys, so that deliveries speak of the same ones again and again."""
        change = self.chance.choice("IUUD") if mode == "delta" else None
        place, name = self.chance.choice(PLACES), self.chance.choice(NAMES)
        file = {"_change": change, "_file": self.chance.choice("ab")}
        if self.dataset == UNIT:
            return file | {"unit_code": self.chance.choice(UNITS), "unit_name": "所", "division": place}
        row = file | {"record_key": str(self.chance.randint(1, 9)), "name": name, "division": place}
        return row | ({"unit_code": self.chance.choice(UNITS)} if self.dataset == RESIDENCE else {})


@dataclass
class Arrivals:
    """Deliveries as they arrive; `applied` is in the order in which they apply, by date and then by arrival."""

    make: Any
    bureaus: list[Bureau]
    chance: random.Random
    arrived: list[Any] = field(default_factory=list)

    def arrive(self, day: int) -> None:
        for bureau in self.bureaus:
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                bureau.sent += 1
                late = self.chance.randint(1, day + 1) if self.chance.random() < 0.25 else 0
                mode = "full" if self.chance.random() < 0.2 else "delta"
                on = FIRST + timedelta(days=day - late)
                label = f"{bureau.dataset} {bureau.sent}"
                self.arrived.append(self.make(bureau.dataset, bureau.rows(mode), on, mode, label=label))

    @property
    def applied(self) -> list[Any]:
        return sorted(self.arrived, key=lambda each: each.extract_date)


@pytest.fixture(scope="module")
def empty(small_warehouse: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A warehouse of no deliveries, built."""
    made = small_warehouse(tmp_path_factory.mktemp("renewal") / "empty", [])
    made.build("resource_type:seed config.schema:staging config.schema:mentions")
    return made


def copied(warehouse: Any, home: Any) -> Any:
    shutil.copytree(warehouse.workdir.path, home)
    return type(warehouse)(Workdir(home))


def staged(warehouse: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What staging says of every record, and from which row."""
    return {
        (dataset, row[0]): row[1:]
        for dataset, model in zip(DATASETS, STAGED, strict=True)
        for row in warehouse.rows(f"select record_key, staged from staging.{model} as staged")
    }


def goes_on(warehouse: Any, applied: Sequence[Any], held: Sequence[Any]) -> None:
    warehouse.load(applied, held=held)
    warehouse.build(
        " ".join(["stg_raw__changed_record", "stg_raw__row_fate", "stg_raw__name", *STAGED, "config.schema:mentions"])
    )


def from_nothing(warehouse: Any, applied: Sequence[Any]) -> None:
    warehouse.load(applied)
    warehouse.rebuild("stg_raw__row_fate", "stg_raw__name", *STAGED)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_whatever_arrives_staging_is_as_from_nothing(empty: Any, delivery: Any, tmp_path: Any, seed: int) -> None:
    chance = random.Random(seed)
    arrivals = Arrivals(delivery, [Bureau(dataset, chance) for dataset in DATASETS], chance)
    daily, anew = copied(empty, tmp_path / "daily"), copied(empty, tmp_path / "anew")
    for day in range(DAYS):
        held = list(arrivals.arrived)
        if day == DAYS - 1:  # one bureau alone, which speaks of a record more than once
            arrivals.bureaus = [each for each in arrivals.bureaus if each.dataset == VISIT]
        arrivals.arrive(day)
        before = staged(daily)
        goes_on(daily, arrivals.applied, held or [delivery(VISIT, [], label="none")])
        from_nothing(anew, arrivals.applied)
        assert [
            str(each) for each in working_differences(daily.workdir, anew.workdir, ("staging", "mentions"))
        ] == [], day
        after = staged(daily)
        listed = daily.rows("select dataset, record_key from staging.stg_raw__changed_record")
        changed = {(row[0], row[1]) for row in listed}
        assert len(listed) == len(changed), day
        apart = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert apart <= changed, (day, apart - changed)
        mentions = "select * from mentions.{} where {} order by all"
        of_changed = "(dataset, record_key) in (select (dataset, record_key) from mentions.int_person__changed_record)"
        assert daily.rows(mentions.format("int_person__changed_mentions", "true")) == daily.rows(
            mentions.format("int_person__mentions", of_changed)
        ), day
