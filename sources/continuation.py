"""Whether a build may go on from what the build before left in the working warehouse.

The schema `marker` of the working warehouse says what its tables are the whole, finished result of: a build, its code
and as-of date, the deliveries it applied, the state it knew. The mark is taken away before any step changes a table
and set after the last one, so a build that was killed or failed leaves none. A build is *incremental* when there is a
mark and nothing of what it says was undone; otherwise it is *full* and makes everything anew. What comes out is the
same both ways.

A step has one go at being incremental: begun a second time within a build (somebody ran it again by hand, or Dagster
retried it), it no longer stands on the warehouse that the build found, and it and what follows is made in full.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from sources.errors import SijikuError
from sources.state import LOGS, State
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# The steps that change tables, in their order. A library is whole when all of them have ended.
STEPS = ("staging", "identity", "library", "unseen", "survey", "marts", "release", "metrics")

# A segment is told by its size and its end: there Parquet keeps the statistics of its columns, and every log has a
# random or a growing one.
_TAIL_BYTES = 65_536

_TABLES = {
    "whole": "build_id VARCHAR, code_version VARCHAR, as_of DATE",
    "delivery": "dataset VARCHAR, delivery VARCHAR, apply_order BIGINT",
    "state_segment": "log VARCHAR, segment VARCHAR, bytes BIGINT, tail VARCHAR",
    "step": "step VARCHAR, is_ended BOOLEAN",
    # The published build that was written from the tables as they were when the mark was set, if one was.
    "published": "build_id VARCHAR",
}


@dataclass(frozen=True)
class Manner:
    """How a build is made: in full or on top of the one before, and why, for people.

    `ordinal`: on top of how many builds it is made; 0 where it begins from nothing.
    """

    is_full: bool
    reason_zh: str
    reason_en: str
    ordinal: int = 0


ASKED = Manner(True, "应要求重建", "it was asked for")
FIRST = Manner(True, "第一次建库", "it is the first build")
UNFINISHED = Manner(True, "上次建库未完成", "the build before did not end")
OTHER_CODE = Manner(True, "程序已更新", "the code has changed")
EARLIER = Manner(True, "建库日期早于上次", "its as-of date lies before that of the build before")
TAKEN_BACK = Manner(True, "上次所用的批次已不适用", "deliveries that the build before applied no longer apply")
OTHER_STATE = Manner(True, "状态记录与上次不符", "state is not the one that the build before left")
REPEATED = Manner(True, "重做本次已做过的步骤", "a step of this build was begun again")


def decide(
    connection: duckdb.DuckDBPyConnection, state: State, *, as_of: date, code_version: str, is_full_wanted: bool
) -> Manner:
    """Say how the build that is being registered is made, and make `raw.new_delivery`, what it has to take in.

    Args:
        connection: on the working warehouse, where `raw.delivery` is this build's and `raw.build` the one's before.
        state: of the workdir.
        as_of: the build's date.
        code_version: the build's code.
        is_full_wanted: whether somebody asked for a full build.
    """
    _create_tables(connection)
    manner = ASKED if is_full_wanted else _manner(connection, state, as_of, code_version)
    known = "WHERE false" if manner.is_full else ""
    connection.execute(f"""
        CREATE OR REPLACE TABLE raw.new_delivery AS
        SELECT dataset, delivery FROM raw.delivery
        WHERE is_applied AND delivery NOT IN (SELECT delivery FROM marker.delivery {known})
        ORDER BY dataset, apply_order""")
    connection.execute("DELETE FROM marker.step")
    if manner.is_full:
        connection.execute("DELETE FROM marker.published")
        return manner
    row = connection.execute("SELECT (SELECT count(*) FROM raw.new_delivery), ordinal + 1 FROM raw.build").fetchone()
    new, ordinal = row or (0, 0)
    return Manner(False, f"新批次 {new} 个", f"{new} new deliveries", ordinal)


def _manner(connection: duckdb.DuckDBPyConnection, state: State, as_of: date, code_version: str) -> Manner:
    mark = connection.execute("SELECT code_version, as_of FROM marker.whole").fetchone()
    if mark is None:
        return UNFINISHED if _has_table(connection, "raw", "build") else FIRST
    if mark[0] != code_version:
        return OTHER_CODE
    if as_of < mark[1]:
        return EARLIER
    gone = connection.execute(
        "SELECT count(*) FROM marker.delivery "
        "WHERE delivery NOT IN (SELECT delivery FROM raw.delivery WHERE is_applied)"
    ).fetchone()
    if gone is None or gone[0]:
        return TAKEN_BACK
    known = connection.execute("SELECT log, segment, bytes, tail FROM marker.state_segment").fetchall()
    if not set(known) <= set(_segments(state, {(str(log), str(segment)) for log, segment, *_ in known})):
        return OTHER_STATE
    return Manner(False, "", "")


@contextmanager
def step(workdir: Workdir, name: str) -> Iterator[bool]:
    """Run a step that changes tables of the working warehouse; gives whether it is to make them in full.

    The warehouse is open to the step, not to this function, in between.

    Raises:
        SijikuError: no build was registered.
    """
    is_full = _begin(workdir, name)
    yield is_full
    with open_warehouse(workdir, is_small=True) as connection:
        connection.execute("UPDATE marker.step SET is_ended = true WHERE step = ?", [name])


def _begin(workdir: Workdir, name: str) -> bool:
    with open_warehouse(workdir, is_small=True) as connection:
        if not _has_table(connection, "raw", "build"):
            raise SijikuError("raw.build is empty.", "Materialise the raw zone first: the group `raw`.")
        _create_tables(connection)
        connection.execute("BEGIN")
        connection.execute("DELETE FROM marker.whole")
        if connection.execute("SELECT 1 FROM marker.step WHERE step = ?", [name]).fetchone():
            connection.execute(
                "UPDATE raw.build SET is_full = true, reason_zh = ?, reason_en = ? WHERE NOT is_full",
                [REPEATED.reason_zh, REPEATED.reason_en],
            )
            connection.execute("DELETE FROM marker.published")
        connection.execute("DELETE FROM marker.step WHERE step = ?", [name])
        connection.execute("INSERT INTO marker.step VALUES (?, false)", [name])
        connection.execute("COMMIT")
        return manner_of(connection).is_full


def mark_whole(workdir: Workdir, *, is_published_from: bool) -> bool:
    """Set the mark after the last step of a build, if all its steps have ended; say whether it was set.

    `is_published_from`: what is published under the build's id was written from these tables just now. A folder of that
    id may lie there from before: what is random in state (person numbers, say) may have got ahead of it since.
    """
    state = State(workdir.state)
    with open_warehouse(workdir, is_small=True) as connection:
        _create_tables(connection)
        ended = connection.execute("SELECT step FROM marker.step WHERE is_ended").fetchall()
        if {name for (name,) in ended} != set(STEPS):
            return False
        connection.execute("BEGIN")
        for table in ("whole", "delivery", "state_segment"):
            connection.execute(f"DELETE FROM marker.{table}")
        connection.execute("INSERT INTO marker.whole SELECT build_id, code_version, as_of FROM raw.build")
        connection.execute(
            "INSERT INTO marker.delivery SELECT dataset, delivery, apply_order FROM raw.delivery WHERE is_applied"
        )
        if is_published_from:
            connection.execute("DELETE FROM marker.published")
            connection.execute("INSERT INTO marker.published SELECT build_id FROM raw.build")
        else:
            connection.execute("DELETE FROM marker.published WHERE build_id NOT IN (SELECT build_id FROM raw.build)")
        segments = list(_segments(state))
        if segments:
            connection.executemany("INSERT INTO marker.state_segment VALUES (?, ?, ?, ?)", segments)
        connection.execute("COMMIT")
    return True


def renewed(workdir: Workdir) -> set[str]:
    """The datasets with deliveries that are new to the working warehouse, in the build that is registered there."""
    with open_warehouse(workdir, read_only=True) as connection:
        return {
            str(dataset)
            for (dataset,) in connection.execute("SELECT DISTINCT dataset FROM raw.new_delivery").fetchall()
        }


def published_before(workdir: Workdir) -> str | None:
    """The published build that was written from the tables that the registered build goes on from; None in a full
    build, and where there is none. What changed since is what the build's incremental models say of themselves."""
    with open_warehouse(workdir, read_only=True) as connection:
        if not _has_table(connection, "marker", "published"):
            return None
        row = connection.execute("SELECT build_id FROM marker.published").fetchone()
    return str(row[0]) if row else None


def manner_of(connection: duckdb.DuckDBPyConnection) -> Manner:
    """How the build that is registered in a working warehouse is made.

    Raises:
        SijikuError: none is.
    """
    row = connection.execute("SELECT is_full, reason_zh, reason_en FROM raw.build").fetchone()
    if row is None:
        raise SijikuError("raw.build is empty.", "Materialise the raw zone first: the group `raw`.")
    return Manner(bool(row[0]), str(row[1]), str(row[2]))


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS marker")
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS marker.{table} ({columns})")


def _has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?",
        [schema, table],
    ).fetchone()
    return found is not None


def _segments(state: State, wanted: set[tuple[str, str]] | None = None) -> Iterator[tuple[str, str, int, str]]:
    """Every segment of state as (log, file name, bytes, SHA-256 of its end); of `wanted` only, unless None."""
    for log in sorted(LOGS):
        for path in state.segments(log):
            if wanted is None or (log, path.name) in wanted:
                yield log, path.name, path.stat().st_size, _tail(path)


def _tail(path: Path) -> str:
    with path.open("rb") as handle:
        handle.seek(max(path.stat().st_size - _TAIL_BYTES, 0), os.SEEK_SET)
        return hashlib.sha256(handle.read()).hexdigest()
