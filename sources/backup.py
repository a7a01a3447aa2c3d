"""Backup and restore of what cannot be rebuilt: the raw zone and state, and quarantine with them.

A backup is a manifest and objects. The manifest lists every file by its path in the workdir, size and SHA-256; an
object is a file's content, named by its SHA-256. In a folder, backups are incremental: an object that is there already
is not written again, and the manifest is replaced last, so that a backup that was killed leaves the earlier one. In an
archive (`.tar`, `.tar.zst`) the manifest comes first. Everything is readable by its owner only: it is personal.

Only what state knows as accepted is backed up of the raw zone and quarantine: nothing half-written comes along. Files
that are encrypted stay so. The manifest names their key by `sources.encryption.key_id`; the key itself is not there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa

from sources.code_version import code_version
from sources.encryption import KEY_FILE_VARIABLE, configured_key, key_id
from sources.errors import SijikuError, UsageError
from sources.manifest import file_sha256
from sources.parquet import is_encrypted
from sources.raw_store import delivery_folder
from sources.state import LOGS, State
from sources.suppression import key_file
from sources.warehouse import open_engine
from sources.workdir import OWNER_ONLY, Workdir

MANIFEST = "sijiku-backup.json"
_OBJECTS = "objects"
_FORM = 1
_HALF = ".restore.half"
_PARTS = ("raw", "quarantine", "state")
_OWNER_ONLY_FILE = 0o600
_READ_ONLY = 0o400
_CHUNK = 1 << 20
_ARCHIVES = (".tar", ".tar.zst")


@dataclass(frozen=True)
class Entry:
    """A file of a backup: its path relative to the workdir, bytes and SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Summary:
    """What a backup or restore dealt with; `written` counts the bytes that had to be written."""

    files: int
    bytes: int
    written: int
    made_at: str


def back_up(workdir: Workdir, out: Path) -> Summary:
    """Back up a workdir's raw zone, state and quarantine; the caller holds its lock.

    Args:
        workdir: no build runs in it while the caller holds the lock, so what is read belongs together.
        out: a folder, or an archive ending in .tar or .tar.zst.

    Raises:
        UsageError: there is nothing to back up, or `out` is neither, or lies in the workdir.
        SijikuError: the raw zone lacks a delivery that was accepted, or a file cannot be read or written.
    """
    if not State(workdir.state).segments("delivery"):
        raise UsageError(
            f"{workdir.path} 中没有可备份的内容。There is nothing to back up in {workdir.path}.",
            "请指定已建过库的 --workdir。Name a --workdir that a library was built in.",
        )
    if out.resolve().is_relative_to(workdir.path.resolve()):
        raise UsageError(
            f"备份 {out} 在工作目录之内。The backup {out} would lie inside the workdir.",
            "请用另一块磁盘上的路径。Use a path on another disk.",
        )
    kept = kept_files(workdir)
    entries = [_entry(workdir, path) for path in kept]
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = _manifest(entries, made_at, _key_of(kept))
    with _reported(out):
        written = (
            _to_archive(workdir, entries, manifest, out)
            if _is_archive(out)
            else _to_folder(workdir, entries, manifest, out)
        )
    return Summary(len(entries), sum(entry.bytes for entry in entries), written, made_at)


def restore(source: Path, workdir: Workdir) -> Summary:
    """Restore a backup into a workdir that has no library yet; the caller holds its lock.

    Every file is checked against the manifest as it is written; only when all are there and right do they take their
    place, state last. The next build is a full one.

    Raises:
        UsageError: `source` is no backup, or the workdir has a library.
        SijikuError: a file is missing or not as the manifest says, or the backup's files are encrypted and there is
            no key, or another one; nothing was restored.
    """
    half = workdir.path / _HALF
    has_library = any(State(workdir.state).segments(log) for log in LOGS)
    if has_library or (not half.exists() and workdir.raw.is_dir() and any(workdir.raw.iterdir())):
        raise UsageError(
            f"{workdir.path} 中已有库，不能覆盖。There is a library in {workdir.path}; it is not overwritten.",
            "请恢复到空目录。Restore into an empty folder, and build there.",
        )
    if not source.exists():
        raise UsageError(
            f"没有备份 {source}。There is no backup {source}.", "请检查 --from。Check --from: what sijiku backup wrote."
        )
    with _reported(workdir.path):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True, mode=OWNER_ONLY)
        opened = _from_archive(source) if source.is_file() else _from_folder(source)
        with opened as (manifest, objects):
            entries, made_at = _entries(manifest, source)
            _write_checked(entries, objects, half, source)
        for part in _PARTS:  # state last: it is what makes a library of it
            if (half / part).is_dir():
                with suppress(FileNotFoundError):
                    shutil.rmtree(workdir.path / part)
                (half / part).rename(workdir.path / part)
        half.rmdir()
        workdir.create()
    total = sum(entry.bytes for entry in entries)
    return Summary(len(entries), total, total, made_at)


