"""The data dictionary of a published library: every table and column, in Chinese and English, as a workbook.

What is said of a column stands once, beside what makes it: in the models' yml (`meta.zh` beside `description`), for
metrics in the semantic manifest, for what Python writes in `python_tables.yml`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from serving.interface import PARTS, Part
from serving.labels import labels_of
from serving.library import published_folder
from sources.contract import load_code_lists
from sources.errors import UsageError
from sources.interface import Table, public_tables
from sources.workbook import Column as SheetColumn
from sources.workbook import new_workbook, write_sheet
from sources.workdir import Workdir

FILE = "dictionary.xlsx"
METRICS = "metrics"

_PYTHON_TABLES = Path(__file__).with_name("python_tables.yml")
_PERIOD = ("月末。", "Month-end.")
# A label of the semantic layer: Chinese, then English.
_BOTH = re.compile(r"(?P<zh>\S*[^\x00-\x7f]\S*) (?P<en>[A-Za-z].*)")
_CLASSES = {"additive": "可加 additive", "ratio": "比率 ratio", "estimate": "估计 estimate"}
# As many codes stand beside their column; longer lists have their rows in the sheet of codes alone.
_FEW = 12
# Columns whose codes are those of a dimension by another name.
_SAME_CODES = {
    "region_code": "region",
    "ancestor_level": "level",
    "division_level": "level",
    "owner_bureau": "bureau",
    "other_bureau": "bureau",
    "source_dataset": "dataset",
}
_OWNERS = {
    "identity": "人员识别 Who is who",
    "quality": "数据质量 Data quality",
    "release": "数据发布 Release",
    METRICS: "统计分析 Statistics",
}


@dataclass(frozen=True)
class Column:
    """A column as the dictionary has it.

    Attributes:
        name, type: as in the library; the type is DuckDB's.
        zh, en: what it means; empty where nothing says so.
        measure: additive, ratio or estimate; empty for what is no figure.
        unit: of a figure.
        codes: code to what it is called; a value that speaks for itself is called as it is.
    """

    name: str
    type: str
    zh: str
    en: str
    measure: str
    unit: str
    codes: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A published table: what it is, who answers for it, which parts of the library hold it."""

    table: Table
    zh: str
    en: str
    owner: str
    parts: tuple[Part, ...]
    columns: tuple[Column, ...]


