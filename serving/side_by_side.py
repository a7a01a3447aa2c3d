"""Works on one engine that do not need each other, a cursor and a thread each, two at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import duckdb

from sources.warehouse import CATALOG

Work = Callable[[duckdb.DuckDBPyConnection], None]

# One query rarely keeps two cores busy; more works at a time only need more memory at once.
_AT_ONCE = 2
_SECONDS_BETWEEN_INTERRUPTS = 0.05


@contextmanager
def side_by_side(connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[Work], None]]:
    """What begins a work, which is done, like all of them, when this ends.

    The works are begun in the order in which they are given, and asked in that order how they ended: of several that
    fail, it is the first that is told of, however soon the others did. When one fails or the caller does, those after
    it are interrupted, and none goes on when this has raised.

    Args:
        connection: on the working warehouse; each work is given a cursor of its own.

    Raises:
        Exception: what the first work raised that failed.
    """
    begun: list[tuple[duckdb.DuckDBPyConnection, Future[None]]] = []
    with ThreadPoolExecutor(_AT_ONCE) as threads:

        def begin(work: Work) -> None:
            cursor = connection.cursor()
            cursor.execute(f"USE {CATALOG}")
            begun.append((cursor, threads.submit(work, cursor)))

        try:
            yield begin
            for _, ended in begun:
                ended.result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            # An interrupt that comes between two queries is forgotten: it is said until it is heard.
            while going := {ended: cursor for cursor, ended in begun if not ended.done()}:
                for cursor in going.values():
                    cursor.interrupt()
                wait(going, _SECONDS_BETWEEN_INTERRUPTS)
            raise
        finally:
            for cursor, _ in begun:
                cursor.close()
