"""What Superset's four dashboards show, one for each of the questions: charts over `serving.superset`'s datasets.

Chart types are Superset's own, by their names in its bundles. A chart of a moment filters by `is_newest`, so that
stocks are of the newest month-end; one over time puts the time on its axis. Only what a district may see, too, is
shown: a table that knows no district is the city's alone, and would be an empty chart for everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.area_drawings import FLOATING, REGISTERED
from serving.labels import QUESTIONS, STAY_BANDS


@dataclass(frozen=True)
class Chart:
    """A chart: over which dataset, of which of Superset's types, and its controls; width in twelfths.

    Groups for which the metric `known` is null are left out. Rows are not: where one rate of a
    row is null, the row still counts in the others.
    """

    name: str
    title: str
    dataset: str
    kind: str
    params: Mapping[str, Any]
    width: int = 6
    height: int = 50
    description: str = ""
    known: str | None = None


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: rows of charts beneath a text that says what is counted."""

    name: str
    title: str
    description: str
    text: str
    rows: tuple[tuple[Chart, ...], ...]
    text_height: int = 17
    colours: Mapping[str, str] = field(default_factory=dict)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart, row by row."""
        return tuple(chart for row in self.rows for chart in row)


def _filter(subject: str, operator: str, comparator: Any = None) -> dict[str, Any]:
    ids = {"IS TRUE": "IS_TRUE", "IS FALSE": "IS_FALSE", "==": "EQUALS"}
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": subject,
        "operator": operator,
        "operatorId": ids[operator],
        "comparator": comparator,
        "isExtra": False,
        "isNew": False,
        "filterOptionName": f"filter_{subject}",
    }


_ORDER = "次序 order"


def _expression(label: str, sql: str) -> dict[str, Any]:
    return {
        "expressionType": "SQL",
        "sqlExpression": sql,
        "label": label,
        "hasCustomLabel": True,
        "optionName": f"metric_{label}",
    }


_NOW = [_filter("is_newest", "IS TRUE")]


def _number(name: str, title: str, dataset: str, metric: str, form: str, width: int = 2) -> Chart:
    return Chart(
        name,
        title,
        dataset,
        "big_number_total",
        {
            "metric": metric,
            "adhoc_filters": _NOW,
            "time_range": "No filter",
            "header_font_size": 0.4,
            "subheader_font_size": 0.15,
            "y_axis_format": form,
        },
        width,
        20,
    )


def _bars(
    name: str,
    title: str,
    dataset: str,
    axis: str,
    metrics: list[str],
    form: str,
    *,
    groupby: str | None = None,
    horizontal: bool = False,
    stacked: bool = False,
    by_name: bool = False,
    order: str | None = None,
    limit: int = 1000,
    width: int = 6,
    height: int = 50,
) -> Chart:
    """Bars of the newest moment, the largest first unless they go by name or by `order`, a number in SQL.

    With a `groupby` they go by name: Superset has no other order for them.
    """
    by = metrics[0] if order is None else _ORDER
    is_ascending = by_name or order is not None
    return Chart(
        name,
        title,
        dataset,
        "echarts_timeseries_bar",
        {
            "x_axis": axis,
            "metrics": metrics,
            "groupby": [groupby] if groupby else [],
            "adhoc_filters": _NOW,
            "time_range": "No filter",
            "orientation": "horizontal" if horizontal else "vertical",
            "x_axis_sort": axis if by_name else by,
            # horizontal bars are drawn from below
            "x_axis_sort_asc": is_ascending != horizontal,
            "timeseries_limit_metric": metrics[0] if order is None else _expression(_ORDER, order),
            "order_desc": True,
            "row_limit": limit,
            "stack": "Stack" if stacked else None,
            "only_total": True,
            "show_value": True,
            "show_legend": len(metrics) > 1 or groupby is not None,
            "legendType": "scroll",
            "legendOrientation": "top",
            "rich_tooltip": True,
            "y_axis_format": form,
            "y_axis_bounds": [None, None],
            "truncateYAxis": False,
            "truncate_metric": True,
            "xAxisForceCategorical": True,
            "xAxisLabelInterval": "0",
            "xAxisLabelRotation": 0 if horizontal else 30,
            "color_scheme": "supersetColors",
            "minorTicks": False,
            "y_axis_title_margin": 15,
            "x_axis_title_margin": 15,
        },
        width,
        height,
        known=metrics[0],
    )


def _lines(
    name: str, title: str, dataset: str, metrics: list[str], form: str, width: int = 6, height: int = 50
) -> Chart:
    """Lines over the months that were reported as they passed, without what is told in retrospect."""
    return Chart(
        name,
        title,
        dataset,
        "echarts_timeseries_line",
        {
            "x_axis": "period",
            "time_grain_sqla": "P1M",
            "metrics": metrics,
            "groupby": [],
            "adhoc_filters": [_filter("is_retrospective", "IS FALSE")],
            "time_range": "No filter",
            "row_limit": 10000,
            "order_desc": True,
            "show_legend": True,
            "legendType": "scroll",
            "legendOrientation": "top",
            "markerEnabled": True,
            "markerSize": 5,
            "rich_tooltip": True,
            "tooltipTimeFormat": "%Y-%m",
            "x_axis_time_format": "%Y-%m",
            "y_axis_format": form,
            "truncateYAxis": False,
            "truncate_metric": True,
            "color_scheme": "supersetColors",
        },
        width,
        height,
    )


def _heat(
    name: str, title: str, dataset: str, columns: str, rows: str, metric: str, form: str, width: int, height: int
) -> Chart:
    return Chart(
        name,
        title,
        dataset,
        "heatmap_v2",
        {
            "x_axis": columns,
            "groupby": rows,
            "metric": metric,
            "adhoc_filters": _NOW,
            "time_range": "No filter",
            "row_limit": 10000,
            "sort_x_axis": "alpha_asc",
            "sort_y_axis": "alpha_asc",
            "normalize_across": "heatmap",
            "linear_color_scheme": "oranges",
            "xscale_interval": 1,
            "yscale_interval": 1,
            "left_margin": "auto",
            "bottom_margin": "auto",
            "value_bounds": [None, None],
            "y_axis_format": form,
            "show_legend": True,
            "show_values": True,
            "show_percentage": False,
            "legend_type": "continuous",
            "x_axis_label_rotation": 30,
        },
        width,
        height,
    )


def _table(
    name: str,
    title: str,
    dataset: str,
    groupby: list[str],
    metrics: Mapping[str, str],
    *,
    width: int = 6,
    height: int = 50,
    page: int = 0,
) -> Chart:
    """A table of groups, by the first metric, the largest first."""
    return Chart(
        name,
        title,
        dataset,
        "table",
        {
            "query_mode": "aggregate",
            "groupby": groupby,
            "metrics": list(metrics),
            "all_columns": [],
            "percent_metrics": [],
            "adhoc_filters": _NOW,
            "time_range": "No filter",
            "timeseries_limit_metric": next(iter(metrics)),
            "order_desc": True,
            "row_limit": 10000,
            "page_length": page,
            "server_pagination": False,
            "include_search": page > 0,
            "show_cell_bars": True,
            "color_pn": False,
            "table_timestamp_format": "%Y-%m-%d",
            "column_config": {metric: {"d3NumberFormat": form} for metric, form in metrics.items()},
            "allow_render_html": True,
        },
        width,
        height,
        known=next(iter(metrics)),
    )


def _map(name: str, title: str, measure: str, width: int = 6, height: int = 62) -> Chart:
    return Chart(
        name,
        title,
        "district_map",
        "table",
        {
            "query_mode": "aggregate",
            "groupby": [],
            "metrics": [f"map_{measure}"],
            "all_columns": [],
            "percent_metrics": [],
            "adhoc_filters": [_filter("measure", "==", measure)],
            "time_range": "No filter",
            "row_limit": 10,
            "page_length": 0,
            "server_pagination": False,
            "include_search": False,
            "show_cell_bars": False,
            "allow_render_html": True,
            "column_config": {f"map_{measure}": {"horizontalAlign": "center"}},
        },
        width,
        height,
        "由数据库画成的图，不取外部底图。Drawn by the database; no tiles are fetched.",
    )


def _in_order(column: str, codes: Iterable[str]) -> str:
    """Which of the codes a group has, as a number."""
    cases = " ".join(f"WHEN '{code}' THEN {place}" for place, code in enumerate(codes))
    return f"MIN(CASE {column} {cases} END)"


# The floating are amber and the registered blue, by the names of groups and of metrics.
_COLOURS = {
    **dict.fromkeys(("floating", "floating_coverage_rate", "in_flow", "repeat_collections"), FLOATING),
    **dict.fromkeys(("people", "registered_coverage_rate", "out_flow", "collections"), REGISTERED),
    "流动人口": FLOATING,
    "流动人口覆盖率": FLOATING,
    "流入人口": FLOATING,
    "居住人口": REGISTERED,
    "户籍人口": REGISTERED,
    "户籍人口覆盖率": REGISTERED,
    "流出人口": REGISTERED,
    "非流动人口": REGISTERED,
}

HOW_MANY = Dashboard(
    "how-many",
    f"一、{QUESTIONS['how_many']}",
    "居住人口、流动人口及其来源、流动 People who live here, the floating, where they come from, flows",
    "**流动人口**：在本地居住、户籍在其他旗县级单位且居住满一个月；本市市辖区之间人户分离的除外，不含流出人口。"
    "**常住人口**：居住满六个月。占比的分母是在本地居住的全部人口。人数为最新月末数，不可跨月相加。\n\n"
    "The floating live here, are registered in another county-level unit and have stayed a month or more. Stocks "
    "are of the newest month-end. 指标定义 definitions: `sijiku metric --list`",
    (
        (
            _number("people", "居住人口 People", "population_by_district", "people", ",d", 3),
            _number("floating", "流动人口 Floating", "population_by_district", "floating", ",d", 3),
            _number("floating-share", "流动人口占比 Share", "population_by_district", "floating_share", ".1%", 3),
            _number("registered", "户籍人口 Registered", "population_by_district", "registered", ",d", 3),
        ),
        (
            _map("map-floating-share", "各旗县区流动人口占比 Floating share by district", "floating_share"),
            _bars(
                "people-by-district",
                "各旗县区居住人口与流动人口 People and floating by district",
                "population_by_district",
                "district_name",
                ["people", "floating"],
                ",d",
                horizontal=True,
                height=62,
            ),
        ),
        (
            _bars(
                "floating-by-stay",
                "居住时长 Length of stay",
                "floating_by_stay_band",
                "stay_band_name",
                ["floating"],
                ",d",
                horizontal=True,
                order=_in_order("stay_band", STAY_BANDS),
                width=4,
            ),
            _bars(
                "floating-by-origin",
                "来源省份（前十） Provinces of origin",
                "floating_by_origin",
                "origin_province_name",
                ["floating"],
                ",d",
                horizontal=True,
                limit=10,
                width=4,
            ),
            _lines(
                "flows",
                "各月流入流出（现报） Flows by month",
                "flow_by_district",
                ["in_flow", "out_flow"],
                ",d",
                width=4,
            ),
        ),
        (
            _table(
                "townships",
                "各乡镇（街道）人口 People by township",
                "population_by_township",
                ["district_name", "township_name"],
                {"floating": ",d", "people": ",d", "floating_share": ".1%", "residents": ",d", "renter_share": ".1%"},
                width=12,
                page=20,
                height=60,
            ),
        ),
    ),
    colours=_COLOURS,
)

MISSING = Dashboard(
    "missing",
    f"二、{QUESTIONS['who_is_missing']}",
    "应有而未见的记录、缺失的数据项 Records that should exist and were not seen, values missing",
    "**未见率** = 未见记录 ÷ 应有记录：按应享规则，某部门应有此人的记录而未见到。"
    "未见学籍不等于失学：可能在户籍地就读。\n\n"
    "The rate not seen divides records not seen by those due under the rules of entitlement. A child without a school "
    "record here may be enrolled at home. 建库日的数 As of the build.",
    (
        (
            _number("records-due", "应有记录 Due", "missing_records_by_bureau", "records_due", ",d", 3),
            _number("records-unseen", "未见记录 Not seen", "missing_records_by_bureau", "records_unseen", ",d", 3),
            _number("unseen-rate", "未见率 Rate not seen", "missing_records_by_bureau", "unseen_rate", ".1%", 3),
            _number(
                "missing-rate", "数据项缺失率 Values missing", "record_quality_by_district", "missing_rate", ".1%", 3
            ),
        ),
        (
            _map("map-unseen-rate", "各旗县区未见率 Rate not seen by district", "unseen_rate"),
            _bars(
                "unseen-by-rule",
                "各应享规则未见率 Rate not seen by rule",
                "missing_records_by_bureau",
                "rule_name",
                ["unseen_rate"],
                ".1%",
                horizontal=True,
                height=62,
            ),
        ),
        (
            _heat(
                "unseen-by-bureau-and-district",
                "各部门、旗县区未见率 Rate not seen by bureau and district",
                "missing_records_by_bureau",
                "district_name",
                "bureau_name",
                "unseen_rate",
                ".1%",
                7,
                56,
            ),
            _bars(
                "unseen-by-group",
                "流动与户籍未见率 Floating beside registered, by bureau",
                "missing_records_by_bureau",
                "bureau_name",
                ["unseen_rate"],
                ".1%",
                groupby="population_group_name",
                width=5,
                height=56,
            ),
        ),
        (
            _table(
                "unseen-by-community",
                "未见记录最多的社区（村） Communities with most records not seen",
                "missing_records_by_community",
                ["district_name", "township_name", "community_name"],
                {"records_unseen": ",d", "records_due": ",d", "unseen_rate": ".1%"},
                width=12,
                page=20,
                height=60,
            ),
        ),
    ),
    colours=_COLOURS,
)

AGAIN = Dashboard(
    "again",
    f"三、{QUESTIONS['asked_again']}",
    "重复采集的数据项、部门、区域与成本 Repeats by field, pair of bureaus and area, and their cost",
    "**重复采集率** = 重复采集 ÷ 采集次数：同一人的同一数据项，其他数据集已采集过的再次采集。"
    "成本按每项设定的单价折算。\n\n"
    "A repeat is a value asked of a person that another data set had already. Costs are unit costs times repeats. "
    "建库日的数 As of the build.",
    (
        (
            _number("collections", "采集次数 Collections", "repeat_collection_by_district", "collections", ",d", 3),
            _number("repeats", "重复采集 Repeats", "repeat_collection_by_district", "repeat_collections", ",d", 3),
            _number("repeat-rate", "重复采集率 Repeat rate", "repeat_collection_by_district", "repeat_rate", ".1%", 3),
            _number(
                "repeat-cost",
                "重复成本（元） Cost, yuan",
                "repeat_collection_by_district",
                "repeat_cost_yuan",
                ",.0f",
                3,
            ),
        ),
        (
            _map("map-repeat-rate", "各旗县区重复采集率 Repeat rate by district", "repeat_rate"),
            _bars(
                "repeats-by-field",
                "各数据项采集与重复 Collections and repeats by field",
                "repeat_collection_by_district",
                "field_name",
                ["collections", "repeat_collections"],
                ",d",
                horizontal=True,
                height=62,
            ),
        ),
        (
            _heat(
                "repeats-by-pair",
                "部门之间重复次数 Repeats between bureaus",
                "repeat_collection_by_bureau_pair",
                "other_bureau_name",
                "bureau_name",
                "pair_repeats",
                ",d",
                6,
                56,
            ),
            _bars(
                "repeat-rate-by-field",
                "各数据项重复率 Repeat rate by field",
                "repeat_collection_by_district",
                "field_name",
                ["repeat_rate"],
                ".0%",
                groupby="population_group_name",
                horizontal=True,
                height=56,
            ),
        ),
        (
            _table(
                "repeats-by-district",
                "各旗县区重复采集 Repeats by district",
                "repeat_collection_by_district",
                ["district_name"],
                {"repeat_collections": ",d", "collections": ",d", "repeat_rate": ".1%", "repeat_cost_yuan": ",.0f"},
                width=12,
                height=56,
            ),
        ),
    ),
    colours=_COLOURS,
)

SERVICE = Dashboard(
    "service",
    f"四、{QUESTIONS['reaches_alike']}",
    "流动与户籍人口的覆盖率、均等化率、居住证、人均支出 Coverage, equalisation, permits, spending per person",
    "**覆盖率** = 已覆盖人次 ÷ 应享人次；**均等化率** = 流动人口覆盖率 ÷ 户籍人口覆盖率，1 为均等。"
    "法律要求本地户籍的服务不计流动人口。\n\n"
    "Coverage divides persons reached by persons entitled; the equalisation ratio is the coverage of the floating over "
    "that of the registered, 1 where they are alike. 建库日的数 As of the build.",
    (
        (
            _number(
                "floating-coverage",
                "流动人口覆盖率 Floating",
                "coverage_by_service",
                "floating_coverage_rate",
                ".1%",
                3,
            ),
            _number(
                "registered-coverage",
                "户籍人口覆盖率 Registered",
                "coverage_by_service",
                "registered_coverage_rate",
                ".1%",
                3,
            ),
            _number("equalisation", "均等化率 Equalisation", "coverage_by_service", "equalisation_ratio", ".2f", 3),
            _number("permit-use", "持证享有率 Permit use", "permit_use", "permit_use_rate", ".1%", 3),
        ),
        (
            _map(
                "map-coverage", "各旗县区流动人口覆盖率 Coverage of the floating by district", "floating_coverage_rate"
            ),
            _bars(
                "coverage-by-district",
                "各旗县区覆盖率 Coverage by district",
                "coverage_by_service",
                "district_name",
                ["floating_coverage_rate", "registered_coverage_rate"],
                ".0%",
                horizontal=True,
                height=62,
            ),
        ),
        (
            _table(
                "coverage-by-service",
                "各项服务覆盖率与均等化率 Coverage and equalisation by service",
                "coverage_by_service",
                ["service_name"],
                {
                    "floating_entitled": ",d",
                    "floating_coverage_rate": ".1%",
                    "registered_coverage_rate": ".1%",
                    "equalisation_ratio": ".2f",
                },
                width=7,
                height=70,
            ),
            _bars(
                "permit-use-by-kind",
                "持证者享有率 Use with a permit, by service",
                "permit_use",
                "service_name",
                ["permit_use_rate"],
                ".0%",
                horizontal=True,
                width=5,
                height=70,
            ),
        ),
        (
            _bars(
                "funding-by-district",
                "各旗县区人均支出（元） Spent per person by district, yuan",
                "funding_by_district",
                "district_name",
                ["funding_per_person"],
                ",.0f",
                width=6,
            ),
            _table(
                "coverage-by-community",
                "各社区（村）均等化率 Equalisation by community",
                "coverage_by_community",
                ["district_name", "community_name"],
                {"floating_entitled": ",d", "floating_coverage_rate": ".1%", "equalisation_ratio": ".2f"},
                page=20,
            ),
        ),
    ),
    colours=_COLOURS,
)

DASHBOARDS = (HOW_MANY, MISSING, AGAIN, SERVICE)
