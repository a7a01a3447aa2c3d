"""Changing the key of a library's files that hold persons, or encrypting them for the first time.

Every Parquet file of the raw zone, quarantine and state, and the restricted file of every published build, is copied
under the new key beside, entered into state, and moved into place. Until all copies are there nothing is changed; from
then on only going on is possible, and wants no more than the new key. The working warehouse and scratch files go whole:
the next build is a full one.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from serving import rewriting
from sources import encryption, parquet
from sources.encryption import attach, configured_key, key_id, key_in_use
from sources.errors import SijikuError, UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import OWNER_ONLY, Workdir

_NEW, _READY = "new", "ready.json"
_NEW_KEY_NAME = "sijiku_new"
_SUFFIX = ".parquet"


@dataclass(frozen=True)
class Part:
    """How many files of a part of a library hold persons encrypted, and how many in the clear."""

    name: str
    encrypted: int
    plain: int


def rotate(workdir: Workdir, new_key: str) -> list[str]:
    """Give every file that holds persons a new key; the old one is the process's, if they have one.

    Files that are under the new key already stay as they are.

    Args:
        workdir: the caller holds its lock.
        new_key: from `sources.encryption.read_key_file`.

    Returns:
        The files, relative to the workdir.

    Raises:
        SijikuError: the old key is missing or wrong; nothing was changed.
        UsageError: a change to another key was cut off.
    """
    root = workdir.rekeying
    if not (root / _READY).exists():
        with open_engine(workdir) as connection:
            lines = _copy_all(connection, workdir, new_key)
        if not lines and (encryption.is_encrypted(workdir.warehouse) or not workdir.warehouse.exists()):
            shutil.rmtree(root)
            return []
        about = {"rotation_id": uuid.uuid4().hex, "key_id": key_id(new_key), "files": lines}
        rewriting.write_json(root / _READY, about)
    ready = json.loads((root / _READY).read_text(encoding="utf-8"))
    if ready["key_id"] != key_id(new_key):
        raise UsageError(
            f"中断的换密钥用的是另一密钥 {ready['key_id']}。The change that was cut off is to another key, "
            f"{ready['key_id']}.",
            "请给出那一密钥的文件。Give the file of that key; change it again afterwards.",
        )
    with key_in_use(new_key), open_engine(workdir) as connection:
        rewriting.enter(connection, workdir, ready["rotation_id"], "rotation", ready["files"])
    for left in _half_written(workdir):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    rewriting.finish(workdir, root, root / _NEW)
    return [str(line["path"]) for line in ready["files"]]


def standing(workdir: Workdir) -> list[Part]:
    """What is encrypted of a library, part by part.

    Raises:
        SijikuError: files are encrypted and there is no key, or another one.
    """
    for file in (*State(workdir.state).segments("delivery")[-1:], *_parquet_files(workdir)):
        if parquet.is_encrypted(file):
            parquet.check_readable(file)
            break
    parts = []
    for folder in (workdir.raw, workdir.quarantine, workdir.state):
        kinds = [parquet.is_encrypted(file) for file in _parquet_in(folder)]
        parts.append(Part(folder.name, kinds.count(True), kinds.count(False)))
    databases = {
        "warehouse": [file for file in (workdir.warehouse,) if file.is_file()],
        "published": _restricted(workdir),
    }
    for name, files in databases.items():
        kinds = [encryption.is_encrypted(file) for file in files]
        parts.append(Part(name, kinds.count(True), kinds.count(False)))
    return parts


def _copy_all(connection: duckdb.DuckDBPyConnection, workdir: Workdir, new_key: str) -> list[dict[str, object]]:
    root = workdir.rekeying
    shutil.rmtree(rewriting.gone(root), ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
    (root / _NEW).mkdir(parents=True, mode=OWNER_ONLY)
    root.chmod(OWNER_ONLY)
    connection.execute("SET preserve_insertion_order = true")
    with key_in_use(new_key):
        parquet.lend_key(connection, _NEW_KEY_NAME)
    is_same_key = configured_key() == new_key
    lines = []
    for file in (*_parquet_files(workdir), *_restricted(workdir)):
        is_database = file.suffix != _SUFFIX
        if is_same_key and (encryption.is_encrypted(file) if is_database else parquet.is_encrypted(file)):
            continue
        path = file.relative_to(workdir.path).as_posix()
        new = root / _NEW / path
        new.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        try:
            (_copy_database if is_database else _copy_parquet)(connection, file, new, new_key)
        except duckdb.Error as error:
            raise SijikuError(
                f"无法复制 {path}: {type(error).__name__}。{path} cannot be copied: {type(error).__name__}.",
                "原文件未变。The files are as they were. Look at disk space, and try again.",
            ) from None
        new.chmod(file.stat().st_mode & 0o777)
        lines.append(rewriting.line(workdir, path, root / _NEW))
    return lines


def _copy_parquet(connection: duckdb.DuckDBPyConnection, file: Path, new: Path, new_key: str) -> None:
    parquet.check_readable(file)
    query = f"SELECT * FROM {parquet.rows_in([file.resolve()])}"
    with key_in_use(new_key):
        parquet.write(connection, query, new, key_name=_NEW_KEY_NAME)


def _copy_database(connection: duckdb.DuckDBPyConnection, file: Path, new: Path, new_key: str) -> None:
    attach(connection, file, "old_key", read_only=True)
    try:
        attach(connection, new, "new_key", key=new_key)
        connection.execute("COPY FROM DATABASE old_key TO new_key")
        connection.execute("DETACH new_key")
    finally:
        connection.execute("DETACH old_key")


def _restricted(workdir: Workdir) -> list[Path]:
    published = sorted(workdir.published.glob("[!.]*/restricted/sijiku.duckdb"))
    return [file for file in published if not file.parent.parent.is_symlink()]


def _parquet_files(workdir: Workdir) -> list[Path]:
    return [file for folder in (workdir.raw, workdir.quarantine, workdir.state) for file in _parquet_in(folder)]


def _parquet_in(folder: Path) -> list[Path]:
    """Parquet of a folder, but what a killed process left half-written."""
    return [
        file
        for file in sorted(folder.rglob(f"*{_SUFFIX}"))
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]


def _half_written(workdir: Workdir) -> Iterator[Path]:
    """What killed processes left: nobody's, and of whatever key."""
    yield from workdir.raw.glob("*/*/.*")
    yield from workdir.quarantine.glob("*/*/.*")
    yield from workdir.state.glob("*/.*.half")
    yield from workdir.path.glob(".erasing.*")
