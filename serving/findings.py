"""Work for bureaus: findings go out as a workbook, a sheet a rule, and come back with what was done about each.

A workbook holds no personal value: it names source file and row, so that the bureau that owns the record can open it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from serving.cases import CaseLine, Entered, enter_each
from serving.disclosure import acting, shelf
from sources.contract import load_contracts
from sources.errors import UsageError
from sources.workbook import MAX_ROWS, Column, new_workbook, read_answers, write_sheet
from sources.workdir import Workdir

# What is still in the data, in this order.
OPEN = ("open", "acknowledged", "fixed", "waived")
# What is written in the drop-down, and what it means.
ANSWERS = {
    "fixed": "已整改 fixed",
    "acknowledged": "已受理 acknowledged",
    "waived": "豁免 waived",
    "reopened": "重新打开 reopened",
}
_WORDS = {word: kind for kind, label in ANSWERS.items() for word in (*label.split(), label)}
_STATES = {
    "open": "待整改 open",
    "acknowledged": "已受理 acknowledged",
    "fixed": "已整改 fixed",
    "waived": "豁免 waived",
}
_SEVERITY = {"error": "严重 error", "warn": "警告 warning", "info": "提示 information"}

ANSWER, BY, REASON, UNTIL, KEY = "答复 answer", "由谁 by", "理由 reason", "豁免到 until", "编号 finding_id"
_COLUMNS = (
    Column("序号 no.", 6),
    Column(ANSWER, 18, is_answer=True, choices=tuple(ANSWERS.values())),
    Column(BY, 14, is_answer=True),
    Column(REASON, 24, is_answer=True),
    Column(UNTIL, 12, is_answer=True),
    Column("状态 state", 16),
    Column("数据集 dataset", 24),
    Column("文件 file", 40),
    Column("行 row", 8),
    Column("区划 division", 28),
    Column("问题 what is wrong", 40),
    Column("English", 36),
    Column("应依据 what it is held to", 44),
    Column("首次发现 first seen", 12),
    Column(KEY, 10, is_hidden=True),
)
_CONTENTS = "目录 Contents"
# A sheet's name has 31 characters at most, and none of these.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31

_RULES = f"""
    SELECT rule.rule_id, rule.name_zh, rule.name_en, rule.severity, rule.dimension, rule.reason, rule.source,
           count(*) AS findings, count(*) FILTER ({shelf()} = $bureau) AS shown
    FROM quality.finding AS finding JOIN quality.rule AS rule USING (rule_id)
    WHERE {acting()} = $bureau AND finding.state IN (SELECT unnest($states))
    GROUP BY ALL
    ORDER BY CASE any_value(rule.severity) WHEN 'error' THEN 1 WHEN 'warn' THEN 2 ELSE 3 END, findings DESC, 1
"""
_FINDINGS = f"""
    WITH place AS (
        SELECT division_code, arg_max(name, valid_from) AS name FROM library.dim_division
        WHERE NOT is_unallocated GROUP BY division_code
    )
    SELECT finding.state, finding.dataset, finding.file, finding.row,
           nullif(concat_ws(' ', district.name, township.name, community.name), '') AS place,
           finding.detail_zh, finding.detail_en, build.as_of, finding.finding_id
    FROM quality.finding AS finding JOIN quality.rule AS rule USING (rule_id)
    LEFT JOIN place AS district ON district.division_code = substr(finding.division_code, 1, 6) || '000000'
        AND substr(finding.division_code, 5, 2) <> '00'
    LEFT JOIN place AS township ON township.division_code = substr(finding.division_code, 1, 9) || '000'
        AND substr(finding.division_code, 7, 3) <> '000'
    LEFT JOIN place AS community ON community.division_code = finding.division_code
        AND substr(finding.division_code, 10, 3) <> '000'
    LEFT JOIN meta.build AS build ON build.build_id = finding.first_build
    WHERE finding.rule_id = ? AND {shelf()} = ? AND finding.state IN (SELECT unnest(?))
    ORDER BY CASE finding.state WHEN 'open' THEN 1 WHEN 'fixed' THEN 2 WHEN 'acknowledged' THEN 3 ELSE 4 END,
        finding.dataset, finding.file NULLS LAST, finding.row NULLS LAST, finding.finding_id
    LIMIT ?
