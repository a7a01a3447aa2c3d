"""Findings and the auditor's tables go out whole, in every form alike, and to a bureau only what it may see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from typer.testing import CliRunner

from orchestration.cli import app
from serving import export
from serving.export import Form, export_findings, export_tables
from serving.publish import Published
from sources.errors import UsageError
from sources.readers.workbook import read_sheets
from sources.workdir import Workdir

Publish = Callable[..., Published]

FINDINGS = """
UPDATE quality.finding SET bureau = 'psb', person_ref = 'q1';
UPDATE quality.rule SET severity = 'error', disclose_to = 'bureau';
INSERT INTO quality.rule BY NAME SELECT 'counterpart_missing' AS rule_id, 1 AS version, '应有记录缺失' AS name_zh,
  'A record is missing' AS name_en, 'error' AS severity, 'health; police in totals only' AS disclose_to;
INSERT INTO quality.finding BY NAME
  SELECT 'p' || i AS finding_id, 'counterpart_missing' AS rule_id, 'psb.household_register' AS dataset, 'psb' AS bureau,
         '=已有死亡医学证明' AS detail_zh, 'open' AS state FROM range(3) AS r(i)
  UNION ALL SELECT 'h1', 'id_missing', 'hfpc.immunization', 'hfpc', '缺少号码', 'open';
"""
ORDER = ["p0", "p1", "p2", "h1", "f1", "f0"]


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    publish_build("b1", FINDINGS)
    return workdir


def read(file: Path, form: Form) -> list[dict[str, Any]]:
    if form == "json":
        return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    if form == "xlsx":
        ((head, *rows),) = read_sheets(file).values()
        return [dict(zip(head, row, strict=True)) for row in rows]  # type: ignore[arg-type]
    relation = duckdb.sql(f"FROM '{file}'")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def test_all_findings_go_out_in_one_order_those_that_are_gone_too(library: Workdir, tmp_path: Path) -> None:
    for form in export.FORMS:
        file = tmp_path / f"all.{form}"
        done = export_findings(library, file, form)
        assert (done.rows, done.withheld) == (6, 0)
        rows = read(file, form)
        assert [row["finding_id"] for row in rows] == ORDER
        assert rows[0]["detail_zh"] == "=已有死亡医学证明"
        assert {row["severity"] for row in rows} == {"error"}
        assert file.stat().st_mode & 0o777 == 0o600
        first = file.read_bytes()
        export_findings(library, file, form)
        assert file.read_bytes() == first, form


def test_the_police_get_no_finding_that_rests_on_health(library: Workdir, tmp_path: Path) -> None:
    done = export_findings(library, tmp_path / "psb.csv", "csv", bureau="psb", states=("open",))
    assert (done.rows, done.withheld) == (1, 3)
    (row,) = read(tmp_path / "psb.csv", "csv")
    assert row["finding_id"] == "f1"
    # that it is the same person elsewhere is nothing for one bureau
    assert "person_ref" not in row
    everything = export_findings(library, tmp_path / "hfpc.csv", "csv", bureau="hfpc")
    assert (everything.rows, everything.withheld) == (1, 0)


def test_what_does_not_fit_on_a_sheet_goes_on_on_the_next(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx"), {"constant_memory": True}) as book:
        found = duckdb.execute("SELECT i, 'x' || i AS text FROM range(5) AS r(i) ORDER BY i")
        assert export._write_sheets(book, found, "表", most=2) == (5, 3)
    sheets = read_sheets(tmp_path / "book.xlsx")
    assert list(sheets) == ["表", "表 2", "表 3"]
    assert [[row[1] for row in grid] for grid in sheets.values()] == [
        ["text", "x0", "x1"],
        ["text", "x2", "x3"],
        ["text", "x4"],
    ]


def test_every_table_of_the_audit_goes_out_and_is_listed(library: Workdir, tmp_path: Path) -> None:
    for form in export.FORMS:
        folder = tmp_path / form
        written, absent = export_tables(library, folder, form)
        contents = json.loads((folder / "contents.json").read_text(encoding="utf-8"))
        assert (contents["build_id"], contents["as_of"]) == ("b1", "2014-10-31")
        rows = {item.table: item.rows for item in written}
        assert [item["table"] for item in contents["tables"]] == list(rows)
        assert rows["marts.mart_population"] == 4
        assert {"quality.ledger", "quality.result", "quality.rule"} <= set(rows)
        # the hand-made library has no such table, and that is said
        assert "quality.linkage_quality" in absent
        assert all((folder / item.file).stat().st_mode & 0o777 == 0o600 for item in written)
    sheets = read_sheets(tmp_path / "xlsx" / "audit.xlsx")
    assert list(sheets)[:2] == [export.CONTENTS, "建库记录"]
    assert len(sheets["人口"]) == 5


def test_the_command_wants_a_bureau_or_all_and_a_name_that_fits(library: Workdir, tmp_path: Path) -> None:
    def said(*arguments: str) -> int:
        workdir = ["--workdir", str(library.path)]
        result = CliRunner().invoke(app, ["findings", "export", *arguments, *workdir])
        if isinstance(result.exception, UsageError):
            return 2
        return result.exit_code

    assert said("--out", str(tmp_path / "a.csv")) == 2
    assert said("--all", "--bureau", "psb", "--out", str(tmp_path / "a.csv")) == 2
    assert said("--all", "--format", "csv", "--out", str(tmp_path / "a.json")) == 2
    assert said("--bureau", "nobody", "--out", str(tmp_path / "a.csv")) == 2
    assert said("--all", "--out", str(tmp_path / "a.parquet")) == 0
    # what is gone is nothing to answer
    assert said("--bureau", "psb", "--state", "verified", "--out", str(tmp_path / "a.xlsx")) == 2
