"""Delimited text (csv): fields, quotes, records over several lines, and rows that are broken.

A record that is complete on its own line is the rule and costs one split. What is left is looked at in runs of lines
between two complete records: a quote opened there may run over line ends until it is closed, but never over a complete
record, so that one lost quote costs its own row and not the rest of the file.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb

from sources.contract import Format
from sources.parquet import rows_in
from sources.readers.records import MAX_RECORD_BYTES, Records, clean_headers, literal
from sources.readers.text_lines import write_lines
from sources.refusal import Refused

_BLANK = "trim(line, ' ' || chr(9) || chr(13) || chr(12288)) = ''"


def read_delimited(connection: duckdb.DuckDBPyConnection, source: Path, format_: Format, folder: Path) -> Records:
    """Read a delimited file.

    Args:
        connection: where the records' queries will run.
        source: the file.
        format_: encoding, delimiter and the physical line from which on the header is looked for.
        folder: for intermediate files; must live as long as the queries are used.

    Raises:
        Refused: wrong encoding, or no header.
    """
    assert format_.encoding and format_.delimiter, "a delimited contract names its encoding and delimiter"
    lines = write_lines(source, format_.encoding, folder)
    header_row, headers = _header(connection, lines, source.name, format_)
    numbered = f"SELECT CAST(_row AS BIGINT) AS _row, line FROM {rows_in([lines])} WHERE _row > {header_row}"
    leftovers = _leftovers(connection, numbered, format_.delimiter, len(headers))
    return Records(
        headers=headers,
        rows=_split(numbered, leftovers, format_.delimiter, len(headers)),
        broken=f"SELECT _row, reason, text AS content FROM {leftovers} WHERE reason IS NOT NULL",
    )


def _header(
    connection: duckdb.DuckDBPyConnection, lines: Path, file: str, format_: Format
) -> tuple[int, tuple[str, ...]]:
    row = connection.execute(
        f"SELECT _row, line FROM {rows_in([lines])} "
        f"WHERE _row >= {format_.header_row} AND NOT {_BLANK.replace('line', 'ltrim(line, chr(65279))')} "
        "ORDER BY _row LIMIT 1"
    ).fetchone()
    if row is None:
        raise Refused(
            f"文件 {file} 是空的，没有表头。没有数据也要写表头行。",
            f"File {file} is empty: it has no header. Write the header even when there are no rows.",
        )
    try:
        fields = next(csv.reader([str(row[1]).lstrip("\ufeff")], delimiter=str(format_.delimiter)))
    except csv.Error:
        raise Refused(
            f"文件 {file} 第 {row[0]} 行不是表头。请按数据合同写表头。",
            f"File {file}, line {row[0]} is no header. Write the header as the contract says.",
        ) from None
    return int(row[0]), clean_headers(fields)


def _patterns(delimiter: str) -> tuple[str, str, str]:
    """RE2 patterns: one field after its delimiter; a record with quotes around whole fields only; one that also has
    loose quotes inside unquoted fields, as in `5"x6"`."""
    d = re.escape(delimiter)
    quoted = '"(?:[^"]|"")*"'
    strict = f'(?:{quoted}|[^"{d}]*)'
    loose = f'(?:{quoted}|[^"{d}][^{d}]*|)'
    return f"{d}(?:{quoted}|[^{d}]*)", f"{strict}(?:{d}{strict})*", f"{loose}(?:{d}{loose})*"


def _is_plain(delimiter: str, width: int) -> str:
    """Whether a line is a complete record without a quote: nearly all are, so this is what costs."""
    # A line of one column has no delimiter by which a blank one could be told.
    return (
        f"NOT contains(line, '\"') AND len(string_split(line, {literal(delimiter)})) = {width} "
        f"AND strlen(line) <= {MAX_RECORD_BYTES} AND NOT contains(line, chr(0))"
    ) + (f" AND NOT ({_BLANK})" if width == 1 else "")


def _is_quoted(delimiter: str, width: int) -> str:
    """Whether a line is a complete record in which fields are quoted."""
    field, strict, _ = _patterns(delimiter)
    return (
        f"contains(line, '\"') AND strlen(line) <= {MAX_RECORD_BYTES} AND NOT contains(line, chr(0)) "
        f"AND regexp_full_match(line, {literal(strict)}) "
        f"AND len(regexp_extract_all({literal(delimiter)} || line, {literal(field)})) = {width}"
    )


def _leftovers(connection: duckdb.DuckDBPyConnection, numbered: str, delimiter: str, width: int) -> str:
    """Make a table of the records that are not complete lines, joined where a quote runs over line ends.

    Columns: `_row` where the record starts, `text`, `reason` (NULL where the record is sound after all).
    """
    field, _, loose = _patterns(delimiter)
    d = literal(delimiter)
    well_formed = f"strlen(text) <= {MAX_RECORD_BYTES} AND regexp_full_match(text, {literal(loose)})"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE leftover AS
        WITH incomplete AS (
            SELECT _row, line, strlen(line) - strlen(replace(line, '"', '')) AS quotes,
                _row - row_number() OVER (ORDER BY _row) AS run
            FROM ({numbered})
            WHERE NOT CASE WHEN {_is_plain(delimiter, width)} THEN true ELSE {_is_quoted(delimiter, width)} END
        ), inside AS (
            SELECT *, coalesce(sum(quotes) OVER (
                PARTITION BY run ORDER BY _row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) % 2 = 1 AS continues
            FROM incomplete
        ), started AS (
            SELECT *, max(CASE WHEN NOT continues THEN _row END) OVER (PARTITION BY run ORDER BY _row) AS start
            FROM inside
        ), joined AS (
            SELECT start AS _row, string_agg(line, chr(10) ORDER BY started._row) AS text FROM started GROUP BY start
        ), kept AS (
            SELECT _row, text FROM joined WHERE {well_formed}
            UNION ALL
            -- What does not become a well-formed record by joining was no record: each line stands for itself.
            SELECT started._row, started.line FROM started JOIN joined ON joined._row = started.start
            WHERE NOT ({well_formed})
        )
        SELECT _row, text, CASE
                WHEN strlen(text) > {MAX_RECORD_BYTES} THEN 'oversized'
                WHEN contains(text, chr(0)) THEN 'nul'
                WHEN NOT ({well_formed}) THEN 'quote'
                WHEN len(regexp_extract_all({d} || text, {literal(field)})) <> {width} THEN 'fields'
            END AS reason
        FROM kept WHERE NOT {_BLANK.replace("line", "text")}""")
    return "leftover"


