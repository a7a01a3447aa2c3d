"""What a published library holds, as files for other programs: all findings, and every table that an auditor reads.

CSV, JSON (an array of objects) and Parquet are written by DuckDB in one go, workbooks row by row without being held in
memory; what does not fit on a sheet goes on on the next. Rows are in a fixed order, so the same build gives the same
files. Files are for their owner's eyes.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import duckdb
import xlsxwriter

from serving.checks import columns_of
from serving.disclosure import CENTRE, acting, shelf
from serving.library import FILE, published_folder, readable_part
from sources.contract import load_contracts
from sources.errors import UsageError
from sources.interface import Table
from sources.manifest import file_sha256
from sources.warehouse import connect, engine_settings
from sources.workbook import MAX_ROWS, new_workbook
from sources.workdir import Workdir

Form = Literal["csv", "xlsx", "json", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "xlsx", "json", "parquet")
STATES = ("open", "acknowledged", "fixed", "waived", "verified")
CONTENTS = "目录 Contents"

_OWNER_ONLY, _OWNER_ONLY_FOLDER = 0o600, 0o700
_COPIED_AS = {
    "csv": "FORMAT csv, HEADER",
    "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
# What a cell takes, and how many rows are fetched at once.
_CELL, _AT_ONCE = 32_767, 10_000
_LONGEST_NAME = 31

# Of what people have a copy, in this order: schema, table, and what it is called.
TABLES: tuple[tuple[str, str, str, str], ...] = (
    ("meta", "build", "建库记录", "Builds"),
    ("meta", "delivery", "报送批次", "Deliveries"),
    ("quality", "ledger", "数据对账表", "Ledger"),
    ("quality", "rule", "质量规则", "Rules"),
    ("quality", "rule_change", "规则更改", "Changes of rules"),
    ("quality", "verdict", "结论", "Verdicts on datasets"),
    ("quality", "result", "评估结果", "Results by division"),
    ("quality", "case", "整改事项", "Cases"),
    ("marts", "mart_bureau_scorecard", "部门评分卡", "Scorecards of bureaus"),
    ("marts", "mart_area_scorecard", "区域评分卡", "Scorecards of areas"),
    ("marts", "mart_missing_record", "应有未有记录", "Missing records"),
    ("marts", "mart_missing_field", "缺失字段", "Missing fields"),
    ("marts", "mart_repeat_collection", "重复采集", "Repeat collection"),
    ("marts", "mart_population", "人口", "Population"),
    ("marts", "mart_population_estimate", "未登记人口估计", "Estimates of the unseen"),
    ("marts", "mart_flow", "流动", "Flows"),
    ("marts", "mart_service_coverage", "服务覆盖率", "Coverage of services"),
    ("marts", "mart_equalisation", "均等化", "Equalisation"),
    ("marts", "mart_funding_per_capita", "人均经费", "Funding per person"),
    ("marts", "mart_permit_services", "居住证服务", "Services on permits"),
    ("marts", "mart_survey_indicator", "动态监测调查", "Survey"),
    ("quality", "linkage_quality", "人员识别质量", "Quality of linkage"),
    ("quality", "linkage_score", "匹配可信度", "Links by confidence"),
    ("quality", "linkage_link", "匹配依据", "Links by evidence"),
    ("quality", "linkage_component", "记录组大小", "Sizes of groups"),
)

_FINDING = f"""
    SELECT finding.finding_id, finding.rule_id, rule.name_zh, rule.name_en, rule.severity, rule.dimension,
           {acting()} AS owner_bureau, finding.dataset, finding.bureau,
           finding.record_ref, finding.role{{person}}, finding.division_code, finding.file, finding.row,
           finding.detail_zh, finding.detail_en, finding.first_build, finding.last_build, finding.state
    FROM quality.finding AS finding JOIN quality.rule AS rule USING (rule_id)
