"""JSON lines: one object a line."""

from __future__ import annotations

from pathlib import Path

import duckdb

from sources.contract import Format
from sources.parquet import rows_in
from sources.readers.records import MAX_RECORD_BYTES, Records, clean_headers, literal
from sources.readers.text_lines import write_lines
from sources.refusal import Refused


def read_json_lines(connection: duckdb.DuckDBPyConnection, source: Path, format_: Format, folder: Path) -> Records:
    """Read a file of JSON objects, one a line. Nested values become their JSON text.

    Args and errors as of `read_delimited`; a column is there when any record has its key.
    """
    assert format_.encoding, "a contract of JSON lines names its encoding"
    lines = write_lines(source, format_.encoding, folder)
    judged = _judged(lines)
    keys = [
        str(row[0])
        for row in connection.execute(
            f"SELECT DISTINCT unnest(json_keys(line)) AS name FROM ({judged}) WHERE reason IS NULL ORDER BY name"
        ).fetchall()
    ]
    if any('"' in key or "\\" in key for key in keys):
        raise Refused(
            f"文件 {source.name} 中有字段名含引号或反斜杠。请改正字段名。",
            f"File {source.name} has a field whose name holds a quote or backslash. Correct the name.",
        )
    paths = ", ".join(literal(f'$."{key}"') for key in keys)
    columns = "".join(f", nullif(fields[{i + 1}], '') AS c{i}" for i in range(len(keys)))
    fields = f"json_extract_string(line, [{paths}])" if keys else "CAST([] AS VARCHAR[])"
    return Records(
        headers=clean_headers(keys) if keys else None,
        rows=f"SELECT _row{columns} FROM (SELECT _row, {fields} AS fields FROM ({judged}) WHERE reason IS NULL)",
        broken=f"SELECT _row, reason, line AS content FROM ({judged}) WHERE reason IS NOT NULL",
    )


def _judged(lines: Path) -> str:
    """SELECT of the lines that are not blank, with why one cannot be taken."""
    return f"""
        SELECT _row, line, CASE
                WHEN strlen(line) > {MAX_RECORD_BYTES} THEN 'oversized'
                WHEN contains(line, chr(0)) OR contains(line, '\\u0000') THEN 'nul'
                WHEN NOT json_valid(line) THEN 'json'
                WHEN json_type(line) <> 'OBJECT' THEN 'json_object'
            END AS reason
        FROM (
            SELECT CAST(_row AS BIGINT) AS _row, trim(line, ' ' || chr(9) || chr(13) || chr(65279)) AS line
            FROM {rows_in([lines])}
        ) WHERE line <> ''"""
