"""Day after day: a build that takes in only what is new publishes what one from nothing would."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.run import published_build
from serving.proof import LOG as CHAIN
from sources.state import LOGS, State
from sources.workdir import Workdir
from tests.comparison import differences
from tests.conftest import BuiltCity, run_sijiku
from tests.days import changes, in_force
from tests.deliveries import Row, sample_rows, write_delivery

PEOPLE = ("psb.household_register", "psb.temporary_residence", "grid.household_visit", "edu.student_enrollment")
SERVICES = ("hrss.social_insurance", "hfpc.immunization", "ref.unit")
GRID, RESIDENCE, INSURANCE, QUEUE = (
    "grid.household_visit",
    "psb.temporary_residence",
    SERVICES[0],
    "centre.verification",
)


@dataclass(frozen=True)
class Day:
    """A library after a day's build, what the build printed and its exit status; and one made from nothing."""

    workdir: Workdir
    output: str
    errors: str
    status: int
    rebuilt: Workdir
    rebuilt_output: str


@dataclass
class Daily:
    """A library that is built day after day, and what was delivered to it."""

    workdir: Workdir
    landing: Path
    delivered: dict[tuple[str, str], list[Row]]

    def deliver(self, dataset: str, day: str, mode: str = "delta", rows: list[Row] | None = None) -> Path:
        """One more delivery in the landing folder: changes to what the library holds, unless rows are given."""
        sent = changes(self.workdir, dataset, day) if rows is None else rows
        self.delivered[dataset, day] = sent
        return write_delivery(self.landing, dataset, day, mode, sent)

    def build(self, root: Path) -> Day:
        """Build what has arrived; and the same from nothing, of raw zone and state alone, in another workdir."""
        built = run_sijiku("build", "--landing", self.landing, "--workdir", self.workdir.path)
        kept, rebuilt = Workdir(root / "kept"), Workdir(root / "rebuilt")
        shutil.copytree(self.workdir.path, kept.path, symlinks=True)
        shutil.copytree(self.workdir.raw, rebuilt.raw)
        shutil.copytree(self.workdir.state, rebuilt.state)
        again = run_sijiku("build", "--landing", self.landing, "--workdir", rebuilt.path)
        return Day(
            kept, built.stdout + built.stderr, built.stderr, built.returncode, rebuilt, again.stdout + again.stderr
        )


@pytest.fixture(scope="module")
def daily(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> Daily:
    root = tmp_path_factory.mktemp("daily")
    shutil.copytree(built_city.landing, root / "landing")
    shutil.copytree(built_city.workdir.path, root / "library", symlinks=True)
    return Daily(Workdir(root / "library"), root / "landing", {})


@pytest.fixture(scope="module")
def first_day(daily: Daily, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Deltas of many datasets, one the first delivery of its dataset; a delivery that is refused."""
    for dataset in (*PEOPLE, *SERVICES):
        daily.deliver(dataset, "2014-11-01")
    daily.deliver(QUEUE, "2014-11-01", rows=[row | {"变更类型": "I"} for row in sample_rows(QUEUE, 3)])
    refused = daily.deliver("civil.marriage", "2014-11-01", "full", list(sample_rows("civil.marriage", 2)))
    (refused / "manifest.json").write_text("{}", encoding="utf-8")
    return daily.build(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def second_day(first_day: Day, daily: Daily, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A delta that comes late, one that is sent again under another date, and a full delivery of a whole dataset."""
    daily.deliver(RESIDENCE, "2014-10-30")
    daily.deliver(GRID, "2014-11-02", rows=daily.delivered[GRID, "2014-11-01"])
    rows = in_force(daily.workdir, INSURANCE, "2014-11-02")
    daily.deliver(INSURANCE, "2014-11-02", "full", [*rows[10:], *({**row, "姓名": "换名"} for row in rows[5:10])])
    return daily.build(tmp_path_factory.mktemp("second"))


@pytest.fixture(scope="module")
def days(first_day: Day, second_day: Day) -> dict[str, Day]:
    return {"first": first_day, "second": second_day}


@pytest.mark.parametrize("day", ["first", "second"])
def test_a_daily_build_takes_in_what_is_new_and_a_fresh_workdir_all(days: dict[str, Day], day: str) -> None:
    new = {"first": 8, "second": 3}[day]
    assert f"增量：新批次 {new} 个。On top of the build before: {new} new deliveries." in days[day].output
    assert "全量：第一次建库。In full: it is the first build." in days[day].rebuilt_output
    assert days[day].status == 1, "a delivery was refused"
    assert days[day].errors == "", "nothing is said but what the command says"


@pytest.mark.parametrize("day", ["first", "second"])
def test_every_table_is_what_a_build_from_nothing_makes(days: dict[str, Day], day: str) -> None:
    assert published_build(days[day].workdir) == published_build(days[day].rebuilt)
    assert [str(each) for each in differences(days[day].workdir, days[day].rebuilt)] == []


@pytest.mark.parametrize("day", ["first", "second"])
def test_the_build_from_nothing_adds_nothing_to_state(days: dict[str, Day], day: str) -> None:
    # A published folder is its own: files of the same tables have other bytes, and their manifest another hash.
    for log in LOGS.keys() - {CHAIN}:
        names = [
            [path.name for path in State(home.state).segments(log)] for home in (days[day].workdir, days[day].rebuilt)
        ]
        assert names[0] == names[1], log


@pytest.mark.parametrize("day", ["first", "second"])
@pytest.mark.parametrize("mart", ["mart_bureau_scorecard", "mart_area_scorecard"])
def test_scorecards_tell_the_month_before(built_city: BuiltCity, days: dict[str, Day], mart: str, day: str) -> None:
    now, before = (
        f"read_parquet('{workdir.current}/analysis/parquet/marts/{mart}.parquet')"
        for workdir in (days[day].workdir, built_city.workdir)
    )
    by = "division_code, measure" + (", bureau" if mart == "mart_bureau_scorecard" else "")
    with duckdb.connect() as connection:
        told = connection.execute(f"""
            SELECT min(now.period), max(before.period), count(before.previous), count(now.previous) > 0,
            count(*) FILTER (
                now.previous IS DISTINCT FROM before.value OR now.previous_period IS DISTINCT FROM before.period
            )
            FROM {now} AS now LEFT JOIN {before} AS before USING ({by})""").fetchone()
    assert told == (date(2014, 11, 30), date(2014, 10, 31), 0, True, 0)


def test_two_days_are_not_the_same(days: dict[str, Day]) -> None:
    apart = {str(each.table) for each in differences(days["first"].workdir, days["second"].workdir)}
    assert {"library.dim_person", "staging.stg_hrss__social_insurance", "quality.ledger"} <= apart
