"""Making room in a workdir, and nothing that a build, a reader or an auditor may still want.

What goes, and why it may:

- published builds beyond the newest few: each is a function of raw zone and state. The current one stays, and so does
  the one before it while the link was flipped less than an hour ago: somebody may have read the link and not opened the
  file yet. Files that are open stay readable until they are closed: a folder's name goes, not what a reader holds.
- of the raw zone, only what was never accepted: half-written folders, and folders that state knows nothing of. Accepted
  deliveries stay, superseded ones too: the ledger counts their rows, the first delivery of a dataset says what is
  retrospective, and earlier as-of dates are built from them (ADR 18).
- content of quarantined rows whose delivery was accepted long ago: personal, read by no build; that a row was
  quarantined, where and why, stays in state.
- half-written segments of state, spill files, half-built publications, old logs. State itself is never touched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sources.errors import SijikuError
from sources.raw_store import delivery_folder
from sources.state import LOGS, State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Kind = Literal["published", "raw", "quarantine", "state", "scratch", "logs"]

# How long a reader may take from reading the link to opening the files behind it.
READER_GRACE = timedelta(hours=1)
# What the last build's steps left for a step that is run again by hand.
_KEPT_SCRATCH = frozenset({"dbt", "expectations"})
_GONE = ".{}.gone.half"


@dataclass(frozen=True)
class Policy:
    """What is kept.

    Attributes:
        builds: published builds, the current one among them.
        quarantine_days: content of quarantined rows, from acceptance. Half a year is two rounds of quarterly
            rectification: who has not looked by then delivers again.
        log_days: logs of builds.
    """

    builds: int = 3
    quarantine_days: int = 180
    log_days: int = 90


@dataclass(frozen=True)
class Item:
    """Something that can go: its kind, path, bytes, and why, Chinese first."""

    kind: Kind
    path: Path
    bytes: int
    why: str


def superfluous(workdir: Workdir, policy: Policy, now: datetime) -> list[Item]:
    """What can go from a workdir; the caller holds its lock, so nothing is being written.

    Args:
        workdir: the library.
        policy: what is kept.
        now: UTC, without time zone.
    """
    found = [
        *_published(workdir, policy, now),
        *_deliveries(workdir, policy, now),
        *(
            (path, "state", "未写完 half-written")
            for log in sorted(LOGS)
            for path in sorted((workdir.state / log).glob(".*.half"))
        ),
        *((path, "scratch", "临时文件 scratch") for path in _inside(workdir.scratch) if path.name not in _KEPT_SCRATCH),
        *((path, "scratch", "中断的抹除或换密钥 an erasure or change of keys cut off") for path in _cut_off(workdir)),
        *_logs(workdir, policy, now),
    ]
    return [Item(kind, path, _bytes(path), why) for path, kind, why in found]


def remove(items: Sequence[Item]) -> None:
    """Remove items; each loses its name first, so that one that is half-removed is nobody's, and goes the next time.

    Raises:
        SijikuError: one could not be removed.
    """
    for item in items:
        try:
            aside = item.path.with_name(_GONE.format(item.path.name))
            item.path.rename(aside)
            if aside.is_dir() and not aside.is_symlink():
                shutil.rmtree(aside)
            else:
                aside.unlink()
        except OSError as error:
            raise SijikuError(
                f"无法删除 {item.path}: {error.strerror}。{item.path} cannot be removed: {error.strerror}.",
                "请检查权限后重新运行，已删除的不受影响。Check its permissions and run it again.",
            ) from None


_Found = tuple[Path, Kind, str]


def _published(workdir: Workdir, policy: Policy, now: datetime) -> Iterator[_Found]:
    current = os.readlink(workdir.current) if workdir.current.is_symlink() else None
    order = _builds(workdir)
    folders = {path.name: path for path in _inside(workdir.published) if path.is_dir() and not path.is_symlink()}
    whole = sorted((name for name in folders if name in order), key=order.__getitem__, reverse=True)
    kept = {name for name in (current, *whole[: policy.builds]) if name}
    if workdir.current.is_symlink():
        flipped = datetime.fromtimestamp(workdir.current.lstat().st_mtime, UTC).replace(tzinfo=None)
        if now - flipped < READER_GRACE:
            kept |= set(whole[:2])
    for name, path in sorted(folders.items()):
        if name.startswith("."):
            yield path, "published", "未写完 half-written"
        elif name not in kept:
            yield (
                path,
                "published",
                "较早的发布 an older build" if name in order else "未登记的发布 never entered in state",
            )


def _builds(workdir: Workdir) -> dict[str, int]:
    """Build id to its place in state: the higher, the later it was published."""
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        rows = connection.execute(
            f"SELECT build_id, max(_segment) FROM ({state.select('build')}) GROUP BY build_id"
        ).fetchall()
    return {str(build): int(place) for build, place in rows}


def _deliveries(workdir: Workdir, policy: Policy, now: datetime) -> Iterator[_Found]:
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        accepted = connection.execute(
            f"SELECT dataset, CAST(extract_date AS VARCHAR), delivery, accepted_at FROM ({state.select('delivery')})"
        ).fetchall()
    oldest = now - timedelta(days=policy.quarantine_days)
    kept_raw = {delivery_folder(workdir.raw, *row[:3]) for row in accepted}
    known = {delivery_folder(workdir.quarantine, *row[:3]): row[3] for row in accepted}
    for path in _delivery_folders(workdir.raw):
        if path not in kept_raw:
            yield path, "raw", "未曾接收 never accepted"
    for path in _delivery_folders(workdir.quarantine):
        if path not in known:
            yield path, "quarantine", "未曾接收 never accepted"
        elif known[path] < oldest:
            yield path, "quarantine", f"超过 older than {policy.quarantine_days} 天 days"


def _delivery_folders(root: Path) -> list[Path]:
    """Folders of deliveries under raw zone or quarantine, half-written ones too."""
    return sorted({*root.glob("*/*/extract_date=*/*"), *root.glob("*/*/.*")})


def _logs(workdir: Workdir, policy: Policy, now: datetime) -> Iterator[_Found]:
    oldest = now - timedelta(days=policy.log_days)
    for path in _inside(workdir.logs)[:-1]:  # named by their time: the newest stays, however old
        if datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None) < oldest:
            yield path, "logs", f"超过 older than {policy.log_days} 天 days"


def _cut_off(workdir: Workdir) -> list[Path]:
    """What erasures and changes of keys left that were cut off before they changed anything, or after everything. The
    lock keeps everybody out where one was cut off between."""
    return [*sorted(workdir.path.glob(".erasing.*")), *sorted(workdir.path.glob(".rekeying.*")), *_of(workdir.rekeying)]


def _of(folder: Path) -> list[Path]:
    return [folder] if folder.is_dir() else []


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _bytes(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
    return path.lstat().st_size
