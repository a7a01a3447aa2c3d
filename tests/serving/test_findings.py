"""A bureau gets its findings as a workbook and answers in it; each line is entered, or refused by sheet and row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from typer.testing import CliRunner

from orchestration.cli import app
from serving.findings import ANSWER, BY, KEY, REASON, UNTIL, Exported, export, take_back
from serving.library import open_published
from serving.publish import Published
from sources.errors import UsageError
from sources.readers.workbook import read_sheets
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Publish = Callable[..., Published]
Row = dict[str, str | None]

# f1 of the fixture has no bureau there. Two rules have the same name, with what Excel forbids in it.
FINDINGS = """
UPDATE library.dim_division SET is_unallocated = false;
UPDATE quality.finding SET bureau = 'psb', division_code = '150202000000';
UPDATE quality.rule SET severity = 'error', dimension = '完整性', disclose_to = 'bureau',
  reason = 'who has none is linked to nobody', source = 'GB 11643';
INSERT INTO quality.rule BY NAME
  SELECT 'born_after' AS rule_id, 1 AS version, '先接种/后出生？' AS name_zh, 'Vaccinated before birth' AS name_en,
         'warn' AS severity, '准确性' AS dimension, 'bureau and area centre' AS disclose_to
  UNION ALL SELECT 'dose_early', 1, '先接种/后出生？', 'Too early', 'error', '准确性', 'bureau and area centre'
  UNION ALL SELECT 'counterpart_missing', 1, '应有记录缺失', 'A record is missing', 'error', '完整性',
                   'health; police in totals only';
INSERT INTO quality.finding BY NAME
  SELECT 'h' || i AS finding_id, 'born_after' AS rule_id, 'hfpc.immunization' AS dataset, 'hfpc' AS bureau,
         'v.csv' AS file, i AS row, '=接种早于出生' AS detail_zh, 'vaccinated before birth' AS detail_en,
         'b1' AS first_build, CASE i WHEN 2 THEN 'waived' WHEN 3 THEN 'fixed' ELSE 'open' END AS state
  FROM range(1, 5) AS r(i)
  UNION ALL SELECT 'h9', 'dose_early', 'hfpc.immunization', 'hfpc', 'v.csv', 9, '间隔不足', 'too early', 'b1', 'open'
  UNION ALL SELECT 'p' || i, 'counterpart_missing', 'psb.household_register', 'psb', NULL, NULL,
                   '已有死亡医学证明', 'there is a death certificate', 'b1', 'open' FROM range(3) AS r(i);
