"""A real PostgreSQL 15 for tests: a server of its own in a temporary folder, on loopback, gone at the end.

`postgres` is the server, started once a session; `database` is an empty database of it for one test.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from serving.local_postgres import free_port, initialise, start, stop

OWNER, PASSWORD = "bureau", "s3cret:@/ %geheim"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and the folder with its data and log."""

    root: Path
    port: int

    @property
    def log(self) -> str:
        """What the server has logged."""
        return (self.root / "log").read_text(encoding="utf-8")

    def dsn(self, database: str = "postgres", user: str = OWNER, password: str = PASSWORD) -> str:
        """A connection string."""
        return psycopg.conninfo.make_conninfo(
            "", host="127.0.0.1", port=self.port, dbname=database, user=user, password=password
        )


@dataclass(frozen=True)
class Database:
    """An empty database of a server."""

    server: Server
    name: str

    @property
    def dsn(self) -> str:
        """Its connection string, with the password, as the owner of everything in it."""
        return self.server.dsn(self.name)

    def execute(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows, dicts from column to value, into `schema.table`."""
        if not rows:
            return
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, rows[0])),
            sql.SQL(", ").join(sql.Placeholder() * len(rows[0])),
        )
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.executemany(statement, [list(row.values()) for row in rows])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server, started for the session and stopped after it."""
    # Not pytest's own folder: that of root is closed to the server's user.
    root = Path(tempfile.mkdtemp(prefix="sijiku-postgres-"))
    try:
        initialise(root, OWNER, PASSWORD)
        server = Server(root, free_port())
        start(root, server.port, {"fsync": "off", "max_connections": "20"})
        yield server
        stop(root, "immediate")
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    """An empty database in UTF-8."""
    made = Database(postgres, f"test_{next(_numbers)}")
    Database(postgres, "postgres").execute(f"CREATE DATABASE {made.name}")
    yield made
    Database(postgres, "postgres").execute(f"DROP DATABASE {made.name} WITH (FORCE)")
