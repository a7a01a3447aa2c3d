"""Files of a library in new versions: written beside, entered into state with their hashes, and then moved into place.

Whoever does this lays down which files are ready before anything is moved, and so can go on after being cut off.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb
import polars as pl

from sources.manifest import file_sha256
from sources.readers.records import literal
from sources.state import State
from sources.workdir import Workdir, sync

_COLUMNS = ("path", "bytes_before", "sha256_before", "bytes_after", "sha256_after")


def line(workdir: Workdir, path: str, root: Path) -> dict[str, Any]:
    """A file in its old version, and in its new one under another root: path, bytes and SHA-256 before and after."""
    old, new = workdir.path / path, root / path
    sync(new)
    values = (path, old.stat().st_size, file_sha256(old), new.stat().st_size, file_sha256(new))
    return dict(zip(_COLUMNS, values, strict=True))


def enter(
    connection: duckdb.DuckDBPyConnection,
    workdir: Workdir,
    cause_id: str,
    cause: Literal["erasure", "rotation"],
    lines: Sequence[Mapping[str, Any]],
) -> None:
    """Enter into state, once, which files are in new versions."""
    files = pl.DataFrame(
        {name: [file[name] for file in lines] for name in _COLUMNS},
        schema={name: pl.Int64 if name.startswith("bytes") else pl.String for name in _COLUMNS},
    )
    connection.register("rewritten_files", files)
    State(workdir.state).append(
        connection,
        "rewritten_file",
        f"SELECT {literal(cause_id)} AS cause_id, {literal(cause)} AS cause, * FROM rewritten_files "
        "WHERE sha256_before <> sha256_after",
        key=cause_id,
    )


def move_into_place(workdir: Workdir, root: Path) -> None:
    """Let the new versions that are still under the other root take the places of the old ones."""
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        target = workdir.path / file.relative_to(root)
        file.replace(target)
        sync(target.parent)


def gone(root: Path) -> Path:
    """Where a plan that is carried out goes before it is removed: so that one half-removed is nobody's."""
    return root.with_name(f".{root.name}.gone")


def finish(workdir: Workdir, root: Path, new: Path) -> None:
    """Move the new versions into place, and remove what was made from the old ones, and then the plan.

    The working warehouse and scratch files go whole: the next build is a full one.

    Args:
        workdir: whose.
        root: the folder of the plan; while it is there, nobody else may do anything with the library.
        new: where in it the new versions are.
    """
    move_into_place(workdir, new)
    for folder in (workdir.warehouse.parent, workdir.scratch):
        shutil.rmtree(folder, ignore_errors=True)
    workdir.create()
    aside = gone(root)
    root.rename(aside)
    shutil.rmtree(aside)


def write_json(file: Path, document: object) -> None:
    """Write a file whole or not at all, its owner's only."""
    half = file.with_suffix(".half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        json.dump(document, handle, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())
    half.rename(file)
