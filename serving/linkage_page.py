"""What linking is worth by its own account, as a page: no network; counts, no persons.

Counts below ten are not shown, nor what is worked out from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import duckdb

from serving import audit_charts
from serving.audit import Column, as_details, as_document, as_section, as_table, both
from sources.contract import load_contracts
from sources.evidence import words_of
from sources.interface import Table

QUALITY = Table("quality", "linkage_quality")
_FEWEST = 10
_FEW = f"<{_FEWEST}"

_METHODS = {
    "certain": "确定 certain",
    "probable": "推定 probable",
    "decided": "人工判定 decided",
    "single": "单独 single",
}
_GROUPS = {
    "all": "全体 everybody",
    "floating": "流动人口 floating",
    "long_names": "四字及以上姓名（多为蒙古族等） long names",
    "children": "15 岁以下 children",
    "women": "女性 women",
    "no_valid_number": "无有效号码 no valid number",
}
_SOURCES = {"model": "模型 model", "decisions": "复核 decisions"}

_BUILD = "SELECT as_of FROM meta.build WHERE build_id = ?"
_TOTALS = "SELECT sum(mentions)::BIGINT, sum(persons)::BIGINT FROM quality.linkage_component"
_ALL = 'SELECT links, "precision", recall, recall_low FROM quality.linkage_quality WHERE population_group = stratum'
_BY_GROUP = """
    SELECT population_group, links, "precision", precision_low, precision_high, unlinked, recall, recall_low, source
    FROM quality.linkage_quality WHERE stratum = 'all'
    ORDER BY population_group <> 'all', links DESC, population_group
"""
_BY_STRATUM = """
    SELECT stratum, links, expected_wrong, "precision", precision_low, precision_high, reviewed, source
    FROM quality.linkage_quality WHERE population_group = 'all' AND contains(stratum, ': ')
    ORDER BY links DESC, stratum
"""
_BY_DATASET = """
    SELECT dataset, method, sum(mentions)::BIGINT AS mentions, sum(sum(mentions)) OVER (PARTITION BY dataset) AS of_all
    FROM quality.linkage_link GROUP BY dataset, method
    ORDER BY of_all DESC, dataset, method
"""
_SCORES = """
    SELECT confidence_from, sum(mentions)::BIGINT FROM quality.linkage_score WHERE method = 'probable'
    GROUP BY confidence_from ORDER BY confidence_from
