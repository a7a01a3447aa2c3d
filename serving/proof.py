"""Proof: what a published build was made of and holds, by hashes, each build's chained to that of the build before.

A build's manifest names every file of the published folder, and every file that the build was a function of: the
deliveries in the raw zone and in quarantine, and the segments of state. It also has the hash of the manifest of the
build before. Its own hash stands in state (log `manifest`), which is append-only and backed up: so nobody can change a
delivery, a figure, a finding or a page of a build, or leave a build out, without a hash that no longer fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from sources.backup import kept_files
from sources.errors import UsageError
from sources.manifest import file_sha256
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

MANIFEST = "manifest.json"
LOG = "manifest"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Problem:
    """A file that is not as a build's manifest says: `build_id` whose, `path` relative to the workdir, and what it is,
    Chinese first."""

    build_id: str
    path: str
    what: str


@dataclass
class Verified:
    """What was held to the manifests: builds whose folder is there, builds of the chain (those cleared away too), files
    read, bytes read; what does not fit; files that are otherwise than a manifest says because an erasure or a change of
    keys rewrote them, which state accounts for by hash; and the chain's end, to be written down elsewhere: who has it
    can tell that the chain itself was not written anew."""

    end: str = ""
    builds: int = 0
    chain: int = 0
    files: int = 0
    bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    rewritten: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Link:
    """A build of the chain: its manifest's hash, and the one that it was chained to."""

    sha256: str
    previous_build_id: str | None
    previous_sha256: str | None


