"""A linkage model is a file: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from identity.model import MACROS, FieldOf, load_model, shipped_models
from sources.errors import UsageError
from sources.readers.records import identifier

SMALL: dict[str, Any] = {
    "model": "small",
    "fields": {"name": "姓名", "birth": {"from": "出生日期", "clean": "date"}},
    "comparisons": [{"field": "name", "levels": ["exact", {"edits": 1}]}],
    "blocking": ["birth"],
    "prior": 0.001,
    "training": {"same": ["birth"]},
    "thresholds": {"link": 0.9, "review": 0.5},
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "mine.yml"
    path.write_text(yaml.safe_dump(SMALL | changes, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for macro in MACROS:
        connection.execute(macro)
    return connection


def value(database: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = database.execute(query).fetchone()
    return row and row[0]


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_a_shipped_model_is_found_by_its_name(name: str) -> None:
    model = load_model(Path(name))
    assert model.model == name and model.description


def test_a_model_says_which_columns_it_reads(tmp_path: Path) -> None:
    assert load_model(written(tmp_path)).columns == ("姓名", "出生日期")


@pytest.mark.parametrize(
    ("changes", "where", "remedy"),
    [
        ({"blocking": ["phone"]}, "整体", "phone"),
        ({"blocking": []}, "blocking", "at least 1"),
        ({"bloking": ["birth"]}, "bloking", "spelling"),
        ({"thresholds": {"link": 0.9}}, "thresholds.review", "has to be there"),
        ({"thresholds": {"link": 0.5, "review": 0.9}}, "thresholds", "not above link"),
        ({"thresholds": {"link": 90, "review": 0.5}}, "thresholds.link", "less than 1"),
        ({"training": None}, "整体", "add training"),
        ({"comparisons": [{"field": "name", "levels": ["same"]}]}, "comparisons.1.levels.1", "exact"),
        ({"comparisons": [{"field": "name", "levels": ["edits"]}]}, "comparisons.1.levels.1", "number from 1 to 10"),
        ({"comparisons": [{"field": "name", "levels": [{"edits": 1, "exact": True}]}]}, "levels.1", "one test a level"),
        ({"comparisons": [{"field": "name", "levels": [{"swapped": "surname"}]}]}, "整体", "surname"),
        ({"comparisons": [{"field": "name", "levels": ["exact", "exact"]}]}, "comparisons.1", "twice"),
        ({"comparisons": [{"field": "name", "levels": [{"exact": True, "m": 0.9}]}]}, "levels.1", "both of m and u"),
        ({"fields": {"name": {"from": "姓名", "clean": "tidy"}, "birth": "b"}}, "fields.name", "squash"),
        ({"fields": {"name": {"from": "姓名", "clean": [{"first": 0}]}, "birth": "b"}}, "fields.name", "first: N"),
        ({"fields": {"Name": "姓名"}}, "fields", "lower-case"),
        ({"constraints": {"differ": ["sex"]}}, "整体", "sex"),
    ],
)
def test_what_is_wrong_is_named_with_file_place_and_remedy(
    tmp_path: Path, changes: dict[str, Any], where: str, remedy: str
) -> None:
    with pytest.raises(UsageError, match=r"mine\.yml") as raised:
        load_model(written(tmp_path, **changes))
    assert where in raised.value.problem
    assert remedy in raised.value.remedy


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text("model: small\nfields: {name: [\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.yml, 行 line 3"):
        load_model(path)


@pytest.mark.parametrize("text", ["", "just words", "- a list"])
def test_a_file_that_is_no_model_at_all_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.yml"):
        load_model(path)


def test_a_model_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="nothing") as raised:
        load_model(Path("nothing"))
    assert "febrl3" in raised.value.remedy


@pytest.mark.parametrize(
    ("one", "other", "most", "is_near"),
    [
        ("smith", "smyth", 1, True),
        ("smith", "simth", 1, True),  # neighbours swapped
        ("smith", "smithers", 2, False),
        ("王小明", "王晓明", 1, True),
        ("王小明", "小王明", 1, True),
        ("王小明", "王晓民", 1, False),
        ("王小明", "王晓民", 2, True),
        ("乌日娜Nara", "乌日那Nara", 1, True),
        ("王", "李", 1, False),  # one slip of one character is another name
        ("𠮷田明", "吉田明", 1, True),
    ],
)
def test_edits_are_counted_by_characters(
    database: duckdb.DuckDBPyConnection, one: str, other: str, most: int, is_near: bool
) -> None:
    assert value(database, f"SELECT character_edits('{one}', '{other}', {most})") is is_near


def test_likeness_is_that_of_characters(database: duckdb.DuckDBPyConnection) -> None:
    for one, other, plain in (("王小明", "王晓明", ("abc", "adc")), ("欧阳小明", "欧阳明小", ("abcd", "abdc"))):
        expected = value(database, f"SELECT jaro_winkler_similarity('{plain[0]}', '{plain[1]}')")
        assert value(database, f"SELECT character_likeness('{one}', '{other}')") == expected


@pytest.mark.parametrize(
    ("given", "clean", "cleaned"),
    [
        ("  Smith ", ["lower"], "smith"),
        ("rose v-ale", ["squash"], "rosevale"),
        ("1956-04-09", ["date"], "19560409"),
        ("1956/4/9", ["date"], "19560409"),
        ("1956年4月9日", ["date"], "19560409"),
        ("19561409", ["date"], "19561409"),  # no date, and near one
        ("tel. 0472-12", ["digits"], "047212"),
        ("smith john", ["sorted_words", "squash"], "johnsmith"),
        ("robertson", ["consonants"], "rbrtsn"),
        ("1804974", [{"first": 3}], "180"),
        ("1804974", [{"last": 3}], "974"),
        ("--", ["squash"], None),
        ("   ", [], None),
        ("O'Brien", ["letters"], "OBrien"),
    ],
)
def test_values_are_cleaned(given: str, clean: list[Any], cleaned: str | None) -> None:
    field = FieldOf.model_validate({"from": "a", "clean": clean})
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT ? AS a", [given])
    assert value(connection, f"SELECT {field.sql(identifier)} FROM t") == cleaned


def test_a_value_that_stands_for_nothing_is_missing() -> None:
    field = FieldOf.model_validate({"from": ["a", "b"], "missing": ["未填 o'clock"]})
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT '未填' AS a, ' o''clock' AS b")
    assert value(connection, f"SELECT {field.sql(identifier)} FROM t") is None