def data_dictionary(
    manifest: Mapping[str, Any],
    semantic_manifest: Mapping[str, Any],
    columns: Mapping[Table, Mapping[str, str]],
    parts: Mapping[Part, Iterable[Table]],
) -> list[Entry]:
    """The entries of published tables, in the order of their names.

    Args:
        manifest: dbt's `manifest.json`.
        semantic_manifest: dbt's `semantic_manifest.json`.
        columns: of every table, column to type, in their order.
        parts: which part of the library holds which tables.
    """
    models = {
        Table(node["schema"], node["alias"]): node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    groups = {group["name"]: group["owner"]["name"] for group in manifest.get("groups", {}).values()}
    tested = _tested_values(manifest)
    held = {part: {*tables} for part, tables in parts.items()}
    entries = []
    for table in sorted({table for tables in held.values() for table in tables}, key=str):
        where = tuple(part for part in PARTS if table in held.get(part, ()))
        types = columns[table]
        if table in models:
            entry = _of_model(table, where, types, models[table], groups, tested)
        elif table.schema == METRICS:
            entry = _of_saved_query(table, where, types, semantic_manifest)
        else:
            entry = _of_python(table, where, types)
        entries.append(entry)
    return entries


def write_dictionary(file: Path, entries: Sequence[Entry], as_of: date) -> None:
    """The workbook: tables, columns, and the codes that columns hold. The same entries give the same bytes.

    Raises:
        UsageError: the file cannot be written.
    """
    with new_workbook(file) as book:
        book.set_properties(
            {"title": "数据字典 Data dictionary", "created": datetime.combine(as_of, datetime.min.time())}
        )
        write_sheet(book, "表 Tables", _TABLE_COLUMNS, _table_rows(entries))
        write_sheet(book, "字段 Columns", _COLUMN_COLUMNS, _column_rows(entries))
        write_sheet(book, "代码 Codes", _CODE_COLUMNS, _code_rows(entries))


def save_dictionary(workdir: Workdir, out: Path) -> None:
    """Copy the dictionary of the published library to `out`.

    Raises:
        UsageError: nothing is published, the build has no dictionary yet, or the file cannot be written.
    """
    file = published_folder(workdir) / "docs" / FILE
    if not file.is_file():
        raise UsageError(
            f"{file.parent.parent.name} 没有数据字典。Build {file.parent.parent.name} has no dictionary.",
            "请重新建库。It was published before there was one: run sijiku build.",
        )
    if out.suffix.lower() != ".xlsx":
        raise UsageError(f"{out.name} 不是 .xlsx。{out.name} is no .xlsx.", "Name a workbook, as --out FILE.xlsx.")
    try:
        shutil.copyfile(file, out)
    except OSError as error:
        raise UsageError(
            f"无法写入 {out}。{out} cannot be written.", f"Name another file for --out: {type(error).__name__}."
        ) from None


_NUMBER = SheetColumn("序号 No.", 7)
_TABLE_COLUMNS = (
    _NUMBER,
    SheetColumn("表 Table", 34),
    SheetColumn("中文说明 Meaning in Chinese", 60),
    SheetColumn("英文说明 Meaning in English", 60),
    SheetColumn("责任单位 Owner", 24),
    SheetColumn("所在部分 Where", 22),
    SheetColumn("字段数 Columns", 10),
)
_COLUMN_COLUMNS = (
    _NUMBER,
    SheetColumn("表 Table", 34),
    SheetColumn("字段 Column", 24),
    SheetColumn("类型 Type", 12),
    SheetColumn("中文含义 Meaning in Chinese", 56),
    SheetColumn("英文含义 Meaning in English", 56),
    SheetColumn("类别 Class", 16),
    SheetColumn("单位 Unit", 14),
    SheetColumn("代码 Codes", 44),
    SheetColumn("所在部分 Where", 22),
    SheetColumn("责任单位 Owner", 24),
)
_CODE_COLUMNS = (
    _NUMBER,
    SheetColumn("字段 Column", 24),
    SheetColumn("代码 Code", 26),
    SheetColumn("名称 Name", 44),
)


def _table_rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        yield str(entry.table), entry.zh, entry.en, entry.owner, ", ".join(entry.parts), len(entry.columns)


def _column_rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        for column in entry.columns:
            yield (
                str(entry.table),
                column.name,
                column.type,
                column.zh,
                column.en,
                _CLASSES.get(column.measure, ""),
                column.unit,
                _shown(column.codes),
                ", ".join(entry.parts),
                entry.owner,
            )


def _shown(codes: Mapping[str, str]) -> str:
    if len(codes) > _FEW:
        return f"{len(codes)} 个，见“代码 Codes” see the sheet of codes"
    return "; ".join(code if code == name else f"{code} {name}" for code, name in codes.items())


def _code_rows(entries: Iterable[Entry]) -> Iterator[tuple[object, ...]]:
    """Each column's codes once, whatever tables have it."""
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        for column in entry.columns:
            found.setdefault(column.name, {}).update(column.codes)
    for name, codes in sorted(found.items()):
        for code, called in codes.items():
            yield name, code, called


def _of_model(
    table: Table,
    parts: tuple[Part, ...],
    types: Mapping[str, str],
    node: Mapping[str, Any],
    groups: Mapping[str, str],
    tested: Mapping[tuple[str, str], Sequence[str]],
) -> Entry:
    promised = {public.table: public for public in public_tables()}.get(table)
    columns = []
    for name, type_ in types.items():
        said = node["columns"].get(name, {})
        meta = said.get("config", {}).get("meta", {})
        values = tested.get((node["unique_id"], name)) or (promised.values.get(name, ()) if promised else ())
        measure = str(meta.get("class", "") or (promised.classes.get(name, "") if promised else ""))
        columns.append(
            Column(
                name,
                type_,
                str(meta.get("zh", "")),
                _line(said.get("description", "")),
                measure,
                str(meta.get("unit", "")),
                _codes(name, values),
            )
        )
    return Entry(
        table,
        str(node["config"].get("meta", {}).get("zh", "")),
        _line(node["description"]),
        groups.get(node["config"].get("group") or "", ""),
        parts,
        tuple(columns),
    )


def _of_saved_query(
    table: Table, parts: tuple[Part, ...], types: Mapping[str, str], semantic: Mapping[str, Any]
) -> Entry:
    queries = {each["name"]: each for each in semantic["saved_queries"]}
    query = queries.get(table.name, {})
    metrics = {metric["name"]: metric for metric in semantic["metrics"]}
    labels = {
        each["name"]: each["label"]
        for model in semantic["semantic_models"]
        for each in (*model["entities"], *model["dimensions"])
        if each.get("label")
    }
    columns = []
    for name, type_ in types.items():
        metric = metrics.get(name)
        if metric:
            meta = (metric.get("config") or {}).get("meta") or {}
            zh, en = str(meta.get("description_zh", "")), _line(metric.get("description") or "")
            measure = "ratio" if metric["type"] == "ratio" else "additive"
            columns.append(Column(name, type_, zh, en, measure, str(meta.get("unit", "")), {}))
        else:
            zh, en = _PERIOD if name == "period" else _both(labels.get(name, ""))
            columns.append(Column(name, type_, zh, en, "", "", _codes(name, ())))
    zh, _ = _both(query.get("label") or "")
    return Entry(table, zh, _line(query.get("description") or ""), _OWNERS[METRICS], parts, tuple(columns))


def _of_python(table: Table, parts: tuple[Part, ...], types: Mapping[str, str]) -> Entry:
    document = _python_tables()
    told = document["tables"].get(str(table), {})
    columns = []
    for name, type_ in types.items():
        said = (told.get("columns") or {}).get(name) or document["columns"].get(name, {})
        columns.append(Column(name, type_, said.get("zh", ""), said.get("en", ""), "", "", _codes(name, ())))
    return Entry(table, told.get("zh", ""), told.get("en", ""), _OWNERS.get(table.schema, ""), parts, tuple(columns))


@cache
def _python_tables() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_PYTHON_TABLES.read_text(encoding="utf-8"))
    return loaded


def _tested_values(manifest: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """(model, column) to the values that a test says it has."""
    found = {}
    for node in manifest["nodes"].values():
        told = node.get("test_metadata") or {}
        if node["resource_type"] == "test" and told.get("name") == "accepted_values":
            kwargs = told["kwargs"]
            values = kwargs.get("values") or (kwargs.get("arguments") or {}).get("values") or []
            found[node.get("attached_node") or "", kwargs["column_name"]] = [str(value) for value in values]
    return found


def _codes(column: str, values: Sequence[str]) -> dict[str, str]:
    """Values that a column may have, each with what it is called: those that are listed, else its list's."""
    called = labels_of(_SAME_CODES.get(column, column)) or (
        load_code_lists()[column].values if column in load_code_lists() else {}
    )
    return {value: called.get(value, value) for value in values} or dict(called)


def _both(label: str) -> tuple[str, str]:
    found = _BOTH.fullmatch(label)
    return (found["zh"], found["en"]) if found else (label, label)


def _line(text: str) -> str:
    return " ".join(text.split())