def kept_files(workdir: Workdir) -> list[Path]:
    """The files that everything else is made of: the segments of state, the key of its suppression list, and accepted
    deliveries in the raw zone and in quarantine.

    Raises:
        SijikuError: the raw zone lacks a delivery that was accepted.
    """
    state = State(workdir.state)
    found = [path for log in sorted(LOGS) for path in state.segments(log)]
    found += [key_file(workdir)] if key_file(workdir).exists() else []
    with open_engine(workdir) as connection:
        accepted = connection.execute(
            f"SELECT dataset, CAST(extract_date AS VARCHAR), delivery FROM ({state.select('delivery')}) ORDER BY ALL"
        ).fetchall()
    for dataset, extract_date, delivery in accepted:
        folder = delivery_folder(workdir.raw, dataset, extract_date, delivery)
        if not folder.is_dir():
            raise SijikuError(
                f"原始区缺少已接收的批次。The raw zone lacks a delivery that was accepted: {folder}.",
                "请从备份恢复原始区。Restore the raw zone from its backup.",
            )
        found += sorted(folder.glob("*.parquet"))
        quarantined = delivery_folder(workdir.quarantine, dataset, extract_date, delivery)
        found += sorted(quarantined.glob("*.parquet"))
    return found


def _entry(workdir: Workdir, path: Path) -> Entry:
    with _reported(path):
        return Entry(path.relative_to(workdir.path).as_posix(), path.stat().st_size, file_sha256(path))


def _key_of(files: list[Path]) -> str | None:
    """The id of the key that some of the files want; None if none does."""
    key = configured_key()
    return key_id(key) if key and any(is_encrypted(file) for file in files if file.suffix == ".parquet") else None


def _check_key(source: Path, wanted: object) -> None:
    """Hold a backup's key to the process's, before a library is restored that could not be read."""
    key = configured_key()
    if wanted is None or (key and key_id(key) == wanted):
        return
    given_zh, given_en = ("所给的是另一密钥", "another was given") if key else ("未给出密钥", "none was given")
    raise SijikuError(
        f"备份 {source} 由编号 {wanted} 的密钥加密，{given_zh}。Backup {source} is encrypted with the key {wanted}; "
        f"{given_en}.",
        f"未恢复任何内容。请用环境变量 {KEY_FILE_VARIABLE} 指明备份时的密钥文件。Nothing was restored. Name it with "
        f"{KEY_FILE_VARIABLE}; sijiku key status tells a key's id.",
    )


def _manifest(entries: list[Entry], made_at: str, key: str | None) -> bytes:
    files = [asdict(entry) for entry in entries]
    document = {"form": _FORM, "made_at": made_at, "code_version": code_version(), "sha256": _digest(files)}
    document |= {"key_id": key} if key else {}
    return (json.dumps(document | {"files": files}, ensure_ascii=False, indent=1) + "\n").encode()


def _digest(files: list[dict[str, object]]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _entries(manifest: bytes, source: Path) -> tuple[list[Entry], str]:
    try:
        document = json.loads(manifest)
        files = document["files"]
        if document["form"] != _FORM or document["sha256"] != _digest(files):
            raise ValueError("form or hash")
        key = document.get("key_id")
        entries = [Entry(**file) for file in files]
        for entry in entries:
            place = PurePosixPath(entry.path)
            if place.is_absolute() or ".." in place.parts or place.parts[0] not in _PARTS:
                raise ValueError("path")
    except (ValueError, KeyError, TypeError, IndexError):
        raise _damaged(source, MANIFEST) from None
    _check_key(source, key)
    return entries, str(document["made_at"])


def _to_folder(workdir: Workdir, entries: list[Entry], manifest: bytes, out: Path) -> int:
    if out.exists() and any(out.iterdir()) and not (out / MANIFEST).exists() and not (out / _OBJECTS).exists():
        raise UsageError(
            f"{out} 不是备份目录，且不为空。{out} is not empty and no backup.",
            "请用空目录，或以前备份的目录。Use an empty folder, or that of an earlier backup.",
        )
    objects = out / _OBJECTS
    objects.mkdir(parents=True, exist_ok=True)
    for folder in (out, objects):
        folder.chmod(OWNER_ONLY)
    written = 0
    for entry in entries:
        target = objects / entry.sha256
        if target.exists() and target.stat().st_size == entry.bytes:
            continue
        half = objects / f".{entry.sha256}.half"
        with (workdir.path / entry.path).open("rb") as content:
            _write(content, half, entry, workdir.path)
        half.rename(target)
        written += entry.bytes
    half = out / f".{MANIFEST}.half"
    half.write_bytes(manifest)
    half.chmod(_OWNER_ONLY_FILE)
    half.rename(out / MANIFEST)
    listed = {entry.sha256 for entry in entries}
    for path in objects.iterdir():  # what gc took from the workdir, and what a killed backup left
        if path.name not in listed:
            path.unlink()
    return written


def _to_archive(workdir: Workdir, entries: list[Entry], manifest: bytes, out: Path) -> int:
    half = out.with_name(f".{out.name}.half")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY_FILE))
    try:
        codec = "zstd" if out.name.endswith(".zst") else None
        with pa.output_stream(str(half), compression=codec) as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
            tar.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
            seen: set[str] = set()
            for entry in entries:
                if entry.sha256 not in seen:
                    seen.add(entry.sha256)
                    with (workdir.path / entry.path).open("rb") as content:
                        tar.addfile(_member(f"{_OBJECTS}/{entry.sha256}", entry.bytes), content)
        half.rename(out)
    finally:
        half.unlink(missing_ok=True)
    return out.stat().st_size


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _OWNER_ONLY_FILE
    return member


