"""What little is written to a large file does not cost what much does, and is as safe."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sources.encryption import KEY_VARIABLE
from sources.warehouse import few, log_of, open_warehouse
from sources.workdir import Workdir


@pytest.mark.parametrize("key", [None, "a key of the test's own"])
def test_little_stays_in_the_log_and_is_read_until_more_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    if key:
        monkeypatch.setenv(KEY_VARIABLE, key)
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE TABLE mark (day INTEGER)")
    log, file = log_of(workdir.warehouse), workdir.warehouse.read_bytes()
    assert not log.exists()
    for day in (1, 2):
        with open_warehouse(workdir, is_small=True) as connection:
            connection.execute("INSERT INTO mark VALUES (?)", [day])
        assert workdir.warehouse.read_bytes() == file
        assert log.stat().st_mode & 0o077 == 0, "the log holds what the file does"
        with open_warehouse(workdir, read_only=True) as connection:
            assert connection.execute("SELECT max(day), count(*) FROM mark").fetchone() == (day, day)
    with open_warehouse(workdir) as connection:
        connection.execute("INSERT INTO mark VALUES (3)")
    assert not log.exists()
    with open_warehouse(workdir, read_only=True) as connection:
        assert connection.execute("FROM mark ORDER BY day").fetchall() == [(1,), (2,), (3,)]


def test_a_log_without_its_file_says_nothing(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    with open_warehouse(workdir, is_small=True) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 1 AS day")
    assert log_of(workdir.warehouse).exists()
    workdir.warehouse.unlink()
    with open_warehouse(workdir) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'sijiku'").fetchone() == (
            0,
        )


def test_few_are_held_against_many_while_these_are_read() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE many AS SELECT hash(i) AS id, 'text ' || i AS text FROM range(100000) AS t (i)"
        )
        connection.execute("CREATE TABLE chosen AS SELECT id, id % 7 AS said FROM many WHERE id % 1000 = 0")

        def plan(among: str) -> str:
            row = connection.execute(f"EXPLAIN ANALYZE SELECT max(text), max(said) FROM many JOIN {among}").fetchone()
            assert row
            return str(row[1])

        [(wanted,)] = connection.execute("SELECT count(*) FROM chosen").fetchall()
        asked = few("id", "chosen", "*")
        [(found,)] = connection.execute(f"SELECT count(*) FROM many JOIN ({asked}) USING (id)").fetchall()
        assert found == wanted > 50
        assert "IN BF(id)" in plan(f"({asked}) USING (id)")
        # If the engine does so unasked, `few` has served its time.
        assert "IN BF(id)" not in plan("chosen USING (id)")
