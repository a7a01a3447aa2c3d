"""Read one file of a delivery by its contract into raw Parquet, and its broken rows into quarantine.

What comes out of every format is the same: the source's text untouched, with where it stands in the file.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sources.contract import CHANGE_HEADER, CHANGES, Contract
from sources.parquet import rows_in, write
from sources.readers.columnar import read_parquet_file
from sources.readers.delimited import read_delimited
from sources.readers.json_lines import read_json_lines
from sources.readers.records import Records, check_headers, identifier, literal, reason_sql
from sources.readers.workbook import read_workbook
from sources.refusal import Refused

# Columns of a raw Parquet file beside the contract's: what each holds is said in sources/generate.py, PROVENANCE.
# `_extra` holds the columns that the contract does not know, as a JSON object.
RAW_COLUMNS = ("_change", "_file", "_row", "_delivery", "_record_key", "_content_hash", "_extra")

# Between the values that a content hash is taken over: a character that text does not hold.
_UNIT_SEPARATOR = "chr(31)"


@dataclass(frozen=True)
class FileRead:
    """What reading a file gave: rows taken, rows quarantined, headers that the contract does not know."""

    rows_read: int
    rows_quarantined: int
    unknown_columns: tuple[str, ...]


def read_file(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mode: str,
    source: Path,
    *,
    delivery: str,
    part: Path,
    quarantine: Path,
    scratch: Path,
    version: str | None = None,
) -> FileRead:
    """Read a file into raw and quarantine.

    Args:
        connection: an engine with the workdir's settings; holds no data of its own.
        contract: what the file should be.
        mode: full or delta; a delta file also has 变更类型.
        source: the file.
        delivery: hash of the delivery it belongs to.
        part: Parquet file to write: the contract's headers (VARCHAR, NULL where empty) and RAW_COLUMNS.
        quarantine: Parquet file to write if anything is quarantined: file, row, reason_zh, reason_en, content.
        scratch: folder for intermediate files, emptied afterwards.
        version: of the contract that the file was written by; the contract's own if None. A column that came later is
            NULL, one that was renamed since has its later name.

    Raises:
        Refused: the file cannot be read, lacks a column, or has another change type than I, U and D.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        records = _records(connection, contract, source, scratch)
        unknown = _check(contract, mode, source, records, version or contract.version)
        _write_part(connection, contract, mode, source.name, delivery, records, part)
        _write_quarantine(connection, source.name, [_broken(records)], quarantine)
        _set_keyless_aside(connection, contract, source.name, part, quarantine)
        if mode == "delta":
            _check_changes(connection, source.name, part)
        return FileRead(_count(connection, part), _count(connection, quarantine), unknown)
    finally:
        shutil.rmtree(scratch)


def _records(connection: duckdb.DuckDBPyConnection, contract: Contract, source: Path, scratch: Path) -> Records:
    match contract.format.type:
        case "csv":
            return read_delimited(connection, source, contract.format, scratch)
        case "xlsx":
            return read_workbook(source, contract.format, contract.headers, scratch)
        case "jsonl":
            return read_json_lines(connection, source, contract.format, scratch)
        case "parquet":
            return read_parquet_file(connection, source, scratch)
        case other:
            raise Refused(
                f"本版本还不能读取 {other} 格式的数据集 {contract.dataset}。",
                f"This version does not read {other} files of {contract.dataset} yet.",
            )


