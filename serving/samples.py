"""How often a rule is wrong: a sample of its findings is drawn, held to paper files, and its results taken back.

A sample is drawn at random from the findings that are open now, by a seed: the same library and seed give the same
sample. A sheet names source file and row and holds no personal value. The share of false alarms is told with Wilson's
interval (1927), which holds for shares near 0; findings that nobody could check are left out, and counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from statsmodels.stats.proportion import proportion_confint

from serving.cases import is_office, tells_of_somebody
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workbook import Column, new_workbook, read_answers, write_sheet
from sources.workdir import Workdir

RESULT, BY, NOTE, KEY, SAMPLE = "核对结果 result", "由谁 by", "备注 note", "编号 finding_id", "样本 sample"
# What is written in the drop-down, and what it means.
RESULTS = {"true": "属实 true", "false": "不属实 false", "unclear": "无法核对 unclear"}
_WORDS = {word: result for result, label in RESULTS.items() for word in (*label.split(), label)}
_COLUMNS = (
    Column("序号 no.", 6),
    Column(RESULT, 18, is_answer=True, choices=tuple(RESULTS.values())),
    Column(BY, 14, is_answer=True),
    Column(NOTE, 28, is_answer=True),
    Column("数据集 dataset", 26),
    Column("文件 file", 40),
    Column("行 row", 8),
    Column("区划 division", 16),
    Column("问题 what is wrong", 40),
    Column("English", 36),
    Column(KEY, 10, is_hidden=True),
    Column(SAMPLE, 10, is_hidden=True),
)
_OPEN = "state IN ('open', 'acknowledged', 'fixed')"


@dataclass(frozen=True)
class Drawn:
    """`size` of `findings` open ones were drawn, into the sample of that id."""

    sample_id: str
    size: int
    findings: int


@dataclass(frozen=True)
class Rate:
    """How often a rule was wrong: of `checked` findings `wrong` were false alarms, a share of `rate`, between `low` and
    `high` with 95 % confidence; `unclear` could not be checked. `findings`: of the rule, when samples were drawn."""

    rule_id: str
    findings: int
    checked: int
    wrong: int
    unclear: int
    rate: float | None
    low: float | None
    high: float | None


def draw(library: duckdb.DuckDBPyConnection, rule: str, size: int, seed: int, file: Path) -> Drawn:
    """Draw a sample of a rule's open findings into a workbook.

    Raises:
        UsageError: the rule is unknown or has no open findings, or the file cannot be written.
    """
    row = library.execute("SELECT name_zh FROM quality.rule WHERE rule_id = ?", [rule]).fetchone()
    if row is None:
        raise UsageError(
            f"没有规则 {rule}。There is no rule {rule!r}.",
            "See them with: sijiku query --workdir DIR 'SELECT rule_id, name_zh FROM quality.rule'",
        )
    counted = library.execute(
        f"SELECT count(*), (SELECT arg_max(build_id, built_at) FROM meta.build) FROM quality.finding "
        f"WHERE rule_id = ? AND {_OPEN}",
        [rule],
    ).fetchone()
    findings, build = counted or (0, "")
    if not findings:
        raise UsageError(f"规则 {rule} 没有未结问题。Rule {rule} has no open findings.", "Choose another rule.")
    sample_id = hashlib.sha256(f"{build}|{rule}|{size}|{seed}".encode()).hexdigest()[:16]
    drawn = library.execute(
        "WITH drawn AS (SELECT * FROM quality.finding "
        f"WHERE rule_id = ? AND {_OPEN} ORDER BY md5(finding_id || ?), finding_id LIMIT ?) "
        "SELECT dataset, file, row, division_code, detail_zh, detail_en, finding_id FROM drawn "
        "ORDER BY dataset, file NULLS LAST, row NULLS LAST, finding_id",
        [rule, f"|{seed}", size],
    ).fetchall()
    about = f"{sample_id}|{rule}|{findings}"
    with new_workbook(file) as book:
        sheet, _ = write_sheet(book, "核对 Check", _COLUMNS, [(*values, about) for values in drawn])
        sheet.set_header(f"&L{row[0]} {rule}&R{build}")
    return Drawn(sample_id, len(drawn), int(findings))


def take_back(workdir: Workdir, file: Path, by: str = "") -> tuple[int, list[tuple[int, str]]]:
    """Enter the results of a sheet, each line for itself; the same sheet again enters nothing.

    Returns:
        How many results were entered; and the lines refused: row of the sheet, and why, Chinese first.

    Raises:
        UsageError: it is no such sheet.
        SijikuError: a build is running.
    """
    good: list[tuple[str, ...]] = []
    wrong: list[tuple[int, str]] = []
    for line in read_answers(file, (RESULT, BY, NOTE, KEY, SAMPLE), "sijiku audit sample"):
        result, who, note, finding, about = line.cells
        if not result:
            continue
        problem = _problem(_WORDS.get(result), result, who or by, note, about)
        if problem:
            wrong.append((line.row, problem))
        else:
            good.append((*about.split("|"), finding, _WORDS[result], who or by, note))
    with workdir.lock(), open_engine(workdir) as engine:
        return _append(engine, workdir, good), wrong


def _problem(result: str | None, written: str, by: str, note: str, about: str) -> str | None:
    if result is None:
        return f"不认识的结果 {written!r}。Unknown result: give one of {', '.join(RESULTS.values())}."
    if len(about.split("|")) != len(("sample_id", "rule_id", "findings")) or not about.rsplit("|", 1)[1].isdigit():
        return "隐藏列已被改动。A hidden column was changed: fill in the sheet as it was written."
    if not by or not is_office(by):
        return "by 应为账号或部门，不写人名。Give an account or an office in by, no person's name."
    if tells_of_somebody(note):
        return "备注中不得有号码。No ID or phone numbers in note: the record itself shows them."
    return None


def _append(engine: duckdb.DuckDBPyConnection, workdir: Workdir, lines: list[tuple[str, ...]]) -> int:
    state = State(workdir.state)
    engine.execute(
        "CREATE TEMP TABLE entered (sample_id VARCHAR, rule_id VARCHAR, findings BIGINT, finding_id VARCHAR, "
        'result VARCHAR, "by" VARCHAR, note VARCHAR, "at" TIMESTAMP)'
    )
    if lines:
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        engine.executemany("INSERT INTO entered VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(*line, now) for line in lines])
    known = f"({state.select('audit_result')})"
    new = (
        'SELECT * FROM entered WHERE (sample_id, finding_id, result, "by", note) NOT IN '
        f'(SELECT (sample_id, finding_id, result, "by", note) FROM {known})'
    )
    key = hashlib.sha256(repr(sorted(lines)).encode()).hexdigest()[:32]
    return state.append(engine, "audit_result", new, key=key)


def rates(workdir: Workdir) -> list[Rate]:
    """What samples say of rules, by rule; all samples of a rule together."""
    with open_engine(workdir) as engine:
        rows = engine.execute(
            "SELECT rule_id, max(findings), result, count(*) FROM (SELECT rule_id, findings, result FROM "
            f"({State(workdir.state).select('audit_result')}) QUALIFY row_number() OVER (PARTITION BY finding_id "
            'ORDER BY _segment DESC, "at" DESC, sample_id) = 1) GROUP BY rule_id, result ORDER BY ALL'
        ).fetchall()
    results: dict[str, Counter[str]] = {}
    findings: Counter[str] = Counter()
    for rule, count, result, number in rows:
        results.setdefault(rule, Counter())[result] += number
        findings[rule] = max(findings[rule], count)
    found = []
    for rule, counted in results.items():
        wrong, checked = counted["false"], counted["false"] + counted["true"]
        low, high = proportion_confint(wrong, checked, method="wilson") if checked else (None, None)
        rate = wrong / checked if checked else None
        found.append(Rate(rule, findings[rule], checked, wrong, counted["unclear"], rate, low, high))
    return found