"""


@dataclass(frozen=True)
class Written:
    """A table that was written: rows, and the sheets that they take in a workbook; `sha256` of a file of its own."""

    table: str
    title: str
    rows: int
    sheets: int
    file: str
    sha256: str | None = None


@dataclass(frozen=True)
class Findings:
    """`rows` findings on `sheets` sheets (0 where it is no workbook); `withheld`: of these the bureau gets totals."""

    rows: int
    sheets: int
    withheld: int


def form_of(file: Path, form: str | None) -> Form:
    """How a file is written: as asked for, else by its name.

    Raises:
        UsageError: the name does not end as the form does, or in none of them.
    """
    ending = file.suffix.lower().lstrip(".")
    wanted = form or ending
    if wanted not in FORMS or ending != wanted:
        raise UsageError(
            f"{file.name} 的扩展名应为 {'、'.join(FORMS)} 之一，并与 --format 相同。The name {file.name} does not "
            "end as the format does.",
            f"Name a file that ends in .{wanted if wanted in FORMS else 'csv'}, as --out FILE.{wanted}.",
        )
    return wanted  # type: ignore[return-value]


def export_findings(
    workdir: Workdir, file: Path, form: Form, *, bureau: str | None = None, states: Sequence[str] = STATES,
    rules: Sequence[str] = (),
) -> Findings:  # fmt: skip
    """Write all findings, or a bureau's, with what their rules say, into one file, by rule, dataset, file and row.

    A bureau gets what it has to act on, without who the person is to other bureaus, and nothing that may not be shown
    to it one by one (`serving.disclosure`).

    Raises:
        UsageError: nothing is published, a name is unknown, or the file cannot be written.
    """
    with _open(workdir) as library:
        _known(library, bureau, rules)
        conditions, values = ["finding.state IN (SELECT unnest(?))"], [list(states)]
        if rules:
            conditions.append("finding.rule_id IN (SELECT unnest(?))")
            values.append(list(rules))
        withheld = 0
        if bureau is not None:
            values.append(bureau)  # type: ignore[arg-type]
            query = f"{_FINDING.format(person='')} WHERE {' AND '.join([*conditions, f'{acting()} = ?'])}"
            hidden = library.execute(f"SELECT count(*) FROM ({query} AND {shelf()} = '{CENTRE}')", values)
            (withheld,) = hidden.fetchone() or (0,)
            conditions.append(f"{shelf()} = ?")
        query = _FINDING.format(person="" if bureau else ", finding.person_ref")
        query = (
            f"{query} WHERE {' AND '.join(conditions)} ORDER BY finding.rule_id, finding.dataset, "
            "finding.file NULLS LAST, finding.row NULLS LAST, finding.finding_id"
        )
        rows, sheets = _write(library, query, values, file, form, "问题数据 Findings")
    return Findings(rows, sheets, withheld)


def export_tables(workdir: Workdir, folder: Path, form: Form) -> tuple[list[Written], list[str]]:
    """Write every table of TABLES into a folder: a file each, or one workbook; and `contents.json`, which says of each
    its title, rows and SHA-256, and of which build they are.

    Returns:
        The tables written, and those that the part of the library which this user may read does not hold.

    Raises:
        UsageError: nothing is published, or the folder or a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
    build = published_folder(workdir).name
    with _open(workdir) as library:
        there = columns_of(library, "sijiku")
        listed = [(table, zh, en) for schema, name, zh, en in TABLES if (table := Table(schema, name)) in there]
        absent = [f"{schema}.{name}" for schema, name, *_ in TABLES if Table(schema, name) not in there]
        if form == "xlsx":
            file = folder / "audit.xlsx"
            written = _write_book(library, listed, file, build)
            written = [Written(**asdict(item) | {"sha256": file_sha256(file)}) for item in written]
        else:
            written = []
            for table, zh, en in listed:
                file = folder / f"{table}.{form}"
                rows, _ = _write(library, f"FROM {table.quoted} ORDER BY ALL", [], file, form, zh)
                written.append(Written(str(table), f"{zh} {en}", rows, 0, file.name, file_sha256(file)))
        as_of = _as_of(library, build)
    contents = {"build_id": build, "as_of": str(as_of), "tables": [asdict(item) for item in written], "absent": absent}
    with _aside(folder / "contents.json") as half:
        half.write_text(json.dumps(contents, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return written, absent


@contextmanager
def _open(workdir: Workdir) -> Iterator[duckdb.DuckDBPyConnection]:
    """The fullest part of the published library that this user may read; unlike `open_published` it can write files."""
    file = published_folder(workdir) / readable_part(workdir) / FILE
    with connect(file, read_only=True, settings=engine_settings(workdir)) as library:
        yield library


def _known(library: duckdb.DuckDBPyConnection, bureau: str | None, rules: Sequence[str]) -> None:
    bureaus = {contract.bureau for contract in load_contracts().values()}
    if bureau is not None and bureau not in bureaus:
        raise UsageError(
            f"没有部门 {bureau!r}。There is no bureau {bureau!r}.", f"Bureaus: {', '.join(sorted(bureaus))}."
        )
    known = {rule for (rule,) in library.execute("SELECT rule_id FROM quality.rule").fetchall()}
    if unknown := sorted({*rules} - known):
        raise UsageError(
            f"没有规则 {'、'.join(unknown)}。There is no such rule.", "See them with: sijiku rules list --workdir DIR"
        )


def _as_of(library: duckdb.DuckDBPyConnection, build: str) -> date:
    (as_of,) = library.execute("SELECT as_of FROM meta.build WHERE build_id = ?", [build]).fetchone() or (None,)
    assert isinstance(as_of, date)
    return as_of


@contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """A file to write, which takes the name when the block ends well; its owner's only from the first byte on."""
    half = file.with_name(f".{file.name}.half")
    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY))
        yield half
        half.replace(file)
    except (OSError, duckdb.IOException) as error:
        raise UsageError(
            f"无法写入 {file}。{file} cannot be written.", f"Name another place for --out: {type(error).__name__}."
        ) from None
    finally:
        half.unlink(missing_ok=True)


