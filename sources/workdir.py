"""Where a library keeps its things on disk, and the lock that keeps a second writer out.

A workdir holds no absolute path to itself: it can be copied or moved while no build runs.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sources.errors import SijikuError

OWNER_ONLY = 0o700
OWNER_ONLY_FILE = 0o600


@dataclass(frozen=True)
class Workdir:
    """The folders of one library. `raw` and `state` are what is backed up; the rest can be rebuilt from them."""

    path: Path

    @property
    def raw(self) -> Path:
        """Accepted deliveries as Parquet, immutable."""
        return self.path / "raw"

    @property
    def quarantine(self) -> Path:
        """Rows that could not be read, as they came. Personal."""
        return self.path / "quarantine"

    @property
    def state(self) -> Path:
        """Append-only logs that are inputs of every build."""
        return self.path / "state"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file; its catalog is named after it, so it is always called sijiku."""
        return self.path / "warehouse" / "sijiku.duckdb"

    @property
    def scratch(self) -> Path:
        """Engine spill files, dbt targets and half-built publications; emptied at will."""
        return self.path / "scratch"

    @property
    def logs(self) -> Path:
        """Logs of builds: no names, numbers, phones or addresses."""
        return self.path / "logs"

    @property
    def published(self) -> Path:
        """One folder a build, and the relative link `current`."""
        return self.path / "published"

    @property
    def current(self) -> Path:
        """The relative link to the published build that readers open."""
        return self.published / "current"

    @property
    def erasing(self) -> Path:
        """The plan and the new files of an erasure that has begun and not ended. Personal."""
        return self.path / "erasing"

    @property
    def rekeying(self) -> Path:
        """Files under a new key, until all of them take their places. Personal."""
        return self.path / "rekeying"

    def create(self) -> None:
        """Make the folders; what is personal is readable by its owner only."""
        for folder in (
            self.path,
            self.raw,
            self.quarantine,
            self.state,
            self.warehouse.parent,
            self.scratch,
            self.logs,
            self.published,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.raw, self.quarantine, self.state, self.warehouse.parent, self.scratch):
            folder.chmod(OWNER_ONLY)

    def is_locked(self) -> bool:
        """Whether a writer holds the workdir just now."""
        try:
            handle = os.open(self.path / ".lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    @contextmanager
    def lock(self, *, may_be_erasing: bool = False, may_be_rekeying: bool = False) -> Iterator[None]:
        """Hold the workdir for one writer.

        Args:
            may_be_erasing: the caller goes on with an erasure that was cut off; nobody else may do anything before.
            may_be_rekeying: the same of a change of keys.

        Raises:
            SijikuError: another process is building in this workdir, or an erasure or change of keys was cut off.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                _lock(handle)
            except BlockingIOError:
                holder = os.read(handle, 32).decode("ascii", "replace").strip()
                raise SijikuError(
                    f"另一个进程正在使用 {self.path}。"
                    f"Another build is running in {self.path} (process {holder or 'unknown'}).",
                    "请等它结束，或换一个 --workdir。Wait for it to end, or build into another --workdir.",
                ) from None
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode("ascii"))
            if self.erasing.exists() and not may_be_erasing:
                raise SijikuError(
                    f"{self.path} 中有一次抹除未完成。An erasure in {self.path} was cut off before its end.",
                    "请运行 Run: sijiku erase --continue --workdir DIR",
                )
            if (self.rekeying / "ready.json").exists() and not may_be_rekeying:
                raise SijikuError(
                    f"{self.path} 中有一次换密钥未完成。A change of keys in {self.path} was cut off before its end.",
                    "请再次运行 Run once more: sijiku key rotate --new-key-file FILE --workdir DIR",
                )
            yield
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    """Take the lock, or raise BlockingIOError. Tried twice: who asks `is_locked` has it for an instant."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.05)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sync_all(folder: Path) -> None:
    """See to it that whatever was written to the file system of a folder is on disk.

    Thousands of files are put there at once: one by one, each would wait for the disk to empty its cache.

    Raises:
        OSError: something could not be written (syncfs(2)).
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "syncfs"):  # Linux alone has it
            os.sync()
        elif library.syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """See to it that a file, or a folder's names, are on disk; some file systems cannot sync a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
