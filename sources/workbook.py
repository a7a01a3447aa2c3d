"""Workbooks that go out to be filled in and come back: a sheet of rows, some of their columns for an answer.

A file is there when it is whole, and for its owner's eyes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from sources.errors import UsageError
from sources.readers.workbook import read_sheets
from sources.refusal import Refused

# Rows of a sheet, the header's included.
MAX_ROWS = 1 << 20

_OWNER_ONLY = 0o600


@contextmanager
def new_workbook(file: Path, *, is_streamed: bool = False) -> Iterator[xlsxwriter.Workbook]:
    """A workbook to fill, which replaces `file` when the block ends well. Text is never taken for a formula or a link.

    Args:
        file: to write, .xlsx; replaced if it is there, and readable by its owner only.
        is_streamed: rows are written in order and go to temporary files, so that memory does not grow with them;
            otherwise nothing of it goes anywhere but into the file.

    Raises:
        UsageError: the name does not end in .xlsx, or the file cannot be written.
    """
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"{file.name} 不是 .xlsx。{file.name} is no .xlsx.", "Name a workbook, as --out FILE.xlsx.")
    half = file.with_name(f".{file.name}.half")
    options = {"constant_memory": True} if is_streamed else {"in_memory": True}
    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY))
        with xlsxwriter.Workbook(
            str(half), {**options, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            yield book
        half.replace(file)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise UsageError(
            f"无法写入 {file}。{file} cannot be written.", f"Name another file for --out: {type(error).__name__}."
        ) from None
    finally:
        half.unlink(missing_ok=True)


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its header, width in characters, and whether it is left empty for an answer (of `choices`,
    if there are any) or hidden: what an answer is about, for the program that reads it again."""

    header: str
    width: int
    is_answer: bool = False
    is_hidden: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A row that came back: its sheet, its number there, and the cells that were asked for, stripped, '' for none."""

    sheet: str
    row: int
    cells: tuple[str, ...]


def write_sheet(
    book: xlsxwriter.Workbook, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]
) -> tuple[Any, int]:
    """A sheet of numbered rows, locked but for the columns of an answer, the header always in sight.

    Args:
        book: of `new_workbook`.
        name: as Excel takes it.
        columns: the first is the rows' number.
        rows: the values of the columns after it that are for no answer, in their order.

    Returns:
        The sheet, and how many rows it has.
    """
    sheet = book.add_worksheet(name)
    base = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
    head = book.add_format({**base, "bold": True, "bg_color": "#DDEBF7"})
    plain = book.add_format(base)
    open_ = book.add_format({**base, "locked": False, "bg_color": "#FFF9E5"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, None, {"hidden": column.is_hidden})
        sheet.write_string(0, place, column.header, head)
    number = 0
    for number, row in enumerate(rows, start=1):
        sheet.write_number(number, 0, number, plain)
        values = iter(row)
        for place, column in enumerate(columns[1:], start=1):
            if column.is_answer:
                sheet.write_blank(number, place, None, open_)
            else:
                value = next(values)
                sheet.write_string(number, place, "" if value is None else str(value), plain)
    last = max(number, 1)
    for place, column in enumerate(columns):
        if column.choices:
            sheet.data_validation(
                1,
                place,
                last,
                place,
                {
                    "validate": "list",
                    "source": list(column.choices),
                    "error_title": column.header,
                    "error_message": "请从列表中选择。Choose from the list.",
                },
            )
    shown = [place for place, column in enumerate(columns) if not column.is_hidden]
    answers = [place for place, column in enumerate(columns) if column.is_answer]
    sheet.freeze_panes(1, max(answers, default=0) + 1)
    sheet.autofilter(0, 0, last, max(shown))
    sheet.protect(options={"autofilter": True, "format_columns": True, "format_rows": True, "sort": True})
    sheet.set_landscape()
    sheet.repeat_rows(0)
    return sheet, number


def read_answers(file: Path, headers: Sequence[str], written_by: str) -> list[Answer]:
    """The rows of all sheets that are for answers, in their order; without those of which all these cells are empty.

    Args:
        file: that was filled in.
        headers: of the cells that are asked for; the last one makes a sheet one for answers.
        written_by: the command that wrote it, for remedies.

    Raises:
        UsageError: it is no workbook, has no such sheet, or one lacks a column.
    """
    remedy = f"Fill in what {written_by} wrote, as .xlsx; its hidden columns must stay."
    try:
        sheets = read_sheets(file)
    except FileNotFoundError:
        raise UsageError(
            f"没有文件 {file}。There is no file {file}.", "Name the workbook that was filled in."
        ) from None
    except Refused as refused:
        raise UsageError(f"{refused.zh}{refused.en}", remedy) from None
    rows: list[Answer] = []
    is_one = False
    for sheet, grid in sheets.items():
        there = [(cell or "").strip() for cell in grid[0]] if grid else []
        if headers[-1] not in there:
            continue
        if missing := [header for header in headers if header not in there]:
            raise UsageError(
                f"{file.name} 的工作表“{sheet}”缺少列：{'、'.join(missing)}。Sheet {sheet} there lacks columns.",
                remedy,
            )
        is_one = True
        places = [there.index(header) for header in headers]
        for number, row in enumerate(grid[1:], start=2):
            cells = tuple((row[place] or "").strip() for place in places)
            if any(cells):
                rows.append(Answer(sheet, number, cells))
    if not is_one:
        raise UsageError(
            f"{file.name} 不是 {written_by} 写出的工作簿。{file.name} was not written by {written_by}.", remedy
        )
    return rows
