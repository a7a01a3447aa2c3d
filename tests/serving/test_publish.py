"""A build is published whole or not at all, persons stay in `restricted/`, and nobody who reads is disturbed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from serving.library import open_published, query
from serving.metrics import store_saved_queries
from serving.publish import PublicationBlocked, Published, is_whole, publish
from sources.errors import SijikuError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Build = Callable[..., Workdir]
Publish = Callable[..., Published]

PERSONAL = ("密甲", "密乙", "150202198001010000", "13800001111", "13900002222", "K1", "K2", "K3")


def tables(workdir: Workdir, part: str) -> set[str]:
    sql = "SELECT table_schema || '.' || table_name, table_type FROM information_schema.tables"
    with open_published(workdir, part) as connection:  # type: ignore[arg-type]
        rows = connection.execute(sql + " WHERE table_catalog = 'sijiku'").fetchall()
    assert {kind for _, kind in rows} <= {"BASE TABLE"}
    return {name for name, _ in rows}


def state_rows(workdir: Workdir, log: str, columns: str) -> list[tuple[object, ...]]:
    with open_engine(workdir) as connection:
        return connection.execute(f"SELECT {columns} FROM ({State(workdir.state).select(log)}) ORDER BY ALL").fetchall()


def published_builds(workdir: Workdir) -> set[str]:
    return {path.name for path in workdir.published.iterdir()} - {"current"}


# --- What goes where


def test_restricted_holds_everything_but_working_steps(workdir: Workdir, publish_build: Publish) -> None:
    publish_build()
    found = tables(workdir, "restricted")
    assert {"library.dim_person", "identity.person_xref", "marts.mart_population", "meta.build"} <= found
    assert "library.dim_month" in found
    assert not [name for name in found if ".int_" in name or name.split(".")[0] in ("raw", "mentions", "release")]


def test_restricted_alone_maps_a_record_to_its_key(workdir: Workdir, publish_build: Publish) -> None:
    publish_build()
    assert query(workdir, "SELECT record_key FROM quality.record_ref WHERE record_ref = 'r3'").rows == [("K3",)]
    assert "quality.record_ref" not in tables(workdir, "analysis")


def test_analysis_holds_what_the_interface_lists_and_nothing_else(workdir: Workdir, publish_build: Publish) -> None:
    publish_build(change="CREATE TABLE marts.mart_unlisted AS SELECT 1 AS one")
    found = tables(workdir, "analysis")
    assert {"marts.mart_population", "quality.finding", "meta.delivery", "library.dim_division"} <= found
    assert "marts.mart_unlisted" not in found
    assert {name for name in found if name.startswith(("library.", "identity."))} == {
        "library.dim_division",
        "library.bridge_division_ancestor",
    }


def test_analysis_is_there_as_parquet_too(workdir: Workdir, publish_build: Publish) -> None:
    published = publish_build()
    parquet = published.path / "analysis" / "parquet"
    names = {f"{file.parent.name}.{file.stem}" for file in parquet.rglob("*.parquet")}
    assert names == tables(workdir, "analysis")
    rows = duckdb.sql(f"SELECT division_code, people FROM '{parquet}/marts/mart_population.parquet'").fetchall()
    assert ("150202000000", 1) in rows


def test_release_holds_its_schema_as_a_database_and_as_csv(workdir: Workdir, publish_build: Publish) -> None:
    published = publish_build()
    assert tables(workdir, "release") == {"release.release_population"}
    with (published.path / "release" / "release_population.csv").open(encoding="utf-8", newline="") as handle:
        assert list(csv.reader(handle)) == [["division_code", "people"], ["150200000000", "20"]]


def test_docs_hold_the_pages_and_the_definitions_of_metrics(publish_build: Publish) -> None:
    docs = publish_build().path / "docs"
    assert (docs / "expectations" / "index.html").is_file()
    assert "People at month-ends" in (docs / "index.html").read_text(encoding="utf-8")
    assert json.loads((docs / "semantic_manifest.json").read_text(encoding="utf-8"))["metrics"]


def test_persons_are_their_owners_only(publish_build: Publish) -> None:
    folder = publish_build().path / "restricted"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_no_value_of_a_person_is_in_any_file_outside_restricted(publish_build: Publish) -> None:
    root = publish_build().path
    for path in sorted(root.rglob("*")):
        if path.is_file() and "restricted" not in path.parts:
            content = path.read_bytes()
            assert [value for value in PERSONAL if len(value) > 2 and value.encode() in content] == [], path.name


def test_rows_of_analysis_lie_in_one_order_whatever_order_they_came_in(
    workdir: Workdir, publish_build: Publish
) -> None:
    shuffle = "CREATE OR REPLACE TABLE marts.mart_population AS FROM marts.mart_population ORDER BY people {}"
    files = [
        publish_build(build_id, shuffle.format(way)).path / "analysis/parquet/marts/mart_population.parquet"
        for build_id, way in (("b1", "ASC"), ("b2", "DESC"))
    ]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_manifest_names_every_file_with_its_hash_and_no_time(publish_build: Publish) -> None:
    root = publish_build().path
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["build_id"], manifest["as_of"]) == ("b1", "2014-10-31")
    assert set(manifest) == {"build_id", "as_of", "code_version", "previous", "inputs", "files"}
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    assert {entry["path"] for entry in manifest["files"]} == set(files) - {"manifest.json"}
    for entry in manifest["files"]:
        assert entry["sha256"] == hashlib.sha256(files[entry["path"]].read_bytes()).hexdigest()
        assert entry["bytes"] == files[entry["path"]].stat().st_size


def test_a_library_can_be_moved(workdir: Workdir, publish_build: Publish, tmp_path: Path) -> None:
    publish_build()
    assert os.readlink(workdir.current) == "b1"
    moved = Workdir(tmp_path / "elsewhere" / "moved")
    shutil.copytree(workdir.path, moved.path, symlinks=True)
    shutil.rmtree(workdir.path)
    assert query(moved, "SELECT count(*) FROM library.dim_person").rows == [(2,)]


# --- What blocks


BLOCKING = {
    "does not balance in 1 of 1": "UPDATE quality.ledger SET balance = 1",
    "does not balance": "UPDATE quality.ledger SET balance = NULL",
    "quality.ledger has 0 deliveries, 1 were applied": "DELETE FROM quality.ledger",
    "1 mentions are linked to nobody": "DELETE FROM identity.person_xref WHERE record_key = 'K3'",
    "2 mentions are linked to nobody": "UPDATE identity.person_xref SET person_id = NULL WHERE person_id = 'P1'",
    "1 mentions stand or are linked more than once": (
        "INSERT INTO identity.person_xref BY NAME SELECT * REPLACE ('P9' AS person_id) "
        "FROM identity.person_xref WHERE record_key = 'K3'"
    ),
    "are of no mention": "DELETE FROM mentions.int_person__mentions WHERE record_key = 'K3'",
    "marts.mart_flow.person_id would leave restricted/": "ALTER TABLE marts.mart_flow ADD person_id VARCHAR",
    "quality.finding.record_key would leave": "ALTER TABLE quality.finding ADD record_key VARCHAR",
    "marts.mart_flow.mother_name_norm would leave": "ALTER TABLE marts.mart_flow ADD mother_name_norm VARCHAR",
    "release.release_people.birth_date would leave": (
        "CREATE TABLE release.release_people AS SELECT DATE '1980-01-01' AS birth_date"
    ),
    "quality.finding.detail_zh would leave restricted/: 1 of its texts": (
        "UPDATE quality.finding SET detail_zh = '号码150202198001010000校验码错' WHERE finding_id = 'f1'"
    ),
    "quality.finding.detail_en would leave": "UPDATE quality.finding SET detail_en = 'call 13900002222, twice'",
    "quality.finding.file would leave": "UPDATE quality.finding SET file = '密甲'",
    "meta.delivery.reason would leave": "UPDATE meta.delivery SET reason = '150203199912319999 不在清单'",
    "quality.case.reason would leave": ("INSERT INTO quality.case BY NAME SELECT '130503670401001 已核' AS reason"),
    "release.release_population.contact would leave": (
        "CREATE OR REPLACE TABLE release.release_population AS SELECT '13800001111' AS contact"
    ),
    # Numbers and names can have the form of a mark.
    "quality.finding.record_ref would leave": (
        "UPDATE library.dim_person SET phone = '047213800001' WHERE person_id = 'P1';"
        "UPDATE quality.finding SET record_ref = '047213800001'"
    ),
    "quality.finding.person_ref would leave": (
        "UPDATE library.dim_person SET name = 'sarangerelma' WHERE person_id = 'P1';"
        "UPDATE quality.finding SET person_ref = 'sarangerelma'"
    ),
    "library.dim_month is missing": "DROP TABLE library.dim_month",
    "identity.person_xref is missing": "DROP TABLE identity.person_xref",
    "meta.build does not know build": "UPDATE meta.build SET build_id = 'b0'",
}


@pytest.mark.parametrize("problem", BLOCKING)
def test_a_failed_check_is_named_and_publishes_nothing(workdir: Workdir, publish_build: Publish, problem: str) -> None:
    with pytest.raises(PublicationBlocked, match=re.escape(problem)) as caught:
        publish_build("b1", BLOCKING[problem])
    assert list(workdir.published.iterdir()) == []
    assert state_rows(workdir, "build", "build_id") == state_rows(workdir, "finding_event", "finding_id") == []
    assert [value for value in PERSONAL if value in str(caught.value)] == []


def test_a_failed_check_leaves_the_earlier_library(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    with pytest.raises(PublicationBlocked):
        publish_build("b2", "UPDATE quality.ledger SET balance = 1")
    assert os.readlink(workdir.current) == "b1"
    assert published_builds(workdir) == {"b1"}
    assert state_rows(workdir, "build", "build_id") == [("b1",)]


BROKEN = "CREATE VIEW {} AS SELECT CAST(error('no room left ' || i) AS INTEGER) AS n FROM range(3) AS broken(i)"
FAILING = {
    "restricted": (BROKEN.format("library.dim_broken"), "no room left"),
    "analysis": ("DROP TABLE marts.mart_flow;" + BROKEN.format("marts.mart_flow"), "no room left"),
    "release": (BROKEN.format("release.broken"), "no room left"),
    "site": ("DROP TABLE quality.case", "case"),
}


@pytest.mark.parametrize("part", FAILING)
def test_a_part_that_cannot_be_written_is_named_and_leaves_the_earlier_library(
    workdir: Workdir, publish_build: Publish, part: str
) -> None:
    first = publish_build("b1", LARGE.format("一"))
    change, trouble = FAILING[part]
    with pytest.raises(duckdb.Error, match=trouble):
        publish_build("b2", LARGE.format("二") + ";" + change, published_before="b1", renewed=RENEWED)
    assert os.readlink(workdir.current) == "b1"
    assert is_whole(first.path)
    assert not (workdir.published / "b2").exists()
    assert state_rows(workdir, "build", "build_id") == [("b1",)]
    publish_build("b2")
    assert published_builds(workdir) == {"b1", "b2"}


def test_a_failed_check_is_what_is_told_of_though_a_part_fails_too(workdir: Workdir, publish_build: Publish) -> None:
    change = "UPDATE quality.ledger SET balance = 1;" + FAILING["restricted"][0]
    with pytest.raises(PublicationBlocked, match="does not balance"):
        publish_build("b1", change)
    assert published_builds(workdir) == set()


def test_a_public_table_that_is_not_as_promised_is_not_published(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    with pytest.raises(PublicationBlocked, match=r"mart_flow: grain, 1 of 3 rows\..*does not balance") as caught:
        publish_build("b2", "UPDATE quality.ledger SET balance = 1", broken=["marts.mart_flow: grain, 1 of 3 rows."])
    assert "build again" in caught.value.remedy
    assert published_builds(workdir) == {"b1"}


def test_every_failed_check_is_named_at_once(publish_build: Publish) -> None:
    change = "UPDATE quality.ledger SET balance = 1; DELETE FROM identity.person_xref WHERE record_key = 'K3'"
    with pytest.raises(PublicationBlocked, match=r"does not balance.*linked to nobody"):
        publish_build(change=change)


@pytest.mark.parametrize(
    "change",
    [
        # People are called as places, codes and placeholders are; those words are nobody's name.
        "UPDATE library.dim_person SET name = '东河区'",
        "UPDATE library.dim_person SET name = '其他'; UPDATE marts.mart_population SET dim_1 = '其他'",
        "UPDATE library.dim_person SET phone = '150202000000'",
        # Hashes hold long runs of digits.
        "UPDATE meta.delivery SET sha256 = 'a15020219800101000013800001111' || repeat('0', 34)",
        "UPDATE quality.finding SET detail_zh = '登记日期 20140230 不可读，见第 13800001 行'",
        # Columns of its own are a table's right.
        "ALTER TABLE marts.mart_population ADD note VARCHAR",
        "DROP TABLE marts.mart_survey_indicator",
    ],
)
def test_what_only_looks_personal_does_not_block(workdir: Workdir, publish_build: Publish, change: str) -> None:
    publish_build(change=change)
    assert os.readlink(workdir.current) == "b1"


@pytest.mark.parametrize("build_id", ["", ".", "..", "a/b", ".hidden", "a b"])
def test_a_build_id_must_be_a_folders_name(
    build: Build, dbt_manifest: Path, semantic_manifest: Path, build_id: str
) -> None:
    with pytest.raises(SijikuError, match="cannot be published as"):
        publish(
            build("b1"),
            build_id,
            data_docs=None,
            dbt_manifest=dbt_manifest,
            semantic_manifest=semantic_manifest,
            broken=[],
        )


@pytest.mark.parametrize("missing", ["dbt_manifest", "semantic_manifest"])
def test_a_missing_manifest_is_named(
    build: Build, dbt_manifest: Path, semantic_manifest: Path, tmp_path: Path, missing: str
) -> None:
    given = {"dbt_manifest": dbt_manifest, "semantic_manifest": semantic_manifest} | {
        missing: tmp_path / "no_such.json"
    }
    with pytest.raises(SijikuError, match=r"no_such\.json"):
        publish(build(), "b1", data_docs=None, **given, broken=[])


@pytest.mark.parametrize("problem", sorted({*BLOCKING} - {"meta.build does not know build"}))
def test_what_goes_on_from_a_published_build_is_held_to_the_same(
    workdir: Workdir, publish_build: Publish, problem: str
) -> None:
    publish_build("b1")
    with pytest.raises(PublicationBlocked, match=re.escape(problem)):
        publish_build("b2", BLOCKING[problem], published_before="b1")
    assert published_builds(workdir) == {"b1"}


def test_a_changed_record_with_a_mention_and_its_link_twice_is_seen(publish_build: Publish) -> None:
    publish_build("b1")
    twice = (
        "INSERT INTO mentions.int_person__mentions FROM mentions.int_person__mentions WHERE record_key = 'K3';"
        "INSERT INTO identity.person_xref FROM identity.person_xref WHERE record_key = 'K3';"
        "INSERT INTO mentions.int_person__changed_record VALUES ('psb.temporary_residence', 'K3')"
    )
    with pytest.raises(PublicationBlocked, match="mentions stand or are linked more than once"):
        publish_build("b2", twice, published_before="b1")


# --- From the build before

LARGE = (
    "CREATE TABLE library.dim_large AS SELECT 'P' || i AS person_id, '{}' AS word FROM range(20000) AS t(i);"
    "CREATE TABLE library.int_touched AS SELECT 'P' || i AS person_id FROM range(50) AS t(i);"
    "UPDATE library.dim_large SET word = '改' WHERE person_id IN (SELECT person_id FROM library.int_touched)"
)
RENEWED = {"library.dim_large": "person_id IN (SELECT person_id FROM library.int_touched)"}


def content(published: Published) -> dict[str, list[tuple[object, ...]]]:
    """The tables of the restricted file, but for what says which build it is."""
    with duckdb.connect(str(published.path / "restricted" / "sijiku.duckdb"), read_only=True) as connection:
        names = connection.execute("SELECT schema_name || '.\"' || table_name || '\"' FROM duckdb_tables()").fetchall()
        return {name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for (name,) in names}


def test_what_did_not_change_is_taken_from_the_build_before(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1", LARGE.format("一"))
    patched = publish_build("b2", LARGE.format("二"), published_before="b1", renewed=RENEWED)
    words = query(workdir, "SELECT word, count(*) FROM library.dim_large GROUP BY word ORDER BY word").rows
    assert words == [("一", 19950), ("改", 50)]
    assert is_whole(patched.path)
    assert stat.S_IMODE((patched.path / "restricted" / "sijiku.duckdb").stat().st_mode) == 0o600


def test_what_is_patched_is_what_would_be_written_in_full(publish_build: Publish) -> None:
    publish_build("b1", LARGE.format("一") + ";CREATE TABLE library.dim_gone AS SELECT 1")
    change = (
        LARGE.format("一")
        + ";UPDATE library.dim_person SET name = '密丙';INSERT INTO library.dim_large VALUES ('P0', '')"
    )
    patched = content(publish_build("b2", change, published_before="b1", renewed=RENEWED))
    shutil.rmtree(publish_build("b2", change).path)
    assert patched == content(publish_build("b2", change))


@pytest.mark.parametrize("damage", ["gone", "without its manifest", "with a flipped bit"])
def test_without_the_build_before_all_is_written(workdir: Workdir, publish_build: Publish, damage: str) -> None:
    folder = publish_build("b1", LARGE.format("一")).path
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "without its manifest":
        (folder / "manifest.json").unlink()
    else:
        file = folder / "restricted" / "sijiku.duckdb"
        middle = file.stat().st_size // 2
        whole = file.read_bytes()
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert is_whole(publish_build("b2", LARGE.format("二"), published_before="b1", renewed=RENEWED).path)
    words = query(workdir, "SELECT word, count(*) FROM library.dim_large GROUP BY word ORDER BY word").rows
    assert words == [("二", 19950), ("改", 50)]


# --- State


def test_a_publication_is_remembered_once(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    publish_build("b1")
    assert state_rows(workdir, "finding_event", "finding_id, build_id, kind") == [("f1", "b1", "opened")]
    assert state_rows(workdir, "build", "build_id, as_of::VARCHAR, deliveries") == [("b1", "2014-10-31", 1)]


SCORES = """
INSERT INTO marts.mart_bureau_scorecard BY NAME SELECT '150200000000' AS division_code, 'city' AS level,
  DATE '2014-10-31' AS period, 'psb' AS bureau, 'timeliness' AS measure, 0.75 AS value;
