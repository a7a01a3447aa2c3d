"""State only grows, whole segments at a time, and never twice under one key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sources import state as state_module
from sources.errors import SijikuError
from sources.state import LOGS, State
from sources.warehouse import open_engine
from sources.workdir import Workdir

REF = "SELECT 'd' AS dataset, '{0}' AS record_key, 'r{0}' AS record_ref"


@pytest.fixture
def connection(workdir: Workdir) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_engine(workdir) as opened:
        yield opened


@pytest.fixture
def state(workdir: Workdir) -> State:
    return State(workdir.state)


def test_an_empty_log_has_its_columns(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    for name, definition in LOGS.items():
        described = connection.execute(f"DESCRIBE {state.select(name)}").fetchall()
        assert {row[0]: row[1] for row in described} == definition.columns | {"_segment": "BIGINT"}


def test_what_is_appended_is_read_in_order_of_time(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    for key in ("b", "a", "c"):
        assert state.append(connection, "record_ref", REF.format(key), key=key) == 1
    rows = connection.execute(f"SELECT record_key FROM ({state.select('record_ref')}) ORDER BY _segment").fetchall()
    assert rows == [("b",), ("a",), ("c",)]


def test_a_key_is_appended_once(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    assert state.append(connection, "record_ref", REF.format(1), key="k") == 1
    assert state.append(connection, "record_ref", REF.format(2), key="k") == 0
    assert connection.execute(f"SELECT record_key FROM ({state.select('record_ref')})").fetchall() == [("1",)]


def test_no_rows_write_no_segment(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    assert state.append(connection, "record_ref", f"{REF.format(1)} WHERE false", key="k") == 0
    assert state.segments("record_ref") == []


def test_columns_go_by_name(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    state.append(connection, "record_ref", "SELECT 'r' AS record_ref, 'k' AS record_key, 'd' AS dataset", key="k")
    rows = connection.execute(f"SELECT dataset, record_key, record_ref FROM ({state.select('record_ref')})").fetchall()
    assert rows == [("d", "k", "r")]


def test_a_half_written_segment_does_not_count(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    state.append(connection, "record_ref", REF.format(1), key="one")
    (state.root / "record_ref" / ".000002-two.parquet.half").write_bytes(b"PAR1")
    assert [path.name for path in state.segments("record_ref")] == ["000001-one.parquet"]
    assert connection.execute(f"SELECT count(*) FROM ({state.select('record_ref')})").fetchall() == [(1,)]
    assert state.append(connection, "record_ref", REF.format(2), key="two") == 1


def test_earlier_segments_are_never_touched(state: State, connection: duckdb.DuckDBPyConnection) -> None:
    state.append(connection, "record_ref", REF.format(1), key="one")
    (first,) = state.segments("record_ref")
    before = (first.read_bytes(), first.stat().st_mtime_ns)
    state.append(connection, "record_ref", REF.format(2), key="two")
    assert (first.read_bytes(), first.stat().st_mtime_ns) == before


def test_a_log_that_is_none_is_an_error(state: State) -> None:
    with pytest.raises(SijikuError, match="No such state log: nothing"):
        state.select("nothing")


@pytest.mark.parametrize("key", ["", "a/b", "../x", "a b"])
def test_a_key_cannot_leave_its_folder(state: State, connection: duckdb.DuckDBPyConnection, key: str) -> None:
    with pytest.raises(ValueError, match="not a segment key"):
        state.append(connection, "record_ref", REF.format(1), key=key)


def test_a_log_with_a_new_column_still_reads_its_old_segments(
    state: State, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.append(connection, "record_ref", REF.format(1), key="one")
    wider = replace(LOGS["record_ref"], columns=LOGS["record_ref"].columns | {"note": "VARCHAR"})
    monkeypatch.setitem(state_module.LOGS, "record_ref", wider)
    assert connection.execute(f"SELECT record_key, note FROM ({state.select('record_ref')})").fetchall() == [
        ("1", None)
    ]


def test_only_what_people_and_other_systems_write_counts_for_the_build(
    state: State, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(state_module.LOGS, "person_ref", replace(LOGS["person_ref"], authored=True))
    before = state.authored_hash()
    state.append(connection, "record_ref", REF.format(1), key="one")
    assert state.authored_hash() == before
    state.append(connection, "person_ref", "SELECT 'p' AS person_id, 'r' AS person_ref", key="one")
    assert state.authored_hash() != before


def test_state_moves_with_its_workdir(workdir: Workdir, state: State, tmp_path: Path) -> None:
    with open_engine(workdir) as connection:
        state.append(connection, "record_ref", REF.format(1), key="one")
    moved = Workdir(workdir.path.rename(tmp_path / "moved"))
    with open_engine(moved) as connection:
        query = f"SELECT count(*) FROM ({State(moved.state).select('record_ref')})"
        assert connection.execute(query).fetchall() == [(1,)]
