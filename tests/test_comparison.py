"""Two libraries are the same when no table of them differs in a row; anything else is said by table."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.comparison import working_differences

ROWS = """
CREATE TABLE marts.figures AS
SELECT * FROM (VALUES (1, 'a', 0.5), (2, NULL, 1.5), (2, NULL, 1.5)) AS t(n, text, share)
"""
BUILD = "CREATE TABLE meta.build AS SELECT 'b' AS build_id, TIMESTAMP '2014-11-01 08:00:00' AS built_at"


def library(home: Path, *statements: str) -> Workdir:
    workdir = Workdir(home)
    workdir.create()
    with open_warehouse(workdir) as connection:
        for statement in ("CREATE SCHEMA marts", "CREATE SCHEMA meta", ROWS, BUILD, *statements):
            connection.execute(statement)
    return workdir


def differ(tmp_path: Path, *statements: str) -> list[str]:
    one, other = library(tmp_path / "one"), library(tmp_path / "other", *statements)
    return [str(each) for each in working_differences(one, other, ("marts", "meta"))]


def test_the_order_of_rows_and_the_time_of_building_are_no_difference(tmp_path: Path) -> None:
    assert not differ(
        tmp_path,
        "CREATE OR REPLACE TABLE marts.figures AS FROM marts.figures ORDER BY n DESC",
        "UPDATE meta.build SET built_at = TIMESTAMP '2015-01-01 00:00:00'",
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE marts.figures SET text = 'b' WHERE n = 1", "1 rows only in the one, 1 only in the other"),
        ("UPDATE marts.figures SET text = '' WHERE n = 2", "2 rows only in the one, 2 only in the other"),
        ("DELETE FROM marts.figures WHERE n = 1", "1 rows only in the one, 0 only in the other"),
        ("INSERT INTO marts.figures SELECT 2, NULL, 1.5", "0 rows only in the one, 1 only in the other"),
        ("ALTER TABLE marts.figures ADD COLUMN more INTEGER", "3 rows only in the one, 3 only in the other"),
        ("DROP TABLE marts.figures", "3 rows only in the one, -1 only in the other"),
    ],
)
def test_a_row_more_or_less_or_otherwise_is_said(tmp_path: Path, statement: str, said: str) -> None:
    assert differ(tmp_path, statement) == [f"warehouse marts.figures: {said}"]


def test_another_build_is_another_library(tmp_path: Path) -> None:
    (said,) = differ(tmp_path, "UPDATE meta.build SET build_id = 'c'")
    assert said.startswith("warehouse meta.build")


def test_what_a_landing_folder_held_that_was_taken_in_before_is_no_difference(tmp_path: Path) -> None:
    table = "CREATE TABLE meta.delivery AS SELECT 'ref.unit' AS dataset, unnest(['accepted', 'refused']) AS state"
    one = library(tmp_path / "one", table)
    other = library(tmp_path / "other", table, "INSERT INTO meta.delivery VALUES ('ref.unit', 'repeated')")
    assert working_differences(one, other, ("meta",)) == []
