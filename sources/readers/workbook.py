"""Excel workbooks (xlsx), cell by cell as calamine gives them: floats stay floats and rows keep their numbers."""

from __future__ import annotations

import datetime
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from sources.contract import Format
from sources.parquet import rows_in, write_frame
from sources.readers.records import NOTHING_BROKEN, Records, clean_headers
from sources.refusal import Refused

# A workbook is a zip: what it unpacks to is limited, so that a small file cannot fill the memory.
MAX_UNPACKED_BYTES = 2 << 30
# The cells of a sheet, blank ones included: 26 columns over every row that Excel has, twice over.
MAX_CELLS = 2 * 26 * (1 << 20)
_SINGLE_LETTERS = 26
_ROW = re.compile(rb"""r=["'](\d{1,7})["']""")
_FAR_COLUMN = re.compile(rb"""r=["']([A-Z]{2,3})\d""")
# From here on a float has no room for every digit of a whole number; Excel itself keeps 15.
_EXACT_BELOW = 10**15
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Grid = list[list[Any]]


def read_workbook(source: Path, format_: Format, expected: Sequence[str], folder: Path) -> Records:
    """Read the sheet of a workbook whose header row has most of the expected headers (the first, if several do).

    Whole numbers below 1e15 become integer text; larger ones keep scientific notation, because their last digits are
    lost and nobody may take them for a number; dates become ISO text. Rows without a value are blank lines; the last
    row is dropped where it is the contract's footer.

    Args:
        source: the workbook.
        format_: header row and footer.
        expected: the contract's headers.
        folder: for an intermediate file; must live as long as the queries are used.

    Raises:
        Refused: no workbook, password-protected, too large when unpacked, or without a header.
    """
    grid = _best_sheet(_sheets(source), format_.header_row, expected)
    if len(grid) < format_.header_row:
        raise Refused(
            f"文件 {source.name} 没有第 {format_.header_row} 行表头。没有数据也要写表头。",
            f"File {source.name} has no header in row {format_.header_row}. Write it even when there are no rows.",
        )
    headers = clean_headers([_text(cell) for cell in grid[format_.header_row - 1]])
    frame = _frame(grid[format_.header_row :], format_.header_row + 1, len(headers))
    frame = _without_footer(frame, format_.footer)
    kept = [i for i, header in enumerate(headers) if not _is_unused(header, i, frame)]
    sheet = folder / "sheet.parquet"
    write_frame(frame, sheet)
    listed = ", ".join(f"c{old} AS c{new}" for new, old in enumerate(kept))
    return Records(
        headers=tuple(headers[i] for i in kept),
        rows=f"SELECT _row, {listed} FROM {rows_in([sheet.resolve()])}",
        broken=NOTHING_BROKEN,
    )


def read_sheets(source: Path) -> dict[str, list[list[str | None]]]:
    """The cells of every sheet as text, by its name, in the workbook's order.

    Raises:
        Refused: no workbook, password-protected or too large when unpacked.
    """
    return {name: [[_text(cell) for cell in row] for row in grid] for name, grid in _named_sheets(source).items()}


def _sheets(source: Path) -> Iterable[Grid]:
    return _named_sheets(source).values()


def _named_sheets(source: Path) -> dict[str, Grid]:
    _check_zip(source)
    try:
        book = CalamineWorkbook.from_path(str(source))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, ValueError, KeyError, OSError):
        raise _no_workbook(source) from None


def _check_zip(source: Path) -> None:
    with open(source, "rb") as handle:
        start = handle.read(1 << 20)
    if start.startswith(_OLE_MAGIC):
        if _ENCRYPTED in start or _ENCRYPTED in source.read_bytes():
            raise Refused(
                f"文件 {source.name} 受密码保护。请取消密码后重新报送。",
                f"File {source.name} is protected by a password. Remove it and send the file again.",
            )
        raise Refused(
            f"文件 {source.name} 是旧版 Excel (.xls)。请另存为 .xlsx。",
            f"File {source.name} is an old Excel workbook (.xls). Save it as .xlsx.",
        )
    try:
        with zipfile.ZipFile(source) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise _no_workbook(source)
            _check_size(source, sum(item.file_size for item in archive.infolist()))
            for item in archive.infolist():
                chunks = _chunks(archive, item)
                if "worksheets/" in item.filename:
                    _check_cells(source, chunks)
                else:
                    deque(chunks, maxlen=0)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        raise _no_workbook(source) from None