"""


@dataclass(frozen=True)
class Exported:
    """`written`: findings in the workbook, on `sheets` sheets. `left`: those beyond the limit of a sheet. `withheld`:
    those of which the bureau gets totals only."""

    written: int
    sheets: int
    left: int
    withheld: int


def export(
    library: duckdb.DuckDBPyConnection,
    bureau: str,
    file: Path,
    *,
    rules: Sequence[str] = (),
    states: Sequence[str] = OPEN[:3],
    limit: int = 5_000,
) -> Exported:
    """Write what a bureau has to look at into a workbook: contents first, then a sheet a rule, the gravest first.

    Args:
        library: on a published library.
        bureau: whose records, or whose task by the rule.
        file: to write; replaced if it is there.
        rules: of these only; none for all.
        states: findings in these states, of OPEN.
        limit: of findings on a sheet.

    Raises:
        UsageError: the bureau or a rule is unknown, or the file cannot be written.
    """
    bureaus = {contract.bureau: contract.bureau_zh for contract in load_contracts().values()}
    if bureau not in bureaus:
        raise UsageError(
            f"没有部门 {bureau!r}。There is no bureau {bureau!r}.", f"Bureaus: {', '.join(sorted(bureaus))}."
        )
    known = {rule for (rule,) in library.execute("SELECT rule_id FROM quality.rule").fetchall()}
    if unknown := sorted({*rules} - known):
        raise UsageError(
            f"没有规则 {'、'.join(unknown)}。There is no such rule.",
            "See them with: sijiku query --workdir DIR 'SELECT rule_id, name_zh FROM quality.rule'",
        )
    limit = min(limit, MAX_ROWS - 1)
    asked = {"bureau": bureau, "states": list(states)}
    listed = [row for row in _dicts(library, _RULES, asked) if not rules or row["rule_id"] in rules]
    with new_workbook(file, is_streamed=True) as book:
        _name_sheets(listed)
        contents = book.add_worksheet(_CONTENTS)
        for rule in listed:
            if rule["shown"]:
                found = library.execute(_FINDINGS, [rule["rule_id"], bureau, list(states), limit])
                rule["written"] = _write_rule(book, rule, found)
        _write_contents(book, contents, f"{bureaus[bureau]} {bureau}", _build(library), listed)
    return Exported(
        written=sum(rule.get("written", 0) for rule in listed),
        sheets=sum(rule["shown"] > 0 for rule in listed),
        left=sum(rule["shown"] - rule.get("written", 0) for rule in listed),
        withheld=sum(rule["findings"] - rule["shown"] for rule in listed),
    )


def take_back(workdir: Workdir, file: Path, by: str = "") -> tuple[Entered, int]:
    """Enter the answers of a workbook, each line for itself; they take effect with the next build.

    Args:
        workdir: of the library that the workbook was written from.
        file: as `export` wrote it and somebody filled it in.
        by: who answers, where a row does not say.

    Returns:
        What became of the answers, and how many rows have none.

    Raises:
        UsageError: it is no such workbook, or nothing is published.
        SijikuError: a build is running.
    """
    lines = list(_read(file, by))
    answered = [line for line in lines if line.kind]
    return enter_each(workdir, answered), len(lines) - len(answered)


def _read(file: Path, by: str) -> Iterator[CaseLine]:
    """The rows of all sheets; an answer in no known word stays as it is written."""
    for row in read_answers(file, (ANSWER, BY, REASON, UNTIL, KEY), "sijiku findings export"):
        answer, who, reason, until, key = row.cells
        kind = _WORDS.get(answer, answer)
        yield CaseLine(row.row, key, kind, who or (by if kind else ""), reason, until, row.sheet)


def _dicts(library: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = library.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _build(library: duckdb.DuckDBPyConnection) -> str:
    row = library.execute("SELECT build_id, as_of FROM meta.build ORDER BY built_at DESC, build_id LIMIT 1").fetchone()
    return f"{row[1]} {row[0]}" if row else ""


def _name_sheets(rules: Sequence[dict[str, Any]]) -> None:
    """Names by the rules' Chinese ones, each once (Excel tells no small letter from a capital one)."""
    taken = {_CONTENTS.casefold()}
    for rule in rules:
        name = stem = _FORBIDDEN.sub(" ", rule["name_zh"])[:_LONGEST_NAME].strip() or rule["rule_id"]
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem[: _LONGEST_NAME - len(f' {number}')]} {number}"
        taken.add(name.casefold())
        rule["sheet"] = name