"""


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    publish_build("b1", FINDINGS)
    return workdir


def write(library: Workdir, bureau: str, file: Path, **options: object) -> Exported:
    with open_published(library, "analysis") as connection:
        return export(connection, bureau, file, **options)  # type: ignore[arg-type]


def rows(file: Path, sheet: str) -> list[Row]:
    headers, *cells = read_sheets(file)[sheet]
    return [dict(zip(map(str, headers), row, strict=True)) for row in cells]


def answered(file: Path, sheets: dict[str, list[Row]]) -> Path:
    """A workbook with these sheets, as one that was filled in."""
    with xlsxwriter.Workbook(str(file)) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            headers = list(dict.fromkeys(header for line in lines for header in line))
            sheet.write_row(0, 0, headers)
            for number, line in enumerate(lines, start=1):
                sheet.write_row(number, 0, [line.get(header) or "" for header in headers])
    return file


def line(finding: str, answer: str = "", by: str = "", reason: str = "", until: str = "") -> Row:
    return {ANSWER: answer, BY: by, REASON: reason, UNTIL: until, KEY: finding}


def said(library: Workdir) -> list[tuple[object, ...]]:
    with open_engine(library) as engine:
        return engine.execute(
            'SELECT finding_id, kind, "by", reason, CAST(until_on AS VARCHAR) '
            f"FROM ({State(library.state).select('case')}) ORDER BY ALL"
        ).fetchall()


def test_a_bureau_gets_its_own_open_findings_a_sheet_a_rule_the_gravest_first(library: Workdir, tmp_path: Path) -> None:
    file = tmp_path / "hfpc.xlsx"
    assert write(library, "hfpc", file) == Exported(written=4, sheets=2, left=0, withheld=0)
    assert list(read_sheets(file)) == ["目录 Contents", "先接种 后出生？", "先接种 后出生？ 2"]
    *_, gravest, other = read_sheets(file)
    assert [row[KEY] for row in rows(file, gravest)] == ["h9"]
    assert [(row[KEY], row["状态 state"]) for row in rows(file, other)] == [
        ("h1", "待整改 open"),
        ("h4", "待整改 open"),
        ("h3", "已整改 fixed"),
    ]
    assert rows(file, other)[0]["问题 what is wrong"] == "=接种早于出生", "text is no formula"
    assert (rows(file, other)[0]["文件 file"], rows(file, other)[0]["行 row"]) == ("v.csv", "1")
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_it_is_and_what_it_is_held_to_stand_beside_what_is_wrong(library: Workdir, tmp_path: Path) -> None:
    write(library, "psb", tmp_path / "psb.xlsx")
    (row,) = rows(tmp_path / "psb.xlsx", "无身份号码")
    assert row["区划 division"] == "东河区"
    assert row["应依据 what it is held to"] == "GB 11643\nwho has none is linked to nobody"
    assert row["首次发现 first seen"] == "2014-10-31"


def test_the_police_get_totals_of_what_rests_on_others_evidence(library: Workdir, tmp_path: Path) -> None:
    file = tmp_path / "psb.xlsx"
    assert write(library, "psb", file).withheld == 3
    texts = [cell for sheet in read_sheets(file).values() for row in sheet for cell in row if cell]
    assert "应有记录缺失" in texts
    assert "仅总数 totals only" in texts
    assert not [text for text in texts if text in ("p0", "p1", "p2") or "死亡" in text]


def test_a_sheet_ends_at_its_limit_and_says_how_many_are_left(library: Workdir, tmp_path: Path) -> None:
    done = write(library, "hfpc", tmp_path / "f.xlsx", rules=["born_after"], states=["open", "waived"], limit=2)
    assert done == Exported(written=2, sheets=1, left=1, withheld=0)


@pytest.mark.parametrize(
    ("bureau", "options", "problem"),
    [("none", {}, "no bureau 'none'"), ("psb", {"rules": ["no_rule"]}, "There is no such rule")],
)
def test_who_or_what_is_not_there_is_named(
    library: Workdir, tmp_path: Path, bureau: str, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        write(library, bureau, tmp_path / "f.xlsx", **options)
    assert not list(tmp_path.glob("*.xlsx"))


def test_answers_are_entered_and_wrong_lines_refused_by_sheet_and_row(library: Workdir, tmp_path: Path) -> None:
    file = answered(
        tmp_path / "f.xlsx",
        {
            "目录": [{"规则": "x"}],
            "甲 规则": [
                line("h1", "已整改", "卫生信息中心"),
                line("h4", "waived", "hfpc-01", "原始档案已焚毁", "2015-06-30"),
                line("h3"),
            ],
            "乙": [line("h9", "改好了", "hfpc-01"), line("h1", "fixed", "hfpc-01"), line("f1", "fixed", "密甲")],
        },
    )
    done, empty = take_back(library, file)
    assert (done.entered, done.repeated, empty) == (2, 0, 1)
    assert [(refusal.line.sheet, refusal.line.line) for refusal in done.refused] == [("乙", 2), ("乙", 3), ("乙", 4)]
    unknown, double, named = (refusal.why for refusal in done.refused)
    assert "Unknown kind" in unknown
    assert "The same finding as sheet 甲 规则, row 2" in double
    assert "no person's name" in named
    assert said(library) == [
        ("h1", "fixed", "卫生信息中心", None, None),
        ("h4", "waived", "hfpc-01", "原始档案已焚毁", "2015-06-30"),
    ]


def test_the_same_workbook_again_enters_nothing(library: Workdir, tmp_path: Path) -> None:
    file = answered(tmp_path / "f.xlsx", {"甲": [line("h1", "已整改 fixed"), line("h9", "acknowledged", "hfpc-01")]})
    assert take_back(library, file, "hfpc-02")[0].entered == 2
    again, _ = take_back(library, file, "hfpc-02")
    assert (again.entered, again.repeated, again.refused) == (0, 2, [])
    changed = answered(file, {"甲": [line("h1", "acknowledged", "hfpc-02")]})
    assert take_back(library, changed)[0].entered == 1
    assert len(said(library)) == 3


@pytest.mark.parametrize("sheets", [{"目录": [{"规则": "x"}]}, {"甲": [{KEY: "h1", ANSWER: "fixed"}]}])
def test_what_is_no_workbook_of_findings_is_refused_whole(
    library: Workdir, tmp_path: Path, sheets: dict[str, list[Row]]
) -> None:
    with pytest.raises(UsageError, match=r"was not written by|lacks columns"):
        take_back(library, answered(tmp_path / "f.xlsx", sheets))
    text = tmp_path / "text.xlsx"
    text.write_text("finding_id", encoding="utf-8")
    with pytest.raises(UsageError, match="findings export"):
        take_back(library, text)
    with pytest.raises(UsageError, match="There is no file"):
        take_back(library, tmp_path / "none.xlsx")


def test_the_command_takes_findings_out_and_back(library: Workdir, tmp_path: Path) -> None:
    run, where = CliRunner().invoke, ["--workdir", str(library.path)]
    file = tmp_path / "hfpc.xlsx"
    out = run(app, ["findings", "export", "--bureau", "hfpc", "--out", str(file), *where])
    assert (out.exit_code, "written: 4" in " ".join(out.output.split())) == (0, True)
    *_, gravest, other = read_sheets(file)
    filled = {name: rows(file, name) for name in (gravest, other)}
    filled[gravest][0] |= line("h9", "已整改 fixed", "hfpc-01")
    filled[other][0][ANSWER] = "waived"
    back = run(app, ["findings", "import", str(answered(file, filled)), *where])
    assert back.exit_code == 1, "a waiver without reason was refused"
    assert "entered: 1" in back.output
    wrong = run(app, ["findings", "export", "--bureau", "hfpc", "--out", str(tmp_path / "f.txt"), *where])
    assert isinstance(wrong.exception, UsageError)


def test_the_workbook_is_written_from_the_part_without_persons(library: Workdir, tmp_path: Path) -> None:
    folder = library.published / "b1"
    with duckdb.connect(str(folder / "analysis" / "sijiku.duckdb"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert "dim_person" not in tables
    assert write(library, "psb", tmp_path / "psb.xlsx").written == 1
