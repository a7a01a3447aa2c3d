"""The semantic layer as a bundle that Apache Superset imports: a connection, datasets, certified metrics, dashboards.

Each saved query is a dataset over its table in schema `metrics`: codes with what they are called beside them, and each
metric as an expression that adds leaf rows up to what MetricFlow gives. Rates divide sums; stocks are given for one
moment at a time and are null where rows of several are mixed. The SQL runs on PostgreSQL and on DuckDB alike, so the
same bundle stands on `sijiku publish postgres` and on `analysis/sijiku.duckdb`: only the connection differs.

The form is that of Superset's own exports (version 1.0.0). Names, order, identifiers and bytes depend on the semantic
layer and on what is asked for alone, so an import puts a newer bundle in the place of an older one.
"""

from __future__ import annotations

import re
import shutil
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from serving.labels import LEVELS, UNKNOWN, labels_of
from serving.library import published_folder
from serving.metrics import Metric, list_metrics
from serving.saved_queries import SavedQuery, list_saved_queries
from serving.semantic_layer import PERIOD, STORED
from serving.superset_dashboards import DASHBOARDS, Chart, Dashboard
from serving.superset_map import MAP, map_image, map_sql
from sources.errors import UsageError
from sources.readers.records import identifier, literal
from sources.workdir import Workdir

CONNECTION = "四级库 Sijiku"
CERTIFIED_BY = "四级库 Sijiku"
FORM = "1.0.0"
# Whether a row is of the newest moment that its table has.
NEWEST = "is_newest"
PAIRS = "repeat_collection_by_bureau_pair"

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "sijiku/superset")
# What a bundle's zip says of when its files were written; a bundle does not depend on when it was made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_SCHEMES = ("postgresql", "postgresql+psycopg2", "duckdb")
# Units to D3's formats.
_FORMATS = {"比例": ".1%", "比值": ".2f", "条/条": ".2f", "元": ",.0f", "元/人": ",.0f"}
_COUNTS = ",d"
# Dimensions whose values are no code, but true or false.
_FLAGS = {"is_retrospective": ("回溯", "现报")}


@dataclass(frozen=True)
class Column:
    """A column of a dataset; its type is PostgreSQL's."""

    name: str
    label: str
    type: str = "VARCHAR"
    description: str = ""


@dataclass(frozen=True)
class Measure:
    """A metric of a dataset: what it is called, its expression, D3's format; certified where MetricFlow defines it."""

    name: str
    label: str
    expression: str
    description: str
    format: str
    certification: str | None


@dataclass(frozen=True)
class Dataset:
    """A dataset: SQL that gives its columns, and metrics over them."""

    name: str
    label: str
    description: str
    sql: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Bundle:
    """What was written: where, and how much of each kind."""

    path: Path
    datasets: int
    metrics: int
    charts: int
    dashboards: int


def write_bundle(
    workdir: Workdir,
    out: Path,
    *,
    database: str | None = None,
    impersonate: bool = False,
    name: str = CONNECTION,
) -> Bundle:
    """Write the bundle of the published library.

    Args:
        workdir: where the library lives.
        out: a zip file to write if it is called so; else a folder, which is made or replaced.
        database: SQLAlchemy's URI of the connection, without a password; None for the published DuckDB file.
        impersonate: whether each of Superset's users reads as the database's login of the same name.
        name: what the connection is called. Two bundles under two names stand beside each other.

    Raises:
        UsageError: nothing is published, the URI is none of ours or has a password, or the folder holds other things.
    """
    uri = database_uri(workdir, database)
    files = bundle_files(datasets_of(workdir), uri, impersonate=impersonate, name=name)
    if out.suffix == ".zip":
        _write_zip(files, out)
    else:
        _write_folder(files, out)
    datasets = datasets_of(workdir)
    return Bundle(
        out,
        datasets=len(datasets),
        metrics=sum(len(dataset.measures) for dataset in datasets),
        charts=sum(len(dashboard.charts) for dashboard in DASHBOARDS),
        dashboards=len(DASHBOARDS),
    )


