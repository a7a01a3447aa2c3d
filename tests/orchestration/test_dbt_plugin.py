"""dbt's process opens the warehouse of the workdir that it is told of, and reads the project once for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import dbt
from sources.warehouse import open_warehouse
from sources.workdir import Workdir


def places(home: Path) -> list[str]:
    """The arguments by which dbt leaves what it writes in a folder."""
    return ["--profiles-dir", str(dbt.PROJECT), "--target-path", str(home / "target"), "--log-path", str(home)]


def show(sql: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`dbt show` of a query, as a build calls dbt."""
    dbt.ensure_manifest()
    return subprocess.run(
        [dbt.executable(), "show", "--inline", sql, *places(home)],
        env=os.environ | {"DBT_PARTIAL_PARSE_FILE_PATH": str(dbt.PARSED), "DBT_USE_COLORS": "false"} | variables,
        cwd=dbt.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("memory", ["1GB", "2GB"])
def test_another_library_with_other_limits_takes_over_what_dbt_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: str
) -> None:
    monkeypatch.setenv("SIJIKU_MEMORY", memory)
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    with open_warehouse(workdir) as connection:
        connection.execute(f"COPY (SELECT 'made for {memory}' AS said) TO '{workdir.state}/which.parquet'")
        connection.execute("CREATE VIEW sijiku.main.which AS FROM 'state/which.parquet'")
    shown = show(
        "select said, current_setting('memory_limit') as memory from sijiku.main.which",
        tmp_path,
        **dbt.environment(workdir) | {"SIJIKU_BUILD_PROCESS": ""},
    )
    assert shown.returncode == 0, shown.stdout
    assert f"made for {memory}" in shown.stdout
    assert {"1GB": "953.6 MiB", "2GB": "1.8 GiB"}[memory] in shown.stdout
    assert "Unable to do partial parsing" not in shown.stdout


def test_without_a_workdir_dbt_says_what_to_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIJIKU_WORKDIR", raising=False)
    shown = show("select 1 as one", tmp_path)
    assert shown.returncode != 0
    assert "export SIJIKU_WORKDIR=" in shown.stdout


# As dbt does when it connects, after it has read its project into objects that stay.
_CONNECTED = """
import gc
from orchestration.dbt_plugin import Plugin
gc.disable()
read = [[] for _ in range(1000)]
Plugin("sijiku", {})
print(gc.isenabled(), gc.get_freeze_count() > 1000)
"""


def test_once_the_project_is_read_garbage_is_looked_for_again_but_not_in_it() -> None:
    shown = subprocess.run([sys.executable, "-c", _CONNECTED], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["True", "True"]


# dbt's command, and at its end whether it asked for huge pages.
_ASKS_FOR_PAGES = """
import sys, threading
from dbt.cli.main import dbtRunner
outcome = dbtRunner().invoke(sys.argv[1:])
print(outcome.success, any(thread.name == "sijiku-pages" for thread in threading.enumerate()))
"""


@pytest.mark.parametrize("is_full", [True, False])
def test_huge_pages_are_asked_for_in_a_full_build_alone(tmp_path: Path, is_full: bool) -> None:
    dbt.ensure_manifest()
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    arguments = [*dbt.build_arguments(is_full=is_full), "--quiet", "--select", "collection_cost"]
    shown = subprocess.run(
        [sys.executable, "-c", _ASKS_FOR_PAGES, *arguments, *places(tmp_path)],
        env=os.environ | dbt.environment(workdir) | {"DBT_PARTIAL_PARSE_FILE_PATH": str(dbt.PARSED)},
        cwd=dbt.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["True", str(is_full)], shown.stdout
