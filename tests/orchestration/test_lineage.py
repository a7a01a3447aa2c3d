"""Where a table's columns come from, worked out from SQL and yml alone; and small pictures of counts."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.lineage import CACHE, LineageBook, as_metadata, as_table, column_origins, relations
from orchestration.plots import bars

KNOWN = {
    "raw": {"t": {"姓名": "varchar", "_row": "bigint"}},
    "staging": {"s": {"code": "varchar", "name_zh": "varchar"}},
}
SQL = """
    with read as (select "姓名" as name, _row from sijiku.raw.t)
    select read.name || coalesce(s.name_zh, '') as shown, read._row as row, 1 as one
    from read left join sijiku.staging.s as s on read.name = s.code
"""


def manifest(sql_of: str = "m.sql") -> dict[str, Any]:
    columns = {
        schema: {name: {"name": name, "data_type": type_} for name, type_ in next(iter(tables.values())).items()}
        for schema, tables in KNOWN.items()
    }
    model = {"resource_type": "model", "package_name": "p", "name": "m", "original_file_path": sql_of}
    return {
        "nodes": {
            "model.p.m": model | {"schema": "library", "alias": "m", "columns": {}},
            "seed.p.s": {"resource_type": "seed", "schema": "staging", "alias": "s", "columns": columns["staging"]},
        },
        "sources": {
            "source.p.t": {"resource_type": "source", "schema": "raw", "identifier": "t", "columns": columns["raw"]}
        },
    }


def test_a_column_comes_from_what_its_expression_reads_through_every_step() -> None:
    assert column_origins(SQL, KNOWN) == {
        "shown": [("raw", "t", "姓名"), ("staging", "s", "name_zh")],
        "row": [("raw", "t", "_row")],
        "one": [],
    }


def test_what_models_may_read_is_known_from_the_manifest() -> None:
    known = relations(manifest())
    assert {schema: known[schema] for schema in KNOWN} == KNOWN


def test_lineage_is_worked_out_once_for_one_sql(tmp_path: Path) -> None:
    compiled = tmp_path / "compiled" / "p" / "m.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text(SQL, encoding="utf-8")
    book = LineageBook(tmp_path, manifest())
    first = book.of("model.p.m")
    assert first and first["row"] == [("raw", "t", "_row")]
    book.keep()
    kept = json.loads((tmp_path / CACHE).read_text(encoding="utf-8"))
    ((columns, models),) = kept.items()
    (key,) = models
    (tmp_path / CACHE).write_text(json.dumps({columns: {key: {"as": [["it", "was", "kept"]]}}}), encoding="utf-8")
    assert LineageBook(tmp_path, manifest()).of("model.p.m") == {"as": [["it", "was", "kept"]]}
    compiled.write_text("select 2 as two", encoding="utf-8")
    assert LineageBook(tmp_path, manifest()).of("model.p.m") == {"two": []}


def test_sql_that_cannot_be_read_has_no_lineage_and_stops_nothing(tmp_path: Path) -> None:
    compiled = tmp_path / "compiled" / "p" / "m.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text("select from where (", encoding="utf-8")
    book = LineageBook(tmp_path, manifest())
    assert book.of("model.p.m") is None
    assert book.of("seed.p.s") is None
    assert book.of("model.p.unknown") is None


def test_dagster_is_told_tables_by_their_asset_keys() -> None:
    lineage = as_metadata(column_origins(SQL, KNOWN))
    assert lineage.deps_by_column["row"] == [dg.TableColumnDep(asset_key=dg.AssetKey(["raw", "t"]), column_name="_row")]


def test_for_the_eye_each_column_stands_beside_what_it_comes_from() -> None:
    shown = as_table(column_origins(SQL, KNOWN))
    assert isinstance(shown, dg.TableMetadataValue)
    assert {record.data["column"]: record.data["from"] for record in shown.records} == {
        "row": "raw.t._row",
        "shown": "raw.t.姓名, staging.s.name_zh",
        "one": "",
    }


def test_a_table_that_was_taken_over_has_its_lineage_too(tmp_path: Path) -> None:
    compiled = tmp_path / "compiled" / "p" / "m.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text(SQL, encoding="utf-8")
    book = LineageBook(tmp_path, manifest())
    assert book.metadata_of("library", "m") == book.metadata("model.p.m") != {}
    assert book.metadata_of("library", "unknown") == {}


def test_a_picture_of_counts_is_a_small_png() -> None:
    text = str(bars("各数据集 Rows", [("甲", 1200), ("乙", 3)]).value)
    found = re.fullmatch(r"!\[各数据集 Rows\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", text)
    assert found
    picture = base64.b64decode(found[1])
    assert picture.startswith(b"\x89PNG") and len(picture) < 40_000
