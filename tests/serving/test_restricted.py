"""A restricted file that is patched holds what one written in full would, whatever became of its base."""

from __future__ import annotations

import hashlib
import json
import random
import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from serving.restricted import Base, base_in, to_write, write
from sources.interface import Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

PERSON, EVENT, CELL, SMALL = (
    Table("library", "dim_person"),
    Table("library", "fct_event"),
    Table("marts", "mart_cell"),
    Table("library", "dim_small"),
)
TOUCHED = "person_id IN (SELECT person_id FROM library.int_touched)"
RENEWED = {PERSON: TOUCHED, EVENT: TOUCHED}

# 20,000 persons, some without a name, 60,000 events, some of them alike, and 12,000 cells, some of them alike too.
TABLES = """
CREATE SCHEMA library; CREATE SCHEMA marts;
CREATE TABLE library.int_touched (person_id VARCHAR);
CREATE TABLE library.dim_person AS SELECT 'P' || i AS person_id, nullif('甲' || i % 7, '甲3') AS name
    FROM range(20000) AS t(i);
CREATE TABLE library.fct_event AS SELECT 'P' || i % 20000 AS person_id, i % 31 AS day, 'service' AS kind
    FROM range(60000) AS t(i);
CREATE TABLE marts.mart_cell AS SELECT CAST(i // 2 AS BIGINT) AS cell, nullif(i // 2 % 5, 2) AS people
    FROM range(12000) AS t(i);
CREATE TABLE library.dim_small AS SELECT 1 AS one;
"""
# What a build may make of those whom it touches, and of tables of which nobody says what it renews.
CHANGES = (
    "UPDATE library.dim_person SET name = '乙' || name WHERE {touched}",
    "DELETE FROM library.fct_event WHERE {touched} AND day < 9",
    "INSERT INTO library.fct_event SELECT person_id, 40, NULL FROM library.int_touched",
    "INSERT INTO library.fct_event FROM library.fct_event WHERE {touched} AND day = 3",
    "DELETE FROM library.dim_person WHERE {touched} AND person_id LIKE '%7'",
    "UPDATE library.dim_small SET one = one + 1",
    "UPDATE marts.mart_cell SET people = NULL WHERE cell % 97 = {n}",
    "DELETE FROM marts.mart_cell "
    "WHERE rowid IN (SELECT min(rowid) FROM marts.mart_cell GROUP BY cell HAVING cell % 89 = {n})",
    "INSERT INTO marts.mart_cell FROM marts.mart_cell WHERE cell % 83 = {n}",
)


