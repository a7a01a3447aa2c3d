"""The start page of a build's audit site, and the audit in full: can figures be relied on, what to do, what is wrong.

Both are made from the working warehouse when a build is published and hold counts and names of rules, datasets and
districts, and nothing of any person: findings are counted here, never listed. What all pages of the site share, their
frame, tables and headings in both languages, stands here, too; their template, style and script are files in `site/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from serving import audit_charts
from serving.checks import columns_of
from sources.contract import load_contracts
from sources.interface import Table

PAGE = "audit.html"
FRONT = "index.html"
LINKAGE = "linkage.html"
CITY = "city.html"
_VERDICT = Table("quality", "verdict")

# The site's pages that are always there, in the order in which they are led to.
PAGES = (
    (FRONT, "开始", "Start"),
    ("findings.html", "问题数据", "Findings"),
    ("rules.html", "规则", "Rules"),
    ("bureaus.html", "部门", "Bureaus"),
    ("areas.html", "区域", "Areas"),
    ("bias.html", "识别与偏差", "Linkage and bias"),
    ("unseen.html", "未掌握人口", "The unseen"),
    ("survey.html", "抽样调查", "Survey"),
    ("repeat.html", "重复采集", "Repeat collection"),
    (PAGE, "审计详情", "Audit in full"),
)
ASSETS = Path(__file__).with_name("site")
_TEMPLATE = "page.html.j2"

_SEVERITY = {"error": "严重 error", "warn": "警告 warning", "info": "提示 information"}
_STATUS = {
    "pass": "通过 pass",
    "pass_with_violations": "有问题，未超阈值 within the threshold",
    "fail": "超过阈值 failed",
    "not_applicable": "不适用 nothing to look at",
}
# What a row of a delivery can become, in the ledger's words; staged first.
_FATES = (
    "在册 in force",
    "重复 repeated",
    "被替代 superseded",
    "删除 deleted",
    "主键冲突 conflicting",
    "隔离 quarantined",
    "已抹除 erased",
)

_BUILD = "SELECT as_of, deliveries, refused, code_version FROM meta.build WHERE build_id = ?"
_LEDGER = """
    SELECT dataset, sum(declared)::BIGINT, sum(quarantined)::BIGINT, sum(repeated)::BIGINT, sum(superseded)::BIGINT,
           sum(deleted)::BIGINT, sum(key_conflicts)::BIGINT, sum(erased)::BIGINT, sum(staged)::BIGINT,
           sum(mentions)::BIGINT, sum(abs(balance))::BIGINT
    FROM quality.ledger WHERE build_id = ? GROUP BY dataset ORDER BY 2 DESC, dataset
"""
_FAILED = """
    SELECT verdict.dataset, verdict.bureau, rule.name_zh, rule.name_en, verdict.violated, verdict.denominator,
           rule.threshold_rate, rule.threshold_count, rule.owner_bureau
    FROM quality.verdict AS verdict JOIN quality.rule AS rule USING (rule_id)
    WHERE verdict.build_id = ? AND verdict.status IN ('fail', 'error') AND rule.severity = 'error'
    ORDER BY verdict.violated DESC, verdict.dataset, rule.rule_id
"""
_VERDICTS = """
    SELECT rule.name_zh, verdict.dataset, verdict.status
    FROM quality.verdict AS verdict JOIN quality.rule AS rule USING (rule_id)
    WHERE verdict.build_id = ? AND verdict.status <> 'error'
    ORDER BY CASE rule.severity WHEN 'error' THEN 1 WHEN 'warn' THEN 2 ELSE 3 END, rule.rule_id, verdict.dataset
"""
_OPEN = "FROM quality.finding AS finding WHERE finding.state IN ('open', 'acknowledged', 'fixed')"
_BY_RULE = f"""
    SELECT rule.rule_id, any_value(rule.name_zh), any_value(rule.name_en), any_value(rule.severity),
           any_value(rule.dimension), count(finding.finding_id) AS findings
    FROM quality.rule AS rule LEFT JOIN (SELECT * {_OPEN}) AS finding USING (rule_id)
    GROUP BY rule.rule_id ORDER BY findings DESC, rule.rule_id
