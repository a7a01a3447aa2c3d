"""The audit page of a build: whether its figures can be relied on, and what is wrong where. One file, no network.

It is made from the working warehouse when a build is published, holds counts and names of rules, datasets and
districts, and nothing of any person: findings are counted here, never listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import duckdb

from serving.checks import columns_of
from serving.interface import Table
from sources.contract import load_contracts

PAGE = "index.html"
_VERDICT = Table("quality", "verdict")

_STYLE = """
body{font:16px/1.6 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;color:#1d2733;margin:0;
background:#f5f6f8}main{max-width:1080px;margin:0 auto;padding:24px}section{background:#fff;border:1px solid #dde1e7;
border-radius:6px;padding:8px 20px 20px;margin:0 0 20px;overflow-x:auto}h1{font-size:26px;margin:8px 0 0}
h2{font-size:19px;margin:12px 0 4px}small,.en{color:#5d6976;font-size:13px;font-weight:400}table{border-collapse:
collapse;width:100%;font-size:14px}th{text-align:left;color:#5d6976;font-weight:500;border-bottom:2px solid #dde1e7}
td,th{padding:5px 10px 5px 0;vertical-align:top}td{border-bottom:1px solid #eceff3}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}.bad{color:#a3211b}.ok{color:#1c6b3c}.verdict{font-size:20px;font-weight:600}
.bar{display:inline-block;height:10px;background:#3b6ea5;vertical-align:middle}
"""

_SEVERITY = {"error": "严重 error", "warn": "警告 warning", "info": "提示 information"}

_BUILD = "SELECT as_of, deliveries, refused, code_version FROM meta.build WHERE build_id = ?"
_LEDGER = """
    SELECT dataset, sum(declared)::BIGINT, sum(quarantined)::BIGINT, sum(repeated)::BIGINT, sum(superseded)::BIGINT,
           sum(deleted)::BIGINT, sum(key_conflicts)::BIGINT, sum(staged)::BIGINT, sum(mentions)::BIGINT,
           sum(abs(balance))::BIGINT
    FROM quality.ledger WHERE build_id = ? GROUP BY dataset ORDER BY dataset
"""
_FAILED = """
    SELECT verdict.dataset, rule.name_zh, rule.name_en, verdict.violated, verdict.denominator, rule.threshold_rate,
           rule.threshold_count
    FROM quality.verdict AS verdict JOIN quality.rule AS rule USING (rule_id)
    WHERE verdict.build_id = ? AND verdict.status IN ('fail', 'error') AND rule.severity = 'error'
    ORDER BY verdict.violated DESC, verdict.dataset, rule.rule_id
"""
_OPEN = "FROM quality.finding AS finding WHERE finding.state IN ('open', 'acknowledged')"
_BY_RULE = f"""
    SELECT rule.rule_id, any_value(rule.name_zh), any_value(rule.name_en), any_value(rule.severity),
           any_value(rule.dimension), count(finding.finding_id) AS findings
    FROM quality.rule AS rule LEFT JOIN (SELECT * {_OPEN}) AS finding USING (rule_id)
    GROUP BY rule.rule_id ORDER BY findings DESC, rule.rule_id
"""
_BY_BUREAU = f"SELECT coalesce(bureau, '') AS bureau, count(*) AS findings {_OPEN} GROUP BY 1 ORDER BY 2 DESC, 1"
_BY_DISTRICT = f"""
    WITH district AS (
        SELECT division_code, max(name) AS name FROM library.dim_division
        WHERE level = 'district' GROUP BY division_code
    )
    SELECT coalesce(any_value(district.name), '无区划 without a division') AS name, count(*) AS findings
    FROM (SELECT * {_OPEN}) AS finding
    LEFT JOIN district ON district.division_code = substr(finding.division_code, 1, 6) || '000000'
    GROUP BY district.division_code ORDER BY findings DESC, name
"""
_DELIVERIES = """
    SELECT dataset, extract_date, mode, rows, state, reason FROM meta.delivery
    WHERE state <> 'repeated' ORDER BY state DESC, dataset, extract_date, delivery
"""


@dataclass(frozen=True)
class Column:
    """A column of a table on the page: heading in Chinese and English, and whether it holds numbers."""

    zh: str
    en: str
    is_number: bool = False


def audit_page(connection: duckdb.DuckDBPyConnection, build_id: str) -> str:
    """The page as HTML, the same for the same build.

    Args:
        connection: on a library that passed its blocking checks: reads `meta`, `quality` and `library.dim_division`.
        build_id: the build that the page is about.
    """

    def rows(query: str, *parameters: str) -> list[tuple[Any, ...]]:
        return connection.execute(query, list(parameters)).fetchall()

    build = rows(_BUILD, build_id)
    as_of, deliveries, refused, code = build[0] if build else (None, 0, 0, "")
    failed = rows(_FAILED, build_id) if _VERDICT in columns_of(connection) else None
    names = {contract.dataset: contract.name_zh for contract in load_contracts().values()}
    bureaus = {contract.bureau: contract.bureau_zh for contract in load_contracts().values()}

    def dataset(name: str) -> str:
        return f"{names.get(name, '')} {name}".strip()

    sections = [
        _fitness(failed, refused or 0, dataset),
        _section(
            "数据对账表",
            "Ledger: rows declared = quarantined + repeated + superseded + deleted + conflicting + in force",
            _table(_LEDGER_COLUMNS, [(dataset(row[0]), *row[1:]) for row in rows(_LEDGER, build_id)]),
        ),
        _section(
            "按规则",
            "Open findings by rule",
            _table(
                (*_RULE_COLUMNS, _COUNT),
                [
                    (f"{zh} {en}", _SEVERITY.get(severity, severity), dimension, found)
                    for _, zh, en, severity, dimension, found in rows(_BY_RULE)
                ],
                is_barred=True,
            ),
        ),
        _section(
            "按部门",
            "Open findings by bureau that delivered the record",
            _table(
                (Column("部门", "bureau"), _COUNT),
                [(f"{bureaus.get(name, '')} {name}", found) for name, found in rows(_BY_BUREAU)],
                is_barred=True,
            ),
        ),
        _section(
            "按旗县区",
            "Open findings by district of the record",
            _table((Column("区划", "division"), _COUNT), rows(_BY_DISTRICT), is_barred=True),
        ),
        _section(
            "报送批次",
            "Deliveries, and why any was refused",
            _table(_DELIVERY_COLUMNS, [(dataset(row[0]), *row[1:]) for row in rows(_DELIVERIES)]),
        ),
        _section("怎样阅读", "How to read this", _HOW_TO_READ),
    ]
    title = f"数据审计 {build_id}"
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>数据审计 <span class="en">Audit of the library</span></h1>'
        f"<p>截至 as of {escape(str(as_of))} · 批次 deliveries {deliveries} · 拒收 refused {refused} · "
        f"<small>{escape(build_id)} · code {escape(str(code))}</small></p>{''.join(sections)}</main></body></html>\n"
    )


_COUNT = Column("未结问题", "open", is_number=True)
_RULE_COLUMNS = (Column("规则", "rule"), Column("级别", "severity"), Column("维度", "dimension, GB/T 36344"))
_LEDGER_COLUMNS = (
    Column("数据集", "dataset"),
    Column("申报", "declared", is_number=True),
    Column("隔离", "quarantined", is_number=True),
    Column("重复", "repeated", is_number=True),
    Column("被替代", "superseded", is_number=True),
    Column("删除", "deleted", is_number=True),
    Column("主键冲突", "conflicts", is_number=True),
    Column("在册", "in force", is_number=True),
    Column("人员记录", "mentions", is_number=True),
    Column("差", "balance", is_number=True),
)
_DELIVERY_COLUMNS = (
    Column("数据集", "dataset"),
    Column("日期", "date"),
    Column("方式", "mode"),
    Column("行", "rows", is_number=True),
    Column("状态", "state"),
    Column("原因", "reason"),
)
_FAILED_COLUMNS = (
    Column("数据集", "dataset"),
    Column("规则", "rule"),
    Column("问题", "violated", is_number=True),
    Column("应查", "of", is_number=True),
    Column("比例", "share", is_number=True),
    Column("阈值", "threshold", is_number=True),
)
_HOW_TO_READ = """
<p>阻断性检查（对账平衡、公开表结构、每条人员记录只归一人、受限区外无个人信息）全部通过才会发布，所以本页存在即表示它们已通过。
规则发现的问题不阻断发布：严重级规则超过阈值的数据集，用其数字时应加说明。未结问题是问题数据的条数，同一记录可有多条；
人数与名单不在本页，由掌握记录的部门在其权限内查看。“未见”不等于“没有”：记录可能在其他地区。</p>
<p class="en">Nothing is published unless every blocking check holds (the ledger balances, public tables are as
agreed, every mention belongs to one person, no person outside restricted/): that this page exists says that they did.
What rules find never blocks: qualify figures that stand on a dataset where a rule of severity error failed its
threshold. Findings are counted one by one; a record may have several. No person stands on this page. What is not seen
may exist elsewhere.</p>
"""


def _fitness(failed: Sequence[tuple[Any, ...]] | None, refused: int, dataset: Any) -> str:
    """Whether the build is fit for use, and what stands against it."""
    passed = '<p class="ok">✔ 阻断性检查全部通过 All blocking checks hold.</p>'
    notes = f'<p class="bad">✘ {refused} 个批次被拒收 deliveries were refused, see below.</p>' if refused else ""
    if failed is None:
        judged = "<p>规则尚未评判 The rules have not been judged.</p>"
    elif failed:
        judged = (
            f'<p class="verdict bad">可用，但须说明 Fit for use with reservations</p>{passed}{notes}'
            f"<p>以下 {len(failed)} 项严重级规则超过阈值 These rules of severity error failed their thresholds:</p>"
            + _table(
                _FAILED_COLUMNS,
                [
                    (dataset(name), f"{zh} {en}", violated, of, _percent(violated, of), _threshold(rate, count))
                    for name, zh, en, violated, of, rate, count in failed
                ],
            )
        )
    else:
        verdict = "可用，但有批次被拒收 Fit for use, but deliveries were refused" if refused else "可用 Fit for use"
        judged = f'<p class="verdict {"bad" if refused else "ok"}">{verdict}</p>{passed}{notes}'
    return _section("能否使用", "Fit for use or not", judged)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else ""


def _threshold(rate: float | None, count: int | None) -> str:
    if rate is None and count is None:
        return "0"
    return " / ".join([*([f"{100 * rate:.2f}%"] if rate is not None else []), *([str(count)] if count else [])])


def _section(zh: str, en: str, body: str) -> str:
    return f'<section><h2>{escape(zh)} <span class="en">{escape(en)}</span></h2>{body}</section>'


def _table(columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, is_barred: bool = False) -> str:
    """A table; with `is_barred` each row's last number is drawn too, against the greatest."""
    rows = list(rows)
    if not rows:
        return "<p>无 None.</p>"
    greatest = max((row[-1] for row in rows), default=0) if is_barred else 0
    head = "".join(
        f"<th{' class=n' if column.is_number else ''}>{escape(column.zh)}<br><small>{escape(column.en)}</small></th>"
        for column in columns
    )
    body = "".join(
        "<tr>"
        + "".join(_cell(column, value) for column, value in zip(columns, row, strict=True))
        + (f'<td><span class="bar" style="width:{_length(row[-1], greatest)}px"></span></td>' if is_barred else "")
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}{'<th></th>' if is_barred else ''}</tr></thead><tbody>{body}</tbody></table>"


def _length(value: int, greatest: int) -> int:
    return round(240 * value / greatest) if greatest else 0


def _cell(column: Column, value: Any) -> str:
    text = "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f"<td{' class=n' if column.is_number else ''}>{escape(text)}</td>"
