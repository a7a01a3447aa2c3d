"""Huge pages for what the engine works with.

A city's hash tables are gigabytes, and looked up at random. In pages of 4 KB hardly any look-up finds its page in the
processor's own list of them, and on a virtual machine each miss costs twice. Linux has pages of 2 MB for who asks for
them (`madvise(2)`, MADV_HUGEPAGE, where transparent huge pages are set to `madvise`, as most distributions do), and
DuckDB's allocator does not ask. So a thread of the process does, for what memory it is given as it goes.

A build that goes on from the one before makes no such tables, and does not ask: to make room for pages of 2 MB the
kernel moves what it keeps of files, and that takes longer than they save.

It is advice: where the kernel has no such pages, or the system is another, nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

_MAPS, _SIZE = Path("/proc/self/maps"), Path("/proc/self/statm")
_MADV_HUGEPAGE = 14  # asm-generic/mman-common.h
# Memory is given in pieces: of smaller ones little would come together.
_LEAST_BYTES = 4 << 20
_SECONDS_BETWEEN_LOOKS = 0.02
# Processes: a child that was forked has none of its parent's threads.
_asking: set[int] = set()


def ask_for_huge_pages() -> None:
    """Ask for huge pages from now on, for all memory that this process is given. Asked again, nothing more is done."""
    if _MAPS.exists() and _SIZE.exists() and os.getpid() not in _asking:
        _asking.add(os.getpid())
        threading.Thread(target=_watch, daemon=True, name="sijiku-pages").start()


def _watch() -> None:
    asked: set[tuple[int, int]] = set()
    size = ""
    # It is advice: a process that has no file handle left to look with goes on without.
    with suppress(OSError):
        while True:
            now = _SIZE.read_text(encoding="ascii").partition(" ")[0]
            if now != size:
                asked, size = _ask(asked), now
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def _ask(asked: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Ask for what memory was not asked for yet; returns what there is by now, as (address, bytes)."""
    libc = ctypes.CDLL(None)
    given = set()
    for line in _MAPS.read_text(encoding="utf-8", errors="replace").splitlines():
        # Memory of no file, and of nothing with a name: address, permissions, offset, device, inode.
        fields = line.split()
        if len(fields) != 5 or fields[1] != "rw-p":
            continue
        start, end = (int(address, 16) for address in fields[0].split("-"))
        if end - start >= _LEAST_BYTES:
            given.add((start, end - start))
    for start, length in given - asked:
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_HUGEPAGE)
    return given
