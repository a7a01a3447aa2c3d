"""A bureau's database instead of its files: the same rows are staged; one that is down is a refusal that says so."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from orchestration.run import run_build
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.conftest import BuiltCity, run_sijiku
from tests.postgres import Database, free_port

INSURANCE, TABLE, VARIABLE = "hrss.social_insurance", "public.social_insurance", "HRSS_DSN"
# All but how the delivery and its files are called, and the random names that records get on their first day.
STAGED = """
    SELECT * EXCLUDE (record_ref, _delivery, _file, _row)
    FROM staging.stg_hrss__social_insurance ORDER BY record_key
"""


def staged(workdir: Workdir) -> pl.DataFrame:
    with open_warehouse(workdir, read_only=True) as warehouse:
        return warehouse.sql(STAGED).pl()


def connect(landing: Path, day: str) -> None:
    """A bureau's database in the landing folder, to be asked for its view of a day."""
    folder = landing / "hrss" / "social_insurance"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "connection.yml").write_text(
        f"dsn_env: {VARIABLE}\ntable: {TABLE}\nmode: full\nextract_date: {day}\n", encoding="utf-8"
    )


def test_rows_from_a_database_are_staged_as_those_from_files(
    built_city: BuiltCity, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivered,) = (built_city.landing / "hrss" / "social_insurance").iterdir()
    rows = pl.read_parquet(delivered / "*.parquet").cast(pl.String)
    columns = ", ".join(f'"{header}" text' for header in rows.columns)
    database.execute(f"CREATE TABLE {TABLE} ({columns})")
    database.insert(TABLE, rows.to_dicts())
    connect(tmp_path / "landing", delivered.name)
    monkeypatch.setenv(VARIABLE, database.dsn)
    workdir = Workdir(tmp_path / "library")
    run_build(workdir, tmp_path / "landing", None, lambda event: None, job="intake")
    from_database, from_files = staged(workdir), staged(built_city.workdir)
    assert from_database.height > 1000
    assert from_database.equals(from_files)


def test_a_database_that_is_down_is_a_refusal_and_no_one_reads_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workdir, landing = Workdir(tmp_path / "library"), tmp_path / "landing"
    connect(landing, "2014-10-31")
    monkeypatch.setenv(VARIABLE, f"postgresql://reader:geheim@127.0.0.1:{free_port()}/hrss")
    down = run_sijiku("build", "--landing", landing, "--workdir", workdir.path)
    assert down.returncode == 1
    assert f"拒收 refused   {INSURANCE} connection.yml" in down.stdout
    assert "数据库服务器没有应答" in down.stdout
    assert "there is nothing to build" in down.stderr
    log = "".join(path.read_text(encoding="utf-8") for path in workdir.logs.iterdir())
    for said in (down.stdout, down.stderr, log):
        assert "geheim" not in said and "Traceback" not in said
