"""gc frees what it said and leaves the library answering; there is no backup of nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from serving.publish import is_whole
from sources.workdir import Workdir
from tests.conftest import BuiltCity, run_sijiku


def test_gc_says_what_it_would_free_and_then_frees_it(built_city: BuiltCity, tmp_path: Path) -> None:
    workdir = Workdir(tmp_path / "library")
    shutil.copytree(built_city.workdir.path, workdir.path, symlinks=True)
    spilled = workdir.scratch / "spill" / "block"
    spilled.parent.mkdir(exist_ok=True)
    spilled.write_bytes(bytes(12345))
    tried = run_sijiku("gc", "--workdir", workdir.path, "--dry-run")
    assert "12,345" in tried.stdout
    assert "would be freed" in tried.stdout
    assert spilled.exists()
    done = run_sijiku("gc", "--workdir", workdir.path)
    assert done.returncode == 0, done.stderr
    assert not spilled.exists()
    assert is_whole(workdir.current)


def test_a_backup_of_nothing_is_wrong_usage(tmp_path: Path) -> None:
    for command in (["backup", "--out", tmp_path / "b"], ["gc"]):
        asked = run_sijiku(*command, "--workdir", tmp_path / "none")
        assert asked.returncode == 2
        assert "→" in asked.stderr
