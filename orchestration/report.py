"""What the command prints about a library: the end of a build, its status, rows of a query."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from identity.evaluation import Evaluation
from identity.linkage import LinkReport
from identity.training import Level
from orchestration.run import Outcome
from serving.evaluation import RuleScore
from serving.housekeeping import Item
from serving.library import Area, Delivery, FindingLine, LedgerLine, Status, Summary
from sources.backup import Summary as BackupSummary
from sources.continuation import Manner
from sources.workdir import Workdir

PARTS = {
    "restricted/sijiku.duckdb": "全库，含个人信息 everything, persons included; owner-only",
    "analysis/sijiku.duckdb": "指标与质量，不含个人 marts and quality, no persons",
    "release": "可公开 what anyone may see",
    "site/index.html": "审计网站 the audit site: start here; fit for use or not, rules, findings; offline",
    "site/city.html": "全市与各旗县区 the city and its districts in pictures; opens in a browser, offline",
    "site/audit.html": "审计详情，无需脚本 the audit in full, without scripts",
    "site/linkage.html": "人员识别质量 what holds records together, and how surely",
    "docs": "各表说明、数据字典、数据检查页与口径 every table described, dictionary.xlsx, Data Docs, semantic manifest",
}


# Of the rules, so many are shown when a build has ended.
RULES_SHOWN = 20


def print_build(console: Console, workdir: Workdir, outcome: Outcome, summary: Summary, status: Status) -> None:
    """The end of a build: people, findings, the ledger, what was refused, where things are."""
    if outcome.is_new:
        console.rule(f"[bold]建库完成 The library is built: {summary.build.build_id}[/bold]")
    elif outcome.manner:
        console.rule(f"[bold]重建完成，与已发布的相同 Built anew, as it was: {summary.build.build_id}[/bold]")
    else:
        text = f"无新增，未重建。Nothing has changed, so nothing was built; {summary.build.build_id} stays."
        console.print(f"[green]✔[/green] {text}", highlight=False)
    if outcome.manner:
        print_manner(console, outcome.manner)
    print_areas(console, summary)
    print_findings(console, summary.findings)
    print_ledger(console, summary.ledger)
    print_refused(console, status.deliveries)
    print_places(console, workdir)
    console.print(f"  {outcome.log}  [dim]日志 log of this run[/dim]", highlight=False, soft_wrap=True)


def print_status(console: Console, workdir: Workdir, status: Status) -> None:
    """Deliveries, builds, ledger, findings and what is published."""
    builds = _table(
        "历次建库 Builds", "编号 build", "时间 built at, UTC", "截至 as of", "批次\ndeliveries", "拒收\nrefused"
    )
    _fill(
        console,
        builds,
        [(item.build_id, item.built_at, item.as_of, item.deliveries, item.refused) for item in status.builds],
    )
    deliveries = _table("报送批次 Deliveries", "数据集 dataset", "日期 date", "方式 mode", "状态 state", "行 rows")
    _fill(
        console,
        deliveries,
        [(item.dataset, item.extract_date, item.mode, item.state, item.rows) for item in status.deliveries],
    )
    if status.build_id:
        print_findings(console, status.findings)
        print_ledger(console, status.ledger)
    print_refused(console, status.deliveries)
    print_places(console, workdir)


def print_manner(console: Console, manner: Manner) -> None:
    """Whether a build was made in full or on top of the one before, and why."""
    kind = "[bold]全量[/bold]" if manner.is_full else "[bold]增量[/bold]"
    said = "In full" if manner.is_full else "On top of the build before"
    console.print(f"{kind}：{manner.reason_zh}。{said}: {manner.reason_en}.", highlight=False)


def print_areas(console: Console, summary: Summary) -> None:
    """People of the city and its districts in the newest month."""
    table = _table(
        f"人口 People, {summary.period}", "区划 division", "在住 living here", "其中流动 floating", "户籍 registered"
    )
    _fill(console, table, [_area(area) for area in summary.areas])


def print_findings(console: Console, findings: Sequence[FindingLine]) -> None:
    """Open findings by rule: those of most rows; the audit page has all."""
    table = _table("问题数据 Open findings", "规则 rule", "名称 name", "数量\ncount")
    standing = [line for line in findings if line.open]
    shown, rest = standing[:RULES_SHOWN], standing[RULES_SHOWN:]
    _fill(console, table, [(line.rule_id, f"{line.name_zh or ''} {line.name_en or ''}", line.open) for line in shown])
    if rest:
        console.print(
            f"  另有 {len(rest)} 条规则 more rules: {sum(line.open for line in rest):,}；见审计页 see the audit page\n",
            highlight=False,
        )


def print_ledger(console: Console, ledger: Sequence[LedgerLine]) -> None:
    """The ledger by dataset, and whether it balances."""
    is_balanced = all(line.balance == 0 for line in ledger)
    verdict = "[green]平衡 balanced[/green]" if is_balanced else "[red]不平衡 not balanced[/red]"
    headers = ("申报\ndeclared", "隔离\nisolated", "未入\naside", "在册\nstaged", "记录\nmentions", "差\nbalance")
    table = _table(f"数据对账表 Ledger: {verdict}", "数据集 dataset", *headers)
    _fill(console, table, [_ledger_line(line) for line in ledger])


def print_refused(console: Console, deliveries: Sequence[Delivery]) -> None:
    """Deliveries that were refused, and why."""
    for delivery in deliveries:
        if delivery.state == "refused":
            title = f"[bold red]✘ 拒收 refused[/bold red] {delivery.dataset} {delivery.extract_date or ''}"
            console.print(title, highlight=False)
            console.print(f"  {delivery.reason}", markup=False, highlight=False, soft_wrap=True)


def print_places(console: Console, workdir: Workdir) -> None:
    """Where what is published lies."""
    if not workdir.current.exists():
        console.print("尚未发布 Nothing is published yet.")
        return
    console.print("[bold]在哪里 Where things are[/bold]", highlight=False)
    for part, purpose in PARTS.items():
        path = workdir.current / part
        if path.exists():
            console.print(f"  {path}  [dim]{purpose}[/dim]", highlight=False, soft_wrap=True)


def print_rows(columns: Sequence[str], rows: list[tuple[Any, ...]], form: str) -> None:
    """Rows on standard output, as a table for people or as CSV or JSON for programs."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_as_csv(value) for value in row] for row in rows)
    elif form == "json":
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(records, ensure_ascii=False, indent=1, default=_as_json))
    else:
        console = Console()
        table = _table(None, *columns)
        _fill(console, table, rows, is_shown_empty=True)
        console.print(f"{len(rows)} 行 rows", style="dim", highlight=False)


