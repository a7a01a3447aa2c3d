"""The one way to open a DuckDB file of the library.

A DuckDB catalog is named after its file and that name is baked into views and manifests, so every connection is to
`:memory:` and attaches the file `AS sijiku`. Relative paths inside views resolve against the workdir, so that a
workdir can be moved.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from sources.encryption import attach
from sources.errors import UsageError
from sources.parquet import lend_key
from sources.workdir import OWNER_ONLY_FILE, Workdir

CATALOG = "sijiku"
MEMORY_VARIABLE = "SIJIKU_MEMORY"
THREADS_VARIABLE = "SIJIKU_THREADS"
DEFAULT_MEMORY = "6GB"
# How the working warehouse is stored. Texts are most of what a build writes, and this form of the file compresses them
# in a fifth less time than DuckDB's default, which is for readers older than ours; published files keep to the default.
STORAGE = "v1.5.0"
_NOT_IN_PATHS = frozenset("*?[],")
_NOT_IN_PATHS_SHOWN = "* ? [ ] ,"


def engine_settings(workdir: Workdir, memory: float = 1) -> dict[str, str]:
    """DuckDB settings of this process and of dbt's: each alone would take 80% of the machine by default.

    Args:
        workdir: of the library.
        memory: share of what SIJIKU_MEMORY allows that is to be used.

    Returns setting name to value; `memory_limit` from SIJIKU_MEMORY, `threads` from SIJIKU_THREADS.

    Raises:
        UsageError: the workdir's path holds a character that DuckDB reads as a pattern or a list of paths.
    """
    path = str(workdir.path.resolve())
    if set(path) & _NOT_IN_PATHS:
        raise UsageError(
            f"工作目录的路径含有 {_NOT_IN_PATHS_SHOWN} 之一。The path {path} holds one of {_NOT_IN_PATHS_SHOWN}.",
            "请换一个 --workdir。Choose another --workdir.",
        )
    return {
        "memory_limit": _share_of(os.environ.get(MEMORY_VARIABLE, DEFAULT_MEMORY), memory),
        "threads": os.environ.get(THREADS_VARIABLE, str(os.cpu_count() or 1)),
        "temp_directory": str(workdir.scratch / "spill"),
        "file_search_path": path,
        "preserve_insertion_order": "false",
        "enable_progress_bar": "false",  # it would be drawn over what a command prints
    }


def _share_of(limit: str, share: float) -> str:
    """A share of a size as DuckDB writes it (6GB, 512 MiB, 80%); what is written otherwise is DuckDB's to judge."""
    written = re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z]+|%)\s*", limit)
    return limit if share == 1 or written is None else f"{float(written[1]) * share:g}{written[2]}"


@contextmanager
def connect(
    file: Path, *, read_only: bool, settings: dict[str, str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file as catalog `sijiku` and close it again; the file's lock is held no longer than that.

    One that is encrypted, or made where there is a key, is opened with it (see `sources.encryption`).
    """
    connection = duckdb.connect(":memory:")
    try:
        apply_settings(connection, settings or {})
        attach(connection, file, CATALOG, read_only=read_only, storage=None if read_only else STORAGE)
        connection.execute(f"USE {CATALOG}")
        yield connection
    finally:
        connection.close()


@contextmanager
def open_warehouse(
    workdir: Workdir, *, read_only: bool = False, memory: float = 1, is_small: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the working warehouse of a workdir. Nobody but the build does.

    Args:
        workdir: of the library.
        read_only: as DuckDB means it.
        memory: share of what SIJIKU_MEMORY allows that is to be used.
        is_small: what is written is little, and stays in the log beside the file until somebody writes more. To put it
            into the file, the engine would look through all large tables that rows were taken out of: in a library
            that goes on from day to day, a second or more for every few rows.
    """
    try:
        with connect(workdir.warehouse, read_only=read_only, settings=engine_settings(workdir, memory)) as connection:
            lend_key(connection)
            if not read_only:
                workdir.warehouse.chmod(OWNER_ONLY_FILE)
            if is_small:
                connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            yield connection
    finally:
        if is_small:
            with suppress(FileNotFoundError):
                log_of(workdir.warehouse).chmod(OWNER_ONLY_FILE)


def log_of(file: Path) -> Path:
    """What DuckDB has written to a file and not yet put into it."""
    return file.with_name(f"{file.name}.wal")


def few(column: str, table: str, columns: str | None = None) -> str:
    """Query of few rows, to choose among many by a column: `x IN (…)`, `SEMI JOIN (…) USING (x)`, `JOIN (…) USING (x)`.

    The engine then hands what scans the many a Bloom filter of the few, and reads other columns of stored tables only
    where that lets a row through, in a quarter of the time. It does so where one column is compared, not an expression,
    and where the few are chosen by a condition themselves (`IsFiltering` of DuckDB 1.5's JoinFilterPushdownOptimizer);
    so they are, by one that is true of all.

    `columns`: of the query, where it is not that one alone.
    """
    return f"SELECT {columns or f'few.{column}'} FROM {table} AS few WHERE hash(few.{column}) IS NOT NULL"


@contextmanager
def open_engine(workdir: Workdir) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine without a catalog of its own, to read files and write Parquet with the workdir's settings.

    Files are never cached: DuckDB would take one that was written anew under the same path for the old one.
    """
    connection = duckdb.connect(":memory:")
    try:
        settings = engine_settings(workdir) | {"enable_external_file_cache": "false"}
        apply_settings(connection, settings)
        lend_key(connection)
        yield connection
    finally:
        connection.close()


def apply_settings(connection: duckdb.DuckDBPyConnection, settings: dict[str, str]) -> None:
    """Give a connection, and every cursor of it, DuckDB settings: name to value."""
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        # Said without a scope, some would hold for this cursor alone; a progress bar is never another's.
        scope = "" if name == "enable_progress_bar" else "GLOBAL"
        connection.execute(f"SET {scope} {name} = '{quoted}'")
