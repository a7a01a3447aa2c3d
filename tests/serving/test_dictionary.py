"""The data dictionary tells of every published column, in both languages, and is the same whenever it is written."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from serving.dictionary import Entry, data_dictionary, save_dictionary, write_dictionary
from serving.library import open_published, published_folder
from sources.errors import UsageError
from sources.interface import Table
from sources.readers.workbook import read_sheets
from sources.workdir import Workdir

TABLES, COLUMNS, CODES = "表 Tables", "字段 Columns", "代码 Codes"
MART = Table("marts", "mart_permits")
STORED = Table("metrics", "permits_by_district")
SPINE: dict[str, Any] = {"entities": [], "dimensions": [{"name": "district", "label": "旗县区 District"}]}


@pytest.fixture
def entries() -> list[Entry]:
    manifest = {
        "groups": {"group.marts": {"name": "marts", "owner": {"name": "统计分析 Statistics"}}},
        "nodes": {
            "model.mart_permits": {
                "unique_id": "model.mart_permits",
                "resource_type": "model",
                "schema": "marts",
                "alias": "mart_permits",
                "description": "Permits.\nOne row per kind.",
                "config": {"group": "marts", "meta": {"zh": "证件。"}},
                "columns": {
                    "permit_kind": {"description": "Kind.", "config": {"meta": {"zh": "类型。"}}},
                    "state": {"description": "State.", "config": {"meta": {"zh": "状态。"}}},
                    "holders": {
                        "description": "People.",
                        "config": {"meta": {"zh": "人数。", "class": "additive", "unit": "persons"}},
                    },
                },
            },
            "test.values": {
                "resource_type": "test",
                "attached_node": "model.mart_permits",
                "test_metadata": {"name": "accepted_values", "kwargs": {"column_name": "state", "values": ["a", "b"]}},
            },
        },
    }
    semantic = {
        "metrics": [
            {
                "name": "share",
                "type": "ratio",
                "description": "Holders of all.",
                "config": {"meta": {"description_zh": "持证比例。", "unit": "比率 ratio"}},
            }
        ],
        "saved_queries": [{"name": "permits_by_district", "label": "各旗县区证件 Permits", "description": "One row."}],
        "semantic_models": [SPINE],
    }
    types = {
        MART: {"permit_kind": "VARCHAR", "state": "VARCHAR", "holders": "BIGINT"},
        STORED: {"period": "DATE", "district": "VARCHAR", "share": "DOUBLE"},
        Table("identity", "person_ref"): {"person_id": "VARCHAR"},
    }
    return data_dictionary(manifest, semantic, types, {"restricted": types, "analysis": [MART]})


def test_a_column_says_what_its_models_yml_says_in_both_languages(entries: list[Entry]) -> None:
    mart = entries[1]
    assert (str(mart.table), mart.zh, mart.en) == ("marts.mart_permits", "证件。", "Permits. One row per kind.")
    assert (mart.owner, mart.parts) == ("统计分析 Statistics", ("restricted", "analysis"))
    kind, state, holders = mart.columns
    assert (kind.zh, kind.en, kind.type, kind.measure) == ("类型。", "Kind.", "VARCHAR", "")
    assert kind.codes["2"] == "居住证"
    assert state.codes == {"a": "a", "b": "b"}
    assert (holders.measure, holders.unit, holders.codes) == ("additive", "persons", {})


def test_a_saved_answers_columns_say_what_its_metrics_and_dimensions_are(entries: list[Entry]) -> None:
    stored = entries[2]
    assert (stored.zh, stored.en) == ("各旗县区证件", "One row.")
    period, district, share = stored.columns
    assert (period.zh, period.en) == ("月末。", "Month-end.")
    assert (district.zh, district.en) == ("旗县区", "District")
    assert (share.zh, share.measure, share.unit) == ("持证比例。", "ratio", "比率 ratio")


def test_what_python_writes_is_described_beside_it(entries: list[Entry]) -> None:
    assert entries[0].zh and entries[0].columns[0].zh == "人员编号，随机生成。"


def test_the_workbook_is_the_same_bytes_whenever_it_is_written(entries: list[Entry], tmp_path: Path) -> None:
    files = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for file in files:
        write_dictionary(file, entries, date(2014, 10, 31))
    assert files[0].read_bytes() == files[1].read_bytes()
    sheets = read_sheets(files[0])
    assert list(sheets) == [TABLES, COLUMNS, CODES]
    assert [row[1:5] for row in sheets[COLUMNS][3:5]] == [
        ["marts.mart_permits", "state", "VARCHAR", "状态。"],
        ["marts.mart_permits", "holders", "BIGINT", "人数。"],
    ]
    assert ["permit_kind", "2", "居住证"] in [row[1:] for row in sheets[CODES]]


def test_every_published_column_is_in_it_with_both_meanings_and_an_owner(built_city: Any) -> None:
    folder = published_folder(built_city.workdir)
    header, *rows = read_sheets(folder / "docs" / "dictionary.xlsx")[COLUMNS]
    told = {(row[1], row[2]): dict(zip(header, row, strict=True)) for row in rows}
    sql = "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns "
    published = set()
    for part in ("restricted", "analysis", "release"):
        with open_published(built_city.workdir, part) as connection:  # type: ignore[arg-type]
            columns = connection.execute(sql + "WHERE table_catalog = 'sijiku'").fetchall()
        published |= {*columns}
        assert not [key for key in columns if part not in str(told[key]["所在部分 Where"])]
    assert set(told) == published
    asked = ("中文含义 Meaning in Chinese", "英文含义 Meaning in English", "类型 Type", "责任单位 Owner")
    assert not [(key, name) for key, row in told.items() for name in asked if not row[name]]
    assert all(row[2] and row[3] for row in read_sheets(folder / "docs" / "dictionary.xlsx")[TABLES])


def test_every_figure_of_a_mart_says_its_class(built_city: Any) -> None:
    folder = published_folder(built_city.workdir)
    header, *rows = read_sheets(folder / "docs" / "dictionary.xlsx")[COLUMNS]
    told = [dict(zip(header, row, strict=True)) for row in rows]
    people = next(row for row in told if (row["表 Table"], row["字段 Column"]) == ("marts.mart_population", "people"))
    assert people["类别 Class"] == "可加 additive"
    unsaid = [
        f"{row['表 Table']}.{row['字段 Column']}"
        for row in told
        if str(row["表 Table"]).startswith("metrics.") and row["类型 Type"] == "DOUBLE" and not row["类别 Class"]
    ]
    assert not unsaid


def test_dbts_page_says_it_in_chinese_before_english(built_city: Any) -> None:
    page = (published_folder(built_city.workdir) / "docs" / "index.html").read_text(encoding="utf-8")
    assert json.dumps("居住人口。\n\nAll who live there.", ensure_ascii=False) in page
    assert "四级流动人口综合信息库 The four-level population library" in page


def test_the_command_writes_what_is_published(built_city: Any, tmp_path: Path) -> None:
    save_dictionary(built_city.workdir, tmp_path / "out.xlsx")
    published = published_folder(built_city.workdir) / "docs" / "dictionary.xlsx"
    assert (tmp_path / "out.xlsx").read_bytes() == published.read_bytes()
    with pytest.raises(UsageError, match=r"is no \.xlsx"):
        save_dictionary(built_city.workdir, tmp_path / "out.csv")


def test_a_build_from_before_says_that_it_has_none(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path / "library")
    (workdir.published / "b1" / "docs").mkdir(parents=True)
    workdir.current.symlink_to("b1")
    with pytest.raises(UsageError, match="has no dictionary"):
        save_dictionary(workdir, tmp_path / "out.xlsx")
    shutil.rmtree(workdir.path)
    with pytest.raises(UsageError, match="Nothing is published"):
        save_dictionary(workdir, tmp_path / "out.xlsx")