def database_uri(workdir: Workdir, given: str | None) -> str:
    """The connection's URI: the one that is given, else that of the published DuckDB file.

    Raises:
        UsageError: nothing is published, it is not of PostgreSQL or DuckDB, or it has a password.
    """
    if given is None:
        published_folder(workdir)
        return f"duckdb:///{(workdir.current.absolute() / 'analysis' / 'sijiku.duckdb').as_posix()}"
    parts = urlsplit(given)
    if parts.scheme not in _SCHEMES:
        raise UsageError(
            "只支持 PostgreSQL 和 DuckDB 的连接。Connections are of PostgreSQL or DuckDB; it is not shown here.",
            "Write postgresql+psycopg2://user@host:port/database, or duckdb:////path/to/analysis/sijiku.duckdb.",
        )
    if parts.password or "password" in parts.query.lower():
        raise UsageError(
            "连接中不能写口令：导出的文件会带着它走。A password in the URI would travel with the bundle.",
            "Leave it out: libpq takes it from .pgpass where Superset runs.",
        )
    return given


def datasets_of(workdir: Workdir) -> list[Dataset]:
    """The datasets of the published library: one a saved query, the map of the districts, the pairs of bureaus.

    Raises:
        UsageError: nothing is published.
    """
    metrics = {metric.name: metric for metric in list_metrics(workdir)}
    queries = list_saved_queries(workdir)
    saved = [_dataset(query, metrics) for query in queries]
    known = {query.name: query for query in queries}
    if not all(query in known for query, _ in MAP.values()):
        return saved
    shares = {
        name: (query, metric_sql(metrics, metrics[name], known[query].metrics)) for name, (query, _) in MAP.items()
    }
    return [*saved, _map_dataset(shares, metrics), _pairs_dataset()]


def metric_sql(metrics: Mapping[str, Metric], metric: Metric, columns: Sequence[str]) -> str:
    """A metric as an expression over rows that hold what it is made of, for PostgreSQL and DuckDB.

    Args:
        metrics: all metrics by name.
        metric: the one to write.
        columns: names of the columns, each the metric of that name for the row's group.

    Raises:
        KeyError: the columns do not hold all that it is made of.
    """
    worked_out = _worked_out(metrics, metric, columns)
    if metric.is_of_a_moment:
        return f"CASE WHEN MIN({PERIOD}) = MAX({PERIOD}) THEN {worked_out} END"
    return worked_out


def _worked_out(metrics: Mapping[str, Metric], metric: Metric, columns: Sequence[str]) -> str:
    if metric.numerator and metric.denominator:
        above, below = (_worked_out(metrics, metrics[part], columns) for part in (metric.numerator, metric.denominator))
        return f"CAST({above} AS DOUBLE PRECISION) / NULLIF({below}, 0)"
    if metric.expression:
        return re.sub(
            r"[a-z_0-9]+",
            lambda word: f"({_worked_out(metrics, metrics[word[0]], columns)})" if word[0] in metric.parts else word[0],
            metric.expression,
        )
    if metric.name not in columns:
        raise KeyError(metric.name)
    return f"SUM({metric.name})"


def bundle_files(datasets: Sequence[Dataset], uri: str, *, impersonate: bool, name: str = CONNECTION) -> dict[str, str]:
    """The bundle's files by path, each YAML."""
    known = {dataset.name: dataset for dataset in datasets}
    files = {
        "metadata.yaml": {"version": FORM, "type": "Dashboard", "timestamp": "2000-01-01T00:00:00+00:00"},
        "databases/sijiku.yaml": _database(uri, impersonate, name),
    }
    for dataset in datasets:
        files[f"datasets/sijiku/{dataset.name}.yaml"] = _dataset_yaml(dataset, name)
    for dashboard in DASHBOARDS:
        charts = [chart for chart in dashboard.charts if chart.dataset in known]
        if not charts:
            continue
        for chart in charts:
            files[f"charts/{chart.name}.yaml"] = _chart_yaml(chart, known[chart.dataset], name)
        files[f"dashboards/{dashboard.name}.yaml"] = _dashboard_yaml(dashboard, charts, known, name)
    return {path: _yaml(content) for path, content in sorted(files.items())}


def identifier_of(kind: str, key: str, name: str = CONNECTION) -> str:
    """The UUID of a thing of the bundle: the same for the same thing under the same connection, always."""
    return str(uuid.uuid5(_SPACE, f"{name}/{kind}/{key}"))


