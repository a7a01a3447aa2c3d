"""What the machine refuses is said in both languages, with the file and a remedy, and nothing is half-done by it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt import raise_for_failures
from orchestration.run import published_build
from serving.publish import is_whole
from sources.errors import SijikuError
from sources.landing import take_in
from sources.state import State
from sources.trouble import trouble_behind, trouble_in
from sources.workdir import Workdir
from tests.conftest import SIJIKU, BuiltCity, run_sijiku
from tests.deliveries import sample_rows, write_delivery

RESIDENCE = "psb.temporary_residence"
OCTOBER = "2014-10-31"
# As root, permissions count for nothing unless these are given up.
WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Writing more into a file fails, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def limited(*arguments: str | Path, size: int) -> subprocess.CompletedProcess[str]:
    """The command where no file may grow beyond a size."""
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
        "from orchestration.cli import main; main()"
    )
    environment = os.environ | {"SIJIKU_MEMORY": "2GB", "SIJIKU_THREADS": "2", "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, env=environment
    )


def test_a_disk_that_is_full_while_a_delivery_is_taken_in_leaves_nothing_of_it(tmp_path: Path) -> None:
    workdir, landing = Workdir(tmp_path / "library"), tmp_path / "landing"
    write_delivery(landing, RESIDENCE, OCTOBER, rows=sample_rows(RESIDENCE, 3000))
    with files_no_larger_than(4096), pytest.raises((OSError, duckdb.Error)) as raised:
        take_in(workdir, landing)
    trouble = trouble_behind(raised.value)
    assert trouble is not None
    assert "磁盘已满" in trouble.problem
    assert "disk is full" in trouble.problem
    assert "sijiku gc" in trouble.remedy
    assert not list(workdir.raw.rglob("*.parquet"))
    assert not State(workdir.state).segments("delivery")
    assert [outcome.state for outcome in take_in(workdir, landing).outcomes] == ["accepted"]


@pytest.mark.parametrize("size", [3 << 20, 9 << 20], ids=["dbt cannot write its own files", "nor the warehouse"])
def test_a_disk_that_is_full_while_the_library_is_built_leaves_the_published_one(
    built_city: BuiltCity, tmp_path: Path, size: int
) -> None:
    workdir = Workdir(tmp_path / "library")
    shutil.copytree(built_city.workdir.path, workdir.path, symlinks=True)
    before = published_build(workdir)
    built = limited("build", "--full", "--landing", built_city.landing, "--workdir", workdir.path, size=size)
    assert built.returncode == 1
    assert "磁盘已满" in built.stderr
    assert "→" in built.stderr
    assert "Traceback" not in built.stderr
    assert published_build(workdir) == before
    assert is_whole(workdir.current)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root, and no setpriv to give it up")
def test_a_read_only_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    landing, parent = tmp_path / "landing", tmp_path / "closed"
    write_delivery(landing, RESIDENCE, OCTOBER, rows=sample_rows(RESIDENCE, 1))
    parent.mkdir(mode=0o500)
    command = [str(SIJIKU), "build", "--landing", str(landing), "--workdir", str(parent / "library")]
    prefix = WITHOUT_PRIVILEGE if os.geteuid() == 0 else []
    built = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    assert built.returncode == 1
    for words in ("没有读写权限", "No permission", str(parent / "library"), "→"):
        assert words in built.stderr
    assert "Traceback" not in built.stderr
    assert not list(parent.iterdir())


def test_a_file_that_vanishes_before_its_turn_refuses_its_delivery_and_no_other(tmp_path: Path) -> None:
    workdir, landing = Workdir(tmp_path / "library"), tmp_path / "landing"
    write_delivery(landing, RESIDENCE, "2014-09-30", rows=sample_rows(RESIDENCE, 2))
    later = write_delivery(landing, RESIDENCE, OCTOBER, rows=sample_rows(RESIDENCE, 2))
    file = next(later.glob("*.csv"))
    outcomes = take_in(workdir, landing, progress=lambda outcome: file.unlink(missing_ok=True)).outcomes
    assert [outcome.state for outcome in outcomes] == ["accepted", "refused"]
    assert file.name in str(outcomes[1].reason_zh)
    assert "补齐文件" in str(outcomes[1].reason_zh)
    assert file.name in str(outcomes[1].reason_en)
    assert len(list(workdir.raw.glob("*/*/*/delivery=*"))) == 1


def test_a_landing_folder_that_is_gone_is_wrong_usage(tmp_path: Path) -> None:
    built = run_sijiku("build", "--landing", tmp_path / "none", "--workdir", tmp_path / "library")
    assert built.returncode == 2
    assert str(tmp_path / "none") in built.stderr
    assert not (tmp_path / "library").exists()


def test_what_an_engine_says_is_passed_on_without_values_of_a_row() -> None:
    said = 'IO Error: Could not write file "/data/library/warehouse/x": No space left on device while reading 张三'
    trouble = trouble_in(said)
    assert trouble is not None
    assert "/data/library/warehouse/x" in trouble.problem
    assert "张三" not in str(trouble)
    assert trouble_in("Conversion Error: Could not convert 张三 to DATE") is None


def test_a_model_that_runs_out_of_memory_says_so() -> None:
    message = "Runtime Error in model stg_x (models/stg_x.sql)\n  Out of Memory Error: could not allocate block"
    results = {"results": [{"status": "error", "unique_id": "model.sijiku.stg_x", "message": message}]}
    with pytest.raises(SijikuError, match="SIJIKU_MEMORY"):
        raise_for_failures(results, 1)


def test_an_error_that_is_wrapped_is_found_and_any_other_is_not() -> None:
    try:
        try:
            raise PermissionError(13, "Permission denied", "/data/raw")
        except PermissionError as error:
            raise RuntimeError("a step failed") from error
    except RuntimeError as error:
        trouble = trouble_behind(error)
    assert trouble is not None
    assert "/data/raw" in trouble.problem
    assert trouble_behind(RuntimeError("a defect")) is None