def entry(root: Path, path: Path) -> dict[str, Any]:
    """A file in a manifest: path relative to a root, bytes and SHA-256."""
    return {"path": path.relative_to(root).as_posix(), "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def inputs_of(workdir: Workdir, before: str | None) -> list[dict[str, Any]]:
    """The files that a build made now is a function of: accepted deliveries and the segments of state, by path.

    Args:
        workdir: whose; nothing is appended to its state meanwhile.
        before: the published build before, if it is there: raw zone and state are never changed, so what its manifest
            has the hash of is not read again. `verify` reads all.
    """
    known: dict[str, dict[str, Any]] = {}
    if before and (manifest := workdir.published / before / MANIFEST).is_file():
        known = {item["path"]: item for item in json.loads(manifest.read_text(encoding="utf-8")).get("inputs", [])}
        with open_engine(workdir) as engine:
            ways = rewritten(engine, workdir)
        known = {path: item for path, item in known.items() if (path, item["sha256"]) not in ways}
    listed = []
    for path in kept_files(workdir):
        name = path.relative_to(workdir.path).as_posix()
        same = name in known and known[name]["bytes"] == path.stat().st_size
        listed.append(known[name] if same else entry(workdir.path, path))
    return listed


def previous_of(workdir: Workdir, build_id: str, before: str | None) -> dict[str, str] | None:
    """What a build's manifest says of the build before it: build_id, and the sha256 of its manifest."""
    with open_engine(workdir) as engine:
        links = chain(engine, workdir)
    if before is None or before == build_id or before not in links:
        return None
    return {"build_id": before, "sha256": links[before].sha256}


def note(connection: duckdb.DuckDBPyConnection, workdir: Workdir, build_id: str) -> None:
    """Enter the hash of a published build's manifest into state, once."""
    file = workdir.published / build_id / MANIFEST
    sha256 = file_sha256(file)
    previous = json.loads(file.read_text(encoding="utf-8")).get("previous") or {}
    values = (build_id, sha256, previous.get("build_id"), previous.get("sha256"))
    quoted = ", ".join("NULL" if value is None else f"'{value}'" for value in values)
    columns = "build_id, sha256, previous_build_id, previous_sha256"
    State(workdir.state).append(
        connection, LOG, f"SELECT * FROM (VALUES ({quoted})) AS noted({columns})", key=f"{build_id}.{sha256[:16]}"
    )


def chain(engine: duckdb.DuckDBPyConnection, workdir: Workdir) -> dict[str, Link]:
    """The builds of the chain by id, in the order in which they were published last."""
    rows = engine.execute(
        "SELECT build_id, sha256, previous_build_id, previous_sha256 "
        f"FROM ({State(workdir.state).select(LOG)}) ORDER BY _segment"
    ).fetchall()
    links: dict[str, Link] = {}
    for build_id, *link in rows:
        links.pop(build_id, None)
        links[build_id] = Link(*link)
    return links


@dataclass(frozen=True)
class Way:
    """What became of a file: bytes and SHA-256 after, and by which cause."""

    bytes: int
    sha256: str
    cause: str


Ways = Mapping[tuple[str, str], Way]


def rewritten(engine: duckdb.DuckDBPyConnection, workdir: Workdir) -> Ways:
    """What erasures and changes of keys made of files, by path and SHA-256 before."""
    rows = engine.execute(
        "SELECT path, sha256_before, bytes_after, sha256_after, cause "
        f"FROM ({State(workdir.state).select('rewritten_file')}) ORDER BY _segment"
    ).fetchall()
    return {
        (str(path), str(before)): Way(int(size), str(after), str(cause)) for path, before, size, after, cause in rows
    }


def is_erased(ways: Ways, path: str, sha256: str) -> bool:
    """Whether an erasure took something out of a file, whatever the key it was under."""
    return any(way.cause == "erasure" for way in _ways_of(ways, path, sha256))


def verify(workdir: Workdir, progress: Progress = lambda _: None) -> Verified:
    """Read every published build, the raw zone and state, and hold each byte to the manifests and these to the chain.

    Args:
        workdir: the caller holds its lock.
        progress: called with the name of what is read next.

    Raises:
        UsageError: no build was ever published.
    """
    done = Verified()
    with open_engine(workdir) as engine:
        links = chain(engine, workdir)
        earlier = _earlier(engine, workdir)
        ways = rewritten(engine, workdir)
    folders = sorted(
        path for path in workdir.published.glob("*") if path.is_dir() and not path.is_symlink() and path.name[0] != "."
    )
    if not folders and not links:
        raise UsageError(
            f"{workdir.path} 尚未发布。Nothing is published in {workdir.path}.",
            "Run sijiku build --landing DIR --workdir DIR first.",
        )
    done.chain = len(links)
    done.end = list(links.values())[-1].sha256 if links else ""
    done.problems += _broken_links(links, earlier)
    read: dict[str, tuple[int, str] | None] = {}
    for folder in folders:
        progress(folder.name)
        done.builds += 1
        _hold(workdir, folder, links, ways, read, done)
    done.files += len(read)
    done.bytes += sum(found[0] for found in read.values() if found)
    return done


def _earlier(engine: duckdb.DuckDBPyConnection, workdir: Workdir) -> dict[str, str]:
    """All manifests that a build ever had: its id by hash. A chain may hang on one that was published anew since."""
    rows = engine.execute(f"SELECT sha256, build_id FROM ({State(workdir.state).select(LOG)})").fetchall()
    return dict(rows)


def _broken_links(links: dict[str, Link], earlier: dict[str, str]) -> Iterator[Problem]:
    for build_id, link in links.items():
        if link.previous_build_id and earlier.get(str(link.previous_sha256)) != link.previous_build_id:
            yield Problem(
                build_id,
                f"state/{LOG}",
                f"所接的建库 {link.previous_build_id} 不在链上。"
                f"It is chained to build {link.previous_build_id}, which state does not know by that hash.",
            )


def _hold(
    workdir: Workdir,
    folder: Path,
    links: dict[str, Link],
    ways: Ways,
    read: dict[str, tuple[int, str] | None],
    done: Verified,
) -> None:
    """Hold one published build to its manifest, and that to the chain."""
    build_id, name = folder.name, f"published/{folder.name}"

    def wrong(path: str, zh: str, en: str) -> None:
        done.problems.append(Problem(build_id, path, f"{zh}{en}"))

    file = folder / MANIFEST
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        files = {item["path"]: item for item in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        wrong(f"{name}/{MANIFEST}", "清单缺失或不可读。", "The manifest is missing or cannot be read.")
        return
    if build_id not in links:
        wrong(f"{name}/{MANIFEST}", "不在链上。", "It is not in the chain that state keeps.")
    elif file_sha256(file) != links[build_id].sha256:
        wrong(f"{name}/{MANIFEST}", "清单已被改动。", "The manifest was changed after it was published.")
    elif (manifest.get("previous") or {}).get("sha256") != links[build_id].previous_sha256:
        wrong(f"{name}/{MANIFEST}", "与前一次建库不衔接。", "It does not continue the build before it.")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    for path in sorted(present - set(files)):
        wrong(f"{name}/{path}", "清单之外的文件。", "A file that the manifest does not name.")
    held = [(f"{name}/{path}", item) for path, item in files.items()]
    held += [(item["path"], item) for item in manifest.get("inputs", [])]
    for path, item in held:
        if path not in read:
            place = workdir.path / path
            read[path] = (place.stat().st_size, file_sha256(place)) if place.is_file() else None
        found = read[path]
        if found is None:
            wrong(path, "文件缺失。", "The file is missing.")
        elif found == (item["bytes"], item["sha256"]):
            continue
        elif found == _after_rewriting(ways, path, item["sha256"]):
            done.rewritten.add(path)
        else:
            wrong(path, "文件已被改动。", "The file was changed: its hash is another.")


def _after_rewriting(ways: Ways, path: str, sha256: str) -> tuple[int, str] | None:
    """Bytes and SHA-256 of a file of a manifest after all that state says rewrote it; None where nothing did."""
    after = None
    for way in _ways_of(ways, path, sha256):
        after = (way.bytes, way.sha256)
    return after


def _ways_of(ways: Ways, path: str, sha256: str) -> Iterator[Way]:
    while way := ways.get((path, sha256)):
        yield way
        sha256 = way.sha256


def inputs_at(folder: Path) -> list[str]:
    """The files that a published build was a function of, relative to the workdir.

    Raises:
        UsageError: its manifest names none.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    listed: Iterable[dict[str, Any]] = manifest.get("inputs", [])
    if not listed:
        raise UsageError(
            f"{folder.name} 的清单没有列出来源。The manifest of {folder.name} names no inputs.",
            "It is of an earlier version: build again.",
        )
    return [item["path"] for item in listed]