def _split(numbered: str, leftovers: str, delimiter: str, width: int) -> str:
    """SELECT of `_row` and one column a field. Quotes around a field are taken off, doubled ones inside made single."""
    field, _, _ = _patterns(delimiter)
    d = literal(delimiter)
    plain = ", ".join(f"nullif(fields[{i + 1}], '') AS c{i}" for i in range(width))
    unquoted = ", ".join(
        f"nullif(CASE WHEN fields[{i + 1}][2] = '\"' "
        f"THEN replace(substr(fields[{i + 1}], 3, length(fields[{i + 1}]) - 3), '\"\"', '\"') "
        f"ELSE substr(fields[{i + 1}], 2) END, '') AS c{i}"
        for i in range(width)
    )
    quoted = f"SELECT _row, line AS text FROM ({numbered}) WHERE {_is_quoted(delimiter, width)}"
    sound = f"SELECT _row, text FROM {leftovers} WHERE reason IS NULL"
    return f"""
        SELECT _row, {plain}
        FROM (SELECT _row, string_split(line, {d}) AS fields FROM ({numbered}) WHERE {_is_plain(delimiter, width)})
        UNION ALL
        SELECT _row, {unquoted}
        FROM (
            SELECT _row, regexp_extract_all({d} || text, {literal(field)}) AS fields FROM ({quoted} UNION ALL {sound})
        )"""
