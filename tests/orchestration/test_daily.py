"""Day after day: a build that takes in only what is new publishes what one from a restored backup would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.run import published_build
from serving.proof import LOG as CHAIN
from sources.contract import CHANGE_HEADER
from sources.state import LOGS, State
from sources.warehouse import connect, open_warehouse
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

PUPILS = "edu.student_enrollment"
# Records that are delivered on the first day, and of which a rule that speaks of the build's date says something else
# on the second: a permit that by then expired over a year ago, and a guardian who came of age.
TURNING: dict[str, tuple[str, dict[str, str]]] = {
    RESIDENCE: ("permit_expired_open", {"登记编号": "turns", "居住证有效期至": "2013-11-01", "注销日期": ""}),
    PUPILS: ("guardian_too_young", {"学籍号": "turns", "监护人身份证号": "110105199611020021"}),
}


@dataclass(frozen=True)
class Day:
    """A library after a build, what the build printed and its exit status."""

    workdir: Workdir
    output: str
    errors: str
    status: int


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
        """Build what has arrived, and keep a copy of the library as it is then."""
        day = build(self.landing, self.workdir)
        shutil.copytree(self.workdir.path, root / "kept", symlinks=True)
        return replace(day, workdir=Workdir(root / "kept"))


def build(landing: Path, workdir: Workdir) -> Day:
    built = run_sijiku("build", "--landing", landing, "--workdir", workdir.path)
    return Day(workdir, built.stdout + built.stderr, built.stderr, built.returncode)


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
        rows = changes(daily.workdir, dataset, "2014-11-01")
        if dataset in TURNING:
            first = in_force(daily.workdir, dataset, "2014-11-01")[0]
            rows.append(first | TURNING[dataset][1] | {CHANGE_HEADER: "I"})
        daily.deliver(dataset, "2014-11-01", rows=rows)
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


@pytest.fixture(scope="module")
def restored(second_day: Day, daily: Daily, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A library made from nothing but a backup, of raw zone and state, that was restored elsewhere after two days."""
    root = tmp_path_factory.mktemp("restored")
    backed_up = run_sijiku("backup", "--workdir", second_day.workdir.path, "--out", root / "backup.tar.zst")
    assert backed_up.returncode == 0, backed_up.stderr
    elsewhere = Workdir(root / "elsewhere")
    unpacked = run_sijiku("restore", "--from", root / "backup.tar.zst", "--workdir", elsewhere.path)
    assert unpacked.returncode == 0, unpacked.stderr
    return build(daily.landing, elsewhere)


@pytest.mark.parametrize(("day", "new"), [("first", 8), ("second", 3)])
def test_a_daily_build_takes_in_what_is_new(days: dict[str, Day], day: str, new: int) -> None:
    assert f"增量：新批次 {new} 个。On top of the build before: {new} new deliveries." in days[day].output
    assert days[day].status == 1, "a delivery was refused"
    assert days[day].errors == "", "nothing is said but what the command says"


def test_a_restored_backup_is_built_in_full_and_under_the_same_build_id(second_day: Day, restored: Day) -> None:
    assert "全量：第一次建库。In full: it is the first build." in restored.output
    assert published_build(second_day.workdir) == published_build(restored.workdir)


def test_every_table_is_what_a_build_from_a_restored_backup_makes(second_day: Day, restored: Day) -> None:
    assert [str(each) for each in differences(second_day.workdir, restored.workdir)] == []


def test_the_build_from_a_restored_backup_adds_nothing_to_state(second_day: Day, restored: Day) -> None:
    # A published folder is its own: files of the same tables have other bytes, and their manifest another hash.
    for log in LOGS.keys() - {CHAIN}:
        names = [
            [path.name for path in State(home.state).segments(log)] for home in (second_day.workdir, restored.workdir)
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


def test_rules_of_the_day_say_of_a_record_that_nobody_touched_what_they_say_by_now(days: dict[str, Day]) -> None:
    def found(day: Day) -> set[str]:
        with connect(day.workdir.current / "restricted/sijiku.duckdb", read_only=True) as connection:
            rows = connection.execute(
                "SELECT rule_id FROM quality.finding JOIN quality.record_ref USING (dataset, record_ref) "
                "WHERE record_key = 'turns' AND state = 'open'"
            ).fetchall()
        return {str(rule) for (rule,) in rows}

    rules = {dataset: rule for dataset, (rule, _) in TURNING.items()}
    first, second = (found(days[day]) & set(rules.values()) for day in ("first", "second"))
    assert (first, second) == ({rules[PUPILS]}, {rules[RESIDENCE]})


def test_who_else_a_day_has_reached_is_asked_for_while_the_engine_reads(second_day: Day) -> None:
    model = second_day.workdir.scratch / "dbt/compiled/sijiku/models/library/fct_collection.sql"
    compiled = model.read_text(encoding="utf-8")

    def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "Table" in node["extra_info"]:
            yield node["extra_info"]
        for below in node["children"]:
            yield from scans(below)

    with open_warehouse(second_day.workdir, read_only=True) as connection:
        row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT json) {compiled}").fetchone()
    assert row
    asked = [scan for scan in scans(json.loads(row[1])) if "int_person__attributes" in scan["Table"]]
    assert any("BF(" in str(scan["Dynamic Filters"]) and "made_in" in str(scan["Filters"]) for scan in asked), asked


def test_two_days_are_not_the_same(days: dict[str, Day]) -> None:
    apart = {str(each.table) for each in differences(days["first"].workdir, days["second"].workdir)}
    assert {"library.dim_person", "staging.stg_hrss__social_insurance", "quality.ledger"} <= apart
