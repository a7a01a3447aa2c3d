"""The command teaches, and says what is wrong with what it was given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SIJIKU = Path(sys.executable).parent / "sijiku"
COMMANDS = (
    *("simulate", "build", "status", "query", "metric", "explain", "persons", "review", "evaluate", "link"),
    *("case", "findings", "audit", "publish", "rules"),
)


def sijiku(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SIJIKU), *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_sub_command_and_the_exit_statuses() -> None:
    shown = sijiku("--help")
    assert shown.returncode == 0
    for word in (*COMMANDS, "Exit status", "var/city/landing"):
        assert word in shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_sub_command_shows_an_example(command: str) -> None:
    shown = sijiku(command, "--help")
    assert shown.returncode == 0
    assert f"sijiku {command} " in shown.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert sijiku("--version").stdout.startswith("sijiku 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("build", "--workdir", "w"),
        ("build", "--landing", "no-such-folder", "--workdir", "w"),
        ("build", "--landing", ".", "--workdir", "w", "--as-of", "October"),
        ("simulate", "--out", "o", "--profile", "filthy"),
        ("simulate", "--out", "o", "--scale", "-1"),
        ("query", "--workdir", "w"),
        ("metric", "--workdir", "w"),
        ("metric", "people"),
        ("metric", "people", "--workdir", "w", "--format", "chart"),
        ("metric", "people", "--workdir", "w", "--format", "parquet"),
        ("metric", "people", "--workdir", "w", "--out", "people.csv"),
        ("status",),
        ("link",),
        ("link", "--model", "no-such-model", "--input", "none.csv", "--out", "o.parquet"),
        ("explain", "--workdir", "."),
        ("persons", "--workdir", "w"),
        ("persons", "--workdir", ".", "--changed-since", "b", "--format", "parquet"),
    ],
)
def test_wrong_usage_exits_with_2_and_builds_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    run = subprocess.run([str(SIJIKU), *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["status", "query", "metric"])
def test_a_workdir_without_a_library_is_named_with_what_to_do(command: str, tmp_path: Path) -> None:
    arguments = {"status": (), "query": ("SELECT 1",), "metric": ("people",)}[command]
    run = sijiku(command, *arguments, "--workdir", str(tmp_path / "nothing"))
    assert run.returncode in (1, 2)
    assert "nothing" in run.stderr
    assert "→" in run.stderr
    assert "Traceback" not in run.stderr


def test_nothing_heavy_is_imported_to_show_help() -> None:
    heavy = ("dagster", "dbt", "duckdb", "polars", "pandas", "great_expectations")
    script = f"import sys, orchestration.cli; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