def _dataset(query: SavedQuery, metrics: Mapping[str, Metric]) -> Dataset:
    columns: list[Column] = []
    chosen: list[str] = []
    joins: list[str] = []
    for dimension, label in query.dimensions.items():
        own = f"m.{identifier(dimension)}"
        type_ = "DATE" if dimension == PERIOD else "BOOLEAN" if dimension in _FLAGS else "VARCHAR"
        named = _named(dimension, own)
        is_code = named != own
        columns.append(Column(dimension, f"{_chinese(label)}代码" if is_code else _chinese(label), type_, label))
        chosen.append(own)
        if is_code:
            columns.append(Column(f"{dimension}_name", _chinese(label), "VARCHAR", label))
            chosen.append(f"{named} AS {dimension}_name")
        if dimension in LEVELS:
            joins.append(f"LEFT JOIN ({division_names_sql()}) AS {dimension}_division ON {_joined(dimension)}")
    table = f"{STORED}.{query.name}"
    measures = [_measure(metrics, metrics[name], query) for name in query.metrics]
    columns += [_figure(metrics[name]) for name in query.metrics]
    columns.append(Column(NEWEST, "最新一期", "BOOLEAN", "是表中最新的一期 Of the newest moment in the table"))
    chosen += [f"m.{identifier(name)}" for name in query.metrics]
    chosen.append(f"m.{PERIOD} = (SELECT MAX({PERIOD}) FROM {table}) AS {NEWEST}")
    listed = ",\n  ".join(chosen)
    lines = [f"SELECT\n  {listed}", f"FROM {table} AS m", *joins]
    conditions = "；Rows: " + "; ".join(query.where) if query.where else ""
    return Dataset(
        query.name,
        query.label,
        f"{query.label}。{query.description}{conditions}",
        "\n".join(lines),
        tuple(columns),
        tuple(measures),
    )


def _figure(metric: Metric) -> Column:
    type_ = "BIGINT" if _format(metric) == _COUNTS else "DOUBLE PRECISION"
    return Column(metric.name, _chinese(metric.label), type_, f"{metric.label}: {metric.description_zh}")


def _measure(metrics: Mapping[str, Metric], metric: Metric, query: SavedQuery) -> Measure:
    told = [
        f"{metric.description_zh} {metric.description}",
        f"单位 unit: {metric.unit}",
        f"分母 denominator: {metric.denominator_zh} {metric.denominator_en}",
    ]
    certification = [
        f"指标定义 Metric {metric.name}: sijiku metric {metric.name} --explain",
        f"责任单位 owner: {metric.owner}",
        f"粒度 grain: {metric.grain}",
    ]
    if query.where:
        certification.append(f"范围 rows of {query.name}: {'; '.join(query.where)}")
    if metric.is_of_a_moment:
        told.append("不可跨期相加，多期混合时为空。Of one moment: null where rows of several are mixed.")
    return Measure(
        metric.name,
        _chinese(metric.label),
        metric_sql(metrics, metric, query.metrics),
        "\n".join(told),
        _format(metric),
        "\n".join(certification),
    )


def _map_dataset(shares: Mapping[str, tuple[str, str]], metrics: Mapping[str, Metric]) -> Dataset:
    return Dataset(
        "district_map",
        "旗县区地图 Map of the districts",
        "每项指标、每旗县区一行，最新一期，附轮廓。One row per measure and district, as of the newest moment.",
        map_sql(shares, f"({division_names_sql()})"),
        (
            Column("measure", "指标代码", "VARCHAR", "指标 Metric"),
            Column("district", "旗县区代码", "VARCHAR", "旗县区 District"),
            Column("district_name", "旗县区", "VARCHAR", "旗县区 District"),
            Column("share", "比例", "DOUBLE PRECISION", "比例，以 1 为满 Fraction of 1"),
            Column("lowest", "首档下限", "DOUBLE PRECISION", "首档下限，百分数 Where the first shade begins, per cent"),
            Column("step", "档宽", "DOUBLE PRECISION", "每档宽度，百分数 Width of a shade, per cent"),
            Column("shade", "色档", "INTEGER", "色档 0 至 4 Shade"),
            Column("outline", "轮廓", "VARCHAR", "全市图轮廓 Outline in the city's map, path of SVG"),
            Column("urban_outline", "市区轮廓", "VARCHAR", "市区图轮廓 Outline in the urban map, path of SVG"),
            Column("label", "标注", "VARCHAR", "标注 Name and share where they stand"),
        ),
        tuple(
            Measure(
                f"map_{name}",
                f"{_chinese(metrics[name].label)}地图",
                map_image(metrics[name].label),
                f"{metrics[name].label}: {metrics[name].description_zh}",
                "",
                None,
            )
            for name in shares
        ),
    )