"""
_BY_RULE_AND_BUREAU = f"""
    SELECT rule.name_zh, coalesce(finding.bureau, ''), count(*) AS findings,
           sum(count(*)) OVER (PARTITION BY rule.name_zh) AS of_rule
    FROM (SELECT * {_OPEN}) AS finding
    JOIN (SELECT rule_id, any_value(name_zh) AS name_zh FROM quality.rule GROUP BY rule_id) AS rule USING (rule_id)
    GROUP BY 1, 2 ORDER BY of_rule DESC, 1, 2
"""
_BY_STATE = "SELECT state, count(*) FROM quality.finding GROUP BY state"
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
# What stood at each build: found by then, and not gone before it. Few pairs of builds stand for all findings.
_TREND = """
    WITH build AS (
        SELECT build_id, as_of, row_number() OVER (ORDER BY built_at, build_id) AS place FROM meta.build
    ),
    life AS (SELECT first_build, last_build, count(*) AS findings FROM quality.finding GROUP BY ALL)
    SELECT build.place || '. ' || CAST(build.as_of AS VARCHAR), sum(life.findings)::BIGINT
    FROM build, life JOIN build AS first ON life.first_build = first.build_id
    JOIN build AS last ON life.last_build = last.build_id
    WHERE build.place BETWEEN first.place AND last.place
    GROUP BY build.place, build.as_of ORDER BY build.place
"""
_DELIVERIES = """
    SELECT dataset, extract_date, mode, rows, state, reason FROM meta.delivery
    WHERE state <> 'repeated' ORDER BY state DESC, dataset, extract_date, delivery
