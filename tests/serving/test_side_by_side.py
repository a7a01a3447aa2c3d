"""Works that run side by side all end, and the first that fails is told of."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import duckdb
import pytest

from serving.side_by_side import side_by_side
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# Hours of work on any machine.
ENDLESS = "SELECT count(*) FROM range(10000000) AS a(i), range(10000000) AS b(j) WHERE hash(i, j) = 1"


@pytest.fixture
def warehouse(workdir: Workdir) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE TABLE person AS SELECT 1 AS one")
        yield connection


def test_every_work_is_done_on_the_warehouse_with_tables_of_its_own(warehouse: duckdb.DuckDBPyConnection) -> None:
    found: dict[int, tuple[int, ...] | None] = {}

    def work(number: int, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"CREATE TEMP TABLE own AS SELECT {number} + one AS n FROM person")
        found[number] = connection.execute("SELECT n FROM own").fetchone()

    with side_by_side(warehouse) as begin:
        for number in range(5):
            begin(lambda connection, number=number: work(number, connection))  # type: ignore[misc]
    assert found == {number: (number + 1,) for number in range(5)}


def test_of_several_that_fail_the_first_is_told_of_however_late(warehouse: duckdb.DuckDBPyConnection) -> None:
    has_failed = threading.Event()

    def late(connection: duckdb.DuckDBPyConnection) -> None:
        assert has_failed.wait(60)
        connection.execute("FROM no_such_table")

    def soon(connection: duckdb.DuckDBPyConnection) -> None:
        has_failed.set()
        connection.execute("FROM another_table")

    with pytest.raises(duckdb.CatalogException, match="no_such_table"), side_by_side(warehouse) as begin:
        begin(late)
        begin(soon)


def test_what_goes_on_is_interrupted_when_one_before_it_fails(warehouse: duckdb.DuckDBPyConnection) -> None:
    goes_on = threading.Event()

    def fails(connection: duckdb.DuckDBPyConnection) -> None:
        assert goes_on.wait(60)
        connection.execute("FROM no_such_table")

    def endless(connection: duckdb.DuckDBPyConnection) -> None:
        goes_on.set()
        connection.execute(ENDLESS)

    before = threading.active_count()
    with pytest.raises(duckdb.CatalogException, match="no_such_table"), side_by_side(warehouse) as begin:
        begin(fails)
        begin(endless)
        begin(endless)
    assert threading.active_count() == before


def test_what_goes_on_is_interrupted_when_the_caller_is(warehouse: duckdb.DuckDBPyConnection) -> None:
    def endless(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(ENDLESS)

    with pytest.raises(KeyboardInterrupt), side_by_side(warehouse) as begin:
        begin(endless)
        raise KeyboardInterrupt
