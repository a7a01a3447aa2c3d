"""What the command shows of metrics and saved queries: lists, what one means, an answer with names, its file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from serving.labels import LEVELS, QUESTIONS, label, labels_of
from serving.library import FILE, Rows
from serving.saved_queries import SavedQuery
from sources.contract import load_contracts
from sources.workdir import Workdir

# MetricFlow, dbt and Dagster take a second to import: whoever reads a stored answer does not wait for them.
if TYPE_CHECKING:
    from serving.metrics import Metric

SAVED_COLUMNS = ("name", "label", "question", "dimensions", "metrics")
LIST_COLUMNS = ("name", "label", "unit", "owner", "type", "dimensions")
_TYPES = {"simple": "计数 simple", "ratio": "比率 ratio", "derived": "派生 derived", "cumulative": "累计 cumulative"}


def listed(metrics: Sequence[Metric]) -> Rows:
    """Metrics for programs, a row each."""
    rows: list[tuple[Any, ...]] = [
        (item.name, item.label, item.unit, item.owner, _TYPES.get(item.type, item.type), ", ".join(item.dimensions))
        for item in metrics
    ]
    return Rows(LIST_COLUMNS, rows)


def print_list(console: Console, metrics: Sequence[Metric]) -> None:
    """Metrics as a table for people."""
    table = Table(box=box.SIMPLE, title="指标 Metrics")
    table.add_column("指标 name", no_wrap=True)
    for heading in ("名称 label", "单位 unit", "负责 owner", "类型 type"):
        table.add_column(heading, overflow="fold")
    # Columns of a terminal are few: dimensions stand in what programs read, and in --explain.
    for name, title, unit, owner, kind, _ in listed(metrics).rows:
        table.add_row(name, title, unit, owner, kind)
    console.print(table)
    console.print(
        f"{len(metrics)} 个指标 metrics；口径与维度 what each means, and its dimensions: sijiku metric --explain NAME；"
        "常用查询 saved queries: --saved",
        style="dim",
        highlight=False,
    )


def listed_saved_queries(queries: Sequence[SavedQuery]) -> Rows:
    """Saved queries for programs, a row each, question by question; the question is its tag."""
    rows: list[tuple[Any, ...]] = [
        (query.name, query.label, question, ", ".join(query.dimensions), ", ".join(query.metrics))
        for question, asked in _by_question(queries).items()
        for query in asked
    ]
    return Rows(SAVED_COLUMNS, rows)


def _by_question(queries: Sequence[SavedQuery]) -> dict[str, list[SavedQuery]]:
    """Saved queries by the question that they answer, in the order of the questions; "" for none."""
    found: dict[str, list[SavedQuery]] = {question: [] for question in (*QUESTIONS, "")}
    for query in queries:
        found[next((tag for tag in query.tags if tag in QUESTIONS), "")].append(query)
    return {question: asked for question, asked in found.items() if asked}


def print_saved_queries(console: Console, queries: Sequence[SavedQuery]) -> None:
    """Saved queries for people, a table for each question."""
    for question, asked in _by_question(queries).items():
        table = Table(
            box=box.SIMPLE, title=QUESTIONS.get(question, "其他 Others"), title_justify="left", title_style="bold"
        )
        table.add_column("查询 name", no_wrap=True)
        for heading in ("名称 label", "维度 dimensions", "指标 metrics"):
            table.add_column(heading, overflow="fold")
        for query in asked:
            table.add_row(query.name, query.label, ", ".join(query.dimensions), ", ".join(query.metrics))
        console.print(table)
    console.print(
        f"{len(queries)} 个常用查询 saved queries，每次建库作答 answered by each build；"
        "查看 see one: sijiku metric --query NAME；口径 what it means: --explain NAME",
        style="dim",
        highlight=False,
    )


def print_saved_query(console: Console, query: SavedQuery, metrics: Sequence[Metric], plan: str) -> None:
    """What a saved query asks, what its metrics mean, the table that keeps its answer, and the SQL that gave it."""
    console.print(Text(f"{query.name}  {query.label}", style="bold"))
    console.print(f"  {query.description}", highlight=False, soft_wrap=True, markup=False)
    facts = [
        ("问题 question", "; ".join(QUESTIONS.get(tag, tag) for tag in query.tags)),
        ("维度 dimensions", ", ".join(f"{name} {title}" for name, title in query.dimensions.items())),
        ("条件 where", "; ".join(query.where)),
        ("答案表 table", f"{query.table}, analysis/{FILE}"),
    ]
    for name, value in facts:
        if value:
            console.print(Text.assemble((f"  {name}: ", "dim"), value), soft_wrap=True)
    console.print(Text("\n指标 Metrics", style="bold"))
    for metric in metrics:
        console.print(Text.assemble("  ", (metric.name, "cyan"), f"  {metric.label}, {metric.unit}"), soft_wrap=True)
        for text in (metric.description_zh, metric.description):
            console.print(f"    {text}", highlight=False, soft_wrap=True, markup=False)
    console.print(Text("\nSQL: 建库时由 MetricFlow 写成 as MetricFlow wrote it for the build", style="bold"))
    console.print(plan, highlight=False, soft_wrap=True, markup=False)


def lineage_of(workdir: Workdir, metric: Metric) -> dict[str, list[str]] | None:
    """Datasets, by name, to the headers of the bureaus' extracts that come into a metric; None where it cannot be told.

    It is read from what dbt compiled in the last build, which lies in the workdir's scratch folder.
    """
    from orchestration import dbt
    from orchestration.lineage import LineageBook

    manifest = dbt.manifest_of(workdir)
    if not manifest.is_file():
        return None
    book = LineageBook(manifest.parent, json.loads(manifest.read_text(encoding="utf-8")))
    names = {contract.table: contract.dataset for contract in load_contracts().values()}
    found: dict[str, set[str]] = {}
    for schema, table, expression in metric.columns:
        for source, columns in book.source_columns((schema, table), expression).items():
            found.setdefault(names.get(source, source), set()).update(columns)
    return {dataset: sorted(columns) for dataset, columns in sorted(found.items())}


def print_metric(console: Console, metric: Metric, plan: str, lineage: Mapping[str, Sequence[str]] | None) -> None:
    """What a metric means, in both languages, of whom, the SQL that it is, and the columns that it comes from."""
    console.print(Text(f"{metric.name}  {metric.label}", style="bold"))
    for text in (metric.description_zh, metric.description):
        console.print(f"  {text}", highlight=False, soft_wrap=True)
    facts = [
        ("单位 unit", metric.unit),
        ("负责 owner", metric.owner),
        ("类型 type", _TYPES.get(metric.type, metric.type)),
        ("粒度 grain", metric.grain),
        ("分子 numerator", metric.numerator or ""),
        ("分母 denominator", metric.denominator or ""),
        ("分母口径 of whom", "; ".join(text for text in (metric.denominator_zh, metric.denominator_en) if text)),
        ("由 made from", ", ".join(metric.parts)),
        ("维度 dimensions", ", ".join(metric.dimensions)),
    ]
    for name, value in facts:
        if value:
            console.print(Text.assemble((f"  {name}: ", "dim"), value), soft_wrap=True)
    console.print(Text("\nSQL", style="bold"))
    console.print(plan, highlight=False, soft_wrap=True, markup=False)
    console.print(Text("\n来源 Columns of the bureaus' extracts that it is worked out from", style="bold"))
    if lineage is None:
        text = "这里没有上次建库的编译结果。The last build's compiled SQL is not here: build again to see them."
        console.print(f"  {text}", highlight=False, soft_wrap=True)
        return
    titles = {contract.dataset: contract.name_zh for contract in load_contracts().values()}
    for dataset, columns in lineage.items():
        told = "、".join(columns) or "按行计数 its rows are counted"
        console.print(
            Text.assemble("  ", (f"{titles.get(dataset, '')} {dataset}".strip(), "cyan"), f": {told}"), soft_wrap=True
        )


def named(answer: Rows, by: Sequence[str], divisions: Mapping[str, str]) -> Rows:
    """An answer for the eye: codes of its dimensions with what they are called behind them."""

    def shown(name: str, value: Any) -> Any:
        short = name.rpartition("__")[2]
        if value is None or (short not in LEVELS and not labels_of(short)):
            return value
        called = label(short, value, divisions)
        return value if called == str(value) else f"{value} {called}"

    known = set(by)
    rows = [
        tuple(shown(name, value) if name in known else value for name, value in zip(answer.columns, row, strict=True))
        for row in answer.rows
    ]
    return Rows(answer.columns, rows)


def write_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: str, out: Path) -> None:
    """Rows into a file.

    Args:
        columns: their names.
        rows: in their order.
        form: csv, json or parquet.
        out: the file, written anew.
    """
    frame = pl.DataFrame(rows, schema=list(columns), orient="row", infer_schema_length=None)
    if form == "parquet":
        frame.write_parquet(out)
    elif form == "json":
        frame.write_json(out)
    else:
        frame.write_csv(out)