def print_freed(console: Console, workdir: Workdir, items: Sequence[Item], *, is_dry_run: bool) -> None:
    """What housekeeping removed, or would remove, and how many bytes."""
    table = _table("清理 Housekeeping", "类别 kind", "位置 path", "字节 bytes", "原因 why")
    rows = [(item.kind, item.path.relative_to(workdir.path).as_posix(), item.bytes, item.why) for item in items]
    _fill(console, table, rows)
    freed = sum(item.bytes for item in items)
    text = "可释放 would be freed" if is_dry_run else "已释放 freed"
    console.print(f"{text}: {freed:,} 字节 bytes, {len(items)} 项 items", highlight=False)


def print_backup(console: Console, done: str, place: Path, summary: BackupSummary) -> None:
    """What a backup or a restore dealt with."""
    console.print(
        f"[green]✔[/green] {done}: {place}; {summary.files} 个文件 files, {summary.bytes:,} 字节 bytes, "
        f"写入 written {summary.written:,}; {summary.made_at}",
        highlight=False,
        soft_wrap=True,
    )


def print_weights(console: Console, levels: Sequence[Level]) -> None:
    """What each level of agreement is worth: positive bits speak for one person, negative ones against."""
    table = _table(
        "匹配权重 Weights of linking", "比较 Comparison", "程度 Level", "同一人\nm", "不同人\nu", "权重\nbits"
    )
    for level in levels:
        bits = math.log2(level.m / level.u)
        table.add_row(level.comparison, level.level, f"{level.m:.2g}", f"{level.u:.2g}", f"{bits:+.1f}")
    console.print(table)


