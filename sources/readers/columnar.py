"""Parquet files: any column type becomes text."""

from __future__ import annotations

from pathlib import Path

import duckdb

from sources.parquet import rows_in
from sources.readers.records import NOTHING_BROKEN, Records, clean_headers, identifier
from sources.refusal import Refused


def read_parquet_file(connection: duckdb.DuckDBPyConnection, source: Path, folder: Path) -> Records:
    """Read a Parquet file; rows are counted from 1.

    Args:
        connection: where the records' queries will run.
        source: the file.
        folder: for a link to it under a plain name: the engine takes a [1] in a file's own name for a pattern.

    Raises:
        Refused: it is no Parquet file, or damaged.
    """
    link = folder / "source.parquet"
    link.symlink_to(source.resolve())
    relation = rows_in([link.absolute()], "file_row_number")
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        connection.execute(f"SELECT count(COLUMNS(*)) FROM {relation}").fetchall()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        # The engine's own message may quote the data.
        raise Refused(
            f"文件 {source.name} 不是可读的 Parquet 文件。请重新导出。",
            f"File {source.name} is no readable Parquet file. Export it again.",
        ) from None
    columns = [(str(row[0]), str(row[1])) for row in described if row[0] != "file_row_number"]
    listed = ", ".join(f"nullif({_as_text(name, type_)}, '') AS c{i}" for i, (name, type_) in enumerate(columns))
    return Records(
        headers=clean_headers([name for name, _ in columns]),
        rows=f"SELECT file_row_number + 1 AS _row, {listed} FROM {relation}",
        broken=NOTHING_BROKEN,
    )


def _as_text(name: str, type_: str) -> str:
    column = identifier(name)
    text = f"CAST({column} AS VARCHAR)"
    if type_ in ("DOUBLE", "FLOAT"):
        # As in workbooks: a whole number is written as one, as long as a float holds all its digits.
        return (
            f"CASE WHEN {column} = trunc({column}) AND abs({column}) < 1e15 "
            f"THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE upper({text}) END"
        )
    if type_.startswith("TIMESTAMP"):
        return f"regexp_replace({text}, ' 00:00:00$', '')"
    return text
