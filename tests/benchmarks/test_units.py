"""The units of every performance figure do the work that they stand for. How long that takes is not tested."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from benchmarks.__main__ import BUILD, held_to, summarise
from benchmarks.measure import Step, measure
from benchmarks.units import SplinkAlone, read_floor, splink_alone
from benchmarks.works import (
    ASK,
    BARE_COPY,
    BY_HAND,
    CLUSTERED,
    NEXT_DAY,
    READ_FLOOR,
    SAVED,
    SERVE,
    SPLINK_ALONE,
    identity_step,
    link_by_splink,
    read_landing,
    staging_step,
)
from identity.certain import CertainLinker
from identity.linker import Linker
from identity.pipeline import identify
from sources.errors import SijikuError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.identity.test_pipeline import MENTION_COLUMNS

PEOPLE = 400


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """One file of each format, one of them with a quote that is never closed."""

    def folder(bureau: str, dataset: str) -> Path:
        made = tmp_path / "landing" / bureau / dataset / "2014-10-31"
        made.mkdir(parents=True)
        (made / "manifest.json").write_text("{}")
        return made

    (folder("psb", "temporary_residence") / "a.csv").write_bytes('登记编号,姓名\n1,"王\n2,李娜\n'.encode("gb18030"))
    (folder("civil", "marriage") / "a.jsonl").write_text('{"登记字号": "1"}\n{"登记字号"\n', encoding="utf-8")
    with xlsxwriter.Workbook(str(folder("grid", "household_visit") / "a.xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["采集编号", "姓名"])
    return tmp_path / "landing"


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    """Each of 400 people is mentioned twice with number, once without, once with a slip in it. Names repeat."""
    made = Workdir(tmp_path / "library")
    made.create()
    with open_warehouse(made) as connection:
        connection.execute("CREATE SCHEMA mentions")
        connection.execute(
            f"""
            CREATE TABLE mentions.int_person__mentions AS
            WITH person AS (
                SELECT p, chr(CAST(19968 + p % 20 AS INTEGER)) || chr(CAST(20968 + p % 13 AS INTEGER)) AS name,
                    '1502021980' || lpad(CAST(p * 7919 % 99999999 AS VARCHAR), 8, '0') AS number,
                    DATE '1950-01-01' + CAST(p * 7907 % 20000 AS INTEGER) AS born,
                    '13' || lpad(CAST(p * 104729 % 999999999 AS VARCHAR), 9, '0') AS phone
                FROM range({PEOPLE}) AS people(p)
            )
            SELECT 'psb.temporary_residence' AS dataset, p || '-' || kind AS record_key, 'resident' AS role,
                md5(p || '-' || kind) AS record_ref, name AS name_norm, name AS name_key,
                CAST(1 + p % 2 AS VARCHAR) AS sex, CASE WHEN p % 10 > 0 OR kind <> 2 THEN born END AS birth_date,
                CASE WHEN kind IN (0, 3) THEN number WHEN kind = 2 THEN substr(number, 1, 17) || 'X' END AS id_number,
                CAST(NULL AS VARCHAR) AS id_number_raw,
                CASE WHEN kind = 1 THEN 'missing' ELSE 'valid' END AS id_number_status,
                CASE WHEN p % 7 > 0 AND kind < 3 THEN phone END AS phone, CAST(NULL AS VARCHAR) AS mother_name_key,
                CAST(NULL AS VARCHAR) AS mother_id_number, CAST(NULL AS VARCHAR) AS guardian_name_key,
                CAST(NULL AS VARCHAR) AS guardian_id_number, CAST(NULL AS VARCHAR) AS household_key,
                CAST(NULL AS VARCHAR) AS hukou_division, CAST(NULL AS VARCHAR) AS employer,
                CAST(NULL AS VARCHAR) AS division_code, CAST(NULL AS VARCHAR) AS division_status
            FROM person CROSS JOIN range(4) AS kinds(kind)
            """
        )
        for column, type_ in MENTION_COLUMNS.items():
            connection.execute(f"ALTER TABLE mentions.int_person__mentions ADD COLUMN IF NOT EXISTS {column} {type_}")
    return made


def test_the_read_floor_reads_every_file_and_no_manifest(landing: Path) -> None:
    files = [path for path in landing.rglob("*") if path.suffix in (".csv", ".jsonl", ".xlsx")]
    assert len(files) == 3
    assert read_floor(landing) == sum(path.stat().st_size for path in files)


def test_splink_alone_finds_most_people_and_changes_nothing(workdir: Workdir) -> None:
    before = workdir.warehouse.read_bytes()
    found = splink_alone(workdir)
    assert found["mentions"] == 4 * PEOPLE > found["profiles"]
    assert PEOPLE * 0.95 <= found["clusters"] <= PEOPLE * 1.2
    assert workdir.warehouse.read_bytes() == before


def test_splink_stands_beside_the_certain_linker_through_the_same_interface(workdir: Workdir) -> None:
    linkers: tuple[Linker, ...] = (CertainLinker(), SplinkAlone())
    report = identify(workdir, "build-1", linkers=linkers)
    assert sum(report.links.values()) == 4 * PEOPLE
    assert report.links["certain"] == 2 * PEOPLE
    assert report.links["probable"] > PEOPLE
    assert PEOPLE * 0.95 <= report.persons <= PEOPLE * 1.2
    assert identify(workdir, "build-2", linkers=(CertainLinker(),)).persons > report.persons, (
        "by numbers alone fewer are found to be one"
    )


def test_work_is_measured_in_a_process_of_its_own(landing: Path) -> None:
    [step] = measure(read_landing, landing)
    assert step.name == READ_FLOOR
    assert step.seconds > 0
    assert step.peak_bytes > 10_000_000


def test_what_goes_wrong_in_measured_work_is_told(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path)
    workdir.create()
    with open_warehouse(workdir):
        pass
    with pytest.raises(SijikuError, match="no mentions to link"):
        measure(link_by_splink, workdir)


def test_ratios_are_of_medians_to_the_units_of_the_same_runs() -> None:
    identity = identity_step()
    runs = [
        [Step(READ_FLOOR, floor, 1), Step(identity, taken, peak), Step(BUILD, 9, 9), Step(SPLINK_ALONE, 10, 2)]
        for floor, taken, peak in ((2, 4, 5), (2, 5, 7), (200, 500, 6))
    ]
    lines = {line.name: line for line in summarise(runs, identity)}
    assert (lines[identity].to_read_floor, lines[identity].to_splink_alone) == (2.5, 0.5)
    assert lines[identity].peak_bytes == 7
    assert lines[BUILD].to_splink_alone is None
    assert lines[READ_FLOOR].to_read_floor == 1


def test_a_whole_city_is_held_to_what_is_asked_in_units_of_the_same_run() -> None:
    identity, staging, quality = identity_step(), staging_step(), "质量与指标表 Quality and marts"
    cold = [
        Step(READ_FLOOR, 2, 1),
        Step(staging, 30, 1),
        Step("identity: linking, rules", 6, 10**9, identity),
        Step("identity: clustering", 2, 2 * 10**9, identity),
        Step(CLUSTERED, 3, 5 * 10**9, identity),
        Step(identity, 12, 5 * 10**9),
        Step("library/dim_person", 5, 3 * 10**9, "综合信息库 Library"),
        Step("marts/mart_flow", 3, 7 * 10**9, quality),
        Step("quality/finding", 9, 6 * 10**9, quality),
        Step(BUILD, 60, 9 * 10**9),
    ]
    units = [Step(SPLINK_ALONE, 10, 4 * 10**9), Step(SERVE, 9, 1), Step(BARE_COPY, 3, 1)]
    asked = [
        Step(f"{way}{name}", took, 1, ASK)
        for name, both in {"flow_by_region": (0.004, 0.008), "permit_use": (0.003, 0.002)}.items()
        for way, took in zip((SAVED, BY_HAND), both, strict=True)
    ]
    day = [Step(f"{NEXT_DAY}{name}", took, 1) for name, took in ((staging, 4), (identity, 2), (BUILD, 24))]
    lines = summarise([[*cold, *units, *asked, Step(ASK, 1, 1), *day]], identity)
    demands = held_to(lines)
    assert [(demand.value, demand.unit) for demand in demands] == [
        (0.8, "× Splink alone"),  # until clusters
        (0.5, "× Splink alone"),
        (1.2, "× Splink alone"),  # all of identity
        (4, "× read floor"),  # library and marts
        (7, "GB"),
        (4.5, "× read floor"),  # quality
        (6, "GB"),
        (pytest.approx(1.5), "× by hand"),  # the slowest
        (3, "× bare COPY"),
        (pytest.approx(6 / 42), "× cold"),
        (0.4, "× cold"),
    ]
    assert next(demand.name for demand in demands if demand.unit == "× by hand").endswith("permit_use")
    assert not [line.name for line in lines if ASK in (line.name, line.part_of) and line.share_of_build is not None]
    assert held_to(summarise([cold], identity)) == [], "nothing to hold identity to"
