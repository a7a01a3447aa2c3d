"""The command on a bureau's database instead of its files: the same ledger, and the earlier view when it is down."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from serving.library import open_published
from sources.workdir import Workdir
from tests.conftest import BuiltCity, run_sijiku
from tests.postgres import Database, free_port

INSURANCE, TABLE, VARIABLE = "hrss.social_insurance", "public.social_insurance", "HRSS_DSN"
LEDGER = f"SELECT * EXCLUDE (build_id, delivery) FROM quality.ledger WHERE dataset = '{INSURANCE}' ORDER BY ALL"


def ledger(workdir: Workdir) -> list[tuple[object, ...]]:
    with open_published(workdir) as library:
        return library.execute(LEDGER).fetchall()


def test_a_library_from_a_database_has_the_ledger_of_one_from_files(
    built_city: BuiltCity, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivered,) = (built_city.landing / "hrss" / "social_insurance").iterdir()
    rows = pl.read_parquet(delivered / "*.parquet").cast(pl.String)
    columns = ", ".join(f'"{header}" text' for header in rows.columns)
    database.execute(f"CREATE TABLE {TABLE} ({columns})")
    database.insert(TABLE, rows.to_dicts())
    folder = tmp_path / "landing" / "hrss" / "social_insurance"
    folder.mkdir(parents=True)
    (folder / "connection.yml").write_text(
        f"dsn_env: {VARIABLE}\ntable: {TABLE}\nmode: full\nextract_date: {delivered.name}\n", encoding="utf-8"
    )
    workdir = Workdir(tmp_path / "library")
    arguments = ("build", "--landing", tmp_path / "landing", "--workdir", workdir.path)

    monkeypatch.setenv(VARIABLE, database.dsn)
    built = run_sijiku(*arguments)
    assert built.returncode == 0, built.stdout + built.stderr
    assert ledger(workdir) == ledger(built_city.workdir)

    monkeypatch.setenv(VARIABLE, f"postgresql://reader:geheim@127.0.0.1:{free_port()}/hrss")
    down = run_sijiku(*arguments)
    assert down.returncode == 1
    assert f"✘ 拒收 refused {INSURANCE}" in down.stdout
    assert "数据库服务器没有应答" in down.stdout
    assert ledger(workdir) == ledger(built_city.workdir)
    log = "".join(path.read_text(encoding="utf-8") for path in workdir.logs.iterdir())
    for said in (down.stdout, down.stderr, log):
        assert "geheim" not in said and "Traceback" not in said