"""
_SIZES = "SELECT mentions_from, persons, mentions FROM quality.linkage_component ORDER BY mentions_from"

_GROUP_COLUMNS = (
    Column("人群", "group"),
    Column("连接", "links", is_number=True),
    Column("估计查准", "precision, 95% interval", is_number=True),
    Column("未连上", "unlinked", is_number=True),
    Column("估计查全", "recall, and at worst", is_number=True),
    Column("依据", "from"),
)
_STRATUM_COLUMNS = (
    Column("方法", "method"),
    Column("证据", "evidence"),
    Column("连接", "links", is_number=True),
    Column("预计有误", "expected wrong", is_number=True),
    Column("估计查准", "precision, 95% interval", is_number=True),
    Column("已复核", "reviewed", is_number=True),
    Column("依据", "from"),
)
_HOW_TO_READ = """
<p class="zh">
“连接”是与他条记录归为一人的人员记录。“确定”凭有效身份号码，“推定”凭规则或打分，“单独”指此人只有这一条记录。
模型估计把每条连接的可信度当真：预计有误的连接数是（1 − 可信度）之和，“确定”计为无误；有 30 条以上人工复核时以复核为准。
查全率按“无有效号码且未连上的记录有三分之二属于库中已有的人”估计，括号内按全部如此计。不足 10 的不显示。
本页没有任何人；最可疑的人见 quality.linkage_doubtful，用 sijiku explain --person 查看缘由。</p>
<p class="en">Links are mentions bound to another one. Certain links stand on a valid ID number, probable ones on a rule
or on Splink's score; single is a person of one mention. The model's estimate takes each confidence at its word:
expected wrong is the sum of 1 − confidence, and certain links count as right; where thirty or more were decided by
people, that counts instead. Recall takes two in three of the mentions without a usable number that are bound to nobody
to be of somebody who is listed; in brackets, all of them. Fewer than ten are not shown. Nobody stands on this page:
those to look at first are in quality.linkage_doubtful, and sijiku explain says why.</p>
"""


def linkage_page(connection: duckdb.DuckDBPyConnection, build_id: str) -> str:
    """The page as HTML, the same for the same build.

    Args:
        connection: on a library: reads `quality.linkage_…` and `meta.build`.
        build_id: the build that the page is about.
    """

    def rows(query: str, *parameters: str) -> list[tuple[Any, ...]]:
        return connection.execute(query, list(parameters)).fetchall()

    names = {contract.dataset: contract.name_zh for contract in load_contracts().values()}
    build = rows(_BUILD, build_id)
    sections = [
        _head(build[0][0] if build else None, build_id, rows(_TOTALS)[0], rows(_ALL)),
        as_section("groups", "对谁不够好", "Whom it serves less well: estimates by group", _groups(rows(_BY_GROUP))),
        as_section("links", "凭什么连接", "What links stand on", _datasets(rows(_BY_DATASET), names)),
        as_section("evidence", "各种证据", "Each evidence, and what it is worth", _strata(rows(_BY_STRATUM))),
        as_section("scores", "把握多大", "How sure probable links are", _scores(rows(_SCORES))),
        as_section("sizes", "一人多少记录", "How many mentions persons have", _sizes(rows(_SIZES))),
        as_section("reading", "怎样阅读", "How to read this", _HOW_TO_READ),
    ]
    return as_document(f"人员识别质量 {build_id}", "".join(sections))


def _head(as_of: Any, build_id: str, totals: tuple[Any, ...], every: Sequence[tuple[Any, ...]]) -> str:
    mentions, persons = totals
    links, precision, recall, worst = every[0] if every else (0, None, None, None)
    tiles = [
        ("人员记录", "mentions", _count(mentions or 0)),
        ("人", "persons", _count(persons or 0)),
        ("连接", "links", _count(links)),
        ("估计查准", "precision", _share(precision, links)),
        ("估计查全", "recall, and at worst", _at_worst(recall, worst, links)),
    ]
    shown = "".join(f"<li><b>{escape(value)}</b>{both(zh, en)}</li>" for zh, en, value in tiles)
    return (
        f"<header><h1>{both('人员识别质量', 'What linking is worth')}</h1>"
        f"<p>截至 as of {escape(str(as_of))} · <small>{escape(build_id)}</small></p>"
        f'<ul class="tiles">{shown}</ul></header>'
    )


def _groups(rows: Sequence[tuple[Any, ...]]) -> str:
    return as_table(
        _GROUP_COLUMNS,
        [
            (
                _GROUPS.get(group, group),
                _count(links),
                _interval(precision, low, high, links),
                _count(unlinked),
                _at_worst(recall, worst, links),
                _SOURCES.get(source, source),
            )
            for group, links, precision, low, high, unlinked, recall, worst, source in rows
        ],
    )


def _datasets(rows: Sequence[tuple[Any, ...]], names: dict[str, str]) -> str:
    methods = [method for method in _METHODS if any(row[1] == method for row in rows)]
    chart = audit_charts.stacked(
        [
            (names.get(dataset, dataset), _METHODS[method], mentions)
            for dataset, method, mentions, _ in rows
            if mentions >= _FEWEST
        ],
        [_METHODS[method] for method in methods],
        "各数据集的记录凭什么归人 How the mentions of each dataset are bound",
        is_share=True,
    )
    counted: dict[str, dict[str, int]] = {}
    for dataset, method, mentions, _ in rows:
        counted.setdefault(dataset, {})[method] = mentions
    headings = [_METHODS[method].split(" ") for method in methods]
    columns = (Column("数据集", "dataset"), *(Column(zh, en, is_number=True) for zh, en in headings))
    figures = [
        (f"{names.get(dataset, '')} {dataset}", *(_count(found.get(method, 0)) for method in methods))
        for dataset, found in counted.items()
    ]
    return chart + as_details(as_table(columns, figures))


def _strata(rows: Sequence[tuple[Any, ...]]) -> str:
    shown = []
    for stratum, links, wrong, precision, low, high, reviewed, source in rows:
        if links >= _FEWEST:
            method, evidence = stratum.split(": ", 1)
            shown.append(
                (
                    _METHODS.get(method, method),
                    f"{words_of(evidence)} {evidence}",
                    _count(links),
                    f"{wrong:,.1f}",
                    _interval(precision, low, high, links),
                    _count(reviewed) if reviewed else "",
                    _SOURCES.get(source, source),
                )
            )
    few = [links for _, links, *_ in rows if links < _FEWEST]
    if few:
        shown.append(("", f"其他 {len(few)} 种 others", _count(sum(few)), "", "", "", ""))
    return as_table(_STRATUM_COLUMNS, shown)


def _scores(rows: Sequence[tuple[Any, ...]]) -> str:
    shown = [(_from(low), mentions) for low, mentions in rows if mentions >= _FEWEST]
    columns = (Column("可信度", "confidence"), Column("连接", "links", is_number=True))
    if not shown:
        return f"<p>{both('无', 'None')}</p>"
    return audit_charts.bars(shown, "推定连接的可信度 Confidence of probable links") + as_details(
        as_table(columns, [(_from(low), _count(mentions)) for low, mentions in rows])
    )


def _from(low: float) -> str:
    return "1" if low >= 1 else f"≥ {low:g}"


def _sizes(rows: Sequence[tuple[Any, ...]]) -> str:
    labels = [
        (f"{low}" if high == low + 1 else f"{low}-{high - 1}" if high else f"{low}+", persons, mentions)
        for (low, persons, mentions), high in zip(rows, [*(row[0] for row in rows[1:]), None], strict=True)
    ]
    shown = [(label, persons) for label, persons, _ in labels if persons >= _FEWEST]
    if not shown:
        return f"<p>{both('无', 'None')}</p>"
    columns = (
        Column("记录数", "mentions of a person"),
        Column("人", "persons", is_number=True),
        Column("人员记录", "mentions", is_number=True),
    )
    return audit_charts.bars(shown, "每人的记录数 Mentions of a person") + as_details(
        as_table(
            columns,
            [
                (label, _count(persons), _count(mentions) if persons >= _FEWEST else "")
                for label, persons, mentions in labels
            ],
        )
    )


def _count(number: int | None) -> str:
    if number is None:
        return ""
    return _FEW if 0 < number < _FEWEST else f"{number:,}"


def _share(share: float | None, of: int) -> str:
    return "" if share is None or of < _FEWEST else f"{share:.4f}"


def _at_worst(share: float | None, worst: float | None, of: int) -> str:
    return f"{_share(share, of)} ({_share(worst, of)})" if share is not None and of >= _FEWEST else ""


def _interval(share: float | None, low: float | None, high: float | None, of: int) -> str:
    if share is None or low is None or high is None or of < _FEWEST:
        return ""
    return f"{share:.4f} ({low:.4f}-{high:.4f})"
