"""The memory that a process is given is asked to lie in huge pages."""

from __future__ import annotations

import mmap
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sources.huge_pages import ask_for_huge_pages

SMAPS = Path("/proc/self/smaps")
PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def advised_bytes() -> int:
    """How much of this process's memory is asked to lie in huge pages: flag `hg` of a mapping (proc(5))."""
    size = total = 0
    for line in SMAPS.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Size:"):
            size = int(line.split()[1]) * 1024
        elif line.startswith("VmFlags:") and "hg" in line.split():
            total += size
    return total


@pytest.mark.skipif(not PAGES.exists(), reason="this kernel is built without huge pages, and sets no flag for them")
def test_what_is_given_later_is_asked_for_too() -> None:
    ask_for_huge_pages()
    ask_for_huge_pages()
    before = advised_bytes()
    with mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS):
        deadline = time.monotonic() + 20
        while advised_bytes() < before + (64 << 20) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert advised_bytes() >= before + (64 << 20)


def test_a_process_ends_though_its_memory_is_watched() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from sources.huge_pages import ask_for_huge_pages as ask; ask(); print('done')"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")
