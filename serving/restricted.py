"""Writing `restricted/sijiku.duckdb`, the large file of a publication: in full, or from the one published before.

A build that goes on from the one before leaves most rows of the large tables as they were. So the file that was written
from the tables it goes on from is copied, and the copy is *patched*: of a table whose model declares what a build
renews (`renewed`, dbt_project/macros/renewal.sql), the rows of which that is true are taken out and put in anew; of
other large tables, the rows that are not the same on both sides, told by their hashes; all else is written anew. The
rows are those of a file written in full; their order is nobody's business here.

Rows that are taken out stay in the file until their table is written anew: the engine would move the rows of whole
tables to save their room, all on one day. So a table is written anew once half as many rows are dead as it has, and
each day that one above a quarter which has most: a week's patches are not paid for all at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb

from serving.checks import columns_of
from sources.encryption import attach, configured_key, is_encrypted
from sources.interface import Table
from sources.warehouse import CATALOG

log = logging.getLogger("sijiku.serving")

FILE = "sijiku.duckdb"
OWNER_ONLY_FILE = 0o600

_BLOCK = 1 << 22
# Tables of fewer rows are written anew: finding out what changed costs as much.
_SMALL = 10_000
# Rows taken out, as a part of those that are there: above the one a table is written anew, above the other the one
# that has most is.
_DEAD, _DEADEST = 0.5, 0.25
# Of a table more of whose rows differ than this, none is looked for: all are written.
_MOST = 0.25
_SAMPLE = 2048
# A file of which the engine could use so much of the room again is written in full, which gives it back.
_FREE = 0.5


@dataclass(frozen=True)
class Base:
    """The published file that a warehouse goes on from: where, and its size in bytes and SHA-256 as they were."""

    file: Path
    bytes: int
    sha256: str


def base_in(folder: Path, path: str, manifest: str) -> Base | None:
    """The file of a published folder as its manifest has it; None where there is no such folder, manifest or file.

    Args:
        folder: of a published build.
        path: of the file in it.
        manifest: the name of its manifest.
    """
    try:
        listed = json.loads((folder / manifest).read_text(encoding="utf-8"))["files"]
        (entry,) = (entry for entry in listed if entry["path"] == path)
        base = Base(folder / path, int(entry["bytes"]), str(entry["sha256"]))
        return base if base.file.stat().st_size == base.bytes else None
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def attached(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    schemas: set[str],
    *,
    alias: str = "target",
    is_personal: bool = False,
) -> Iterator[None]:
    """A file to write, attached under a name of its own, with these schemas; a personal one is encrypted if there is a
    key.

    It is no library before it is complete, so no log is kept of what is written to it.
    """
    attach(connection, file.resolve(), alias, is_personal=is_personal, is_logged=False)
    try:
        for schema in sorted(schemas):
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS {alias}."{schema}"')
        yield
        # Who asks another cursor which tables there are is for a moment in this file too: that is waited for.
        connection.execute(f"FORCE CHECKPOINT {alias}")
    finally:
        connection.execute(f"DETACH {alias}")


def write(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    tables: Mapping[Table, Table],
    base: Base | None,
    renewed: Mapping[Table, str],
    changed: Mapping[Table, Table] = MappingProxyType({}),
    *,
    copying: Future[bool] | None = None,
) -> int:
    """Write a file with these tables, of which the folder is there and the file is not.

    Args:
        connection: on the working warehouse, set to write (`to_write`).
        file: to write.
        tables: each table of the file, and the one of the warehouse that it is.
        base: the file that these tables go on from; None to write all.
        renewed: of tables of the file, a condition in the words of the warehouse: in these tables and in those of the
            base, no row may differ of which it is not true.
        changed: of tables of the file, one of the warehouse in which those rows stand by themselves, as they are now.
        copying: of the base to the file (`copied`), where it was begun already.

    Returns:
        How many tables were patched; 0 where the file was written in full.
    """
    is_copied = base is not None and (copying.result() if copying else copied(base, file))
    patched = _patch(connection, file, tables, renewed, changed) if is_copied else None
    if patched is None:
        file.unlink(missing_ok=True)
        with attached(connection, file, {table.schema for table in tables}, is_personal=True):
            for table, source in tables.items():
                connection.execute(f"CREATE TABLE target.{table.quoted} AS FROM {source.quoted}")
    file.chmod(OWNER_ONLY_FILE)
    return patched or 0


@contextmanager
def to_write(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One checkpoint a file, at its end, which moves no rows: whoever is disturbed by rows taken out decides it here.

    It holds for every cursor of the connection.
    """
    own = {"wal_autocheckpoint": "1TB", "max_vacuum_tasks": 0}
    for name, value in own.items():
        connection.execute(f"SET GLOBAL {name} = '{value}'")
    try:
        yield
    finally:
        for name in own:
            connection.execute(f"RESET GLOBAL {name}")


def copied(base: Base, file: Path) -> bool:
    """Copy a base to be patched, and say whether that is worth while: it is the file that was written (it is read once
    for both), and encrypted if, and only if, there is a key now."""
    if is_encrypted(base.file) != (configured_key() is not None):
        return False
    digest = hashlib.sha256()
    with base.file.open("rb") as source, open(os.open(file, os.O_WRONLY | os.O_CREAT, OWNER_ONLY_FILE), "wb") as copy:
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() == base.sha256:
        return True
    log.warning("%s is not as its manifest says: restricted/ is written in full", base.file)
    return False


