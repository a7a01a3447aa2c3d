"""What an erasure changes, layer by layer: files of the raw zone and quarantine, segments of state, published builds.

Each layer is asked twice in the same words: what would change (counts), and the file without it. Files are written anew
under another root, never changed where they lie: a DuckDB file would keep deleted rows in its freed blocks.

The tables of `serving.erasure_targets` stand in the connection's catalog.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from serving.audit_findings import FOLDER, KEY, entries
from serving.audit_site import DATA
from serving.checks import columns_of
from serving.erasure_targets import PHONE_DIGITS, raw_files
from sources.contract import load_contract
from sources.encryption import attach, is_encrypted
from sources.interface import Table
from sources.parquet import rows_in, write
from sources.readers.records import identifier, literal
from sources.state import State
from sources.suppression import cleaned_number, columns_in, number_forms, rows_of, without_targets
from sources.workdir import OWNER_ONLY, Workdir

Layer = Literal["raw", "quarantine", "state", "published"]

_DUCKDB = "sijiku.duckdb"
_FINDING = Table("quality", "finding")
_PARTS = ("restricted", "analysis")
# How publishing writes Parquet: tables without persons, never encrypted.
_ANALYSIS = "FORMAT parquet, COMPRESSION zstd"

_DROPPED = "SELECT record_ref FROM memory.target WHERE action = 'drop'"
_BLANKED = "SELECT (record_ref, role) FROM memory.target WHERE action = 'blank'"
_WHOLE = "SELECT person_id FROM memory.person WHERE standing IN ('whole', 'former')"
_PARTIAL = "SELECT person_id FROM memory.person WHERE standing IN ('whole', 'former', 'partial')"
_SHARED = "SELECT person_id FROM memory.person WHERE standing = 'shared'"
_REFERENCES = "SELECT person_ref FROM memory.person_reference"
_FINDINGS = "SELECT finding_id FROM memory.finding"
# What entries on pages of the audit site name that go: filled from each build's findings as they are looked through.
_TOLD_ON_PAGES = "SELECT token FROM memory.told_on_pages"
_PHONES = "SELECT value FROM memory.value WHERE kind = 'phone'"
_NUMBERS = "SELECT unnest(" + number_forms("value") + ") FROM memory.value WHERE kind = 'number'"

# Of a table with these columns, the rows that go.
_GONE: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"record_ref"}), f"record_ref IN ({_DROPPED})"),
    (frozenset({"record_ref", "role"}), f"(record_ref, role) IN ({_BLANKED})"),
    *(
        condition
        for side in ("l", "r")
        for condition in (
            (frozenset({f"record_ref_{side}"}), f"record_ref_{side} IN ({_DROPPED})"),
            (frozenset({f"record_ref_{side}", f"role_{side}"}), f"(record_ref_{side}, role_{side}) IN ({_BLANKED})"),
        )
    ),
    (frozenset({"person_id"}), f"person_id IN ({_WHOLE})"),
    (frozenset({"person_ref"}), f"person_ref IN ({_REFERENCES})"),
    (frozenset({"finding_id"}), f"finding_id IN ({_FINDINGS})"),
)
# What the library says of a person may come from a record that goes: it comes back with the next build, without it.
_GONE_FROM_LIBRARY = (frozenset({"person_id"}), f"person_id IN ({_PARTIAL})")
# Columns that speak of somebody else, and when they are emptied.
_EMPTIED: tuple[tuple[frozenset[str], str, str], ...] = (
    *((frozenset[str](), column, f"{column} IN ({_WHOLE})") for column in ("mother_person_id", "other_person_id")),
    *(
        (frozenset[str](), column, f"{cleaned_number(column)} IN ({_NUMBERS})")
        for column in ("id_number", "id_number_raw", "mother_id_number", "guardian_id_number")
    ),
    *(
        (frozenset({"record_ref"}), column, f"(record_ref, {literal(role)}) IN ({_BLANKED})")
        for role in ("mother", "guardian")
        for column in (f"{role}_name", f"{role}_name_key", f"{role}_id_number")
    ),
    (
        frozenset({"record_ref"}),
        "phone",
        f"{PHONE_DIGITS.format('phone')} IN ({_PHONES}) AND record_ref IN (SELECT record_ref FROM memory.target)",
    ),
    (
        frozenset({"person_id"}),
        "phone",
        f"{PHONE_DIGITS.format('phone')} IN ({_PHONES}) AND person_id IN ({_SHARED})",
    ),
)
# Logs of state that speak of records, people or findings; the rest hold none.
_LOGS = (
    "record_ref",
    "person_assignment",
    "person_event",
    "person_ref",
    "finding_event",
    "case",
    "decision",
    "audit_result",
)


@dataclass(frozen=True)
class Change:
    """What goes from one file.

    Attributes:
        layer: where the file lies.
        what: dataset, log, or build and table.
        path: of the file, relative to the workdir.
        removed: rows that go.
        blanked: rows of which some values go.
        delivery: of a file of the raw zone.
    """

    layer: Layer
    what: str
    path: str
    removed: int
    blanked: int
    delivery: str | None = None


def changes(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> Iterator[Change]:
    """Everything that the erasure changes in a workdir, layer by layer. The working warehouse goes whole."""
    connection.execute(f"CREATE OR REPLACE TABLE told_on_pages AS SELECT person_ref AS token FROM ({_REFERENCES})")
    yield from _of_raw(connection, workdir)
    yield from _of_quarantine(connection, workdir)
    yield from _of_state(connection, workdir)
    yield from _of_published(connection, workdir)


def write_new(connection: duckdb.DuckDBPyConnection, workdir: Workdir, change: Change, root: Path) -> None:
    """Write the file of a change without what goes, to the same path under another root."""
    file, new = workdir.path / change.path, root / change.path
    new.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
    if file.name == _DUCKDB:
        _write_duckdb(connection, file, new)
    elif file.suffix == ".js":
        _write_page(connection, file, new)
    elif change.layer == "published":
        query = _without_rows(connection, Table(file.parent.name, file.stem), file)
        connection.execute(f"COPY ({query} ORDER BY ALL) TO {literal(str(new.resolve()))} ({_ANALYSIS})")
    else:
        write(connection, _query(connection, change, file), new)
    new.chmod(file.stat().st_mode & 0o777)


def _query(connection: duckdb.DuckDBPyConnection, change: Change, file: Path) -> str:
    if change.layer == "raw":
        targets = f"(SELECT record_key, role, action FROM target WHERE dataset = {literal(change.what)})"
        return without_targets(connection, load_contract(change.what), file, targets)
    if change.layer == "quarantine":
        hit = f"CASE WHEN {_told_in('content')} THEN NULL ELSE content END AS content"
        return f"SELECT * REPLACE ({hit}) FROM {rows_in([file.resolve()])} ORDER BY row, reason_en"
    return _without_rows(connection, Table("state", change.what), file)


def _without_rows(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> str:
    there = rows_in([file.resolve()])
    return _without(there, table, columns_in(connection, there))


def _of_raw(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> Iterator[Change]:
    files = raw_files(connection, workdir)
    for (dataset,) in connection.execute("SELECT DISTINCT dataset FROM target ORDER BY 1").fetchall():
        if dataset not in files:
            continue
        target = f"SELECT record_key FROM target WHERE dataset = {literal(dataset)} AND action"
        rows = connection.execute(f"""
            SELECT filename, any_value(_delivery), count(*) FILTER (_record_key IN ({target} = 'drop')),
                count(*) FILTER (_record_key IN ({target} <> 'drop'))
            FROM {rows_of(files[dataset])}
            WHERE _record_key IN (SELECT record_key FROM target WHERE dataset = {literal(dataset)})
            GROUP BY filename ORDER BY filename""").fetchall()
        for file, delivery, removed, blanked in rows:
            yield Change("raw", dataset, _relative(workdir, file), int(removed), int(blanked), str(delivery))


def _of_quarantine(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> Iterator[Change]:
    for dataset, files in raw_files(connection, workdir, workdir.quarantine).items():
        rows = connection.execute(
            f"SELECT filename, count(*) FROM {rows_of(files)} WHERE {_told_in('content')} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for file, blanked in rows:
            yield Change("quarantine", dataset, _relative(workdir, file), 0, int(blanked))


def _told_in(text: str) -> str:
    """That a text of any form tells the erased person: by the ID number, or by name and phone."""
    said = "upper(" + text + ")"
    return (
        f"coalesce(EXISTS (SELECT 1 FROM ({_NUMBERS.replace('unnest', 'DISTINCT unnest')}) AS own(number) "
        f"WHERE contains({said}, own.number)) OR (EXISTS (SELECT 1 FROM memory.value AS own WHERE own.kind = 'phone' "
        f"AND contains({text}, own.value)) AND EXISTS (SELECT 1 FROM memory.value AS own WHERE own.kind = 'name' "
        f"AND contains({text}, own.value))), false)"
    )


def _of_state(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> Iterator[Change]:
    state = State(workdir.state)
    for log in _LOGS:
        for segment in state.segments(log):
            there = rows_in([segment.resolve()])
            removed, blanked = _counted(connection, there, Table("state", log), columns_in(connection, there))
            if removed or blanked:
                yield Change("state", log, _relative(workdir, segment), removed, blanked)


def _of_published(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> Iterator[Change]:
    for folder in sorted(workdir.published.glob("[!.]*")):
        if folder.is_symlink() or not folder.is_dir():
            continue
        for part in _PARTS:
            file = folder / part / _DUCKDB
            if not file.is_file():
                continue
            attach(connection, file.resolve(), "published", read_only=True)
            try:
                for table, columns in columns_of(connection, "published").items():
                    removed, blanked = _counted(connection, f"published.{table.quoted}", table, list(columns))
                    if not removed and not blanked:
                        continue
                    if table == _FINDING:
                        _note_findings(connection, list(columns))
                    what = f"{folder.name} {part}: {table}"
                    yield Change("published", what, _relative(workdir, file), removed, blanked)
                    copy = folder / part / "parquet" / table.schema / f"{table.name}.parquet"
                    if copy.is_file():
                        yield Change("published", f"{what} (Parquet)", _relative(workdir, copy), removed, blanked)
            finally:
                connection.execute("DETACH published")
        yield from _of_site(connection, workdir, folder)


def _note_findings(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> None:
    gone, _ = _conditions(_FINDING, columns)
    connection.execute(
        f"INSERT INTO memory.told_on_pages SELECT unnest([finding_id, substr(finding_id, 1, {KEY})]) "
        f"FROM published.{_FINDING.quoted} WHERE {' OR '.join(gone)}"
    )


def _of_site(connection: duckdb.DuckDBPyConnection, workdir: Workdir, folder: Path) -> Iterator[Change]:
    """Findings one by one on the audit site. Its counts stand, as those of every table that was published."""
    pages = folder / "site" / DATA / FOLDER
    if not pages.is_dir():
        return
    found = entries(literal(f"{pages.resolve()}/**/*.js"), _TOLD_ON_PAGES)
    rows = connection.execute(
        f"SELECT filename, count(*) FROM ({found}) WHERE names_one GROUP BY filename ORDER BY filename"
    ).fetchall()
    for file, removed in rows:
        yield Change("published", f"{folder.name} site", _relative(workdir, file), int(removed), 0)


def _write_page(connection: duckdb.DuckDBPyConnection, file: Path, new: Path) -> None:
    found = entries(literal(str(file.resolve())), _TOLD_ON_PAGES)
    row = connection.execute(
        "SELECT any_value(head) || coalesce(string_agg(entry, ',\n' ORDER BY n) FILTER (NOT names_one), '') "
        f"|| any_value(tail) FROM ({found})"
    ).fetchone()
    assert row is not None
    new.write_text(str(row[0]), encoding="utf-8")


def _write_duckdb(connection: duckdb.DuckDBPyConnection, file: Path, new: Path) -> None:
    new.unlink(missing_ok=True)
    attach(connection, file.resolve(), "published", read_only=True)
    attach(connection, new.resolve(), "rewritten", is_personal=is_encrypted(file))
    try:
        for table, columns in columns_of(connection, "published").items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS rewritten.{identifier(table.schema)}")
            query = _without(f"published.{table.quoted}", table, list(columns))
            connection.execute(f"CREATE TABLE rewritten.{table.quoted} AS {query}")
        connection.execute("CHECKPOINT rewritten")
    finally:
        connection.execute("DETACH published")
        connection.execute("DETACH rewritten")


def _counted(connection: duckdb.DuckDBPyConnection, relation: str, table: Table, columns: list[str]) -> tuple[int, int]:
    gone, emptied = _conditions(table, columns)
    if not gone and not emptied:
        return 0, 0
    goes = f"coalesce({' OR '.join(gone) or 'false'}, false)"
    changes = " OR ".join(f"({identifier(column)} IS NOT NULL AND ({when}))" for column, when in emptied.items())
    row = connection.execute(
        f"SELECT count(*) FILTER (goes), count(*) FILTER (NOT goes AND changes) FROM ("
        f"SELECT {goes} AS goes, coalesce({changes or 'false'}, false) AS changes FROM {relation})"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _without(relation: str, table: Table, columns: list[str]) -> str:
    gone, emptied = _conditions(table, columns)
    replaced = ", ".join(
        f"CASE WHEN coalesce({when}, false) THEN NULL ELSE {identifier(column)} END AS {identifier(column)}"
        for column, when in emptied.items()
    )
    listed = f"* REPLACE ({replaced})" if replaced else "*"
    return f"SELECT {listed} FROM {relation} WHERE NOT coalesce({' OR '.join(gone) or 'false'}, false)"


def _conditions(table: Table, columns: list[str]) -> tuple[list[str], dict[str, str]]:
    """Which rows of a table go, and which columns are emptied where."""
    there = set(columns)
    gone = [f"({condition})" for needed, condition in _GONE if needed <= there]
    if table.schema == "library" and _GONE_FROM_LIBRARY[0] <= there:
        gone.append(f"({_GONE_FROM_LIBRARY[1]})")
    emptied: dict[str, str] = {}
    for needed, column, when in _EMPTIED:
        if column in there and needed <= there:
            emptied[column] = f"{emptied[column]} OR ({when})" if column in emptied else f"({when})"
    return gone, emptied


def _relative(workdir: Workdir, file: Path | str) -> str:
    return Path(file).resolve().relative_to(workdir.path.resolve()).as_posix()
