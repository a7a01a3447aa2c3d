"""What the command prints about a library: the end of a build, its status, rows of a query."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.run import Outcome
from orchestration.summary import Rows, Summary
from sources.workdir import Workdir


def print_build(console: Console, workdir: Workdir, outcome: Outcome, summary: Summary) -> None:
    """The end of a build: people, findings, the ledger, what was refused, where things are."""
    if outcome.is_new:
        console.rule("[bold]建库完成 The library is built[/bold]")
    else:
        build_id = summary.builds[-1][0]
        console.print(
            f"[green]✔[/green] 无新增，未重建。Nothing has changed, so nothing was built: {build_id} stays.",
            highlight=False,
        )
    print_population(console, summary)
    print_findings(console, summary)
    print_ledger(console, summary)
    print_refused(console, summary)
    print_places(console, workdir)
    console.print(f"日志 log: {outcome.log}", style="dim", highlight=False)


def print_status(console: Console, workdir: Workdir, summary: Summary) -> None:
    """Deliveries, builds, ledger, findings and what is published."""
    builds = _table(
        "历次建库 Builds", "编号 build", "时间 built at (UTC)", "截至 as of", "批次 deliveries", "拒收 refused"
    )
    _fill(console, builds, summary.builds)
    deliveries = _table(
        "报送批次 Deliveries",
        "数据集 dataset",
        "接收 accepted",
        "重复 repeated",
        "拒收 refused",
        "最新 newest",
        "行 rows",
    )
    _fill(console, deliveries, summary.deliveries)
    print_ledger(console, summary)
    print_findings(console, summary)
    print_refused(console, summary)
    print_places(console, workdir)


def print_population(console: Console, summary: Summary) -> None:
    """The city and its districts in the newest month."""
    table = _table("人口 People", "区划 division", "在住 living here", "其中流动 floating", "户籍 registered")
    _fill(console, table, summary.population)


def print_findings(console: Console, summary: Summary) -> None:
    """Open findings by rule."""
    table = _table("问题数据 Findings", "规则 rule", "名称", "name", "数量 open")
    _fill(console, table, summary.findings)


def print_ledger(console: Console, summary: Summary) -> None:
    """The ledger by dataset, and whether it balances."""
    balance = "[green]平衡 balanced[/green]" if summary.is_balanced else "[red]不平衡 not balanced[/red]"
    table = _table(
        f"数据对账表 Ledger: {balance}",
        "数据集 dataset", "批次", "申报 declared", "隔离 quarantined", "重复 repeated", "被替代 superseded",
        "删除 deleted", "冲突 conflicts", "在册 staged", "人员记录 mentions", "已归人 linked", "差 balance",
    )  # fmt: skip
    _fill(console, table, summary.ledger)


def print_refused(console: Console, summary: Summary) -> None:
    """Deliveries that were refused, and why."""
    for dataset, extract_date, reason in summary.refused:
        console.print(f"[bold red]✘ 拒收 refused[/bold red] {dataset} {extract_date}", highlight=False)
        console.print(f"  {reason}", markup=False, highlight=False)


def print_places(console: Console, workdir: Workdir) -> None:
    """Where what is published lies."""
    current = workdir.current
    if not current.exists():
        console.print("尚未发布 Nothing is published yet.")
        return
    console.print("[bold]已发布 Published[/bold]", highlight=False)
    for path, purpose in (
        (current / "restricted" / "sijiku.duckdb", "全库，含个人信息 everything, persons included; owner-only"),
        (current / "analysis" / "sijiku.duckdb", "指标与质量，不含个人 marts and quality, no persons"),
        (current / "release", "可公开 what anyone may see"),
        (current / "docs", "数据检查页与口径 Data Docs, semantic manifest"),
    ):
        if path.exists():
            console.print(f"  {path}  [dim]{purpose}[/dim]", highlight=False, soft_wrap=True)


def print_rows(columns: Sequence[str], rows: Rows, form: str) -> None:
    """Rows on standard output, as a table for people or as CSV or JSON for programs."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    elif form == "json":
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(records, ensure_ascii=False, indent=1, default=_as_json))
    else:
        console = Console()
        table = _table(None, *columns)
        _fill(console, table, rows, is_shown_empty=True)
        console.print(f"{len(rows)} 行 rows", style="dim", highlight=False)


def _table(title: str | None, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="", pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _fill(console: Console, table: Table, rows: Rows, *, is_shown_empty: bool = False) -> None:
    if not rows and not is_shown_empty:
        return
    for index, column in enumerate(table.columns):
        if all(isinstance(row[index], int | float | Decimal) or row[index] is None for row in rows):
            column.justify = "right"
    for row in rows:
        table.add_row(*(_as_text(value) for value in row))
    console.print(table)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("[", "\\[")


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
