"""A city goes on day by day: deliveries that a bureau could send, and a truth for each day that they bear out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest

from sources.city.days.arrivals import deliver
from sources.city.simulate import Summary, simulate
from sources.contract import CHANGE_HEADER, Contract, load_contract
from sources.errors import UsageError
from sources.landing import take_in
from sources.workdir import Workdir
from tests.sources.city.conftest import DAY, read_file

DAYS, CHANGE = 12, 0.02
TINY = 0.001
View = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Delivery:
    """A delivery as its files hold it. `arrived` is the city's first day for those of landing/."""

    dataset: str
    extract_date: str
    mode: str
    arrived: str
    rows: list[dict[str, str]]

    @property
    def contract(self) -> Contract:
        return load_contract(self.dataset)

    def key(self, row: dict[str, str]) -> str:
        return "|".join(row[header] for header in self.contract.key)


@dataclass(frozen=True)
class Lived:
    """A simulated city with days, read with nothing but general tools."""

    out: Path
    summary: Summary

    @property
    def days(self) -> list[str]:
        return [(DAY + timedelta(days=number)).isoformat() for number in range(1, len(self.summary.days) + 1)]

    def truth(self, name: str, day: str | None = None) -> pl.DataFrame:
        return pl.read_parquet(self.out / "truth" / (day or "") / f"{name}.parquet")

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """Every delivery once, in order of arrival: a library skips what arrives again the very same."""
        found: dict[tuple[str, ...], Delivery] = {}
        for arrived, folder in [
            (DAY.isoformat(), self.out / "landing"),
            *((day, self.out / "arrivals" / day) for day in self.days),
        ]:
            for manifest in sorted(folder.glob("*/*/*/manifest.json")):
                said = json.loads(manifest.read_text(encoding="utf-8"))
                dataset = f"{said['bureau']}.{said['dataset']}"
                form = load_contract(dataset).format
                rows = [row for file in said["files"] for row in read_file(manifest.parent / file["name"], form)]
                hashes = (dataset, said["extract_date"], said["mode"], *(file["sha256"] for file in said["files"]))
                found.setdefault(hashes, Delivery(dataset, said["extract_date"], said["mode"], arrived, rows))
        return list(found.values())

    def applied(self, dataset: str, upto: str) -> Iterator[tuple[Delivery, dict[str, str], View]]:
        """The rows of a dataset in the order in which they apply, given what has arrived up to a day, each with the
        view before it; then the view after them all, with no row. The last of a key in one delivery holds."""
        arrived = [one for one in self.deliveries if one.dataset == dataset and one.arrived <= upto]
        view: View = {}
        for delivery in sorted(arrived, key=lambda one: (one.extract_date, one.arrived)):
            if delivery.mode == "full":
                view = {}
            for row in delivery.rows:
                yield delivery, row, view
                if row.get(CHANGE_HEADER) == "D":
                    view.pop(delivery.key(row), None)
                else:
                    view[delivery.key(row)] = {header: row[header] for header in delivery.contract.headers}
        yield arrived[-1], {}, view

    def in_force(self, dataset: str, upto: str) -> View:
        """The records of a dataset that are in force on a day, by key."""
        return deque(self.applied(dataset, upto), maxlen=1)[0][2]

    @cached_property
    def datasets(self) -> list[str]:
        return sorted({one.dataset for one in self.deliveries if one.contract.roles})


def _lived(factory: pytest.TempPathFactory, profile: str) -> Lived:
    out = factory.mktemp(f"days-{profile}") / "city"
    return Lived(out, simulate(out, 0.003, profile=profile, date=DAY, days=DAYS, change=CHANGE))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return _lived(tmp_path_factory, "normal")