_Objects = Iterator[tuple[str, IO[bytes]]]


@contextmanager
def _from_folder(source: Path) -> Iterator[tuple[bytes, _Objects]]:
    manifest = source / MANIFEST
    if not manifest.is_file():
        raise _no_backup(source)

    def objects() -> _Objects:
        for path in sorted((source / _OBJECTS).iterdir()):
            with path.open("rb") as content:
                yield path.name, content

    yield manifest.read_bytes(), objects()


@contextmanager
def _from_archive(source: Path) -> Iterator[tuple[bytes, _Objects]]:
    codec = "zstd" if source.name.endswith(".zst") else None
    try:
        with pa.input_stream(str(source), compression=codec) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
            if content is None:
                raise _no_backup(source)

            def objects() -> _Objects:
                for member in tar:
                    found = tar.extractfile(member)
                    if found is not None:
                        yield PurePosixPath(member.name).name, found

            yield content.read(), objects()
    except (tarfile.TarError, pa.ArrowException, EOFError):
        raise _damaged(source, source.name) from None
    except OSError as error:
        if error.errno is None:  # not the disk's: the codec's, on what it cannot make sense of
            raise _damaged(source, source.name) from None
        raise


def _write_checked(entries: list[Entry], objects: _Objects, half: Path, source: Path) -> None:
    wanted: dict[str, list[Entry]] = {}
    for entry in entries:
        wanted.setdefault(entry.sha256, []).append(entry)
    for name, content in objects:
        listed = wanted.pop(name, [])
        if not listed:
            continue
        first = half / listed[0].path
        _write(content, first, listed[0], source)
        for other in listed[1:]:
            (half / other.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(first, half / other.path)
        for entry in listed:
            (half / entry.path).chmod(_OWNER_ONLY_FILE if entry.path.startswith("state/") else _READ_ONLY)
    if wanted:
        missing = min(entry.path for listed in wanted.values() for entry in listed)
        raise _damaged(source, missing)
    # An empty raw zone or quarantine is one too.
    for part in _PARTS:
        (half / part).mkdir(exist_ok=True, mode=OWNER_ONLY)


def _write(content: IO[bytes], target: Path, entry: Entry, source: Path) -> None:
    """Copy a file's content, owner-only, and hold it against its hash."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    digest = hashlib.sha256()
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY_FILE), "wb") as copy:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if digest.hexdigest() != entry.sha256:
        raise _damaged(source, entry.path)


def _is_archive(out: Path) -> bool:
    if any(out.name.endswith(suffix) for suffix in _ARCHIVES):
        return True
    if out.suffix and not out.is_dir():
        raise UsageError(
            f"不认识的备份格式 {out.name}。{out.name} is no form of backup.",
            "请用目录、.tar 或 .tar.zst。Name a folder, or a file ending in .tar or .tar.zst.",
        )
    return False


@contextmanager
def _reported(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or place
        raise SijikuError(
            f"无法读写 {where}: {error.strerror}。{where} cannot be read or written: {error.strerror}.",
            "请检查磁盘空间和权限后重新运行。Check the disk's space and the permissions, and run it again.",
        ) from None


def _no_backup(source: Path) -> UsageError:
    return UsageError(
        f"{source} 不是 sijiku 的备份。{source} is no backup of sijiku's.",
        "请用 sijiku backup 写出的目录或文件。Name what sijiku backup wrote.",
    )


def _damaged(source: Path, what: str) -> SijikuError:
    return SijikuError(
        f"备份 {source} 已损坏: {what} 缺失或与清单不符。Backup {source} is damaged: {what} is missing or not as its "
        "manifest says.",
        "未恢复任何内容，请用另一份备份。Nothing was restored. Use another backup.",
    )