"""


Rows = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Column:
    """A column of a table on the page: heading in Chinese and English, and whether it holds numbers."""

    zh: str
    en: str
    is_number: bool = False


def both(zh: str, en: str) -> str:
    """A text in both languages, of which the switch shows one."""
    return f'<span class="zh" lang="zh-CN">{escape(zh)}</span> <span class="en" lang="en">{escape(en)}</span>'


@dataclass(frozen=True)
class _Names:
    """What datasets and bureaus are called."""

    datasets: dict[str, str]
    bureaus: dict[str, str]

    def dataset(self, name: str) -> str:
        return f"{self.datasets.get(name, '')} {name}".strip()

    def short(self, dataset: str) -> str:
        return self.datasets.get(dataset, dataset)

    def bureau(self, name: str | None) -> str:
        return f"{self.bureaus.get(name or '', '')} {name or ''}".strip() or "未知 unknown"


@dataclass(frozen=True)
class _Build:
    """What the head of a page and what there is to do are told from."""

    build_id: str
    told: Sequence[tuple[Any, ...]]
    failed: Sequence[tuple[Any, ...]] | None
    states: dict[str, int]
    deliveries: Sequence[tuple[Any, ...]]
    names: _Names

    @property
    def refused(self) -> list[tuple[Any, ...]]:
        return [row for row in self.deliveries if row[4] == "refused"]


def _rows(connection: duckdb.DuckDBPyConnection) -> Rows:
    return lambda query, *parameters: connection.execute(query, list(parameters)).fetchall()


def _build(connection: duckdb.DuckDBPyConnection, build_id: str) -> _Build:
    rows = _rows(connection)
    contracts = load_contracts().values()
    return _Build(
        build_id,
        told=rows(_BUILD, build_id),
        failed=rows(_FAILED, build_id) if _VERDICT in columns_of(connection) else None,
        states=dict(rows(_BY_STATE)),
        deliveries=rows(_DELIVERIES),
        names=_Names(
            {contract.dataset: contract.name_zh for contract in contracts},
            {contract.bureau: contract.bureau_zh for contract in contracts},
        ),
    )


def audit_page(connection: duckdb.DuckDBPyConnection, build_id: str) -> str:
    """The audit in full as one page that needs no script: the same for the same build.

    Args:
        connection: on a library that passed its blocking checks: reads `meta`, `quality` and `library.dim_division`.
        build_id: the build that the page is about.
    """
    rows, build = _rows(connection), _build(connection, build_id)
    names = build.names
    sections = [
        _head(build, ("数据审计", "Audit of the library"), _ANCHORS),
        _to_do(build.failed, build.refused, names),
        as_section(
            "ledger",
            "数据对账表",
            "Ledger: where the rows of each dataset went",
            _ledger(rows, build_id, names, is_drawn=True),
        ),
        as_section(
            "verdicts",
            "规则评判",
            "Verdicts, rule by dataset",
            _verdicts(rows, build_id, names, build.failed is not None),
        ),
        as_section("findings", "未结问题", "Open findings", _findings(rows, names)),
        as_section("trend", "历次变化", "Findings from build to build", _trend(rows(_TREND))),
        as_section(
            "deliveries",
            "报送批次",
            "Deliveries, and why any was refused",
            as_table(_DELIVERY_COLUMNS, [(names.dataset(row[0]), *row[1:]) for row in build.deliveries]),
        ),
        as_section("reading", "怎样阅读", "How to read this", _HOW_TO_READ),
    ]
    return as_document(f"数据审计 {build_id}", "".join(sections), PAGE)


def front_page(connection: duckdb.DuckDBPyConnection, build_id: str) -> str:
    """The start page: fit for use or not and why, what to do, what changed, scorecards, the ledger, and the pages."""
    tables, build = columns_of(connection), _build(connection, build_id)
    also = [
        (CITY, "全市与各旗县区图表", "The city and its districts in pictures", Table("marts", "mart_population")),
        (LINKAGE, "人员识别质量", "What linking is worth", Table("quality", "linkage_quality")),
        (
            "../docs/expectations/index.html",
            "数据检查页",
            "Data Docs: extracts and public tables, as they should be",
            None,
        ),
        ("../docs/index.html", "各表与字段说明、血缘", "Every table and column described, lineage (dbt docs)", None),
    ]
    leads = "".join(
        f'<li><a href="{file}">{both(zh, en)}</a></li>'
        for file, zh, en, table in (*((*page, None) for page in PAGES[1:]), *also)
        if table is None or table in tables
    )
    sections = [
        _head(build, ("四级流动人口综合信息库", "Four-level population library"), _START),
        _to_do(build.failed, build.refused, build.names),
        *(
            as_section(anchor, zh, en, f'<div data-part="start-{anchor}">{_NO_SCRIPT}</div>')
            for anchor, zh, en in _PARTS
        ),
        as_section(
            "ledger",
            "数据对账表",
            "Ledger: where the rows of each dataset went",
            _ledger(_rows(connection), build_id, build.names, is_drawn=False),
        ),
        as_section("pages", "页面", "Pages", f"<ul>{leads}</ul>"),
    ]
    return as_document(f"四级库 {build_id}", "".join(sections), FRONT)


def shell(page: str, part: str, has: Iterable[str]) -> str:
    """A page that the site's script fills from its data.

    Args:
        page: one of `PAGES`.
        part: of the script.
        has: the files of data that the library has something for.
    """
    (title,) = (f"{zh} {en}" for file, zh, en in PAGES if file == page)
    body = f'<div data-part="{part}" data-has="{" ".join(sorted(has))}"><section>{_NO_SCRIPT}</section></div>'
    return as_document(title, body, page)


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
    Column("已抹除", "erased", is_number=True),
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
    Column("负责部门", "owner"),
    Column("问题", "violated", is_number=True),
    Column("应查", "of", is_number=True),
    Column("比例", "share", is_number=True),
    Column("阈值", "threshold", is_number=True),
    Column("至少须改", "to put right", is_number=True),
)
_STATES = {
    "open": ("未处理", "open"),
    "acknowledged": ("已受理", "acknowledged"),
    "fixed": ("已报整改", "said to be fixed"),
    "waived": ("豁免", "waived"),
    "verified": ("已消除", "gone"),
}
_TO_DO_SHOWN = 10
# Rules that a chart has room for.
_RULES_SHOWN = 40
_HOW_TO_READ = """
<p class="zh">
阻断性检查（对账平衡、公开表符合接口约定、各级可加、每条人员记录只归一人、受限区外无个人信息）全部通过才会发布，
所以本页存在即表示它们已通过。规则发现的问题不阻断发布：严重级规则超过阈值的数据集，用其数字时应加说明。
未结问题是问题数据的条数，同一记录可有多条，含已受理和已报整改、尚待下次报送核实的。人数与名单不在本页，
由掌握记录的部门在其权限内查看。“未见”不等于“没有”：记录可能在其他地区。</p>
<p class="en">Nothing is published unless every blocking check holds (the ledger balances, public tables are as the
interface promises, children add up to parents, every mention belongs to one person, no person outside restricted/):
that this page exists says that they did. What rules find never blocks: qualify figures that stand on a dataset where a
rule of severity error failed its threshold. Findings are counted one by one; a record may have several; those
acknowledged or said to be fixed are open until a delivery shows that they are gone. No person stands on this page. What
is not seen may exist elsewhere.</p>
"""


def _head(build: _Build, title: tuple[str, str], anchors: Sequence[tuple[str, str, str]]) -> str:
    """Whether the build is fit for use and why, in one look."""
    as_of, deliveries, refused, code = build.told[0] if build.told else (None, 0, 0, "")
    failed, states = build.failed, build.states
    reasons = []
    if failed:
        datasets = len({row[0] for row in failed})
        reasons.append(
            both(
                f"{datasets} 个数据集有严重级规则超过阈值（共 {len(failed)} 项）；用到它们的数字须附说明。",
                f"In {datasets} datasets rules of severity error failed their thresholds.",
            )
        )
    if refused:
        reasons.append(
            both(
                f"{refused} 个批次被拒收，该数据集仍是上一次的数据。",
                f"{refused} deliveries were refused; those datasets stand as they were before.",
            )
        )
    if failed is None:
        reasons.append(both("规则尚未评判。", "The rules have not been judged."))
    if failed:
        kind, verdict = "warn", both("△ 可用，但须说明", "△ Fit for use with reservations")
    elif refused:
        kind, verdict = "warn", both("△ 可用，但有批次被拒收", "△ Fit for use, but deliveries were refused")
    elif failed is None:
        kind, verdict = "warn", both("△ 可用，规则未评判", "△ Fit for use, rules not judged")
    else:
        kind, verdict = "ok", both("✓ 可用", "✓ Fit for use")
    unsettled = sum(states.get(state, 0) for state in ("open", "acknowledged", "fixed"))
    tiles = [
        ("批次", "deliveries", deliveries or 0),
        ("拒收", "refused", refused or 0),
        ("未结问题", "open findings", unsettled),
    ]
    tiles += [(zh, en, states[state]) for state, (zh, en) in _STATES.items() if states.get(state)]
    shown = "".join(f"<li><b>{count:,}</b>{both(zh, en)}</li>" for zh, en, count in tiles)
    links = "".join(f'<li><a href="#{anchor}">{both(zh, en)}</a></li>' for anchor, zh, en in anchors)
    blocking = both(
        "✓ 阻断性检查全部通过",
        "✓ All blocking checks hold: ledger, public tables, additivity, one person per mention, nobody outside "
        "restricted/.",
    )
    return f"""<header><h1>{both(*title)}</h1>
