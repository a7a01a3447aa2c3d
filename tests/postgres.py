"""A real PostgreSQL 15 for tests: a server of its own in a temporary folder, on loopback, gone at the end.

`postgres` is the server, started once a session; `database` is an empty database of it for one test.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

BIN = Path("/usr/lib/postgresql/15/bin")
# The server refuses to run as root: it runs as the user that Debian's package brings.
SERVER_USER = "postgres"
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


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server, started for the session and stopped after it."""
    for needed in (BIN / "postgres", BIN.parent / "lib" / "pgaudit.so"):
        assert needed.exists(), f"{needed} is missing: run scripts/install-debian-packages.sh"
    # Not pytest's own folder: that of root is closed to the server's user.
    root = Path(tempfile.mkdtemp(prefix="sijiku-postgres-"))
    try:
        server = _start(root)
        yield server
        _run("pg_ctl", "stop", "-D", root / "data", "-m", "immediate", root=root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    """An empty database in UTF-8."""
    made = Database(postgres, f"test_{next(_numbers)}")
    Database(postgres, "postgres").execute(f"CREATE DATABASE {made.name}")
    yield made
    Database(postgres, "postgres").execute(f"DROP DATABASE {made.name} WITH (FORCE)")


def _start(root: Path) -> Server:
    secret = root / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if os.getuid() == 0:
        for path in (root, secret):
            shutil.chown(path, SERVER_USER, pwd.getpwnam(SERVER_USER).pw_gid)
    login = ("-U", OWNER, "--auth=scram-sha-256", "--pwfile", secret)
    _run("initdb", "-D", root / "data", *login, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", root=root)
    server = Server(root, free_port())
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": server.port,
        "unix_socket_directories": root,
        "fsync": "off",
        "max_connections": "20",
        "shared_preload_libraries": "pgaudit",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run("pg_ctl", "start", "-D", root / "data", "-w", "-l", root / "log", "-o", options, root=root)
    return server


def _run(program: str, *arguments: str | Path, root: Path) -> None:
    is_root = os.getuid() == 0
    done = subprocess.run(
        [BIN / program, *arguments],
        cwd=root,
        user=SERVER_USER if is_root else None,
        group=pwd.getpwnam(SERVER_USER).pw_gid if is_root else None,
        extra_groups=[] if is_root else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{program} failed with {done.returncode}"
