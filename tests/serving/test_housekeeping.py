"""Housekeeping makes room and takes nothing that a build, a reader or an auditor may want."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from serving.housekeeping import Policy, remove, superfluous
from sources.landing import take_in
from sources.raw_zone import register
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

RESIDENCE = "psb.temporary_residence"
NOW = datetime.now(UTC).replace(tzinfo=None)
MUCH_LATER = NOW + timedelta(days=400)
BUILDS = ["20141001-a", "20141002-b", "20141003-c", "20141004-d"]


@pytest.fixture
def library(tmp_path: Path) -> Workdir:
    """A raw zone with an old superseded delivery and a quarantined row, and four published builds with real files."""
    workdir, landing = Workdir(tmp_path / "library"), tmp_path / "landing"
    rows = sample_rows(RESIDENCE, 3)
    write_delivery(landing, RESIDENCE, "2014-09-30", rows=[*rows, rows[0] | {"登记编号": ""}])
    write_delivery(landing, RESIDENCE, "2014-10-31", rows=rows)
    register(workdir, take_in(workdir, landing).outcomes, None, "code")
    for build in BUILDS:
        publish(workdir, build)
    shutil.rmtree(workdir.scratch)
    return workdir


def publish(workdir: Workdir, build: str) -> None:
    folder = workdir.published / build / "restricted"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "sijiku.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS n FROM range(1000)")
    with open_engine(workdir) as connection:
        State(workdir.state).append(
            connection,
            "build",
            f"SELECT '{build}' AS build_id, now() AS built_at, DATE '2014-10-01' AS as_of, 'c' AS code_version, "
            "1 AS deliveries, 0 AS refused, NULL AS previous_build_id",
            key=build,
        )
    workdir.current.unlink(missing_ok=True)
    workdir.current.symlink_to(build)


def paths(workdir: Workdir, policy: Policy, now: datetime = NOW) -> set[str]:
    return {item.path.relative_to(workdir.path).as_posix() for item in superfluous(workdir, policy, now)}


def test_the_newest_builds_stay_and_the_older_go(library: Workdir) -> None:
    assert paths(library, Policy(builds=2)) == {f"published/{build}" for build in BUILDS[:2]}


def test_the_build_that_was_current_a_moment_ago_stays_for_who_has_just_read_the_link(library: Workdir) -> None:
    assert f"published/{BUILDS[2]}" not in paths(library, Policy(builds=1))
    assert f"published/{BUILDS[2]}" in paths(library, Policy(builds=1), NOW + timedelta(hours=2))


def test_the_current_build_stays_however_old(library: Workdir) -> None:
    library.current.unlink()
    library.current.symlink_to(BUILDS[0])
    assert f"published/{BUILDS[0]}" not in paths(library, Policy(builds=1), MUCH_LATER)


def test_a_reader_keeps_the_build_that_it_has_open(library: Workdir) -> None:
    file = library.published / BUILDS[0] / "restricted" / "sijiku.duckdb"
    with duckdb.connect(str(file), read_only=True) as reader:
        remove(superfluous(library, Policy(builds=1), NOW))
        assert not file.exists()
        assert reader.execute("SELECT sum(n) FROM t").fetchone() == (499500,)


def test_accepted_deliveries_and_state_stay_superseded_ones_too(library: Workdir) -> None:
    before = {path for part in (library.raw, library.state) for path in part.rglob("*.parquet")}
    remove(superfluous(library, Policy(1, 1, 1), MUCH_LATER))
    assert {path for part in (library.raw, library.state) for path in part.rglob("*.parquet")} == before
    assert len(list(library.raw.glob("*/*/*/delivery=*"))) == 2
    register(library, [], None, "code")


def test_what_was_never_accepted_goes(library: Workdir) -> None:
    dataset = library.raw / "psb" / "temporary_residence"
    for folder in (dataset / ".half-1", dataset / "extract_date=2014-11-30" / "delivery=2", library.scratch / "spill"):
        folder.mkdir(parents=True)
        (folder / "part.parquet").write_bytes(b"12345")
    (library.state / "delivery" / ".000009-x.parquet.half").write_bytes(b"123")
    (library.published / ".20141005-e.half").mkdir()
    (library.scratch / "dbt").mkdir()
    found = superfluous(library, Policy(builds=9), NOW)
    assert {item.path.name for item in found} >= {".half-1", "delivery=2", "spill", ".20141005-e.half"}
    assert sum(item.bytes for item in found) == 18
    remove(found)
    assert superfluous(library, Policy(builds=9), NOW) == []
    assert (library.scratch / "dbt").is_dir()


def test_the_content_of_rows_quarantined_long_ago_goes_and_what_state_says_of_them_stays(library: Workdir) -> None:
    assert not [path for path in paths(library, Policy(builds=9)) if path.startswith("quarantine/")]
    found = paths(library, Policy(builds=9), MUCH_LATER)
    assert len([path for path in found if path.startswith("quarantine/")]) == 1
    remove(superfluous(library, Policy(builds=9), MUCH_LATER))
    with open_engine(library) as connection:
        rows = connection.execute(f"SELECT count(*) FROM ({State(library.state).select('quarantined_row')})").fetchone()
    assert rows == (1,)
    register(library, [], None, "code")


def test_old_logs_go_but_the_last(library: Workdir) -> None:
    long_ago = (NOW - timedelta(days=200)).timestamp()
    for name in ("build-20140101T000000.log", "build-20140201T000000.log"):
        (library.logs / name).write_text("x")
        os.utime(library.logs / name, (long_ago, long_ago))
    assert {path for path in paths(library, Policy(builds=9)) if path.startswith("logs/")} == {
        "logs/build-20140101T000000.log"
    }


def test_a_removal_that_was_killed_is_ended_by_the_next(library: Workdir) -> None:
    folder = library.published / BUILDS[0]
    folder.rename(library.published / f".{BUILDS[0]}.gone.half")
    assert f"published/.{BUILDS[0]}.gone.half" in paths(library, Policy(builds=9))
