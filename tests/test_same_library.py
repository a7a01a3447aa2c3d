"""The comparison of libraries sees what differs, and nothing in what random names stand for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.same_library import differences


def library(folder: Path, person: str, record: str, name: str = "甲", *, is_twice: bool = False) -> Path:
    (folder / "restricted").mkdir(parents=True)
    with duckdb.connect(str(folder / "restricted" / "sijiku.duckdb")) as connection:
        connection.execute(f"""
            CREATE SCHEMA quality; CREATE SCHEMA identity; CREATE SCHEMA library;
            CREATE TABLE quality.record_ref AS SELECT 'psb.x' AS dataset, '1' AS record_key, '{record}' AS record_ref;
            CREATE TABLE identity.person_xref AS
                SELECT '{record}' AS record_ref, 'resident' AS role, '{person}' AS person_id;
            CREATE TABLE identity.person_ref AS SELECT '{person}' AS person_id, 'r{person}' AS person_ref;
            CREATE TABLE library.dim_person AS SELECT '{person}' AS person_id, '{name}' AS name""")
        if is_twice:
            connection.execute("INSERT INTO library.dim_person FROM library.dim_person")
    return folder


def test_other_random_names_are_no_difference(tmp_path: Path) -> None:
    assert differences(library(tmp_path / "a", "p1", "r1"), library(tmp_path / "b", "p2", "r2")) == []


@pytest.mark.parametrize("other", [{"name": "乙"}, {"is_twice": True}])
def test_another_value_and_a_row_too_many_are(tmp_path: Path, other: dict[str, str]) -> None:
    one, two = library(tmp_path / "a", "p1", "r1"), library(tmp_path / "b", "p2", "r2", **other)  # type: ignore[arg-type]
    (found,) = differences(one, two)
    assert found.startswith("library.dim_person: ")


def test_a_table_or_a_column_of_one_alone_is(tmp_path: Path) -> None:
    one, two = library(tmp_path / "a", "p1", "r1"), library(tmp_path / "b", "p1", "r1")
    with duckdb.connect(str(two / "restricted" / "sijiku.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE library.more AS SELECT 1 AS x; ALTER TABLE library.dim_person ADD COLUMN y INT"
        )
    assert [line.split(":")[0] for line in differences(one, two)] == ["library.more", "library.dim_person"]
