"""A sample of a rule's findings is drawn by a seed, held to paper, and says how often the rule is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from orchestration.cli import app
from serving.library import open_published
from serving.publish import Published
from serving.samples import BY, KEY, NOTE, RESULT, SAMPLE, Drawn, draw, rates, take_back
from sources.errors import UsageError
from sources.readers.workbook import read_sheets
from sources.workdir import Workdir

Publish = Callable[..., Published]
FINDINGS = """
INSERT INTO quality.finding BY NAME SELECT 'g' || i AS finding_id, 'id_missing' AS rule_id,
  'hfpc.immunization' AS dataset, 'v.csv' AS file, i AS row, '号码为空' AS detail_zh, 'b1' AS first_build,
  'open' AS state FROM range(1, 200) AS r(i)
"""


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    """200 open findings of id_missing, and one that is gone."""
    publish_build("b1", FINDINGS)
    return workdir


def drawn(library: Workdir, file: Path, size: int = 50, seed: int = 1, rule: str = "id_missing") -> Drawn:
    with open_published(library, "analysis") as connection:
        return draw(connection, rule, size, seed, file)


def lines(file: Path) -> list[dict[str, str]]:
    ((headers, *rows),) = read_sheets(file).values()
    return [{str(header): cell or "" for header, cell in zip(headers, row, strict=True)} for row in rows]


def filled(file: Path, rows: list[dict[str, str]]) -> Path:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("核对")
        sheet.write_row(0, 0, list(rows[0]))
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, list(row.values()))
    return file


def test_the_same_seed_draws_the_same_findings_and_another_others(library: Workdir, tmp_path: Path) -> None:
    one = drawn(library, tmp_path / "one.xlsx")
    assert (one.size, one.findings) == (50, 200)
    assert drawn(library, tmp_path / "again.xlsx") == one
    drawn(library, tmp_path / "other.xlsx", seed=2)
    keys = {name: {line[KEY] for line in lines(tmp_path / f"{name}.xlsx")} for name in ("one", "again", "other")}
    assert keys["one"] == keys["again"]
    assert 0 < len(keys["one"] & keys["other"]) < 50
    assert "f0" not in keys["one"] | keys["other"], "what is gone cannot be checked"
    assert drawn(library, tmp_path / "all.xlsx", size=1000).size == 200


def test_a_rule_that_is_unknown_or_has_nothing_open_is_named(library: Workdir, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rule 'none'"):
        drawn(library, tmp_path / "f.xlsx", rule="none")


def test_the_rate_of_false_alarms_has_wilsons_interval_and_leaves_out_what_nobody_could_check(
    library: Workdir, tmp_path: Path
) -> None:
    drawn(library, tmp_path / "f.xlsx")
    rows = lines(tmp_path / "f.xlsx")
    for number, row in enumerate(rows):
        row[RESULT] = "不属实 false" if number < 2 else "无法核对" if number < 10 else "true"
    entered, refused = take_back(library, filled(tmp_path / "done.xlsx", rows), "审计局")
    assert (entered, refused) == (50, [])
    (rate,) = rates(library)
    assert (rate.rule_id, rate.findings, rate.checked, rate.wrong, rate.unclear) == ("id_missing", 200, 42, 2, 8)
    # Worked by hand from Wilson's formula: 2 of 42, z = 1.96.
    assert (rate.rate, rate.low, rate.high) == pytest.approx((0.0476, 0.0132, 0.1579), abs=1e-4)
    assert take_back(library, tmp_path / "done.xlsx", "审计局")[0] == 0, "the same sheet again enters nothing"


def test_a_later_result_about_a_finding_replaces_the_earlier(library: Workdir, tmp_path: Path) -> None:
    drawn(library, tmp_path / "f.xlsx", size=1)
    (row,) = lines(tmp_path / "f.xlsx")
    for result in ("false", "true"):
        take_back(library, filled(tmp_path / "done.xlsx", [{**row, RESULT: result, BY: "审计局"}]))
    (rate,) = rates(library)
    assert (rate.checked, rate.wrong) == (1, 0)


def test_wrong_lines_are_refused_by_row_and_the_others_entered(library: Workdir, tmp_path: Path) -> None:
    drawn(library, tmp_path / "f.xlsx", size=5)
    rows = lines(tmp_path / "f.xlsx")
    for row in rows:
        row |= {RESULT: "true", BY: "审计局"}
    rows[0][RESULT] = "也许"
    rows[1][BY] = "密甲"
    rows[2][NOTE] = "电话13900002222"
    rows[3][SAMPLE] = "x"
    entered, refused = take_back(library, filled(tmp_path / "done.xlsx", rows))
    assert (entered, [row for row, _ in refused]) == (1, [2, 3, 4, 5])
    with pytest.raises(UsageError, match="was not written by sijiku audit sample"):
        take_back(library, filled(tmp_path / "none.xlsx", [{"甲": "乙"}]))


def test_the_command_draws_takes_back_and_shows_the_rate(library: Workdir, tmp_path: Path) -> None:
    run, where = CliRunner().invoke, ["--workdir", str(library.path)]
    file = str(tmp_path / "f.xlsx")
    assert run(app, ["audit", "sample", "--rule", "id_missing", "--size", "4", "--out", file, *where]).exit_code == 0
    rows = [{**row, RESULT: "true"} for row in lines(tmp_path / "f.xlsx")]
    back = run(app, ["audit", "results", str(filled(tmp_path / "d.xlsx", rows)), "--by", "审计局", *where])
    assert (back.exit_code, "0.0%" in back.output) == (0, True)
    assert run(app, ["audit", "results", str(tmp_path / "d.xlsx"), *where]).exit_code == 1, "nobody checked"
