"""Dagster's settings for production work on a real PostgreSQL, and those of `make dev` without any server."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration.dbt import PROJECT
from tests.postgres import Database

SETTINGS = PROJECT.parent / "orchestration"


@dg.op
def nothing() -> None:
    """Does nothing."""


@dg.job(executor_def=dg.in_process_executor)
def one_run() -> None:
    nothing()


def run_on(home: Path, settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    shutil.copy(SETTINGS / settings, home / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        result = one_run.execute_in_process(
            instance=instance,
            tags={"sijiku/build": "20141031-abc"},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        assert result.success
        (run,) = instance.get_runs(dg.RunsFilter(tags={"sijiku/build": "20141031-abc"}))
        assert run.status is dg.DagsterRunStatus.SUCCESS


def test_a_run_is_kept_in_postgresql_in_production(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, password = "dagster", "s3cret"
    database.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'", f"GRANT ALL ON SCHEMA public TO {user}")
    monkeypatch.setenv(
        "SIJIKU_DAGSTER_DSN", f"postgresql://{user}:{password}@127.0.0.1:{database.server.port}/{database.name}"
    )
    run_on(tmp_path / "home", "dagster.production.yaml", monkeypatch)
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert not list((tmp_path / "home").rglob("*.db"))
    database.execute(f"DROP OWNED BY {user} CASCADE", f"DROP ROLE {user}")


def test_a_run_is_kept_in_the_home_folder_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_on(tmp_path / "home", "dagster.yaml", monkeypatch)
    assert list((tmp_path / "home").rglob("*.db"))