@pytest.fixture(scope="module")
def clean_days(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return _lived(tmp_path_factory, "clean")


def hashes(*folders: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder.parent)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---- the same every time


def test_a_day_is_the_same_however_many_follow_and_whatever_the_number_of_threads(tmp_path: Path) -> None:
    short, long = tmp_path / "a" / "city", tmp_path / "b" / "city"
    simulate(short, TINY, seed=5, profile="hard", date=DAY, days=3, change=0.05)
    program = (
        "from datetime import date; from pathlib import Path; from sources.city.simulate import simulate; "
        f"simulate(Path({str(long)!r}), {TINY}, seed=5, profile='hard', date=date(2014, 10, 31), days=5, change=0.05)"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "POLARS_MAX_THREADS": "1"}, check=True)
    found, longer = hashes(short / "arrivals", short / "truth"), hashes(long / "arrivals", long / "truth")
    assert len(found) > 20
    assert {name: longer[name] for name in found} == found
    assert {name.split("/")[1] for name in set(longer) - set(found)} == {
        (DAY + timedelta(days=number)).isoformat() for number in range(4, 6)
    }


def test_the_first_day_is_that_of_a_city_without_days(tmp_path: Path) -> None:
    without, with_days = tmp_path / "a" / "city", tmp_path / "b" / "city"
    simulate(without, TINY, date=DAY)
    simulate(with_days, TINY, date=DAY, days=1)
    shutil.rmtree(with_days / "truth" / "2014-11-01")
    assert not (without / "arrivals").exists()
    assert hashes(without / "landing", without / "truth") == hashes(with_days / "landing", with_days / "truth")
    said = json.loads((without / "city.json").read_text(encoding="utf-8"))
    assert not {"days", "change"} & set(said)


# ---- the truth of each day


def test_the_truth_of_each_day_names_the_records_in_force_by_what_has_arrived(lived: Lived) -> None:
    for day in lived.days[::3] + lived.days[-1:]:
        mentions = lived.truth("mentions", day)
        assert not mentions.select("dataset", "record_key", "role").is_duplicated().any()
        told: dict[str, set[str]] = {}
        for dataset, key in mentions.select("dataset", "record_key").iter_rows():
            told.setdefault(dataset, set()).add(key)
        for dataset in lived.datasets:
            roles = load_contract(dataset).roles
            naming = {
                role.fields[field]
                for role in roles
                for field in ("name", "id_number", "birth_date")
                if field in role.fields
            }
            named = {
                key for key, cells in lived.in_force(dataset, day).items() if any(cells[header] for header in naming)
            }
            assert named == told.get(dataset, set()), (day, dataset)


def test_errors_are_told_of_records_in_force_only(lived: Lived) -> None:
    day = lived.days[-1]
    planted = lived.truth("planted", day)
    for dataset in lived.datasets:
        keys = set(planted.filter(pl.col("dataset") == dataset)["record_key"])
        assert keys <= set(lived.in_force(dataset, day)), dataset


def test_in_a_clean_city_every_record_names_what_its_person_was_called_on_some_day(clean_days: Lived) -> None:
    last = clean_days.days[-1]
    assert clean_days.truth("planted", last).is_empty()
    called: dict[int, set[str]] = {}
    for day in [None, *clean_days.days]:
        for person, name, number in clean_days.truth("persons", day).select("person", "name", "id_number").iter_rows():
            called.setdefault(person, {""}).update((name, number))
    people = {row[:3]: row[3] for row in clean_days.truth("mentions", last).iter_rows()}
    wrong = Counter[str]()
    for dataset in clean_days.datasets:
        for key, cells in clean_days.in_force(dataset, last).items():
            for role in load_contract(dataset).roles:
                said = {cells[role.fields[field]] for field in ("name", "id_number") if field in role.fields}
                if any(said):
                    wrong[dataset] += not said <= called[people[dataset, key, role.name]]
    assert not +wrong


