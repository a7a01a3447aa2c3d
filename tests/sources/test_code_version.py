"""The code's version changes with the code and with nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sources.code_version import PROJECT, code_files, code_version


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path in ("sources/a.py", "dbt_project/models/m.sql", "dbt_project/seeds/s.csv", "identity/weights.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    return tmp_path


@pytest.mark.parametrize("path", ["sources/a.py", "dbt_project/seeds/s.csv", "identity/weights.json", "serving/new.py"])
def test_code_counts(project: Path, path: str) -> None:
    before = code_version(project)
    (project / path).parent.mkdir(exist_ok=True)
    (project / path).write_text("changed")
    assert code_version(project) != before


@pytest.mark.parametrize(
    "path",
    ["tests/t.py", "docs/d.yml", "sources/__pycache__/a.py", "dbt_project/target/run.sql", "sources/notes.md", "x.py"],
)
def test_what_makes_no_figure_does_not(project: Path, path: str) -> None:
    before = code_version(project)
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text("changed")
    assert code_version(project) == before


def test_the_engine_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_version(project)
    monkeypatch.setattr(duckdb, "__version__", "99.0.0")
    assert code_version(project) != before


def test_a_renamed_file_counts(project: Path) -> None:
    before = code_version(project)
    (project / "sources" / "a.py").rename(project / "sources" / "b.py")
    assert code_version(project) != before


def test_it_is_the_same_elsewhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = code_version(project)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / ".hidden" / "target"
    elsewhere.parent.mkdir()
    project.rename(elsewhere)
    assert code_version(elsewhere) == before


def test_this_projects_own_code_is_found() -> None:
    found = {path.relative_to(PROJECT).as_posix() for path in code_files(PROJECT)}
    assert {"sources/landing.py", "sources/contracts/code_lists.yml"} <= found
    assert not [name for name in found if name.startswith("tests/")]
