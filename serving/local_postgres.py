"""A PostgreSQL server of one's own, on loopback, in a folder: for trying things out and for tests, not for service."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sources.errors import SijikuError

BIN = Path("/usr/lib/postgresql/15/bin")
# The server refuses to run as root: it runs as the user that Debian's package brings.
SERVER_USER = "postgres"
# Who reads what is logged: what `sijiku publish postgres` asks for.
READ_LOG = {"shared_preload_libraries": "pgaudit", "log_line_prefix": "'%m [%p] %q%u@%d '"}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def initialise(root: Path, owner: str, password: str) -> None:
    """Make the data folder `root/data`, in UTF-8, with a superuser who logs in by password.

    Raises:
        SijikuError: PostgreSQL 15 or pgaudit is not installed, or it did not succeed.
    """
    for needed in (BIN / "postgres", BIN.parent / "lib" / "pgaudit.so"):
        if not needed.exists():
            raise SijikuError(f"缺少 {needed} is missing.", "运行 Run scripts/install-debian-packages.sh.")
    secret = root / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if _is_root():
        for path in (root, secret):
            shutil.chown(path, SERVER_USER, pwd.getpwnam(SERVER_USER).pw_gid)
    login = ("-U", owner, "--auth=scram-sha-256", "--pwfile", secret)
    _run("initdb", "-D", root / "data", *login, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", root=root)
    secret.unlink()


def start(root: Path, port: int, settings: Mapping[str, object]) -> None:
    """Start the server on a port of loopback; its log is `root/log`.

    Raises:
        SijikuError: it did not start.
    """
    given = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": root, **READ_LOG, **settings}
    options = " ".join(f"-c {name}={value}" for name, value in given.items())
    _run("pg_ctl", "start", "-D", root / "data", "-w", "-l", root / "log", "-o", options, root=root)


def stop(root: Path, how: str = "fast") -> None:
    """Stop the server, if it runs."""
    if (root / "data" / "postmaster.pid").exists():
        _run("pg_ctl", "stop", "-D", root / "data", "-m", how, root=root)


def is_running(root: Path) -> bool:
    """Whether the server of a folder runs."""
    if not (root / "data" / "postmaster.pid").exists():
        return False
    return _code("pg_ctl", "status", "-D", root / "data", root=root) == 0


def _is_root() -> bool:
    return os.getuid() == 0


def _code(program: str, *arguments: str | Path, root: Path) -> int:
    return subprocess.run(
        [BIN / program, *arguments],
        cwd=root,
        user=SERVER_USER if _is_root() else None,
        group=pwd.getpwnam(SERVER_USER).pw_gid if _is_root() else None,
        extra_groups=[] if _is_root() else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def _run(program: str, *arguments: str | Path, root: Path) -> None:
    code = _code(program, *arguments, root=root)
    if code != 0:
        raise SijikuError(
            f"{program} 以 {code} 退出。{program} ended with {code}.",
            f"See {root / 'log'}. As root, every folder above {root} must let the user {SERVER_USER} pass.",
        )
