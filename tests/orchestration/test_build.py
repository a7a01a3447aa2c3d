"""The command on a whole small city: what it builds, leaves alone, refuses and blocks, and what readers see of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.run import published_build
from serving.library import open_published
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.conftest import BuiltCity, run_sijiku

PEOPLE = "SELECT count(*), count(DISTINCT person_id) FROM library.dim_person"
STAGED = """
    SELECT dataset, sum(staged)::BIGINT FROM quality.ledger
    WHERE build_id = (SELECT build_id FROM meta.build ORDER BY built_at DESC LIMIT 1) GROUP BY dataset ORDER BY dataset
"""


def ask(workdir: Workdir, sql: str) -> list[tuple[object, ...]]:
    with open_published(workdir) as library:
        return library.execute(sql).fetchall()


def copied(city: BuiltCity, root: Path) -> BuiltCity:
    """The city and its library somewhere else, for a test that builds."""
    shutil.copytree(city.landing, root / "landing")
    shutil.copytree(city.workdir.path, root / "moved", symlinks=True)
    return BuiltCity(root / "landing", city.truth, Workdir(root / "moved"), city.output)


def newest(landing: Path, bureau: str, dataset: str) -> Path:
    return max((landing / bureau / dataset).iterdir())


def following(landing: Path, bureau: str, dataset: str, date: str) -> tuple[Path, dict[str, object]]:
    """A copy of a dataset's newest delivery under a later date, and its manifest, not yet written."""
    folder = landing / bureau / dataset / date
    shutil.copytree(newest(landing, bureau, dataset), folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return folder, manifest | {"extract_date": date}


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    import hashlib

    for file in manifest["files"]:  # type: ignore[attr-defined]
        file["sha256"] = hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


# --- a first build ------------------------------------------------------------------------------------------------


def test_a_build_ends_with_people_findings_a_balanced_ledger_and_places(built_city: BuiltCity) -> None:
    for words in ("包头市", "东河区", "Open findings", "id_checksum", "平衡 balanced", "restricted/sijiku.duckdb"):
        assert words in built_city.output


def test_a_build_shows_every_step_as_it_starts_and_ends(built_city: BuiltCity) -> None:
    for step in ("Taking in psb.temporary_residence", "Staging and mentions", "Who is who", "Blocking checks"):
        assert built_city.output.count(step) >= 2


def test_neither_output_nor_log_names_a_person_or_a_number(built_city: BuiltCity) -> None:
    numbers = {str(row[0]) for row in ask(built_city.workdir, "SELECT id_number FROM library.dim_person")} - {"None"}
    (log,) = built_city.workdir.logs.iterdir()
    for text in (built_city.output, log.read_text(encoding="utf-8")):
        assert not any(number in text for number in numbers)


def test_people_count_the_same_in_query_and_metric(built_city: BuiltCity) -> None:
    asked = run_sijiku("metric", "people", "--workdir", built_city.workdir.path, "--format", "json")
    by_district = run_sijiku(
        "metric", "people", "--by", "district", "--workdir", built_city.workdir.path, "--format", "json"
    )
    (mart,) = ask(
        built_city.workdir,
        "SELECT people FROM marts.mart_population WHERE level = 'city' AND dimension_set = 'total' "
        "AND period = (SELECT max(period) FROM marts.mart_population)",
    )
    assert json.loads(asked.stdout)[0]["people"] == mart[0]
    assert sum(row["people"] for row in json.loads(by_district.stdout)) == mart[0]


def test_status_tells_of_every_delivery_and_what_is_published(built_city: BuiltCity) -> None:
    shown = run_sijiku("status", "--workdir", built_city.workdir.path)
    assert shown.returncode == 0
    build_id = published_build(built_city.workdir)
    assert build_id is not None
    for words in (build_id, "psb.temporary_residence", "delta", "accepted", "平衡 balanced"):
        assert words in shown.stdout


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE marts.mine AS SELECT 1",
        "DELETE FROM marts.mart_population",
        "COPY marts.mart_population TO 'out.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM nothing",
        "SELECT 1; SELECT 2",
    ],
)
def test_a_query_only_reads_the_library(built_city: BuiltCity, sql: str, tmp_path: Path) -> None:
    asked = run_sijiku("query", "--workdir", built_city.workdir.path, sql, cwd=tmp_path)
    assert asked.returncode == 2
    assert "→" in asked.stderr
    assert not list(tmp_path.iterdir())