def _check(contract: Contract, mode: str, source: Path, records: Records, version: str) -> tuple[str, ...]:
    if records.headers is None:
        return ()
    expected = contract.headers_at(version) + ((CHANGE_HEADER,) if mode == "delta" else ())
    header_row = contract.format.header_row if contract.format.type == "xlsx" else None
    return check_headers(expected, records.headers, file=source.name, header_row=header_row)


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mode: str,
    file: str,
    delivery: str,
    records: Records,
    part: Path,
) -> None:
    found = {header: f"c{i}" for i, header in reversed(list(enumerate(records.headers or ())))}
    names = {header: (header, *contract.earlier_headers(header)) for header in contract.headers}
    read_as = {header: next((name for name in names[header] if name in found), None) for header in names}
    values = [found[name] if name else "CAST(NULL AS VARCHAR)" for name in read_as.values()]
    by_header = dict(zip(contract.headers, values, strict=True))
    known = set(read_as.values()) | ({CHANGE_HEADER} if mode == "delta" else set())
    extra = ", ".join(f"{literal(header)}, {column}" for header, column in found.items() if header not in known)
    change = found.get(CHANGE_HEADER, "CAST(NULL AS VARCHAR)") if mode == "delta" else "CAST(NULL AS VARCHAR)"
    content = ", ".join(f"coalesce({value}, '')" for value in values)
    selected = [f"{value} AS {identifier(header)}" for header, value in by_header.items()]
    provenance = {
        "_change": change,
        "_file": literal(file),
        "_row": "CAST(_row AS BIGINT)",
        "_delivery": literal(delivery),
        "_record_key": f"concat_ws('|', {', '.join(by_header[header] for header in contract.key)})",
        "_content_hash": f"md5(concat_ws({_UNIT_SEPARATOR}, {content}))",
        "_extra": f"CAST(json_object({extra}) AS VARCHAR)" if extra else "CAST(NULL AS VARCHAR)",
    }
    selected += [f"{provenance[name]} AS {name}" for name in RAW_COLUMNS]
    write(connection, f"SELECT {', '.join(selected)} FROM ({records.rows})", part)


def _broken(records: Records) -> str:
    return (
        f"SELECT CAST(_row AS BIGINT) AS _row, {reason_sql('reason', 0)} AS reason_zh, "
        f"{reason_sql('reason', 1)} AS reason_en, CAST(content AS VARCHAR) AS content FROM ({records.broken})"
    )


def _set_keyless_aside(
    connection: duckdb.DuckDBPyConnection, contract: Contract, file: str, part: Path, quarantine: Path
) -> None:
    """Move the rows whose key has an empty column from a part into quarantine. Seldom any: looked for afterwards."""
    keyless = " OR ".join(f"coalesce(trim({identifier(header)}), '') = ''" for header in contract.key)
    there = rows_in([part.resolve()])
    row = connection.execute(f"SELECT count(*) FROM {there} WHERE {keyless}").fetchone()
    if not row or row[0] == 0:
        return
    content = ", ".join(f"{literal(header)}, {identifier(header)}" for header in contract.headers)
    aside = (
        f"SELECT _row, {reason_sql(literal('key'), 0)} AS reason_zh, {reason_sql(literal('key'), 1)} AS reason_en, "
        f"CAST(json_object({content}) AS VARCHAR) AS content FROM {there} WHERE {keyless}"
    )
    earlier = []
    if quarantine.exists():
        moved = quarantine.with_suffix(".before")
        quarantine.rename(moved)
        earlier = [f"SELECT row AS _row, reason_zh, reason_en, content FROM {rows_in([moved.resolve()])}"]
    _write_quarantine(connection, file, [*earlier, aside], quarantine)
    for path in quarantine.parent.glob("*.before"):
        path.unlink()
    kept = part.with_suffix(".kept")
    write(connection, f"SELECT * FROM {there} WHERE NOT ({keyless})", kept)
    kept.rename(part)


def _write_quarantine(connection: duckdb.DuckDBPyConnection, file: str, queries: list[str], quarantine: Path) -> None:
    """Write quarantined rows, ordered; no file if there are none."""
    broken = " UNION ALL ".join(f"({query})" for query in queries)
    written = write(
        connection,
        f"SELECT {literal(file)} AS file, _row AS row, reason_zh, reason_en, content FROM ({broken}) "
        "ORDER BY _row, reason_en",
        quarantine,
    )
    if not written:
        quarantine.unlink()


def _check_changes(connection: duckdb.DuckDBPyConnection, file: str, part: Path) -> None:
    allowed = ", ".join(literal(change) for change in CHANGES)
    row = connection.execute(
        f"SELECT min(_row), count(*) FROM {rows_in([part.resolve()])} "
        f"WHERE _change IS NULL OR _change NOT IN ({allowed})"
    ).fetchone()
    if row and row[1]:
        raise Refused(
            f"文件 {file} 第 {row[0]} 行的变更类型不是 I、U、D(共 {row[1]} 行)。请改正后重新报送。",
            f"File {file}, row {row[0]}: {CHANGE_HEADER} is not I, U or D ({row[1]} rows in all). Correct and resend.",
        )


def _count(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    if not file.exists():
        return 0
    row = connection.execute(f"SELECT count(*) FROM {rows_in([file.resolve()])}").fetchone()
    return int(row[0]) if row else 0