<p>{both("截至", "as of")} {escape(str(as_of))} · <small>{escape(build.build_id)} · code {escape(str(code))}</small></p>
<p class="verdict {kind}">{verdict}</p>
<p class="ok">{blocking}</p>
{"".join(f"<p>{reason}</p>" for reason in reasons)}
<ul class="tiles">{shown}</ul>
<nav aria-label="本页 On this page"><ul>{links}</ul></nav></header>"""


_ANCHORS = (
    ("todo", "要做什么", "What to do"),
    ("ledger", "数据对账表", "Ledger"),
    ("verdicts", "规则评判", "Verdicts"),
    ("findings", "未结问题", "Open findings"),
    ("trend", "历次变化", "From build to build"),
    ("deliveries", "报送批次", "Deliveries"),
    ("reading", "怎样阅读", "How to read this"),
)
# What the start page's script fills.
_PARTS = (
    ("changes", "与上次相比", "What changed since the build before"),
    ("bureaus", "部门评分", "Scorecards of bureaus"),
    ("areas", "区域评分", "Scorecards of areas"),
)
_START = (_ANCHORS[0], *_PARTS, _ANCHORS[1], ("pages", "页面", "Pages"))
_NO_SCRIPT = (
    f"<noscript><p>{both('请允许脚本，或看审计详情。', 'Allow scripts, or read the audit in full.')}</p></noscript>"
)


def _to_do(failed: Sequence[tuple[Any, ...]] | None, refused: Sequence[tuple[Any, ...]], names: _Names) -> str:
    """What would make it fit: by weight, and by whom."""
    steps = [
        f"<li><b>{escape(names.short(row[0]))}</b> <code>{escape(row[0])}</code> "
        f"{both(f'重新报送 {row[1] or str()} 批次。', f'Deliver that of {row[1] or str()} again.')} "
        f"<span class='bad'>{escape(str(row[5] or ''))}</span></li>"
        for row in refused
    ]
    table = ""
    if failed:
        worst = failed[:_TO_DO_SHOWN]
        steps.append(
            "<li>"
            + both(
                f"由下列部门整改，先改问题最多的（{len(worst)} / {len(failed)} 项）。"
                "进展用 sijiku case 登记，下次报送时核实。",
                f"Have these put right at the source, worst first ({len(worst)} of {len(failed)}). "
                "Enter progress with sijiku case; the next delivery shows it.",
            )
            + "</li>"
        )
        table = _failed_table(worst, names)
        if len(failed) > len(worst):
            table += f"<details><summary>{both(f'其余 {len(failed) - len(worst)} 项', 'the rest')}</summary>"
            table += f"{_failed_table(failed[_TO_DO_SHOWN:], names)}</details>"
    if not steps:
        return as_section(
            "todo",
            "要做什么",
            "What to do",
            f"<p class='ok'>{both('无须先做的事。', 'Nothing has to be done first.')}</p>",
        )
    return as_section("todo", "要做什么", "What to do", f"<ol class='todo'>{''.join(steps)}</ol>{table}")


def _failed_table(failed: Sequence[tuple[Any, ...]], names: _Names) -> str:
    return as_table(
        _FAILED_COLUMNS,
        [
            (
                names.dataset(dataset),
                f"{zh} {en}",
                names.bureau(owner or bureau),
                violated,
                of,
                _percent(violated, of),
                _threshold(rate, count),
                _excess(violated, of, rate, count),
            )
            for dataset, bureau, zh, en, violated, of, rate, count, owner in failed
        ],
    )


def _ledger(rows: Rows, build_id: str, names: _Names, *, is_drawn: bool) -> str:
    lines = rows(_LEDGER, build_id)
    chart = ""
    if lines and is_drawn:
        parts = [
            (names.short(line[0]), fate, count)
            for line in lines
            for fate, count in zip(_FATES, (line[8], line[3], line[4], line[5], line[6], line[2], line[7]), strict=True)
        ]
        title = "各数据集申报行的去向 What became of the rows of each dataset"
        chart = audit_charts.stacked(parts, _FATES, title, is_share=True)
    note = (
        "<p>"
        + both(
            "申报 = 隔离 + 重复 + 被替代 + 删除 + 主键冲突 + 已抹除 + 在册；差必须为 0。",
            "Rows declared = quarantined + repeated + superseded + deleted + conflicting + erased + in force; the "
            "balance must be 0.",
        )
        + "</p>"
    )
    table = as_table(_LEDGER_COLUMNS, [(names.dataset(line[0]), *line[1:]) for line in lines])
    return f"{note}{chart}{table}"


def _verdicts(rows: Rows, build_id: str, names: _Names, is_judged: bool) -> str:
    judged = rows(_VERDICTS, build_id) if is_judged else []
    if not judged:
        return f"<p>{both('规则尚未评判。', 'The rules have not been judged.')}</p>"
    shown = _worth_showing([(zh, status) for zh, _, status in judged])
    others = len({zh for zh, _, _ in judged} - shown)
    chart = audit_charts.verdicts(
        [(zh, names.short(dataset), status) for zh, dataset, status in judged if zh in shown],
        _STATUS,
        "各规则在各数据集上的评判 Verdict of each rule on each dataset",
    )
    counts: dict[str, int] = {}
    for _, _, status in judged:
        counts[status] = counts.get(status, 0) + 1
    words = " · ".join(f"{label} {counts.get(status, 0)}" for status, label in _STATUS.items())
    left_out = (
        "<p>"
        + both(
            f"图中为最须注意的 {len(shown)} 条规则，其余 {others} 条见“规则”。",
            f"The {len(shown)} rules that matter most; {others} more under Rules.",
        )
        + "</p>"
        if others
        else ""
    )
    return f"<p>{escape(words)}</p>{left_out}{chart}"


def _worth_showing(judged: Sequence[tuple[str, str]]) -> set[str]:
    """The rules that a chart has room for: those that failed anywhere, then those that found something, in order."""
    ranks = {"fail": 0, "pass_with_violations": 1}
    worst: dict[str, int] = {}
    for rule, status in judged:
        worst[rule] = min(worst.get(rule, len(ranks)), ranks.get(status, len(ranks)))
    return set(sorted(worst, key=lambda rule: worst[rule])[:_RULES_SHOWN])


def _findings(rows: Rows, names: _Names) -> str:
    by_bureau = [(names.bureau(bureau), found) for bureau, found in rows(_BY_BUREAU)]
    by_rule = [(zh, names.bureau(bureau), found) for zh, bureau, found, _ in rows(_BY_RULE_AND_BUREAU)]
    most = set(list(dict.fromkeys(zh for zh, _, _ in by_rule))[:_RULES_SHOWN])
    by_district = [(str(name), int(found)) for name, found in rows(_BY_DISTRICT)]
    if not by_rule:
        return f"<p>{both('无', 'None')}</p>"
    return "".join(
        (
            as_part("按规则和部门", "by rule and bureau that delivered the record"),
            audit_charts.stacked(
                [row for row in by_rule if row[0] in most],
                [bureau for bureau, _ in by_bureau],
                "各规则的未结问题，按部门 By rule and bureau",
            ),
            as_details(
                as_table(
                    (*_RULE_COLUMNS, _COUNT),
                    [
                        (f"{zh} {en}", _SEVERITY.get(severity, severity), dimension, found)
                        for _, zh, en, severity, dimension, found in rows(_BY_RULE)
                    ],
                )
            ),
            as_part("按部门", "by bureau"),
            audit_charts.bars(by_bureau, "各部门的未结问题 By bureau"),
            as_details(as_table((Column("部门", "bureau"), _COUNT), by_bureau)),
            as_part("按旗县区", "by district of the record"),
            audit_charts.bars(by_district, "各旗县区的未结问题 By district"),
            as_details(as_table((Column("区划", "division"), _COUNT), by_district)),
        )
    )


def _trend(rows: Sequence[tuple[Any, ...]]) -> str:
    if len(rows) < 2:
        return f"<p>{both('只有一次建库，尚无变化可看。', 'One build so far: nothing to compare with.')}</p>"
    chart = audit_charts.line(
        [(str(as_of), int(found)) for as_of, found in rows], "历次建库时存在的问题 Findings at each build"
    )
    columns = (Column("截至", "as of"), Column("问题", "findings", is_number=True))
    return f"{chart}{as_details(as_table(columns, rows))}"


def _excess(violated: int, of: int, rate: float | None, count: int | None) -> int:
    """How many have to be put right until no threshold is passed."""
    allowed = [*([int(rate * of)] if rate is not None else []), *([count] if count is not None else [])]
    return violated - min(allowed, default=0)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else ""


def _threshold(rate: float | None, count: int | None) -> str:
    if rate is None and count is None:
        return "0"
    return " / ".join([*([f"{100 * rate:.2f}%"] if rate is not None else []), *([str(count)] if count else [])])


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string((ASSETS / _TEMPLATE).read_text(encoding="utf-8"))


def as_document(title: str, body: str, page: str = "") -> str:
    """A whole page of the site in its style, under the way to the others.

    Args:
        title: of the window.
        body: HTML.
        page: its file name, where it is one of `PAGES`.
    """
    return _template().render(
        title=title,
        body=Markup(body),
        page=page,
        pages=PAGES,
        both=lambda zh, en: Markup(both(zh, en)),
    )


def as_section(anchor: str, zh: str, en: str, body: str) -> str:
    """A section of a page, under a heading in both languages."""
    return f'<section id="{anchor}"><h2>{both(zh, en)}</h2>{body}</section>'


def as_part(zh: str, en: str) -> str:
    """A heading within a section."""
    return f"<h3>{both(zh, en)}</h3>"


def as_details(table: str) -> str:
    """A table that is folded up under its chart."""
    return f"<details><summary>{both('数字', 'the figures')}</summary>{table}</details>"


class Html(str):
    """A cell that is HTML already."""


def as_table(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> str:
    """A table in the order given: what matters most stands first. Cells are escaped, but for `Html`."""
    rows = list(rows)
    if not rows:
        return f"<p>{both('无', 'None')}</p>"
    head = "".join(
        f"<th scope='col'{' class=n' if column.is_number else ''}>{both(column.zh, column.en)}</th>"
        for column in columns
    )
    body = "".join(
        "<tr>" + "".join(_cell(column, value) for column, value in zip(columns, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(column: Column, value: Any) -> str:
    text = "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f"<td{' class=n' if column.is_number else ''}>{value if isinstance(value, Html) else escape(text)}</td>"