def test_people_live_on(lived: Lived) -> None:
    first, last = lived.truth("persons"), lived.truth("persons", lived.days[-1])
    assert last["person"].to_list() == list(range(last.height))
    assert last["id_number"].is_unique().all()
    new, known = last.filter(pl.col("person") >= first.height), last.filter(pl.col("person") < first.height)
    born = new.filter(pl.col("birth_date") > DAY)
    arrived = new.filter(pl.col("birth_date") <= DAY)
    assert born.height > 0
    mothers = last[born["mother"].to_list()]
    assert (mothers["sex"] == "2").all()
    assert (mothers["household"] == born["household"]).all()
    assert set(arrived["group"]) <= {"far", "near", "visitor", "left"}
    assert (arrived["arrived_on"] > DAY).all()
    changed = {name: (known[name].ne_missing(first[name])).sum() for name in known.columns}
    assert all(changed[name] > 0 for name in ("phone", "division_code", "left_on", "died_on", "marital", "spouse"))
    assert not any(changed[name] for name in ("sex", "birth_date", "person"))
    lately = last.filter(pl.col("died_on") > DAY)
    assert lately["division_code"].is_null().all()
    assert not lately["is_registered"].any()


def test_a_wrong_number_is_put_right_here_and_lives_on_there(lived: Lived) -> None:
    last = lived.days[-1]
    first, now = lived.truth("persons"), lived.truth("persons", last)
    numbers = dict(zip(now["person"].to_list(), now["id_number"].to_list(), strict=True))
    former = {
        person: number
        for person, number in first.select("person", "id_number").iter_rows()
        if numbers[person] != number
    }
    assert former
    mentions = lived.truth("mentions", last).filter(pl.col("person").is_in(list(former)))
    views = {dataset: lived.in_force(dataset, last) for dataset in lived.datasets}
    old = new = 0
    for dataset, key, role, person in mentions.select("dataset", "record_key", "role", "person").iter_rows():
        header = next(one for one in load_contract(dataset).roles if one.name == role).fields.get("id_number")
        if header:
            said = views[dataset][key][header]
            old, new = old + (said == former[person]), new + (said == numbers[person])
    assert old > 0
    assert new > 0


def test_typing_errors_are_put_right_where_the_papers_were_asked_for(lived: Lived) -> None:
    kinds = ["id_checksum", "id_missing", "id_malformed", "name_homophone", "name_lookalike", "date_wrong"]
    first, last = (lived.truth("planted", day).filter(pl.col("kind").is_in(kinds)) for day in (None, lived.days[-1]))
    there = lived.truth("mentions", lived.days[-1]).select("dataset", "record_key").unique()
    gone = first.join(last, on=["dataset", "record_key", "kind", "field"], how="anti")
    put_right = gone.join(there, on=["dataset", "record_key"], how="semi")
    assert put_right.height > 5


# ---- deliveries


def test_changes_are_changes(lived: Lived) -> None:
    """I names a key that nobody knew, U one that is known and reads otherwise, D one that is there: but for what was
    sent twice, and seldom."""
    found = Counter[str]()
    for dataset in lived.datasets:
        sent = Counter((one.dataset, one.extract_date) for one in lived.deliveries)
        for delivery, row, view in lived.applied(dataset, lived.days[-1]):
            change = row.get(CHANGE_HEADER)
            if change is None or delivery.arrived == DAY.isoformat() or sent[dataset, delivery.extract_date] > 1:
                continue
            key = delivery.key(row)
            if change == "U" and key in view:
                change = "U" if any(view[key][header] != row[header] for header in view[key]) else "U, the same"
            elif (change == "I") == (key in view):
                change += ", unexpected"
            found[change] += 1
    assert found["I"] > 100
    assert found["U"] > 1000
    assert found["D"] > 10
    assert 0 < found["D, unexpected"] + found["U, unexpected"] < 0.02 * found.total()
    # Rows that stand twice in one delivery.
    assert found["I, unexpected"] + found["U, the same"] < 0.02 * found.total()