def _patch(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    tables: Mapping[Table, Table],
    renewed: Mapping[Table, str],
    changed: Mapping[Table, Table],
) -> int | None:
    """Make the copy of a base the file of these tables; None where that is not worth while."""
    with attached(connection, file, {table.schema for table in tables}, is_personal=True):
        (free, used) = _one_row(
            connection, "SELECT free_blocks, used_blocks FROM pragma_database_size() WHERE database_name = 'target'"
        )
        if free > _FREE * used:
            return None
        there, ours = columns_of(connection, "target"), columns_of(connection, CATALOG)
        for table in there.keys() - tables.keys():
            connection.execute(f"DROP TABLE target.{table.quoted}")
        rows = {
            table: _one_row(connection, f"SELECT count(*) FROM {source.quoted}")[0] for table, source in tables.items()
        }
        alike = [
            table
            for table, source in tables.items()
            if list(there.get(table, {}).items()) == list(ours[source].items()) and rows[table] >= _SMALL
        ]
        worn = _worn(connection, alike)
        patched = 0
        for table, source in tables.items():
            renewal = None
            if table in alike and table not in worn:
                if declared := renewed.get(table):
                    renewal = _declared(connection, table, source, declared, changed.get(table), ours[source])
                else:
                    renewal = _found(connection, table, source, ours[source], rows[table])
            if renewal and _is_patched(connection, table, renewal, rows[table]):
                patched += 1
            else:
                connection.execute(f"CREATE OR REPLACE TABLE target.{table.quoted} AS FROM {source.quoted}")
    return patched


def _worn(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> set[Table]:
    """The tables of the file that hold too many dead rows to be patched: see the head of this module."""
    dead = {}
    for table in tables:
        # Rows are numbered by their places, and dead ones keep theirs.
        live, places = _one_row(connection, f"SELECT count(*), coalesce(max(rowid) + 1, 0) FROM target.{table.quoted}")
        dead[table] = (places - live) / max(live, 1)
    deadest = sorted(dead, key=lambda table: (-dead[table], str(table)))[:1]
    return {table for table in dead if dead[table] > (_DEADEST if table in deadest else _DEAD)}


@dataclass(frozen=True)
class _Renewal:
    """What is true of the rows of a table that may differ from those of the file, and the query of those to put in."""

    condition: str
    query: str


def _declared(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source: Table,
    declared: str,
    changed: Table | None,
    columns: Iterable[str],
) -> _Renewal | None:
    """The renewal that is declared of a table; None where it cannot be asked, so that all is to be written."""
    condition = f"({declared})"
    query = f"FROM {source.quoted} WHERE {condition}"
    if changed:
        query = f"SELECT {', '.join(map(_quoted, columns))} FROM {changed.quoted} WHERE {condition}"
    try:
        for asked in (query, f"FROM target.{table.quoted} WHERE {condition}"):
            connection.execute(f"SELECT 1 FROM ({asked}) LIMIT 0")
        if not changed and _is_stored(connection, source):
            # Renewed rows were put in last: of what stands before the first of them, other columns are not read.
            (first,) = _one_row(connection, f"SELECT coalesce(min(rowid), 0) {query}")
            query += f" AND rowid >= {first}"
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException):
        log.warning("What is declared to be renewed of %s cannot be asked of it: written anew", table)
        return None
    return _Renewal(condition, query)


def _is_stored(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether a table of the warehouse is one, and no view."""
    (found,) = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?",
        [CATALOG, table.schema, table.name],
    ).fetchone() or (0,)
    return bool(found)


def _found(
    connection: duckdb.DuckDBPyConnection, table: Table, source: Table, columns: Iterable[str], rows: int
) -> _Renewal | None:
    """The rows of a table that differ from those of the file, looked for; None where they are too many."""
    hashed = f"hash({', '.join(_quoted(name) for name in columns)})"
    # The number of a new build, or a new month, in every row: seen in a few.
    (new,) = _one_row(
        connection,
        f"SELECT count(*) FROM (SELECT {hashed} AS key FROM {source.quoted} LIMIT {_SAMPLE}) AS few "
        f"ANTI JOIN (SELECT {hashed} AS key FROM target.{table.quoted}) AS old USING (key)",
    )
    if new > _MOST * _SAMPLE:
        return None
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE differing AS SELECT key, count(*) FILTER (is_new) AS rows FROM ("
        f"SELECT {hashed} AS key, true AS is_new FROM {source.quoted} "
        f"UNION ALL SELECT {hashed}, false FROM target.{table.quoted}"
        ") GROUP BY key HAVING 2 * count(*) FILTER (is_new) <> count(*)"
    )
    (differing,) = _one_row(connection, "SELECT coalesce(sum(rows), 0) FROM differing")
    if differing > _MOST * rows:
        return None
    condition = f"{hashed} IN (SELECT key FROM temp.differing)"
    return _Renewal(condition, f"FROM {source.quoted} WHERE {condition}")


def _is_patched(connection: duckdb.DuckDBPyConnection, table: Table, renewal: _Renewal, rows: int) -> bool:
    """Renew the rows of a table; say whether it has as many as it should have then."""
    connection.execute(f"DELETE FROM target.{table.quoted} WHERE {renewal.condition}")
    connection.execute(f"INSERT INTO target.{table.quoted} {renewal.query}")
    (found,) = _one_row(connection, f"SELECT count(*) FROM target.{table.quoted}")
    if found != rows:
        log.warning("%s has %d rows after its patch and not %d: written anew", table, found, rows)
    return found == rows


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
