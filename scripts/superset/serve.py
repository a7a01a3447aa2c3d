"""PostgreSQL and Apache Superset on loopback with the published library and its four dashboards: `make bi`.

    python scripts/superset/serve.py up --workdir var/library --home var/bi
    python scripts/superset/serve.py down --home var/bi

What is kept stands in the home folder: PostgreSQL's data, Superset's database, keys and passwords, which are the
owner's alone. `up` may be run again: a new build is published, dashboards are put in anew, what people made stays.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from expectations.grains import GRAINS
from serving.local_postgres import free_port, initialise, is_running, start, stop
from serving.postgres import publish_postgres
from serving.superset import CONNECTION, write_bundle
from sources.errors import SijikuError
from sources.workdir import Workdir

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATABASE, ADMINISTRATOR, PUBLISHER = "sijiku", "administrator", "library"


@dataclass(frozen=True)
class Account:
    """Somebody who reads: the login in Superset and in PostgreSQL, and the line in access.member."""

    name: str
    called: str
    role: str | None
    division: str | None

    @property
    def is_admin(self) -> bool:
        """Whether it runs Superset. Who does has no login in the database, and sees no figures."""
        return self.role is None


ACCOUNTS = (
    Account("admin", "管理员", None, None),
    Account("planner", "市级规划人员", "planner", None),
    Account("donghe", "东河区信息中心", "district", "150202000000"),
)


def up(workdir: Workdir, home: Path, superset: Path, port: int, *, database: str | None = None) -> str:
    """Start both, publish, put the dashboards in; the address.

    Args:
        workdir: where the library lives.
        home: folder for all that is kept.
        superset: the environment that Superset is installed in.
        port: Superset's, on loopback; 0 for any that is free.
        database: URI of another connection to stand on; None for the PostgreSQL that is started here.
    """
    if not (superset / "bin" / "superset").exists():
        raise SijikuError(f"{superset} 中没有 Superset。There is no Superset in {superset}.", "make bi installs it.")
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)  # PostgreSQL's user passes through where this is run as root
    down(home)
    passwords = _passwords(home)
    if database is None:
        where = _postgres(home, passwords)
        _publish(workdir, where, passwords)
        database = f"postgresql+psycopg2://{PUBLISHER}@127.0.0.1:{where}/{DATABASE}"
        write_bundle(workdir, home / "sijiku.zip", database=database, impersonate=True)
    else:
        write_bundle(workdir, home / "sijiku.zip", database=database)
    return _superset(home, superset, port or free_port(), passwords)


def down(home: Path) -> None:
    """Stop both, if they run."""
    running = home / "superset.pid"
    if running.exists():
        _end(int(running.read_text(encoding="utf-8")))
        running.unlink()
    stop(home / "postgres")


def _passwords(home: Path) -> dict[str, str]:
    """Passwords by name, made once; those of people are told in `accounts.txt`."""
    kept = home / "passwords.json"
    if not kept.exists():
        names = [ADMINISTRATOR, PUBLISHER, *(account.name for account in ACCOUNTS)]
        made = {name: secrets.token_urlsafe(12) for name in names}
        _write_private(kept, json.dumps(made))
        told = [f"{account.name}\t{made[account.name]}\t{account.called}" for account in ACCOUNTS]
        _write_private(home / "accounts.txt", "\n".join(told) + "\n")
        _write_private(home / "secret_key", secrets.token_urlsafe(48))
    found: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _postgres(home: Path, passwords: dict[str, str]) -> int:
    """The server, made at first; its port. Who is to read gets a login, and libpq its password."""
    root = home / "postgres"
    is_new = not (root / "data").exists()
    if is_new:
        root.mkdir(exist_ok=True)
        initialise(root, ADMINISTRATOR, passwords[ADMINISTRATOR])
    port = free_port()
    if not is_running(root):
        start(root, port, {"max_connections": 60})
    lines = [f"127.0.0.1:{port}:*:{name}:{password}" for name, password in passwords.items()]
    _write_private(home / "pgpass", "\n".join(lines) + "\n")
    os.environ["PGPASSFILE"] = str(home / "pgpass")
    if is_new:
        with _connected(port, "postgres") as connection:
            connection.execute(_login(PUBLISHER, passwords, "LOGIN CREATEROLE"))
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {PUBLISHER} ENCODING 'UTF8' TEMPLATE template0")
            connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC")
            connection.execute(
                f"GRANT SET ON PARAMETER pgaudit.log, pgaudit.log_relation, pgaudit.log_parameter TO {PUBLISHER}"
            )
    return port


def _publish(workdir: Workdir, port: int, passwords: dict[str, str]) -> None:
    keys = {name: (grain.columns, grain.may_be_null) for name, grain in GRAINS.items()}
    publish_postgres(workdir, f"postgresql://{PUBLISHER}@127.0.0.1:{port}/{DATABASE}", keys=keys)
    with _connected(port, DATABASE) as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for account in ACCOUNTS:
            if account.is_admin or account.name in there:
                continue
            connection.execute(_login(account.name, passwords, "LOGIN"))
            name = sql.Identifier(account.name)
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE sijiku TO {}").format(name))
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(f"sijiku_{account.role}"), name))
            connection.execute(
                "INSERT INTO access.member (login, role, division_code, purpose) VALUES (%s, %s, %s, '试用仪表板')",
                [account.name, account.role, account.division],
            )


def _login(name: str, passwords: dict[str, str], rights: str) -> sql.Composed:
    return sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(
        sql.Identifier(name), sql.SQL(rights), sql.Literal(passwords[name])
    )


def _connected(port: int, database: str) -> psycopg.Connection:
    return psycopg.connect(f"postgresql://{ADMINISTRATOR}@127.0.0.1:{port}/{database}", autocommit=True)


def _superset(home: Path, superset: Path, port: int, passwords: dict[str, str]) -> str:
    accounts = home / "accounts.json"
    told = [
        {
            "name": account.name,
            "called": account.called,
            "password": passwords[account.name],
            "is_admin": account.is_admin,
        }
        for account in ACCOUNTS
    ]
    _write_private(accounts, json.dumps(told))
    # nothing of this project's environment: Superset has its own
    kept = ("PATH", "HOME", "LANG", "TZ", "PGPASSFILE")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "SIJIKU_BI_HOME": str(home.resolve()),
        "SUPERSET_HOME": str(home.resolve()),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SCARF_ANALYTICS": "false",
        "FLASK_APP": "superset.app:create_app()",
    }
    python = superset.resolve() / "bin" / "python"
    log = home / "superset.log"
    with log.open("a", encoding="utf-8") as written:
        done = subprocess.run(
            [python, HERE / "set_up.py", home / "sijiku.zip", accounts],
            env=environment,
            stdout=written,
            stderr=written,
            check=False,
        )
        accounts.unlink()
        if done.returncode != 0:
            raise SijikuError("Superset 未能就绪。Superset could not be set up.", f"See {log}.")
        arguments = [
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "1",
            "--threads",
            "8",
            "--timeout",
            "120",
            "--no-control-socket",
        ]
        server = subprocess.Popen(
            [python, "-m", "gunicorn", *arguments, "superset.app:create_app()"],
            env=environment,
            cwd=home,
            stdout=written,
            stderr=written,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    (home / "superset.pid").write_text(str(server.pid), encoding="utf-8")
    address = f"http://127.0.0.1:{port}"
    _wait(address, server, log)
    return address


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise SijikuError("Superset 没有应答。Superset does not answer.", f"See {log}.")


def _end(process: int) -> None:
    """End a process that `up` started, and wait until it is gone."""
    try:
        os.kill(process, signal.SIGTERM)
        for _ in range(100):
            os.kill(process, 0)
            time.sleep(0.1)
    except ProcessLookupError:
        return


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--workdir", type=Path, default=ROOT / "var" / "library")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "bi")
    parser.add_argument("--superset", type=Path, default=ROOT / ".venv-superset")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--database", help="another connection, such as duckdb:////path/to/analysis/sijiku.duckdb")
    asked = parser.parse_args()
    try:
        if asked.what == "down":
            down(asked.home)
            return
        address = up(Workdir(asked.workdir), asked.home, asked.superset, asked.port, database=asked.database)
    except SijikuError as error:
        sys.exit(str(error))
    print(f"✔ Superset: {address}/dashboard/list/   ({CONNECTION})")
    print(f"  用户和口令 accounts: {asked.home / 'accounts.txt'}   停止 stop: make bi-stop")


if __name__ == "__main__":
    main()