def _write_rule(book: xlsxwriter.Workbook, rule: dict[str, Any], found: duckdb.DuckDBPyConnection) -> int:
    """A rule's sheet; says how many findings it holds."""
    labels = {name: f"{contract.name_zh} {name}" for name, contract in load_contracts().items()}
    held_to = "\n".join(text for text in (rule["source"], rule["reason"]) if text)

    def rows() -> Iterator[Sequence[Any]]:
        while fetched := found.fetchmany(1_000):
            for state, dataset, file, row, place, zh, en, first, finding in fetched:
                yield _STATES[state], labels.get(dataset, dataset), file, row, place, zh, en, held_to, first, finding

    _, written = write_sheet(book, rule["sheet"], _COLUMNS, rows())
    return written


_HELP = (
    (
        "怎么填：打开来源文件的所在行核对，在各表“答复”列选择；由谁写账号或部门，不写人名；豁免须写理由和截止日。不填的行不变。",
        "How to: open the source file at the row, then choose an answer; by is an account or an office, no person's "
        "name; a waiver needs a reason and its last day. Rows left empty stay as they are.",
    ),
    (
        "填好后 Then: sijiku findings import --workdir DIR 文件.xlsx，下次建库生效；改正的数据请重新报送。",
        "In effect from the next build on; deliver what you have put right.",
    ),
)


def _write_contents(
    book: xlsxwriter.Workbook, sheet: Any, bureau: str, build: str, rules: Sequence[dict[str, Any]]
) -> None:
    base = {"valign": "top", "text_wrap": True}
    title, plain = book.add_format({"bold": True, "font_size": 14}), book.add_format(base)
    head = book.add_format({**base, "bold": True, "bg_color": "#DDEBF7", "border": 1})
    link = book.add_format({**base, "font_color": "#0B5394", "underline": 1})
    sheet.write_string(0, 0, f"问题数据清单 Findings: {bureau}", title)
    sheet.write_string(1, 0, f"建库 build: {build}")
    for place, texts in enumerate(_HELP):
        for column, text in enumerate(texts):
            sheet.write_string(2 + place, column * 4, text)
    headers = (
        ("规则 rule", 34),
        ("English", 34),
        ("严重程度 severity", 16),
        ("维度 dimension", 12),
        ("问题数 findings", 12),
        ("本表列出 listed here", 14),
        ("为何 why", 50),
        ("依据 source", 40),
    )
    first = 3 + len(_HELP)
    for column, (header, width) in enumerate(headers):
        sheet.set_column(column, column, width)
        sheet.write_string(first, column, header, head)
    for row, rule in enumerate(rules, start=first + 1):
        if rule["shown"]:
            sheet.write_url(row, 0, f"internal:'{rule['sheet']}'!A1", link, rule["name_zh"])
        else:
            sheet.write_string(row, 0, rule["name_zh"], plain)
        sheet.write_string(row, 1, rule["name_en"], plain)
        sheet.write_string(row, 2, _SEVERITY.get(rule["severity"], rule["severity"]), plain)
        sheet.write_string(row, 3, rule["dimension"], plain)
        sheet.write_number(row, 4, rule["findings"], plain)
        if rule["shown"]:
            sheet.write_number(row, 5, rule["written"], plain)
        else:
            sheet.write_string(row, 5, "仅总数 totals only", plain)
        sheet.write_string(row, 6, rule["reason"] or "", plain)
        sheet.write_string(row, 7, rule["source"] or "", plain)