class Library:
    """A working warehouse whose tables are written to one file after another, each from the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workdir = Workdir(root / "library")
        self.workdir.create()
        self.change(TABLES)
        self.tables = {table: table for table in (PERSON, EVENT, CELL, SMALL)}
        self.renewed = dict(RENEWED)
        self.changed: dict[Table, Table] = {}
        self.patched = 0

    def change(self, sql: str) -> None:
        with open_warehouse(self.workdir) as connection:
            connection.execute(sql)

    def touch(self, share: float, seed: int = 0) -> None:
        self.change(
            "CREATE OR REPLACE TABLE library.int_touched AS SELECT person_id FROM library.dim_person "
            f"WHERE hash(person_id, {seed}) % 1000 < {1000 * share}"
        )

    def write(self, name: str, base: Base | None = None) -> Path:
        file = self.root / name
        with open_warehouse(self.workdir, read_only=True) as connection, to_write(connection):
            self.patched = write(connection, file, self.tables, base, self.renewed, self.changed)
        return file

    def base(self, name: str = "base.duckdb") -> Base:
        return base_of(self.write(name))


def base_of(file: Path) -> Base:
    return Base(file, file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a file with its columns and rows, in one order."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        return {
            name: [
                *connection.execute(f"DESCRIBE {name}").fetchall(),
                *connection.execute(f"FROM {name} ORDER BY ALL").fetchall(),
            ]
            for (name,) in names
        }


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def assert_same(library: Library, base: Base | None) -> None:
    """A file that goes on from a base holds what one written in full does."""
    patched = library.write("patched.duckdb", base)
    count = library.patched
    assert rows(patched) == rows(library.write("full.duckdb"))
    assert stat.S_IMODE(patched.stat().st_mode) == 0o600
    library.patched = count


@pytest.mark.parametrize("seed", range(6))
def test_day_after_day_a_patched_file_holds_what_a_full_one_does(library: Library, seed: int) -> None:
    chance = random.Random(seed)
    base = library.base()
    for day in range(3):
        library.touch(chance.choice([0, 0.001, 0.05, 0.2]), seed=chance.randrange(1000))
        for change in chance.sample(CHANGES, 5):
            library.change(change.format(touched=TOUCHED, n=chance.randrange(83)))
        file = library.write(f"day{day}.duckdb", base)
        assert library.patched >= 2
        assert rows(file) == rows(library.write(f"full{day}.duckdb"))
        base = base_of(file)


def test_where_nothing_changed_nothing_is_written(library: Library) -> None:
    base = library.base()
    assert_same(library, base)
    assert library.patched == 3
    assert (library.root / "patched.duckdb").stat().st_size <= base.bytes * 1.1


@pytest.mark.parametrize("condition", ["true", "cell % 3 > 0"])
def test_a_table_most_of_which_is_new_is_written_anew(library: Library, condition: str) -> None:
    base = library.base()
    library.change(f"UPDATE marts.mart_cell SET cell = cell + 100000 WHERE {condition}")
    assert_same(library, base)
    assert library.patched == 2


def test_of_a_table_that_says_what_is_renewed_no_other_row_is_written(library: Library) -> None:
    base = library.base()
    library.touch(0.01)
    library.change("UPDATE library.dim_person SET name = '丙'")
    file = library.write("patched.duckdb", base)
    with duckdb.connect(str(file), read_only=True) as connection:
        renewed = connection.execute("SELECT count(*) FROM library.dim_person WHERE name = '丙'").fetchone()
    with open_warehouse(library.workdir, read_only=True) as connection:
        assert renewed == connection.execute("SELECT count(*) FROM library.int_touched").fetchone()


def test_rows_that_changed_are_put_in_from_where_they_stand_by_themselves(library: Library) -> None:
    base = library.base()
    library.touch(0.01)
    library.changed[PERSON] = Table("library", "int_apart")
    apart = f"CREATE TABLE library.int_apart AS SELECT {{}} AS name, person_id FROM library.dim_person WHERE {TOUCHED}"
    library.change(apart.format("'戊' || name"))
    library.change(f"UPDATE library.dim_person SET name = '戊' || name WHERE {TOUCHED}")
    assert_same(library, base)
    library.change("DROP TABLE library.int_apart;" + apart.format("'己'"))
    assert ("己",) in [row[1:] for row in rows(library.write("apart.duckdb", base))["library.dim_person"]]


@pytest.mark.parametrize(
    "apart", ["SELECT 'P1' AS person_id", "SELECT person_id, name FROM library.dim_person LIMIT 0"]
)
def test_where_they_do_not_stand_all_is_written_anew(library: Library, apart: str) -> None:
    base = library.base()
    library.touch(0.01)
    library.changed[PERSON] = Table("library", "int_apart")
    library.change(f"CREATE TABLE library.int_apart AS {apart}; UPDATE library.dim_person SET name = '庚'")
    assert_same(library, base)
    assert library.patched == 2


@pytest.mark.parametrize("kind", ["VIEW", "TABLE"])
@pytest.mark.parametrize("order", ["", "ORDER BY hash(person_id)", f"ORDER BY {TOUCHED}"])
def test_rows_that_changed_are_found_wherever_they_stand(library: Library, kind: str, order: str) -> None:
    library.tables[PERSON] = Table("library", "int_source")
    library.change("CREATE VIEW library.int_source AS FROM library.dim_person")
    base = library.base()
    library.touch(0.01)
    library.change(f"UPDATE library.dim_person SET name = '辛' WHERE {TOUCHED}; DROP VIEW library.int_source")
    library.change(f"CREATE {kind} library.int_source AS FROM library.dim_person {order}")
    assert_same(library, base)
    assert library.patched == 3


SHAPES = {
    "a table more": ("CREATE TABLE library.dim_more AS FROM range(20000)", Table("library", "dim_more")),
    "a table in a new schema": (
        "CREATE SCHEMA quality; CREATE TABLE quality.more AS SELECT 1",
        Table("quality", "more"),
    ),
    "a column more": ("ALTER TABLE library.dim_person ADD sex VARCHAR DEFAULT '1'", None),
    "a column less": ("ALTER TABLE library.fct_event DROP kind", None),
    "a column of another name": ("ALTER TABLE library.fct_event RENAME kind TO sort", None),
    "a column of another type": ("ALTER TABLE library.fct_event ALTER day TYPE VARCHAR", None),
    "columns in another order": (
        "CREATE OR REPLACE TABLE library.dim_person AS SELECT name, person_id FROM library.dim_person",
        None,
    ),
    "a table emptied": ("DELETE FROM library.fct_event", None),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_of_another_shape_are_written_anew(library: Library, shape: str) -> None:
    base = library.base()
    change, table = SHAPES[shape]
    library.change(change)
    if table:
        library.tables[table] = table
    assert_same(library, base)
    assert library.patched > 0


def test_a_table_that_is_gone_is_gone_from_the_file(library: Library) -> None:
    base = library.base()
    for table in (CELL, SMALL):
        del library.tables[table]
    assert_same(library, base)


def test_a_table_may_stand_under_another_name_than_in_the_warehouse(library: Library) -> None:
    library.tables[Table("quality", "person")] = PERSON
    assert_same(library, library.base())


UNUSABLE = {
    "a table that is not there": "person_id IN (SELECT person_id FROM library.int_no_such_table)",
    "a column that is not there": "no_such_column = 1",
    "no SQL": "person_id IN (",
}


@pytest.mark.parametrize("condition", UNUSABLE)
def test_a_condition_that_cannot_be_asked_is_none(library: Library, condition: str) -> None:
    base = library.base()
    library.renewed[PERSON] = UNUSABLE[condition]
    library.change("UPDATE library.dim_person SET name = '丁'")
    assert_same(library, base)


def test_a_condition_that_leaves_out_new_rows_is_not_believed(library: Library) -> None:
    base = library.base()
    library.touch(0.01)
    library.change("INSERT INTO library.fct_event SELECT 'P1', 50, 'more' FROM range(5)")
    library.change("DELETE FROM library.int_touched WHERE person_id = 'P1'")
    assert_same(library, base)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda content: content[:70_000] + bytes([content[70_000] ^ 1]) + content[70_001:],
    "a block less": lambda content: content[:-4096],
    "nothing left": lambda content: b"",
    "something else": lambda content: b"x" * len(content),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_base_is_no_base(library: Library, damage: str) -> None:
    base = library.base()
    base.file.write_bytes(DAMAGE[damage](base.file.read_bytes()))
    library.change("UPDATE library.dim_small SET one = 2")
    assert_same(library, base)
    assert library.patched == 0


def test_the_base_stays_as_it_was(library: Library) -> None:
    base = library.base()
    library.touch(0.1)
    library.change(CHANGES[0].format(touched=TOUCHED))
    library.write("patched.duckdb", base)
    assert base_of(base.file) == base
    assert not list(library.root.glob("*.wal"))


def test_a_file_that_is_patched_every_day_does_not_grow_without_end(library: Library) -> None:
    base, sizes, patched = library.base(), [], []
    for day in range(25):
        library.touch(0.1, seed=day)
        library.change(f"UPDATE library.dim_person SET name = '第{day}日' || person_id WHERE {TOUCHED}")
        file = library.write(f"day{day}.duckdb", base)
        sizes.append(file.stat().st_size)
        patched.append(library.patched)
        base.file.unlink()
        base = base_of(file)
    full = library.write("full.duckdb").stat().st_size
    assert rows(base.file) == rows(library.root / "full.duckdb")
    # The engine gives room by blocks of 256 kB, and this file has four.
    assert max(sizes) < 4 * full
    assert max(sizes[12:]) <= 1.2 * max(sizes[:12])
    assert min(patched[:2]) == 3
    assert min(patched) < 3


def test_a_file_of_which_much_is_free_is_written_in_full(library: Library) -> None:
    large = Table("library", "large")
    library.change("CREATE TABLE library.large AS SELECT hash(i) AS a, hash(i, 1) AS b FROM range(900000) AS t(i)")
    library.tables[large] = large
    base = library.base()
    del library.tables[large]
    without = base_of(library.write("without.duckdb", base))
    assert library.patched > 0
    assert library.write("after.duckdb", without).stat().st_size < without.bytes / 2
    assert library.patched == 0


def test_the_engine_is_left_as_it_was(library: Library) -> None:
    base = library.base()
    settings = "SELECT name, value FROM duckdb_settings() WHERE name IN ('wal_autocheckpoint', 'max_vacuum_tasks')"
    with open_warehouse(library.workdir, read_only=True) as connection:
        before = connection.execute(settings).fetchall()
        with to_write(connection):
            write(connection, library.root / "patched.duckdb", library.tables, base, library.renewed)
        assert connection.execute(settings).fetchall() == before
        assert connection.execute(
            "SELECT count(*) FROM duckdb_databases() WHERE database_name = 'target'"
        ).fetchone() == (0,)


# --- Which file is the base


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A published build's folder with one file of five bytes, and the manifest that says so."""
    folder = tmp_path / "b1"
    (folder / "restricted").mkdir(parents=True)
    (folder / "restricted" / "sijiku.duckdb").write_bytes(b"12345")
    listed = {"files": [{"path": "restricted/sijiku.duckdb", "bytes": 5, "sha256": "abc"}]}
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    return folder


def found(folder: Path) -> Base | None:
    return base_in(folder, "restricted/sijiku.duckdb", "manifest.json")


def test_the_base_is_the_file_of_the_manifest(folder: Path) -> None:
    assert found(folder) == Base(folder / "restricted" / "sijiku.duckdb", 5, "abc")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"files": []}', '{"files": [{"path": 1}]}', '{"files": 3}'])
def test_a_manifest_that_cannot_be_read_names_no_base(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    assert found(folder) is None


@pytest.mark.parametrize("missing", [".", "manifest.json", "restricted/sijiku.duckdb"])
def test_what_is_missing_is_no_base(folder: Path, missing: str) -> None:
    (folder / missing).rename(folder.parent / "elsewhere")
    assert found(folder) is None


def test_a_file_of_another_size_is_no_base(folder: Path) -> None:
    (folder / "restricted" / "sijiku.duckdb").write_bytes(b"1234")
    assert found(folder) is None
