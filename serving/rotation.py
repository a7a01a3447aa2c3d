"""Changing the key of a library's encrypted files, or encrypting them for the first time.

The working warehouse and the restricted file of every published build are copied under the new key beside, entered into
state, and moved into place. Until all copies are there nothing is changed; from then on only going on is possible, and
wants no key.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import duckdb

from serving import rewriting
from sources.encryption import attach
from sources.errors import SijikuError
from sources.warehouse import open_engine
from sources.workdir import OWNER_ONLY, Workdir

_NEW, _READY = "new", "ready.json"
_GONE = ".rekeying.gone"


def rotate(workdir: Workdir, new_key: str) -> list[str]:
    """Give every file that holds persons in DuckDB form a new key; the old one is the process's, if they have one.

    Args:
        workdir: the caller holds its lock.
        new_key: from `sources.encryption.read_key_file`.

    Returns:
        The files, relative to the workdir.

    Raises:
        SijikuError: the old key is missing or wrong; nothing was changed.
    """
    root = workdir.rekeying
    with open_engine(workdir) as connection:
        if not (root / _READY).exists():
            _copy_all(connection, workdir, new_key)
        ready = json.loads((root / _READY).read_text(encoding="utf-8"))
        published = [line for line in ready["files"] if line["path"].startswith("published/")]
        rewriting.enter(connection, workdir, ready["rotation_id"], "rotation", published)
    rewriting.move_into_place(workdir, root / _NEW)
    gone = workdir.path / _GONE
    root.rename(gone)
    shutil.rmtree(gone)
    return [str(line["path"]) for line in ready["files"]]


def _copy_all(connection: duckdb.DuckDBPyConnection, workdir: Workdir, new_key: str) -> None:
    root = workdir.rekeying
    shutil.rmtree(workdir.path / _GONE, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
    (root / _NEW).mkdir(parents=True, mode=OWNER_ONLY)
    root.chmod(OWNER_ONLY)
    lines = []
    for file in _files(workdir):
        path = file.relative_to(workdir.path).as_posix()
        new = root / _NEW / path
        new.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        attach(connection, file, "old_key", read_only=True)
        try:
            attach(connection, new, "new_key", key=new_key)
            connection.execute("COPY FROM DATABASE old_key TO new_key")
            connection.execute("DETACH new_key")
        except duckdb.Error as error:
            raise SijikuError(
                f"无法复制 {path}: {type(error).__name__}。{path} cannot be copied: {type(error).__name__}.",
                "原文件未变。The files are as they were. Look at disk space, and try again.",
            ) from None
        finally:
            connection.execute("DETACH old_key")
        new.chmod(0o600)
        lines.append(rewriting.line(workdir, path, root / _NEW))
    rewriting.write_json(root / _READY, {"rotation_id": uuid.uuid4().hex, "files": lines})


def _files(workdir: Workdir) -> list[Path]:
    published = sorted(workdir.published.glob("[!.]*/restricted/sijiku.duckdb"))
    return [
        *([workdir.warehouse] if workdir.warehouse.is_file() else []),
        *(file for file in published if not file.parent.parent.is_symlink()),
    ]
