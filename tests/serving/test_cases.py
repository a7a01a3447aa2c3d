"""What people do about findings is entered whole or not at all, and what is wrong is named by line with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from serving.cases import CaseLine, enter, read_lines
from serving.publish import Published
from sources.errors import SijikuError, UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Publish = Callable[..., Published]
FINDINGS = "INSERT INTO quality.finding BY NAME SELECT 'f2' AS finding_id, 'id_missing' AS rule_id, 'open' AS state;"


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    """A published library as of 2014-10-31 with the findings f1 and f2, open, and f0, gone."""
    publish_build("b1", FINDINGS)
    return workdir


def entered(workdir: Workdir) -> list[tuple[object, ...]]:
    query = State(workdir.state).select("case")
    with open_engine(workdir) as connection:
        # paths in state are relative to the workdir
        return connection.execute(
            f'SELECT finding_id, kind, state, "by", reason, until_on FROM ({query}) ORDER BY finding_id, kind'
        ).fetchall()


def written(tmp_path: Path, *lines: str, header: str = "finding_id,kind,by,reason,until_on") -> Path:
    file = tmp_path / "cases.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8-sig")
    return file


def test_lines_of_a_file_are_entered_with_the_state_that_follows(library: Workdir, tmp_path: Path) -> None:
    file = written(tmp_path, "f1,waived,信息中心,原始档案已焚毁,2015-06-30", "", "f2,reopened,psb-01,,")
    assert enter(library, read_lines(file)) == 2
    assert entered(library) == [
        ("f1", "waived", "waived", "信息中心", "原始档案已焚毁", date(2015, 6, 30)),
        ("f2", "reopened", "open", "psb-01", None, None),
    ]


def test_what_is_entered_later_stands_beside_what_was_entered_before(library: Workdir) -> None:
    assert enter(library, [CaseLine(1, "f1", "acknowledged", "户政科")]) == 1
    assert enter(library, [CaseLine(1, "f1", "fixed", "户政科", "已改")]) == 1
    assert [row[1] for row in entered(library)] == ["acknowledged", "fixed"]


def test_a_new_case_is_a_reason_to_build_again(library: Workdir) -> None:
    before = State(library.state).authored_hash()
    enter(library, [CaseLine(1, "f1", "acknowledged", "户政科")])
    assert State(library.state).authored_hash() != before


WRONG = {
    "No such finding": CaseLine(7, "f9", "fixed", "户政科"),
    "The finding is gone already": CaseLine(7, "f0", "fixed", "户政科"),
    "Unknown kind": CaseLine(7, "f2", "closed", "户政科"),
    "by is empty": CaseLine(7, "f2", "fixed", ""),
    "no person's name": CaseLine(7, "f2", "fixed", "密甲"),
    "A waiver needs a reason": CaseLine(7, "f2", "waived", "户政科", "", "2015-01-01"),
    "A waiver needs its last day": CaseLine(7, "f2", "waived", "户政科", "已焚毁"),
    "as 2015-06-30": CaseLine(7, "f2", "waived", "户政科", "已焚毁", "明年"),
    "lies before the library's date 2014-10-31": CaseLine(7, "f2", "waived", "户政科", "已焚毁", "2014-10-30"),
    "Only a waiver has until_on": CaseLine(7, "f2", "fixed", "户政科", "", "2015-01-01"),
    "No names, ID or phone numbers": CaseLine(7, "f2", "fixed", "户政科", "电话13900002222"),
    "No names, ID": CaseLine(7, "f2", "fixed", "户政科", "密乙"),
    "The same finding as line 1": CaseLine(7, "f1", "fixed", "户政科"),
}


@pytest.mark.parametrize("problem", WRONG)
def test_one_wrong_line_is_named_and_nothing_is_entered(library: Workdir, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        enter(library, [CaseLine(1, "f1", "fixed", "户政科"), WRONG[problem]])
    assert "第7行 line 7: " in caught.value.problem
    assert problem in caught.value.problem
    assert "第1行 line 1:" not in caught.value.problem
    assert entered(library) == []


def test_every_wrong_line_is_named_at_once_and_many_are_counted(library: Workdir) -> None:
    lines = [CaseLine(number, f"x{number}", "fixed", "户政科") for number in range(2, 32)]
    with pytest.raises(UsageError, match="10 more") as caught:
        enter(library, lines)
    assert [f"line {number}:" in caught.value.problem for number in (2, 21, 22)] == [True, True, False]


def test_a_file_with_other_columns_is_refused_with_those_it_needs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="finding_id, kind") as caught:
        read_lines(written(tmp_path, "f1,fixed", header="finding_id,kind"))
    assert "finding_id,kind,by,reason,until_on" in caught.value.remedy


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x00,", b'finding_id,kind,by,reason,until_on\n"f1,fixed'])
def test_what_is_no_csv_in_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cases.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError):
        read_lines(file)


def test_nothing_is_entered_while_a_build_runs(library: Workdir) -> None:
    with library.lock(), pytest.raises(SijikuError, match="Another build is running"):
        enter(library, [CaseLine(1, "f1", "fixed", "户政科")])


def test_without_a_library_there_are_no_findings_to_speak_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        enter(Workdir(tmp_path / "none"), [CaseLine(1, "f1", "fixed", "户政科")])
    assert not (tmp_path / "none").exists()
