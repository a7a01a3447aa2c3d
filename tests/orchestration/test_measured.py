"""What the command writes of metrics: files of each kind, names beside codes, and columns that figures come from."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from orchestration.lineage import LineageBook
from orchestration.measured import named, write_rows
from serving.library import Rows

ANSWER = Rows(("district", "sex", "people"), [("150203000000", "2", 7), (None, "1", 5)])


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_file_holds_the_rows_with_codes_as_text(tmp_path: Path, form: str) -> None:
    out = tmp_path / f"rows.{form}"
    write_rows(*ANSWER, form, out)
    read = {"csv": lambda p: pl.read_csv(p, infer_schema=False), "json": pl.read_json, "parquet": pl.read_parquet}[form]
    table = read(out)
    assert table.columns == list(ANSWER.columns)
    assert table["district"].to_list() == ["150203000000", None]
    assert [int(people) for people in table["people"]] == [7, 5]


def test_in_a_table_for_people_codes_have_their_names_behind_them() -> None:
    shown = named(ANSWER, ["district", "sex"], {"150203000000": "昆都仑区"})
    assert shown.rows == [("150203000000 昆都仑区", "2 女", 7), (None, "1 男", 5)]


def book(tmp_path: Path) -> LineageBook:
    """Lineage of a count over a leaf that comes from two columns of an extract."""
    models = {
        "stg": ("staging", "SELECT 来本地日期 AS arrived_on, 性别 AS sex FROM raw.psb__temporary_residence"),
        "leaf": ("library", "SELECT CASE WHEN sex = '1' THEN arrived_on END AS men, 1 AS people FROM staging.stg"),
    }
    nodes = {
        f"model.sijiku.{name}": {
            "resource_type": "model",
            "package_name": "sijiku",
            "original_file_path": f"models/{name}.sql",
            "name": name,
            "alias": name,
            "schema": schema,
            "columns": {},
            "depends_on": {"nodes": [below]},
        }
        for (name, (schema, _)), below in zip(models.items(), ["source.raw.psb", "model.sijiku.stg"], strict=True)
    }
    compiled = tmp_path / "compiled" / "sijiku" / "models"
    compiled.mkdir(parents=True)
    for name, (_, sql) in models.items():
        (compiled / f"{name}.sql").write_text(sql, encoding="utf-8")
    source = {
        "resource_type": "source",
        "identifier": "psb__temporary_residence",
        "schema": "raw",
        "columns": {name: {"name": name} for name in ("来本地日期", "性别", "姓名")},
    }
    return LineageBook(tmp_path, {"nodes": nodes, "sources": {"source.raw.psb": source}})


def test_a_figure_is_followed_back_to_the_headers_of_the_extract(tmp_path: Path) -> None:
    lineage = book(tmp_path)
    expected = {"psb__temporary_residence": ["性别", "来本地日期"]}
    assert lineage.source_columns(("library", "leaf"), "case when men is not null then 1 else 0 end") == expected
    # and as well from what was kept of an earlier look
    lineage.keep()
    kept = json.loads((tmp_path / "column_lineage.json").read_text(encoding="utf-8"))
    assert kept


def test_where_rows_are_counted_the_extracts_are_named_without_columns(tmp_path: Path) -> None:
    assert book(tmp_path).source_columns(("library", "leaf"), "people") == {"psb__temporary_residence": []}