def _pairs_dataset() -> Dataset:
    names = {
        "district_name": (f"COALESCE(d.name, {literal(UNKNOWN)})", "旗县区", "旗县区 District"),
        "bureau_name": (_named("bureau", "m.bureau"), "部门", "部门 Bureau"),
        "other_bureau_name": (_named("bureau", "m.other_bureau"), "另一部门", "另一部门 Other bureau"),
        "field_name": (_named("field", "m.field"), "数据项", "数据项 Field"),
    }
    chosen = ",\n  ".join(f"{sql} AS {name}" for name, (sql, _, _) in names.items())
    return Dataset(
        PAIRS,
        "部门间重复采集 Repeats between bureaus",
        "同一人的同一数据项，两部门都采集过；取旗县区一级的行。Of marts.mart_repeat_collection the rows of "
        "districts, which add up to the city. 一人为多对部门重复时每对各计。Who was asked by several "
        "pairs counts with each.",
        f"SELECT\n  m.{PERIOD},\n  {chosen},\n  m.people,\n  m.repeats,\n"
        f"  m.{PERIOD} = (SELECT MAX({PERIOD}) FROM marts.mart_repeat_collection) AS {NEWEST}\n"
        f"FROM marts.mart_repeat_collection AS m\n"
        f"LEFT JOIN ({division_names_sql()}) AS d ON d.division_code = m.division_code\nWHERE m.level = 'district'",
        (
            Column(PERIOD, "时点", "DATE", "时点 Period"),
            *(Column(name, label, "VARCHAR", told) for name, (_, label, told) in names.items()),
            Column("people", "人数", "BIGINT", "两部门都采集过的人 People whom both bureaus asked"),
            Column("repeats", "重复次数", "BIGINT", "重复次数 Repeats"),
            Column(NEWEST, "最新一期", "BOOLEAN", "是表中最新的一期 Of the newest moment in the table"),
        ),
        (
            Measure(
                "pair_repeats",
                "部门间重复次数",
                f"CASE WHEN MIN({PERIOD}) = MAX({PERIOD}) THEN SUM(repeats) END",
                "每对部门之间的重复采集次数 Repeats between a pair of bureaus (marts.mart_repeat_collection.repeats)",
                _COUNTS,
                None,
            ),
        ),
    )


def division_names_sql() -> str:
    """Divisions by code, each by its newest name."""
    return (
        "SELECT division_code, name FROM (SELECT division_code, name, ROW_NUMBER() OVER (PARTITION BY division_code "
        "ORDER BY valid_to DESC NULLS FIRST, name) AS place FROM library.dim_division) AS named WHERE place = 1"
    )


def _joined(dimension: str) -> str:
    return f"{dimension}_division.division_code = m.{identifier(dimension)}"


def _named(dimension: str, own: str) -> str:
    """SQL for what a code is called; the column itself where it has no other name."""
    if dimension == PERIOD:
        return own
    if dimension in LEVELS:
        return f"COALESCE({dimension}_division.name, {own}, {literal(UNKNOWN)})"
    if dimension in _FLAGS:
        yes, no = _FLAGS[dimension]
        return f"CASE WHEN {own} THEN {literal(yes)} ELSE {literal(no)} END"
    labels = labels_of(dimension)
    if not labels:
        return own
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(text)}" for code, text in labels.items())
    other = own
    if dimension == "region":
        # a prefecture of another province that has no name here is called by its province and code
        provinces = " ".join(
            f"WHEN {literal(code[:2])} THEN {literal(text + ' ')}"
            for code, text in labels_of("origin_province").items()
        )
        other = f"CASE SUBSTRING({own}, 1, 2) {provinces} ELSE '' END || SUBSTRING({own}, 1, 4)"
    return f"CASE WHEN {own} IS NULL THEN {literal(UNKNOWN)} ELSE CASE {own} {cases} ELSE {other} END END"


