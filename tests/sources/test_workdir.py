"""A workdir has one writer at a time, and what is personal in it is its owner's alone."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sources.errors import SijikuError, UsageError
from sources.warehouse import CATALOG, open_engine, open_warehouse
from sources.workdir import Workdir, sync_all


def test_personal_folders_are_their_owners_alone(workdir: Workdir) -> None:
    for folder in (workdir.raw, workdir.quarantine, workdir.state, workdir.warehouse.parent, workdir.scratch):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_create_leaves_what_is_there(workdir: Workdir) -> None:
    (workdir.raw / "kept").write_text("x")
    workdir.create()
    assert (workdir.raw / "kept").exists()


def test_what_could_not_be_put_on_disk_is_told_of_with_the_folder(
    workdir: Workdir, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_all(workdir.path)

    class FullDisk:
        def __init__(self, *_: object, **__: object) -> None:
            ctypes.set_errno(errno.ENOSPC)

        def syncfs(self, handle: int) -> int:
            return -1

    monkeypatch.setattr(ctypes, "CDLL", FullDisk)
    with pytest.raises(OSError, match=f"No space left.*{workdir.path.name}"):
        sync_all(workdir.path)


def test_a_second_process_is_kept_out_with_the_firsts_number(workdir: Workdir) -> None:
    """The second one is a process of its own, as it is when two people start a build."""
    program = (
        "import sys; from pathlib import Path; from sources.errors import SijikuError; "
        "from sources.workdir import Workdir\n"
        "try:\n    with Workdir(Path(sys.argv[1])).lock(): print('in')\n"
        "except SijikuError as error: print(error)"
    )
    command = [sys.executable, "-c", program, str(workdir.path)]
    with workdir.lock():
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"process {os.getpid()}" in said
    assert "another --workdir" in said
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "in\n"


def test_the_lock_is_freed_after_an_error(workdir: Workdir) -> None:
    with pytest.raises(ZeroDivisionError), workdir.lock():
        _ = 1 / 0
    with workdir.lock():
        pass


def test_the_lock_holds_within_a_process_too(workdir: Workdir) -> None:
    with workdir.lock(), pytest.raises(SijikuError, match="Another build is running"), workdir.lock():
        pass


def test_the_catalog_has_one_name_whatever_the_path(workdir: Workdir, tmp_path: Path) -> None:
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE VIEW v AS SELECT 1 AS one")
        assert connection.execute("SELECT current_database()").fetchall() == [(CATALOG,)]
    moved = Workdir(workdir.path.rename(tmp_path / "it's moved"))
    with open_warehouse(moved, read_only=True) as connection:
        assert connection.execute("SELECT * FROM sijiku.v").fetchall() == [(1,)]


@pytest.mark.parametrize("name", ["a,b", "a[1]", "a*"])
def test_a_path_that_the_engine_would_misread_is_wrong_usage(tmp_path: Path, name: str) -> None:
    made = Workdir(tmp_path / name)
    made.create()
    with pytest.raises(UsageError, match="Choose another --workdir"), open_warehouse(made):
        pass


def test_the_warehouse_is_closed_after_an_error(workdir: Workdir) -> None:
    with pytest.raises(ZeroDivisionError), open_warehouse(workdir):
        _ = 1 / 0
    with open_warehouse(workdir):
        pass


@pytest.mark.parametrize("opened", [open_warehouse, open_engine])
def test_memory_and_threads_come_from_the_environment(
    workdir: Workdir, monkeypatch: pytest.MonkeyPatch, opened: object
) -> None:
    monkeypatch.setenv("SIJIKU_MEMORY", "512MiB")
    monkeypatch.setenv("SIJIKU_THREADS", "1")
    with opened(workdir) as connection:  # type: ignore[operator]
        settings = connection.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchall()
    assert settings == [("512.0 MiB", 1)]


def test_whether_a_writer_holds_the_workdir_can_be_asked(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path)
    assert not workdir.is_locked()
    with workdir.lock():
        assert workdir.is_locked()
    assert not workdir.is_locked()
