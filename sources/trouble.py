"""What the machine refuses (a full disk, missing permissions, too little memory), said as what is wrong and what to do.

What an engine says of it may hold values of a row, so nothing of it is passed on but the path.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

import duckdb

from sources.errors import SijikuError

# Kind of trouble to: what is wrong and what to do, each Chinese first.
_TOLD: dict[str, tuple[str, str]] = {
    "full": (
        "磁盘已满，或超过了文件大小限额。The disk is full, or a limit on file sizes was reached",
        "请腾出空间(如 sijiku gc)后重新运行，此前的库不变。"
        "Make room (sijiku gc does) and run it again; the earlier library stays.",
    ),
    "denied": (
        "没有读写权限，或文件系统只读。No permission to read or write, or a read-only file system",
        "请检查目录的属主和挂载方式后重新运行。Check who owns the folder and how it is mounted, and run it again.",
    ),
    "vanished": (
        "文件或目录在读取时消失。A file or folder vanished while it was being read",
        "请勿在建库时移动报送文件；补齐后重新运行。"
        "Leave delivered files in place while a build runs; put it back and run it again.",
    ),
    "memory": (
        "内存不足。There is not enough memory",
        "请调高 SIJIKU_MEMORY，或减小 SIJIKU_THREADS。Raise SIJIKU_MEMORY, or lower SIJIKU_THREADS.",
    ),
    "locked": (
        "工作库正被另一进程使用。Another process has the working warehouse open",
        "请关闭它后重新运行；查询请用 sijiku query。Close it and run it again; sijiku query is for reading.",
    ),
}

_NUMBERS = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EROFS: "denied",
    errno.ENOENT: "vanished",
    errno.ENOMEM: "memory",
}
# As DuckDB words them, in its own messages and in those that dbt passes on.
_WORDS = {
    "No space left on device": "full",
    "Disk quota exceeded": "full",
    "File too large": "full",
    "Could not write all required bytes": "full",
    "Permission denied": "denied",
    "Read-only file system": "denied",
    "Conflicting lock is held": "locked",
    "Out of Memory Error": "memory",
    "No files found that match": "vanished",
    "No such file or directory": "vanished",
}
_PATH = re.compile(r"([\"'])(/[^\"'\n]*)\1")


def trouble_behind(error: BaseException) -> SijikuError | None:
    """The trouble with the machine that an error was raised for, however often it was wrapped; None for any other."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in _NUMBERS:
            return _told(_NUMBERS[cause.errno], cause.filename)
        if isinstance(cause, (duckdb.IOException, duckdb.OutOfMemoryException)):
            found = trouble_in(str(cause))
            if found:
                return found
        if isinstance(cause, MemoryError):
            return _told("memory", None)
    return None


def trouble_in(text: str) -> SijikuError | None:
    """The trouble with the machine that an engine's message speaks of; None where it speaks of something else."""
    for words, kind in _WORDS.items():
        for line in text.splitlines():
            if words in line:
                path = _PATH.search(line)
                return _told(kind, path[2] if path else None)
    return None


def _told(kind: str, path: object) -> SijikuError:
    problem, remedy = _TOLD[kind]
    return SijikuError(f"{problem}: {path}." if path else f"{problem}.", remedy)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        yield current
        seen.add(id(current))
        current = getattr(current, "user_exception", None) or current.__cause__ or current.__context__
