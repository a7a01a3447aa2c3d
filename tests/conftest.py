"""One small city, simulated and built by the real command, for every test that wants a whole library."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import xdist.remote
from filelock import FileLock

from sources.encryption import KEY_FILE_VARIABLE, KEY_VARIABLE
from sources.workdir import Workdir
from tests.postgres import database, postgres

__all__ = ["database", "postgres"]  # fixtures, for every folder

# Spark takes a process whose main program is no file for a run of its own doctests, and ends it. Such are the processes
# in which tests run at once.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = xdist.remote.__file__

TESTS = Path(__file__).parent
SIJIKU = Path(sys.executable).parent / "sijiku"
SCALE = 0.002


@dataclass(frozen=True)
class BuiltCity:
    """A simulated city (`landing`, `truth`) and the library built from it. To be read: whoever builds takes a copy.

    `output` is what the build printed.
    """

    landing: Path
    truth: Path
    workdir: Workdir
    output: str


def run_sijiku(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, with little of the machine."""
    limits = {"SIJIKU_MEMORY": "2GB", "SIJIKU_THREADS": "2", "COLUMNS": "120"}
    return subprocess.run(
        [str(SIJIKU), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | limits,
    )


# The files that take longest, dearest first. Files go to whichever process is free, so a long one begun late would run
# alone at the end. The second needs no built city: whoever begins with it does not wait for the other to build that.
LONGEST = (
    "orchestration/test_kill.py",
    "dbt_project/test_every_dataset.py",
    "orchestration/test_daily.py",
    "orchestration/test_build.py",
    "dbt_project/test_rules.py",
)

UseKey = Callable[[str | None], Path]


@pytest.fixture
def use_key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> UseKey:
    """Let the process have a key from its file, or none; gives the file. At first there is none."""
    file = tmp_path_factory.mktemp("key") / "key"
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)

    def use(key: str | None) -> Path:
        if key is None:
            monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)
        else:
            file.write_text(f"{key}\n", encoding="utf-8")
            file.chmod(0o600)
            monkeypatch.setenv(KEY_FILE_VARIABLE, str(file))
        return file

    return use


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and mark whatever wants the built city: `make check` leaves it to `make test`."""
    places = {TESTS / file: place for place, file in enumerate(LONGEST)}
    if gone := [str(file) for file in places if not file.is_file()]:
        raise pytest.UsageError(f"LONGEST names what is not there: {', '.join(gone)}")
    items.sort(key=lambda item: places.get(item.path, len(places)))
    for item in items:
        if "built_city" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.city)


@pytest.fixture(scope="session")
def built_city(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> BuiltCity:
    """A city of 2 in 1000, and its library: one for all processes that test at the same time."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "city"
    root.mkdir(exist_ok=True)
    landing, workdir, said = root / "city" / "landing", Workdir(root / "library"), root / "said.txt"
    with FileLock(root / ".lock"):
        if not said.exists():
            simulated = run_sijiku("simulate", "--out", root / "city", "--scale", str(SCALE))
            assert simulated.returncode == 0, simulated.stdout + simulated.stderr
            built = run_sijiku("build", "--landing", landing, "--workdir", workdir.path)
            assert built.returncode == 0, built.stdout + built.stderr
            assert not built.stderr
            said.write_text(built.stdout, encoding="utf-8")
    return BuiltCity(landing, root / "city" / "truth", workdir, said.read_text(encoding="utf-8"))