def print_link(console: Console, report: LinkReport, out: Path, pairs: Path | None, *, with_weights: bool) -> None:
    """What linking tables came to: counts, what was not looked at, and where it was written."""
    if with_weights:
        table = _table("匹配权重 Weights", "字段 Field", "程度 Level", "同一\nm", "不同\nu", "权重\nbits")
        for field, levels in report.weights.items():
            for label, weight in levels.items():
                bits = math.log2(weight.m / weight.u)
                table.add_row(field, label, f"{weight.m:.2g}", f"{weight.u:.2g}", f"{bits:+.1f}")
        console.print(table)
    table = _table(
        None,
        "行\nrows",
        "组\nclusters",
        "多行之组\nof several",
        "比对\npairs",
        "匹配\nlinks",
        "拆开\ncut",
        "待复核\nreview",
    )
    counts = (report.rows, report.clusters, report.linked, report.pairs, report.links, report.cut, report.review)
    table.add_row(*(f"{count:,}" for count in counts))
    console.print(table)
    if report.shared:
        alone = max(item.alone for item in report.shared)
        console.print(
            f"[yellow]![/yellow] {len(report.shared)} 个键有过于常见的值，未按其比对；{alone} 行没有别的键。"
            f"{len(report.shared)} keys have values too common to be looked at; {alone} rows have no other key.",
            highlight=False,
            soft_wrap=True,
        )
    for path in (out, pairs):
        if path is not None:
            console.print(f"[green]✔[/green] {path}", highlight=False, soft_wrap=True)


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """How good identity is: overall, by dataset and by group."""
    table = _table(
        "人员识别质量 Quality of identity",
        "范围 Scope",
        "人数\npeople",
        "多计\nextra",
        "查准\nprec.",
        "查全\nrecall",
        "B³准\nprec.",
        "B³全\nrecall",
        "全对\nexact",
    )
    # A city's seven digits beside five shares have room on 80 columns only close together.
    table.padding = (0, 0)
    for index, column in enumerate(table.columns):
        column.no_wrap = True
        column.justify = "left" if index == 0 else "right"
    kind = "overall"
    for next_kind, score in evaluation.scores():
        if next_kind != kind:
            table.add_section()
            kind = next_kind
        table.add_row(
            score.scope,
            f"{score.people:,}",
            "" if score.miscounted is None else f"{score.miscounted:+.2%}",
            *(
                "" if share is None else f"{share:.4f}"
                for share in (
                    score.precision,
                    score.recall,
                    score.b_cubed_precision,
                    score.b_cubed_recall,
                    score.exact,
                )
            ),
        )
    console.print(table)


def print_rule_scores(console: Console, scores: Sequence[RuleScore]) -> None:
    """How good the rules are: planted defects found, and findings that are of none.

    What was planted and is no defect by the rule's own words is left out.
    """
    table = _table(
        "问题发现质量 Quality of findings",
        "规则 Rule",
        "不算\nleft out",
        "埋设\nplanted",
        "发现\nfound",
        "查全\nrecall",
        "记录\nnamed",
        "误报\nfalse",
        "误报率\nrate",
    )
    for index, column in enumerate(table.columns):
        column.no_wrap = True
        column.justify = "left" if index == 0 else "right"
    for score in scores:
        shares = ("" if share is None else f"{share:.2%}" for share in (score.recall, score.false_alarms))
        recall, rate = shares
        counts = (score.excused, score.planted, score.found, score.named, score.false)
        excused, planted, found, named, false = (f"{count:,}" for count in counts)
        table.add_row(score.rule_id, excused, planted, found, recall, named, false, rate)
    console.print(table)


def _area(area: Area) -> tuple[Any, ...]:
    return area.name, area.people, area.floating, area.registered


def _ledger_line(line: LedgerLine) -> tuple[Any, ...]:
    aside = line.repeated + line.superseded + line.deleted + line.key_conflicts + line.erased
    return line.dataset, line.declared, line.quarantined, aside, line.staged, line.mentions, line.balance


def _table(title: str | None, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=box.SIMPLE_HEAD)
    table.pad_edge = False
    table.collapse_padding = True
    for index, header in enumerate(headers):
        table.add_column(header, overflow="fold", no_wrap=index == 0 and title is not None)
    return table


def _fill(console: Console, table: Table, rows: Sequence[tuple[Any, ...]], *, is_shown_empty: bool = False) -> None:
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


def _as_csv(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