def _chinese(label: str) -> str:
    """The Chinese of a label that has English behind it."""
    return label.partition(" ")[0]


def _format(metric: Metric) -> str:
    return _FORMATS.get(metric.unit.partition(" ")[0], _COUNTS)


def _database(uri: str, impersonate: bool, name: str) -> dict[str, Any]:
    is_file = uri.startswith("duckdb")
    arguments: dict[str, Any] = {"read_only": True} if is_file else {"application_name": "superset"}
    return {
        "database_name": name,
        "sqlalchemy_uri": uri,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "impersonate_user": impersonate,
        "extra": {
            "metadata_params": {},
            "engine_params": {"connect_args": arguments},
            "metadata_cache_timeout": {},
            "schemas_allowed_for_csv_upload": [],
            "allows_virtual_table_explore": True,
            # what one may see is kept from others who may not
            "per_user_caching": impersonate,
        },
        "uuid": identifier_of("database", "", name),
        "version": FORM,
    }


def _dataset_yaml(dataset: Dataset, name: str) -> dict[str, Any]:
    has_time = any(column.name == PERIOD for column in dataset.columns)
    return {
        # Superset on SQLite lets a name stand once, whatever the connection
        "table_name": dataset.name if name == CONNECTION else f"{dataset.name} ({name})",
        "main_dttm_col": PERIOD if has_time else None,
        "description": dataset.description,
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "catalog": None,
        "schema": None,
        "sql": dataset.sql,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": {
            "certification": {
                "certified_by": CERTIFIED_BY,
                "details": f"{dataset.label}，由语义层生成 generated from the semantic layer",
            }
        },
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": identifier_of("dataset", dataset.name, name),
        "metrics": [
            {
                "metric_name": measure.name,
                "verbose_name": measure.label,
                "metric_type": "expression",
                "expression": measure.expression,
                "description": measure.description,
                "d3format": measure.format or None,
                "extra": {"certification": {"certified_by": CERTIFIED_BY, "details": measure.certification}}
                if measure.certification
                else {},
                "warning_text": None,
            }
            for measure in dataset.measures
        ],
        "columns": [
            {
                # a metric and a column may not share what they are shown as: the column is of one row
                "column_name": column.name,
                "verbose_name": column.label,
                "is_dttm": column.type == "DATE",
                "is_active": True,
                "type": column.type,
                "groupby": column.type in ("VARCHAR", "BOOLEAN", "DATE"),
                "filterable": True,
                "expression": "",
                "description": column.description,
                "python_date_format": None,
                "extra": {},
            }
            for column in dataset.columns
        ],
        "version": FORM,
        "database_uuid": identifier_of("database", "", name),
    }


def _chart_yaml(chart: Chart, dataset: Dataset, name: str) -> dict[str, Any]:
    filters = list(chart.params["adhoc_filters"])
    filters += [
        {
            "clause": "HAVING",
            "expressionType": "SQL",
            "sqlExpression": f"({measure.expression}) IS NOT NULL",
            "filterOptionName": f"filter_{measure.name}",
        }
        for measure in dataset.measures
        if measure.name == chart.known
    ]
    return {
        "slice_name": chart.title,
        "description": chart.description or dataset.label,
        "certified_by": CERTIFIED_BY,
        "certification_details": f"数据集 dataset {dataset.name}",
        "viz_type": chart.kind,
        "params": {"viz_type": chart.kind, **chart.params, "adhoc_filters": filters},
        "query_context": None,
        "cache_timeout": None,
        "uuid": identifier_of("chart", chart.name, name),
        "version": FORM,
        "dataset_uuid": identifier_of("dataset", dataset.name, name),
    }