INSERT INTO marts.mart_area_scorecard BY NAME SELECT '150200000000' AS division_code, 'city' AS level,
  DATE '2014-10-31' AS period, 'timeliness' AS measure, 0.5 AS value;
"""


def test_what_scorecards_say_is_remembered_once(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1", SCORES)
    publish_build("b1", SCORES)
    said = [("b1", "2014-10-31", "150200000000", "psb", "timeliness", 0.75)]
    said += [("b1", "2014-10-31", "150200000000", None, "timeliness", 0.5)]
    columns = "build_id, period::VARCHAR, division_code, bureau, measure, value"
    assert sorted(state_rows(workdir, "scorecard", columns), key=str) == sorted(said, key=str)


def test_builds_follow_each_other_in_state(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    publish_build("b2", "UPDATE quality.finding_event_due SET kind = 'verified'")
    assert state_rows(workdir, "finding_event", "build_id, kind, _segment") == [
        ("b1", "opened", 1),
        ("b2", "verified", 2),
    ]


# --- Killed, damaged, published again

KILLED = """
import logging, os, signal, sys
from pathlib import Path
from serving.publish import publish
from sources.workdir import Workdir

class Killer(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

logging.getLogger("sijiku").addHandler(Killer())
logging.getLogger("sijiku").setLevel(logging.INFO)
parsed = Path(sys.argv[2])
manifests = {"dbt_manifest": parsed / "manifest.json", "semantic_manifest": parsed / "semantic_manifest.json"}
publish(Workdir(Path(sys.argv[1])), "b2", data_docs=None, **manifests, broken=[], published_before="b1")
"""


@pytest.mark.parametrize("moment", ["Writing restricted/", "Writing analysis/", "Writing release/", "Making b2"])
def test_a_killed_publication_leaves_the_old_library_whole_and_the_next_run_cleans_up(
    workdir: Workdir, build: Build, publish_build: Publish, semantic_manifest: Path, moment: str
) -> None:
    publish_build("b1")
    store_saved_queries(build("b2"), semantic_manifest)
    arguments = [sys.executable, "-c", KILLED, str(workdir.path), str(semantic_manifest.parent), moment]
    assert subprocess.run(arguments, check=False).returncode == -9
    assert os.readlink(workdir.current) == "b1"
    assert query(workdir, "SELECT build_id FROM meta.build").rows == [("b1",)]
    publish_build("b2")
    assert os.readlink(workdir.current) == "b2"
    assert published_builds(workdir) == {"b1", "b2"}
    assert is_whole(workdir.published / "b2")
    assert state_rows(workdir, "build", "build_id") == [("b1",), ("b2",)]


def test_a_build_that_lies_there_whole_is_only_made_current(workdir: Workdir, publish_build: Publish) -> None:
    first = publish_build("b1")
    publish_build("b2")
    before = (first.path / "manifest.json").stat().st_mtime_ns
    again = publish_build("b1")
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.path / "manifest.json").stat().st_mtime_ns == before
    assert os.readlink(workdir.current) == "b1"


def test_a_damaged_build_is_written_anew(workdir: Workdir, publish_build: Publish) -> None:
    first = publish_build("b1")
    (first.path / "analysis" / "sijiku.duckdb").write_bytes(b"damaged")
    assert not is_whole(first.path)
    assert publish_build("b1").is_new
    assert is_whole(first.path)
    assert published_builds(workdir) == {"b1"}


def test_readers_of_an_older_build_are_never_disturbed(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    with open_published(workdir) as old:
        assert old.execute("SELECT build_id FROM meta.build").fetchone() == ("b1",)
        publish_build("b2", "DELETE FROM library.dim_person WHERE person_id = 'P2'")
        assert old.execute("SELECT build_id FROM meta.build").fetchone() == ("b1",)
        assert old.execute("SELECT count(*) FROM library.dim_person").fetchone() == (2,)
        with open_published(workdir) as new:
            assert new.execute("SELECT build_id FROM meta.build").fetchone() == ("b2",)
            assert new.execute("SELECT count(*) FROM library.dim_person").fetchone() == (1,)


def test_a_reader_in_another_process_does_not_hold_up_a_publication(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    reader = (
        "import sys; from pathlib import Path; from serving.library import open_published; "
        "from sources.workdir import Workdir\n"
        "with open_published(Workdir(Path(sys.argv[1]))) as connection:\n"
        "    print('open', flush=True); sys.stdin.readline()\n"
        "    print(connection.execute('SELECT build_id FROM meta.build').fetchone()[0], flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", reader, str(workdir.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        publish_build("b2")
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "b1\n"