def _check_size(source: Path, unpacked: int) -> None:
    if unpacked > MAX_UNPACKED_BYTES:
        raise Refused(
            f"文件 {source.name} 解压后超过 {MAX_UNPACKED_BYTES >> 30} GB。请拆成几个工作簿。",
            f"File {source.name} is larger than {MAX_UNPACKED_BYTES >> 30} GB when unpacked. Split it.",
        )


def _chunks(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member unpacks to, each chunk beginning with the end of the one before; reading it tests its checksum."""
    tail = b""
    with archive.open(item) as member:
        while chunk := member.read(1 << 20):
            yield tail + chunk
            tail = chunk[-64:]


def _check_cells(source: Path, chunks: Iterator[bytes]) -> None:
    """Refuse a sheet with a cell far off its table: calamine makes every cell up to there, whatever memory there is."""
    rows, columns = 0, _SINGLE_LETTERS
    for chunk in chunks:
        rows = max(rows, max((int(number) for number in _ROW.findall(chunk)), default=0))
        columns = max(columns, max((_column_number(letters) for letters in _FAR_COLUMN.findall(chunk)), default=0))
    if rows * columns > MAX_CELLS:
        raise Refused(
            f"文件 {source.name} 在远离表格处有零星内容(至第 {rows} 行、第 {columns} 列)。请删除多余的行列后重报。",
            f"File {source.name} has a cell far off its table (up to row {rows}, column {columns}). "
            "Delete the surplus rows and columns and send it again.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _no_workbook(source: Path) -> Refused:
    return Refused(
        f"文件 {source.name} 不是可读的 Excel 工作簿 (xlsx)。请用 Excel 打开检查后重新导出。",
        f"File {source.name} is no readable Excel workbook (xlsx). Open it in Excel and export it again.",
    )


def _best_sheet(grids: Iterable[Grid], header_row: int, expected: Sequence[str]) -> Grid:
    def known(grid: Grid) -> int:
        return len(set(expected) & set(clean_headers([_text(cell) for cell in _row(grid, header_row)])))

    return max(grids, key=known, default=[])


def _row(grid: Grid, number: int) -> list[Any]:
    return grid[number - 1] if len(grid) >= number else []


def _frame(rows: Grid, first_row: int, width: int) -> pl.DataFrame:
    """Text columns `c0`… and `_row`; rows without any value left out."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    frame = pl.DataFrame(
        {"_row": pl.Series(range(first_row, first_row + len(rows)), dtype=pl.Int64)}
        | {f"c{i}": _texts(column) for i, column in enumerate(columns)}
    )
    return frame.filter(pl.any_horizontal(pl.exclude("_row").str.strip_chars().str.len_bytes() > 0))


def _texts(cells: Sequence[Any]) -> pl.Series:
    """A column's cells as text. Most columns hold nothing but text, which needs no look at each cell."""
    if set(map(type, cells)) <= {str}:
        return pl.Series(cells, dtype=pl.String).replace("", None)
    return pl.Series([_text(cell) for cell in cells], dtype=pl.String)


def _without_footer(frame: pl.DataFrame, footer: str | None) -> pl.DataFrame:
    if footer is None or frame.is_empty():
        return frame
    first = next(value for value in frame.row(-1)[1:] if value is not None and value.strip())
    return frame.head(-1) if "".join(first.split()).startswith(footer) else frame


def _is_unused(header: str, position: int, frame: pl.DataFrame) -> bool:
    """Whether a column has neither header nor value: formatting alone makes a sheet wider than its table."""
    return header.endswith("列(无标题)") and frame[f"c{position}"].is_null().all()


def _text(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT_BELOW else _scientific(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    return None if cell is None else str(cell)


def _scientific(value: float) -> str:
    """A float with all the digits that it has; a whole number of 1e15 or more always with an exponent."""
    text = repr(value).upper()
    if "E" in text or not value.is_integer():
        return text
    mantissa, exponent = f"{value:.16E}".split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