def _dashboard_yaml(
    dashboard: Dashboard, charts: Sequence[Chart], datasets: Mapping[str, Dataset], name: str
) -> dict[str, Any]:
    slug = f"sijiku-{dashboard.name}"
    if name != CONNECTION:
        slug += f"-{identifier_of('dashboard', dashboard.name, name)[:8]}"
    return {
        "dashboard_title": dashboard.title,
        "description": dashboard.description,
        "css": "",
        "slug": slug,
        "certified_by": CERTIFIED_BY,
        "certification_details": "由语义层生成 Generated from the semantic layer",
        "published": True,
        "uuid": identifier_of("dashboard", dashboard.name, name),
        "position": _position(dashboard, charts, name),
        "metadata": {
            "color_scheme": "supersetColors",
            "label_colors": dict(dashboard.colours),
            "shared_label_colors": [],
            "refresh_frequency": 0,
            "timed_refresh_immune_slices": [],
            "expanded_slices": {},
            "cross_filters_enabled": False,
            "default_filters": "{}",
            "native_filter_configuration": _filters(dashboard, charts, datasets, name),
        },
        "version": FORM,
    }


def _filters(
    dashboard: Dashboard, charts: Sequence[Chart], datasets: Mapping[str, Dataset], name: str
) -> list[dict[str, Any]]:
    """The filter by district. It holds for every chart of the dashboard whose dataset has its column."""
    source = next(chart.dataset for chart in charts)
    if not any(column.name == "district_name" for column in datasets[source].columns):
        return []
    return [
        {
            "id": f"NATIVE_FILTER-{identifier_of('filter', dashboard.name, name)[:8]}",
            "type": "NATIVE_FILTER",
            "name": "旗县区 District",
            "description": "只看所选旗县区；地图除外。Of the chosen districts alone; the map shows all.",
            "filterType": "filter_select",
            "targets": [{"datasetUuid": identifier_of("dataset", source, name), "column": {"name": "district_name"}}],
            "defaultDataMask": {"extraFormData": {}, "filterState": {}},
            "cascadeParentIds": [],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            "controlValues": {
                "enableEmptyFilter": False,
                "defaultToFirstItem": False,
                "multiSelect": True,
                "searchAllOptions": False,
                "inverseSelection": False,
            },
        }
    ]


def _position(dashboard: Dashboard, charts: Sequence[Chart], name: str) -> dict[str, Any]:
    """Where the charts stand: rows of twelve columns, heights in units of eight pixels."""
    there = {chart.name for chart in charts}
    rows = [[chart for chart in row if chart.name in there] for row in dashboard.rows]
    rows = [row for row in rows if row]
    placed: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
        "GRID_ID": {
            "type": "GRID",
            "id": "GRID_ID",
            "parents": ["ROOT_ID"],
            "children": ["ROW-0", *(f"ROW-{place}" for place in range(1, len(rows) + 1))],
        },
    }
    above = ["ROOT_ID", "GRID_ID"]
    placed["ROW-0"] = _row(0, ["MARKDOWN-0"])
    placed["MARKDOWN-0"] = {
        "type": "MARKDOWN",
        "id": "MARKDOWN-0",
        "children": [],
        "parents": [*above, "ROW-0"],
        "meta": {"code": dashboard.text, "width": 12, "height": dashboard.text_height},
    }
    for place, row in enumerate(rows, start=1):
        placed[f"ROW-{place}"] = _row(place, [f"CHART-{chart.name}" for chart in row])
        for number, chart in enumerate(row):
            placed[f"CHART-{chart.name}"] = {
                "type": "CHART",
                "id": f"CHART-{chart.name}",
                "children": [],
                "parents": [*above, f"ROW-{place}"],
                "meta": {
                    "chartId": place * 100 + number,
                    "uuid": identifier_of("chart", chart.name, name),
                    "sliceName": chart.title,
                    "width": chart.width,
                    "height": chart.height,
                },
            }
    return placed


def _row(place: int, children: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "ROW",
        "id": f"ROW-{place}",
        "children": list(children),
        "parents": ["ROOT_ID", "GRID_ID"],
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }


class _Dumper(yaml.SafeDumper):
    """YAML in which texts of several lines stay so, and nothing is said by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def _write_zip(files: Mapping[str, str], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(f"sijiku/{path}", _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, text.encode())
    partial.replace(out)


def _write_folder(files: Mapping[str, str], out: Path) -> None:
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "metadata.yaml").exists())):
        raise UsageError(
            f"{out} 已有其他内容。{out} holds other things.", "Name a folder that is new or holds a bundle, or a .zip."
        )
    if out.exists():
        shutil.rmtree(out)
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