def test_a_query_is_answered_in_the_form_that_was_asked_for(built_city: BuiltCity) -> None:
    sql = "SELECT 1 AS one, NULL AS nothing, true AS yes, DATE '2014-10-31' AS day, '张, 王' AS text"
    arguments = ("query", "--workdir", built_city.workdir.path, sql, "--format")
    assert run_sijiku(*arguments, "csv").stdout == 'one,nothing,yes,day,text\n1,,true,2014-10-31,"张, 王"\n'
    (record,) = json.loads(run_sijiku(*arguments, "json").stdout)
    assert record == {"one": 1, "nothing": None, "yes": True, "day": "2014-10-31", "text": "张, 王"}


# --- building again -----------------------------------------------------------------------------------------------


def test_where_nothing_is_new_nothing_is_built(built_city: BuiltCity, tmp_path: Path) -> None:
    city = copied(built_city, tmp_path)
    before = published_build(city.workdir)
    again = run_sijiku("build", "--landing", city.landing, "--workdir", city.workdir.path)
    assert again.returncode == 0, again.stderr
    assert not again.stderr
    assert "nothing was built" in again.stdout
    assert "Staging and mentions" not in again.stdout
    assert published_build(city.workdir) == before
    assert len(ask(city.workdir, "SELECT * FROM meta.build")) == 1


def test_a_second_build_at_once_is_refused_with_who_has_the_workdir(built_city: BuiltCity, tmp_path: Path) -> None:
    city = copied(built_city, tmp_path)
    with city.workdir.lock():
        second = run_sijiku("build", "--landing", city.landing, "--workdir", city.workdir.path)
    assert second.returncode == 1
    assert "Another build is running" in second.stderr
    assert "→" in second.stderr
    assert "Traceback" not in second.stderr


