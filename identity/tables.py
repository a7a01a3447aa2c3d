"""Tables of anything into rows of text: CSV, Parquet and workbooks, read with the readers of deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from sources.contract import Format
from sources.errors import UsageError
from sources.readers.columnar import read_parquet_file
from sources.readers.delimited import read_delimited
from sources.readers.records import Records, identifier, literal
from sources.readers.workbook import read_workbook
from sources.refusal import Refused

# Columns of source_row beside the inputs' own.
OWN_COLUMNS = ("record", "_input", "_file", "_row")
# Names that the output has for itself.
_TAKEN = frozenset({*OWN_COLUMNS, "_cluster", "_probability", "_evidence", "_review"})
_DELIMITERS = (",", "\t", ";", "|")
_ENCODINGS = ("utf-8", "gb18030")
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")


def gather_rows(
    connection: duckdb.DuckDBPyConnection, inputs: Sequence[Path], wanted: Sequence[str], scratch: Path
) -> None:
    """Make table source_row of every row of every input.

    Its columns: record (from 1, in the order of inputs and rows), _input (the input's place, from 1), _file (as it was
    given), _row (line or sheet row, from 1; of Parquet the row), and the columns of the inputs by name, as text.

    Args:
        wanted: columns that each input must have.
        scratch: folder for intermediate files.

    Raises:
        UsageError: an input cannot be read whole, lacks a wanted column, or has one twice.
    """
    queries = []
    for number, path in enumerate(inputs, start=1):
        folder = scratch / f"input-{number}"
        folder.mkdir()
        try:
            records = _read(connection, path, wanted, folder)
        except Refused as refused:
            raise UsageError(refused.zh, refused.en) from None
        headers = _checked(path, records.headers or (), wanted)
        _assert_whole(connection, path, records)
        own = ", ".join(f"c{i} AS {identifier(header)}" for i, header in enumerate(headers))
        # Each file's queries run before the next is read: the readers keep tables of one name.
        connection.execute(
            f"CREATE OR REPLACE TABLE input_{number} AS SELECT {number} AS _input, {literal(str(path))} AS _file, "
            f"_row, {own} FROM ({records.rows})"
        )
        queries.append(f"SELECT * FROM input_{number}")
    connection.execute(
        "CREATE OR REPLACE TABLE source_row AS SELECT row_number() OVER (ORDER BY _input, _row) AS record, * "
        f"FROM ({' UNION ALL BY NAME '.join(queries)})"
    )
    for number in range(1, len(inputs) + 1):
        connection.execute(f"DROP TABLE input_{number}")


def _read(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[str], folder: Path) -> Records:
    match path.suffix.lower():
        case ".parquet":
            return read_parquet_file(connection, path, folder)
        case ".xlsx":
            return read_workbook(path, Format("xlsx", None, None, 1, None), wanted, folder)
        case ".csv" | ".tsv" | ".txt":
            for encoding in _ENCODINGS:
                form = Format("csv", encoding, _delimiter(path, encoding), 1, None)
                try:
                    return read_delimited(connection, path, form, folder)
                except Refused:
                    if encoding == _ENCODINGS[-1]:
                        raise
    raise UsageError(
        f"不认识 {path.name} 的格式。The format of {path.name} is not known.",
        f"请改为 Give one of {', '.join(SUFFIXES)}.",
    )


def _delimiter(path: Path, encoding: str) -> str:
    """The one of which the header has most."""
    with path.open(encoding=encoding, errors="replace") as handle:
        header = next((line for line in handle if line.strip("\ufeff \t\r\n")), "")
    return max(_DELIMITERS, key=header.count)


def _checked(path: Path, headers: Sequence[str], wanted: Sequence[str]) -> Sequence[str]:
    missing = [name for name in wanted if name not in headers]
    if missing:
        raise UsageError(
            f"{path.name} 没有模型所需的列 {'、'.join(missing)}。"
            f"{path.name} lacks the column {', '.join(missing)} that the model reads.",
            f"它的列是 It has {', '.join(headers)}. 请改列名或模型的 from。Rename it, or change the model's `from`.",
        )
    twice = [name for name, count in Counter(name.casefold() for name in headers).items() if count > 1]
    taken = [name for name in headers if name.casefold() in _TAKEN]
    if twice or taken:
        name = (twice or taken)[0]
        raise UsageError(
            f"{path.name} 的列名 {name} 重复，或与输出的列同名。"
            f"In {path.name} column {name} is there twice, or has the name of a column of the output.",
            "请改列名。Rename it.",
        )
    return headers


def _assert_whole(connection: duckdb.DuckDBPyConnection, path: Path, records: Records) -> None:
    row = connection.execute(f"SELECT count(*), min(_row) FROM ({records.broken})").fetchone()
    if row and row[0]:
        raise UsageError(
            f"{path.name} 有 {row[0]} 行读不出，第一处在第 {row[1]} 行。"
            f"{path.name} has {row[0]} rows that cannot be read, the first in line {row[1]}.",
            "请检查该行的引号与列数。Look at the quotes and the number of fields there.",
        )
