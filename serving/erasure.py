"""Erasing a person or records from every layer of a library, so that they do not come back (ADR 31).

The plan is written first, into `erasing/` of the workdir, and while that folder is there nobody but `go_on` may do
anything with the library. Every file that changes is written anew beside; then the new files' hashes, the suppression
list and what was done go into state, and only then do the files take the places of the old ones. The working warehouse
and scratch files are removed whole: the next build is a full one. Whatever step is cut off, `go_on` does the rest.

What goes and what stays: docs/erasure.md.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from serving import rewriting
from serving.erasure_layers import Change, changes, write_new
from serving.erasure_targets import TABLES, Record, find_person, find_records
from sources.errors import UsageError
from sources.parquet import rows_in, write
from sources.readers.records import literal
from sources.state import State
from sources.suppression import create_key, hashed, load_key, number_forms
from sources.warehouse import open_engine
from sources.workdir import OWNER_ONLY, Workdir, sync

Kind = Literal["person", "record", "retention", "lift"]

_PLAN, _NEW, _READY, _ABOUT = "plan", "new", "ready.json", "about.json"
_HALF = ".erasing.half"


@dataclass(frozen=True)
class Order:
    """Who wants an erasure and why. `reason` stands in state for ever and holds no personal values.

    `policy_sha256`: of the retention policy that it follows, if it follows one.
    """

    kind: Kind
    by: str
    reason: str
    policy_sha256: str | None = None

    def __post_init__(self) -> None:
        """Raises UsageError where it is not said who or why."""
        if not self.by.strip() or not self.reason.strip():
            raise UsageError(
                "要写明何人、因何抹除。It must be said who erases and why.",
                "请用 --by 与 --reason。Give --by and --reason, without personal values.",
            )


@dataclass(frozen=True)
class Erased:
    """What an erasure takes, or took: people of whom nothing is left, records, and rows by file."""

    erasure_id: str
    persons: int
    records: int
    changes: tuple[Change, ...]

    def rows(self, layer: str) -> int:
        """Rows that go from a layer."""
        return sum(change.removed for change in self.changes if change.layer == layer)


def plan_person(workdir: Workdir, order: Order, person_id: str, *, is_dry_run: bool = False) -> Erased:
    """Plan to erase a person: what would go; unless it is a dry run, the plan is laid down and `go_on` carries it out.

    Args:
        workdir: the caller holds its lock.
        order: who and why.
        person_id: a number that the person has or had.
        is_dry_run: only count.

    Raises:
        UsageError: nobody has or had this number.
    """
    with open_engine(workdir) as connection:
        find_person(connection, workdir, person_id)
        return _plan(connection, workdir, order, is_dry_run=is_dry_run)


def plan_records(
    workdir: Workdir, order: Order, records: Sequence[Record] | Path, *, is_dry_run: bool = False
) -> Erased | None:
    """The same for records, whoever they are about: (dataset, record key), or a Parquet file with these columns.

    Returns:
        None where nothing is left to erase.

    Raises:
        UsageError: a record that was named is not known.
    """
    with open_engine(workdir) as connection:
        named = (
            f"SELECT dataset, record_key FROM {rows_in([records.resolve()])}" if isinstance(records, Path) else records
        )
        if not find_records(connection, workdir, named):
            return None
        return _plan(connection, workdir, order, is_dry_run=is_dry_run)


def lift(workdir: Workdir, order: Order, erasure_id: str) -> None:
    """Let what an erasure took come in again with later deliveries; what was taken is not brought back.

    Args:
        workdir: the caller holds its lock.
        order: who and why, of kind `lift`.
        erasure_id: of the erasure.

    Raises:
        UsageError: there was none of that id.
    """
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        known = connection.execute(
            f"SELECT 1 FROM ({state.select('erasure')}) WHERE erasure_id = ? AND kind <> 'lift'", [erasure_id]
        ).fetchone()
        if known is None:
            raise UsageError(
                f"没有编号为 {erasure_id} 的抹除。There was no erasure {erasure_id}.",
                "编号在抹除完成时给出，状态记录 erasure 中也有。It was told when it was done; see state's log erasure.",
            )
        key = f"{erasure_id}.lifted"
        state.append(
            connection,
            "suppression",
            f"SELECT {literal(key)} AS erasure_id, 'lifted' AS kind, NULL AS dataset, {literal(erasure_id)} AS hash",
            key=key,
        )
        at = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
        nothing = ", ".join(
            f"0 AS {name}"
            for name in ("persons", "records", "raw_rows", "blanked_rows", "state_lines", "published_rows", "files")
        )
        state.append(
            connection,
            "erasure",
            f"SELECT {literal(key)} AS erasure_id, TIMESTAMP {literal(at)} AS at, {literal(order.by)} AS by, "
            f"'lift' AS kind, {literal(order.reason)} AS reason, NULL AS policy_sha256, {nothing}",
            key=key,
        )


def is_unfinished(workdir: Workdir) -> bool:
    """Whether an erasure was cut off before its end."""
    return workdir.erasing.exists()


def go_on(workdir: Workdir) -> Erased:
    """Carry out the erasure that is planned in a workdir, from wherever it was cut off.

    Args:
        workdir: the caller holds its lock.

    Raises:
        UsageError: none is planned.
    """
    root = workdir.erasing
    if not root.exists():
        raise UsageError(
            f"{workdir.path} 中没有未完成的抹除。No erasure is unfinished in {workdir.path}.",
            "新的抹除请用 --person 或 --record。Start one with --person or --record.",
        )
    about = json.loads((root / _ABOUT).read_text(encoding="utf-8"))
    erasure_id = str(about["erasure_id"])
    with open_engine(workdir) as connection:
        # Rows of the analysis files keep their order.
        connection.execute("SET preserve_insertion_order = true")
        for table in TABLES:
            planned = rows_in([(root / _PLAN / f"{table}.parquet").resolve()])
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {planned}")
        if not (root / _READY).exists():
            _write_files(connection, workdir, erasure_id)
        done = _read_done(root)
        _enter(connection, workdir, Order(**about["order"]), str(about["at"]), done)
    rewriting.finish(workdir, root, root / _NEW)
    return done


def _plan(connection: duckdb.DuckDBPyConnection, workdir: Workdir, order: Order, *, is_dry_run: bool) -> Erased:
    erasure_id = uuid.uuid4().hex
    found = _counted(connection, erasure_id, changes(connection, workdir))
    if is_dry_run:
        return found
    half = workdir.path / _HALF
    shutil.rmtree(half, ignore_errors=True)
    shutil.rmtree(rewriting.gone(workdir.erasing), ignore_errors=True)
    (half / _PLAN).mkdir(parents=True, mode=OWNER_ONLY)
    half.chmod(OWNER_ONLY)
    for table in TABLES:
        file = half / _PLAN / f"{table}.parquet"
        write(connection, f"FROM {table}", file)
        sync(file)
    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    rewriting.write_json(half / _ABOUT, {"erasure_id": erasure_id, "at": at.isoformat(sep=" "), "order": asdict(order)})
    create_key(workdir)
    half.rename(workdir.erasing)
    return found


def _counted(connection: duckdb.DuckDBPyConnection, erasure_id: str, found: Iterable[Change]) -> Erased:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM person WHERE standing = 'whole'), "
        "(SELECT count(*) FROM (SELECT DISTINCT dataset, record_key FROM target))"
    ).fetchone()
    persons, records = row or (0, 0)
    return Erased(erasure_id, int(persons), int(records), tuple(found))


def _write_files(connection: duckdb.DuckDBPyConnection, workdir: Workdir, erasure_id: str) -> None:
    """Write every file that changes anew, and then what was written and with which hashes."""
    root = workdir.erasing
    shutil.rmtree(root / _NEW, ignore_errors=True)
    (root / _NEW).mkdir(mode=OWNER_ONLY)
    found = _counted(connection, erasure_id, changes(connection, workdir))
    files = []
    for change in {change.path: change for change in found.changes}.values():
        write_new(connection, workdir, change, root / _NEW)
        files.append(rewriting.line(workdir, change.path, root / _NEW))
    rewriting.write_json(root / _READY, {"done": asdict(found), "files": files})


def _read_done(root: Path) -> Erased:
    done = json.loads((root / _READY).read_text(encoding="utf-8"))["done"]
    return Erased(**done | {"changes": tuple(Change(**change) for change in done["changes"])})


def _enter(connection: duckdb.DuckDBPyConnection, workdir: Workdir, order: Order, at: str, done: Erased) -> None:
    """Append to state what was done; an erasure that was cut off before finds it there."""
    state, key = State(workdir.state), done.erasure_id
    load_key(connection, workdir)
    named = literal(key)
    lines = (
        f"SELECT 'record', dataset, {hashed('dataset', 'record_key')} FROM target, suppression_key "
        "WHERE action = 'drop'",
        f"SELECT 'role', dataset, {hashed('dataset', 'record_key', 'role')} FROM target, suppression_key "
        "WHERE action = 'blank'",
        f"SELECT 'exempt', dataset, {hashed('dataset', 'record_key', 'role')} FROM target, suppression_key "
        "WHERE action = 'number'",
        f"SELECT 'number', NULL, {hashed('number')} FROM (SELECT unnest({number_forms('value')}) AS number FROM value "
        "WHERE kind = 'number'), suppression_key",
        f"SELECT 'person', NULL, {hashed(literal('person'), 'person_id')} FROM person, suppression_key "
        "WHERE standing IN ('whole', 'former')",
    )
    state.append(
        connection,
        "suppression",
        f"SELECT DISTINCT {named} AS erasure_id, kind, dataset, hash "
        f"FROM ({' UNION ALL '.join(lines)}) AS line(kind, dataset, hash) ORDER BY ALL",
        key=key,
    )
    raw = [change for change in done.changes if change.layer == "raw"]
    erased = pl.DataFrame(
        {
            "delivery": [str(change.delivery) for change in raw],
            "dataset": [change.what for change in raw],
            "removed": [change.removed for change in raw],
        },
        schema={"delivery": pl.String, "dataset": pl.String, "removed": pl.Int64},
    )
    connection.register("erased", erased)
    state.append(
        connection,
        "erased_row",
        f"SELECT {named} AS erasure_id, delivery, dataset, sum(removed) AS rows FROM erased GROUP BY delivery, dataset "
        "HAVING sum(removed) > 0 ORDER BY ALL",
        key=key,
    )
    listed = json.loads((workdir.erasing / _READY).read_text(encoding="utf-8"))["files"]
    rewriting.enter(connection, workdir, key, "erasure", listed)
    policy = literal(order.policy_sha256) if order.policy_sha256 else "NULL"
    state.append(
        connection,
        "erasure",
        f"SELECT {named} AS erasure_id, TIMESTAMP {literal(at)} AS at, {literal(order.by)} AS by, "
        f"{literal(order.kind)} AS kind, {literal(order.reason)} AS reason, {policy} AS policy_sha256, "
        f"{done.persons} AS persons, {done.records} AS records, {done.rows('raw')} AS raw_rows, "
        f"{sum(change.blanked for change in raw)} AS blanked_rows, {done.rows('state')} AS state_lines, "
        f"{done.rows('published')} AS published_rows, {len(listed)} AS files",
        key=key,
    )
