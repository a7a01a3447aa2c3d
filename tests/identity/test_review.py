"""The queue of doubtful links goes out as a workbook and comes back as decisions: real workbooks, a library by hand."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from identity.review import Imported, Standing, contradictions, enter, read_lines, standing, waiting
from identity.workbook import CHOICES, DECISION, KEY_A, KEY_B, NOTE, WHO, export
from orchestration.cli import app
from sources.errors import UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.identity.test_decisions import decide
from tests.identity.test_kept import change
from tests.identity.test_pipeline import NUMBER, Town, mention, people

CORRECTED = "150202198001010039"
# Two bearers whose numbers are a slip apart.
BORN = {"birth_date": date(1980, 1, 1), "sex": "1"}
ROWS = [
    mention("a", "王伟", NUMBER, phone="13900001111", division_code="150202001001", _file="a.csv", _row=2, **BORN),
    mention("b", "王伟", CORRECTED, phone="15800002222", division_code="150202001002", _file="b.csv", _row=3, **BORN),
    *(mention(key, "王伟", CORRECTED, phone=f"13{key}") for key in "cd"),
]
Cells = dict[str, str]


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    made = Town(found())
    made.see(*ROWS)
    with open_warehouse(made.workdir) as connection:
        connection.execute(
            "CREATE SCHEMA library; CREATE TABLE library.dim_division AS "
            "SELECT * FROM (VALUES ('150202000000', '东河区', 'district', false, DATE '1983-01-01'), "
            "('150202001000', '和平路街道', 'township', false, DATE '1983-01-01'), "
            "('150202001001', '第一社区', 'community', false, DATE '1983-01-01'), "
            "('150202001002', '第二社区', 'community', false, DATE '1983-01-01')) "
            "AS t (division_code, name, level, is_unallocated, valid_from)"
        )
    return made


@contextmanager
def library(town: Town) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(town.workdir, read_only=True) as connection:
        yield connection


def exported(town: Town, file: Path, limit: int = 10) -> list[Cells]:
    """Export the queue; returns the rows by header."""
    with library(town) as connection:
        export(connection, [(*one, *other) for one, other in standing(town.workdir)], file, limit=limit)
    return cells(file)


def cells(file: Path) -> list[Cells]:
    head, *rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, head), map(str, row), strict=True)) for row in rows]


def filled(file: Path, *rows: Cells) -> Path:
    """A workbook with these rows, as Excel would save it."""
    headers = list(dict.fromkeys(header for row in rows for header in row)) or [DECISION, WHO, NOTE, KEY_A, KEY_B]
    with xlsxwriter.Workbook(str(file)) as book:
        book.add_worksheet("说明 Help").write(0, 0, "How to")
        sheet = book.add_worksheet("复核 Review")
        for number, row in enumerate([{header: header for header in headers}, *rows]):
            for column, header in enumerate(headers):
                sheet.write(number, column, row.get(header, ""))
    return file


def line(one: str, other: str, decision: str, by: str = "信息中心", note: str = "") -> Cells:
    keys = [f"{mention(key)['record_ref']}|resident" for key in (one, other)]
    return {DECISION: decision, WHO: by, NOTE: note, KEY_A: keys[0], KEY_B: keys[1]}


def entered(town: Town, file: Path, by: str = "") -> Imported:
    with library(town) as connection:
        return enter(connection, town.workdir, file, by)


def decided(town: Town) -> set[tuple[str, str, str]]:
    """Standing decisions by record keys."""
    keys = dict(town.query("SELECT record_ref, record_key FROM identity.person_xref"))
    return {
        (*sorted((str(keys[one[0]]), str(keys[other[0]]))), said.decision)  # type: ignore[misc]
        for (one, other), said in standing(town.workdir).items()
    }


# ---- the queue


def test_numbers_a_slip_apart_under_one_name_are_asked_about(town: Town) -> None:
    assert town.query("SELECT kind, probability, least(mentions_l, mentions_r), gain FROM identity.review_pair") == [
        ("corrected_number", 0.5, 1, 1.0)
    ]
    assert town.reports[-1].review == 1


def test_who_is_likely_but_not_surely_somebody_is_asked_about_once_and_unsure_ends_it(
    found: Callable[[], Workdir],
) -> None:
    town = Town(found())
    rows = [
        *(mention(f"p{n}", f"人{n}", f"1502021980010100{n}", phone=str(n)) for n in range(10, 60)),
        mention("a", "王伟", NUMBER, **BORN),
        *(mention(key, "王伟", birth_date=date(1980, 1, 7), sex="1") for key in "bc"),
    ]
    town.see(*rows)
    pairs = town.query("SELECT kind, probability, mentions_l + mentions_r FROM identity.review_pair")
    assert [(kind, mentions) for kind, _, mentions in pairs] == [("below_threshold", 3)]
    assert 0.5 < float(str(pairs[0][1])) < 0.8
    shown = town.query(
        "SELECT record_key FROM identity.person_xref SEMI JOIN identity.review_mention USING (record_ref)"
    )
    assert set(shown) == {("a",), ("b",)}
    decide(town.workdir, "unsure", (rows[-3], rows[-2]))
    assert change(town, rows, rows).review == 0


# ---- out


def test_the_workbook_shows_a_pair_side_by_side_for_its_owner_only(town: Town, tmp_path: Path) -> None:
    (row,) = exported(town, file := tmp_path / "review.xlsx")
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["review.xlsx"]
    assert {row["甲 姓名 A name"], row["乙 姓名 B name"]} == {"王伟"}
    assert {row["甲 证件号 A number"], row["乙 证件号 B number"]} == {NUMBER, CORRECTED}
    assert "东河区 和平路街道 第一社区" in {row["甲 社区 A community"], row["乙 社区 B community"]}
    assert "a.csv : 2" in {row["甲 文件与行 A file and row"], row["乙 文件与行 B file and row"]}
    assert "公安局" in row["甲 来源 A dataset"]
    assert "相同：姓名、性别、出生日期；相近：证件号、社区；不同：电话" in row["证据 evidence"]
    assert "Same: name, sex, birth date; similar: number, community; different: phone" in row["证据 evidence"]
    assert row[DECISION] == ""
    with zipfile.ZipFile(file) as archive:
        sheet, styles = (archive.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert all(choice in sheet for choice in CHOICES.values()), "the drop-down"
    assert 'hidden="1"' in sheet
    assert "sheetProtection" in sheet
    assert "FFC7CE" in styles
    assert len(CalamineWorkbook.from_path(str(file)).sheet_names) == 2


def test_text_that_looks_like_a_formula_stays_text(found: Callable[[], Workdir], tmp_path: Path) -> None:
    town = Town(found())
    town.see(*({**row, "employer": "=1+1"} for row in ROWS))
    with open_warehouse(town.workdir) as connection:
        connection.execute(
            "CREATE SCHEMA library; CREATE TABLE library.dim_division (division_code VARCHAR, name VARCHAR, "
            "level VARCHAR, is_unallocated BOOLEAN, valid_from DATE)"
        )
    (row,) = exported(town, tmp_path / "review.xlsx")
    assert row["甲 单位 A employer"] == "=1+1"


def test_what_is_decided_is_not_asked_again(town: Town, tmp_path: Path) -> None:
    (row,) = exported(town, tmp_path / "review.xlsx")
    file = filled(tmp_path / "filled.xlsx", {**row, DECISION: "不确定 unsure", WHO: "信息中心"})
    assert entered(town, file).entered == 1
    assert exported(town, tmp_path / "again.xlsx") == []
    with library(town) as connection:
        assert waiting(connection, standing(town.workdir)) == {}
    town.see(*ROWS)
    assert town.reports[-1].review == 0


# ---- and back


def test_decisions_are_kept_with_who_when_and_how_likely_it_was_and_hold_in_the_next_build(
    town: Town, tmp_path: Path
) -> None:
    (row,) = exported(town, tmp_path / "review.xlsx")
    file = filled(tmp_path / "filled.xlsx", {**row, DECISION: CHOICES["same"], WHO: "信息中心", NOTE: "已查档案"})
    assert entered(town, file) == Imported(entered=1)
    assert people(town.see(*ROWS)) == {frozenset("abcd")}
    told = town.query(
        'SELECT "by", decision, note, probability, is_applied, length(file_sha256), age("at") < INTERVAL 1 DAY '
        "FROM identity.decision"
    )
    assert told == [("信息中心", "same", "已查档案", 0.5, True, 64, True)]


def test_the_same_workbook_again_enters_nothing_even_after_another_has_changed_it(town: Town, tmp_path: Path) -> None:
    first = filled(tmp_path / "first.xlsx", line("a", "b", "同一人"), line("a", "c", "same"))
    second = filled(tmp_path / "second.xlsx", line("b", "a", "不确定", "户政科"))
    assert entered(town, first).entered == 2
    assert entered(town, first) == Imported(repeated=2)
    assert entered(town, second).entered == 1
    assert entered(town, first) == Imported(repeated=2)
    assert decided(town) == {("a", "b", "unsure"), ("a", "c", "same")}


def test_a_later_decision_replaces_an_earlier_one_and_both_are_kept(town: Town, tmp_path: Path) -> None:
    entered(town, filled(tmp_path / "first.xlsx", line("a", "b", "same")))
    entered(town, filled(tmp_path / "second.xlsx", line("a", "b", "different", "户政科")))
    assert decided(town) == {("a", "b", "different")}
    town.see(*ROWS)
    assert set(town.query('SELECT "by", decision, is_standing, is_applied FROM identity.decision')) == {
        ("信息中心", "same", False, False),
        ("户政科", "different", True, True),
    }


def test_each_wrong_line_is_named_with_its_remedy_and_the_others_are_entered(town: Town, tmp_path: Path) -> None:
    file = filled(
        tmp_path / "filled.xlsx",
        line("a", "b", "也许"),
        line("a", "b", "same", by=""),
        line("a", "nobody", "same"),
        line("a", "a", "same"),
        line("a", "c", "same"),
        line("c", "a", "不同人 different"),
        line("c", "d", "", note="later"),
        line("c", "d", "same"),
    )
    done = entered(town, file)
    assert (done.entered, done.empty) == (1, 1)
    assert decided(town) == {("c", "d", "same")}
    for row, words in {
        2: "同一人 same, 不同人 different",
        3: "--by",
        4: "No such record",
        5: "one record",
        6: "rows 6、7",
        7: "rows 6、7",
    }.items():
        assert [refusal.row for refusal in done.refused].count(row) == 1
        assert words in next(refusal.why for refusal in done.refused if refusal.row == row)
    assert "王伟" not in str(done.refused)


def test_who_decided_may_be_said_once_for_all(town: Town, tmp_path: Path) -> None:
    file = filled(tmp_path / "filled.xlsx", line("a", "b", "same", by=""), line("a", "c", "same", by="户政科"))
    assert entered(town, file, by="信息中心").entered == 2
    assert {said.by for said in standing(town.workdir).values()} == {"信息中心", "户政科"}


def test_contradictions_within_a_workbook_are_refused_with_the_chain(town: Town, tmp_path: Path) -> None:
    file = filled(
        tmp_path / "filled.xlsx",
        line("a", "b", "same"),
        line("b", "c", "same"),
        line("c", "a", "different"),
        line("c", "d", "different"),
    )
    done = entered(town, file)
    assert [refusal.row for refusal in done.refused] == [2, 3, 4]
    for row in (2, 3, 4):
        assert f"第{row}行" in done.refused[0].why
    assert decided(town) == {("c", "d", "different")}


@pytest.mark.parametrize("last", ["same", "different"])
def test_contradictions_to_earlier_decisions_are_refused_and_these_stay(town: Town, tmp_path: Path, last: str) -> None:
    earlier = [line("a", "b", "same"), line("b", "c", "different" if last == "same" else "same", by="户政科")]
    entered(town, filled(tmp_path / "first.xlsx", *earlier))
    stood = decided(town)
    done = entered(town, filled(tmp_path / "second.xlsx", line("a", "c", last), line("c", "d", "same")))
    assert [refusal.row for refusal in done.refused] == [2]
    assert "户政科" in done.refused[0].why
    assert done.entered == 1
    assert decided(town) == {*stood, ("c", "d", "same")}


def test_a_decision_may_be_turned_where_nothing_else_speaks_against_it(town: Town, tmp_path: Path) -> None:
    entered(town, filled(tmp_path / "1.xlsx", line("a", "b", "same"), line("b", "c", "same")))
    turned = filled(tmp_path / "2.xlsx", line("b", "c", "different"), line("a", "c", "different"))
    assert entered(town, turned) == Imported(entered=2)


def test_two_contradictions_leave_what_is_in_neither() -> None:
    def pair(one: str, other: str) -> tuple[tuple[str, str], tuple[str, str]]:
        return (one, "r"), (other, "r")

    said = {
        pair("a", "b"): Standing("same", "x", row=2),
        pair("b", "c"): Standing("same", "x", row=3),
        pair("a", "c"): Standing("different", "x", row=4),
        pair("d", "e"): Standing("same", "x", row=5),
        pair("e", "f"): Standing("same", "x", row=6),
        pair("d", "f"): Standing("different", "x", row=7),
        pair("g", "h"): Standing("same", "x", row=8),
        pair("a", "h"): Standing("different", "x", row=9),
    }
    assert [refusal.row for refusal in contradictions({}, said)] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("wrong", ["missing", "text", "columns"])
def test_what_is_no_review_workbook_is_refused_whole(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "review.xlsx"
    if wrong == "text":
        file.write_text("决定", encoding="utf-8")
    elif wrong == "columns":
        filled(file, {DECISION: "same", WHO: "信息中心"})
    with pytest.raises(UsageError, match="review"):
        read_lines(file)


def test_a_library_of_an_earlier_version_says_that_it_must_be_built_again(town: Town, tmp_path: Path) -> None:
    with open_warehouse(town.workdir) as connection:
        connection.execute("DROP TABLE identity.review_pair")
    with pytest.raises(UsageError, match="sijiku build"):
        exported(town, tmp_path / "review.xlsx")
    with pytest.raises(UsageError, match="sijiku build"):
        entered(town, filled(tmp_path / "filled.xlsx", line("a", "b", "same")))


# ---- the command


def test_the_command_takes_a_queue_out_and_back(town: Town, tmp_path: Path) -> None:
    folder = town.workdir.published / "b1" / "restricted"
    folder.mkdir(parents=True)
    shutil.copy(town.workdir.warehouse, folder / "sijiku.duckdb")
    town.workdir.current.symlink_to("b1")
    where = ["--workdir", str(town.workdir.path)]
    run = CliRunner().invoke
    out = run(app, ["review", "export", *where, "--out", str(tmp_path / "review.xlsx"), "--only", "corrected_number"])
    assert (out.exit_code, "pairs written: 1" in " ".join(out.output.split())) == (0, True)
    (row,) = cells(tmp_path / "review.xlsx")
    file = filled(tmp_path / "f.xlsx", {**row, DECISION: "same", WHO: "信息中心"}, line("a", "nobody", "same"))
    back = run(app, ["review", "import", *where, str(file)])
    assert back.exit_code == 1, "a line was refused"
    assert "entered: 1" in back.output
    status = run(app, ["review", "status", *where])
    assert status.exit_code == 0
    assert "信息中心" in status.output
    assert run(app, ["review", "export", *where, "--out", str(tmp_path / "review.xlsx")]).exit_code == 0
    assert cells(tmp_path / "review.xlsx") == []