# --- deliveries that are refused ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """A library built again with three bad deliveries, and what a reader who stayed saw throughout."""

    city: BuiltCity
    first_build: str | None
    output: str
    status: int
    reader_before: list[tuple[object, ...]]
    reader_after: list[tuple[object, ...]]
    reader_now: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def refusal(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> Refusal:
    city = copied(built_city, tmp_path_factory.mktemp("refusal"))
    first = published_build(city.workdir)

    # A file changed after its manifest was written.
    folder, manifest = following(city.landing, "psb", "temporary_residence", "2014-11-28")
    write_manifest(folder, manifest)
    (file,) = [path for path in folder.iterdir() if path.name != "manifest.json"]
    file.write_bytes(file.read_bytes() + b"\n")

    # A column renamed.
    folder, manifest = following(city.landing, "finance", "service_funding", "2014-11-28")
    (file,) = [path for path in folder.iterdir() if path.name != "manifest.json"]
    file.write_bytes(file.read_bytes().replace("受益对象".encode("gb18030"), "受益者".encode("gb18030"), 1))
    write_manifest(folder, manifest)

    # A workbook that is none.
    folder, manifest = following(city.landing, "grid", "household_visit", "2014-11-28")
    file = min(path for path in folder.iterdir() if path.suffix == ".xlsx")
    file.write_bytes(b"PK\x03\x04 not a workbook")
    write_manifest(folder, manifest)

    with open_published(city.workdir) as reader:
        before = reader.execute(PEOPLE).fetchall()
        built = run_sijiku("build", "--landing", city.landing, "--workdir", city.workdir.path)
        after = reader.execute(PEOPLE).fetchall()
    return Refusal(city, first, built.stdout + built.stderr, built.returncode, before, after, ask(city.workdir, PEOPLE))


REFUSED = ("psb.temporary_residence", "finance.service_funding", "grid.household_visit")


def test_a_refused_delivery_makes_the_build_exit_with_1_and_is_named_with_its_reason(refusal: Refusal) -> None:
    assert refusal.status == 1, refusal.output
    for dataset in REFUSED:
        assert f"✘ 拒收 refused {dataset} 2014-11-28" in refusal.output
    for words in ("SHA-256", "受益对象", "xlsx"):
        assert words in refusal.output
    assert "Traceback" not in refusal.output


def test_a_refused_delivery_is_a_finding(refusal: Refusal) -> None:
    found = ask(refusal.city.workdir, "SELECT dataset FROM quality.finding WHERE rule_id = 'delivery_refused'")
    assert sorted(row[0] for row in found) == sorted(REFUSED)


def test_the_rest_is_published_and_the_earlier_view_of_the_dataset_stays(
    refusal: Refusal, built_city: BuiltCity
) -> None:
    assert published_build(refusal.city.workdir) != refusal.first_build
    assert ask(refusal.city.workdir, STAGED) == ask(built_city.workdir, STAGED)
    assert refusal.reader_now == refusal.reader_before


def test_a_reader_stays_with_its_build_while_the_next_one_is_published(refusal: Refusal) -> None:
    assert refusal.reader_after == refusal.reader_before


def test_a_library_that_was_moved_answers_and_builds(refusal: Refusal, built_city: BuiltCity) -> None:
    assert refusal.city.workdir.path != built_city.workdir.path
    assert ask(refusal.city.workdir, PEOPLE) == ask(built_city.workdir, PEOPLE)


def test_no_person_changes_number_when_nothing_about_people_is_new(refusal: Refusal, built_city: BuiltCity) -> None:
    numbers = "SELECT dataset, record_key, role, person_id FROM identity.person_xref ORDER BY ALL"
    assert ask(refusal.city.workdir, numbers) == ask(built_city.workdir, numbers)


def test_a_refused_delivery_that_still_lies_there_makes_the_next_build_exit_with_1_too(refusal: Refusal) -> None:
    again = run_sijiku("build", "--landing", refusal.city.landing, "--workdir", refusal.city.workdir.path)
    assert again.returncode == 1
    assert not again.stderr
    assert "nothing was built" in again.stdout
    assert "✘ 拒收 refused" in again.stdout


# --- what blocks --------------------------------------------------------------------------------------------------


def test_a_ledger_that_does_not_balance_publishes_nothing(built_city: BuiltCity, tmp_path: Path) -> None:
    city = copied(built_city, tmp_path)
    before = published_build(city.workdir)
    # Rows vanish from the raw zone behind the library's back; an empty folder gives the build something new.
    (file, *_) = sorted((city.workdir.raw / "civil").rglob("*.parquet"))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE kept AS FROM '{file}' LIMIT 100")
        connection.execute(f"COPY kept TO '{file}' (FORMAT parquet)")
    (city.landing / "civil" / "marriage" / "2014-11-28").mkdir()
    built = run_sijiku("build", "--landing", city.landing, "--workdir", city.workdir.path)
    assert built.returncode == 1
    assert "ledger" in built.stderr
    assert "Traceback" not in built.stderr
    assert published_build(city.workdir) == before
    assert ask(city.workdir, PEOPLE) == ask(built_city.workdir, PEOPLE)


def test_a_public_table_that_is_not_as_promised_publishes_nothing(built_city: BuiltCity, tmp_path: Path) -> None:
    city = copied(built_city, tmp_path)
    before = published_build(city.workdir)
    ((finding,),) = ask(city.workdir, "SELECT min(finding_id) FROM quality.finding WHERE state = 'open'")
    # Another system writes into state what no column of the interface may hold: an id twice, none, a state not listed.
    wrong = f"""
        SELECT unnest(['c1', 'c1', NULL]) AS case_event_id, '{finding}' AS finding_id,
               TIMESTAMP '2014-11-01 08:00:00' AS "at", 'fixed' AS kind, 'put right' AS state, 'psb' AS "by",
               NULL AS reason, NULL AS until_on
    """
    with open_engine(city.workdir) as connection:
        State(city.workdir.state).append(connection, "case", wrong, key="wrong")
    built = run_sijiku("build", "--landing", city.landing, "--workdir", city.workdir.path)
    assert built.returncode == 1
    for words in (
        "quality.case: grain, 1 of 3 rows",
        "quality.case: key_filled case_event_id, 1 of 3 rows",
        "quality.finding: listed state, 1 of",
        "The earlier library stays",
    ):
        assert words in built.stderr
    assert "Traceback" not in built.stderr
    assert published_build(city.workdir) == before
    assert ask(city.workdir, PEOPLE) == ask(built_city.workdir, PEOPLE)