def test_deliveries_come_late_twice_and_put_right(lived: Lived) -> None:
    days = lived.summary.days
    assert sum(day.late for day in days) > 0
    assert sum(day.again for day in days) > 0
    assert sum(day.put_right for day in days) > 0
    late = [one for one in lived.deliveries if one.arrived > max(one.extract_date, DAY.isoformat())]
    dates = Counter((one.dataset, one.extract_date) for one in lived.deliveries)
    twice = [one for one in late if dates[one.dataset, one.extract_date] > 1]
    assert len(late) - len(twice) == sum(day.late for day in days)
    assert len(twice) == sum(day.put_right for day in days)
    for second in twice:
        first = next(
            one
            for one in lived.deliveries
            if (one.dataset, one.extract_date) == (second.dataset, second.extract_date) and one.arrived < second.arrived
        )
        assert {first.key(row) for row in first.rows} <= {second.key(row) for row in second.rows}
        assert first.rows != second.rows


def test_each_bureau_has_its_rhythm(lived: Lived) -> None:
    dates: dict[str, set[date]] = {}
    for one in lived.deliveries:
        if one.arrived > DAY.isoformat():
            dates.setdefault(one.dataset, set()).add(date.fromisoformat(one.extract_date))
    assert len(dates["psb.household_register"]) > 9
    assert all(day.weekday() < 5 for day in dates["grid.household_visit"])
    assert {day.weekday() for day in dates["edu.student_enrollment"]} == {4}
    assert {day.day for day in dates["ref.unit"]} == {1}
    assert {one.mode for one in lived.deliveries if one.dataset == "ref.unit"} == {"full"}


def test_a_full_delivery_takes_the_place_of_the_view_before(lived: Lived) -> None:
    units = [one for one in lived.deliveries if one.dataset == "ref.unit"]
    assert len(units) == 2
    before, now = ({one.key(row): row for row in one.rows} for one in units)
    assert set(before) == set(now)
    assert before != now


def test_so_much_changes_on_a_day_as_was_asked_for(lived: Lived) -> None:
    week = [day.changed for day in lived.summary.days[2:9]]  # Monday to Sunday
    assert sum(week) / len(week) == pytest.approx(CHANGE, rel=0.2)


# ---- a landing folder


def test_a_day_laid_over_landing_is_taken_in(lived: Lived, tmp_path: Path) -> None:
    landing, workdir = tmp_path / "landing", Workdir(tmp_path / "library")
    shutil.copytree(lived.out / "landing", landing)
    copied = tmp_path / "copied"
    shutil.copytree(landing, copied)
    putting_right = [number for number, day in enumerate(lived.summary.days) if day.put_right]
    some = slice(putting_right[0] + 1)
    accepted = {outcome.delivery for outcome in take_in(workdir, landing).outcomes}
    for day, said in zip(lived.days[some], lived.summary.days[some], strict=True):
        arrived = deliver(lived.out, date.fromisoformat(day), landing)
        subprocess.run(["cp", "-r", f"{lived.out}/arrivals/{day}/.", f"{copied}/"], check=True)
        outcomes = take_in(workdir, landing).outcomes
        assert not [outcome.reason_en for outcome in outcomes if outcome.state == "refused"]
        new = {outcome.delivery for outcome in outcomes} - accepted
        assert len(new) == arrived - said.again
        accepted |= new
    assert [*hashes(landing).values()] == [*hashes(copied).values()]


def test_a_day_that_was_not_simulated_is_not_delivered(lived: Lived, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--days"):
        deliver(lived.out, DAY, tmp_path / "landing")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [{"days": -1}, {"days": 1000}, {"days": 1, "change": 0.0}, {"change": 0.9}])
def test_wrong_usage_names_the_remedy(tmp_path: Path, arguments: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="Give"):
        simulate(tmp_path / "city", TINY, **arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("day", "profile"), [(date(2014, 12, 31), "clean"), (date(2016, 2, 28), "hard"), (date(2015, 6, 29), "normal")]
)
def test_a_city_goes_on_from_any_day(tmp_path: Path, day: date, profile: str) -> None:
    summary = simulate(tmp_path / "city", TINY, profile=profile, date=day, days=3, change=0.05)  # type: ignore[arg-type]
    assert len(summary.days) == 3
    assert sum(sum(one.rows.values()) for one in summary.days) > 0