def _write(
    library: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any], file: Path, form: Form, title: str
) -> tuple[int, int]:
    """Write the rows of a query in their order; gives how many, and on how many sheets."""
    if form == "xlsx":
        with new_workbook(file, is_streamed=True) as book:
            book.set_properties({"created": _created(library)})
            return _write_sheets(book, library.execute(query, list(values)), title)
    with _aside(file) as half:
        target = str(half.resolve()).replace("'", "''")
        copied = library.execute(
            f"COPY ({query}) TO '{target}' ({_COPIED_AS[form]}, USE_TMP_FILE false)", list(values)
        ).fetchone()
    return (int(copied[0]) if copied else 0), 0


def _created(library: duckdb.DuckDBPyConnection) -> datetime:
    """The library's date, for what a workbook says of its making: the clock would make every file another one."""
    (newest,) = library.execute("SELECT max(as_of) FROM meta.build").fetchone() or (date(2000, 1, 1),)
    return datetime.combine(newest, time())


def _write_book(
    library: duckdb.DuckDBPyConnection, tables: Sequence[tuple[Table, str, str]], file: Path, build: str
) -> list[Written]:
    written = []
    with new_workbook(file, is_streamed=True) as book:
        book.set_properties({"created": _created(library)})
        contents = book.add_worksheet(CONTENTS)
        for table, zh, en in tables:
            rows, sheets = _write_sheets(book, library.execute(f"FROM {table.quoted} ORDER BY ALL"), zh)
            written.append(Written(str(table), f"{zh} {en}", rows, sheets, file.name))
        head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
        contents.set_column(0, 3, 34)
        contents.write_string(0, 0, f"建库 build: {build}")
        for column, text in enumerate(("表 table", "内容 contents", "行 rows", "工作表 sheets")):
            contents.write_string(1, column, text, head)
        for row, item in enumerate(written, start=2):
            contents.write_string(row, 0, item.table)
            contents.write_string(row, 1, item.title)
            contents.write_number(row, 2, item.rows)
            contents.write_number(row, 3, item.sheets)
    return written


def _write_sheets(
    book: xlsxwriter.Workbook, found: duckdb.DuckDBPyConnection, title: str, most: int = MAX_ROWS - 1
) -> tuple[int, int]:
    """Rows of a query as sheets with a header, `most` on one: the second is called `title 2`. Gives rows and sheets."""
    names = [column[0] for column in found.description or ()]
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    sheet, sheets, rows = _sheet(book, title, names, head), 1, 0
    while fetched := found.fetchmany(_AT_ONCE):
        for values in fetched:
            if rows == sheets * most:
                sheets += 1
                sheet = _sheet(book, f"{title[: _LONGEST_NAME - 5]} {sheets}", names, head)
            place = rows - (sheets - 1) * most + 1
            for column, value in enumerate(values):
                if value is not None:
                    _write_cell(sheet, place, column, value)
            rows += 1
    return rows, sheets


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    """A value as what it is; days and times as text, which no program takes for another day."""
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, column, value)
    else:
        text = str(value)
        sheet.write_string(row, column, text if len(text) <= _CELL else f"{text[: _CELL - 1]}…")


def _sheet(book: xlsxwriter.Workbook, name: str, columns: Sequence[str], head: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, max(len(columns) - 1, 0), 18)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column, head)
    return sheet
