"""Metrics that mean the same whoever asks: MetricFlow's engine over the published library.

The definitions are those of `docs/semantic_manifest.json`, published with the build. MetricFlow plans the SQL; it runs
here on the read-only connection, so that whole numbers come back whole. Semantic models stand on leaf rows about
persons: metrics are computed in the restricted part, and hold none.

What is asked again and again stands in the manifest as saved queries. Each build answers them before it is published,
and keeps each answer as a table of schema `metrics`: `serving.saved_queries` reads it, and so can tools that know no
MetricFlow.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest, OutputColumnOrderMode
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
from metricflow_semantics.errors.error_classes import InformativeUserError
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from serving.labels import LEVELS
from serving.library import Rows, open_published, run_query
from serving.saved_queries import explain_saved_query
from serving.semantic_layer import STORED, TIME, document_of, manifest_of, near, one_of, short_name
from sources.errors import UsageError
from sources.interface import Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# What sums of whole numbers and times of whole days are stored as; other types stay.
_STORED_AS = {"HUGEINT": "BIGINT", "TIMESTAMP": "DATE"}


@dataclass(frozen=True)
class Metric:
    """A metric as the manifest defines it.

    Attributes:
        name: as it is asked by.
        label: Chinese, with English behind it.
        description: what it counts, in English; `description_zh` says it in Chinese.
        unit, owner, grain: Chinese with English; the grain is that of the rows that it stands on.
        type: simple, ratio, derived or cumulative.
        parts: what it is worked out from, numerators and denominators of rates among them; nothing for a count.
        numerator, denominator: metrics, of a ratio.
        denominator_zh, denominator_en: the denominator in words.
        columns: the columns that its measures, or those of its parts, are added up from: (schema, table, expression).
        dimensions: short names of what it can be grouped and filtered by.
        expression: how a derived metric is worked out from its parts; None for others.
        is_of_a_moment: it is not added up over time: a stock, what adds up within a year, or what is made of such.
    """

    name: str
    label: str
    description: str
    description_zh: str
    unit: str
    owner: str
    grain: str
    type: str
    parts: tuple[str, ...]
    numerator: str | None
    denominator: str | None
    denominator_zh: str
    denominator_en: str
    columns: tuple[tuple[str, str, str], ...]
    dimensions: tuple[str, ...]
    expression: str | None
    is_of_a_moment: bool


class _DuckDbDialect:
    """What MetricFlow's planner asks a client for: which SQL to write. It is never asked to run any."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer: SqlPlanRenderer = DuckDbSqlPlanRenderer()


def list_metrics(workdir: Workdir) -> list[Metric]:
    """The metrics of the published library by name, each with its dimensions.

    Raises:
        UsageError: nothing is published.
    """
    engine, document = _engine_of(workdir), document_of(workdir)
    return [_defined(engine, document, name) for name in sorted(_by_name(document))]


def explain_metric(workdir: Workdir, name: str) -> Metric:
    """One metric of the published library.

    Raises:
        UsageError: nothing is published, or there is no such metric.
    """
    engine = _engine_of(workdir)
    _known_metrics(engine, [name])
    return _defined(engine, document_of(workdir), name)


def with_parts(workdir: Workdir, metrics: Sequence[str]) -> list[str]:
    """The metrics asked for, each rate followed by its numerator and denominator, none twice.

    Raises:
        UsageError: nothing is published, or there is no such metric.
    """
    _known_metrics(_engine_of(workdir), metrics)
    by_name = _by_name(document_of(workdir))
    return list(dict.fromkeys(part for name in metrics for part in (name, *_parts(by_name, name))))


def query_metric(
    workdir: Workdir,
    metrics: Sequence[str],
    by: Sequence[str] = (),
    *,
    where: Mapping[str, str | Sequence[str]] | None = None,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> Rows:
    """Metrics by dimensions, ordered by the dimensions in the order given.

    Args:
        workdir: where the library lives.
        metrics: their names, as `list_metrics` gives them.
        by: dimensions in short (`district`) or in full (`person_month__district`); `metric_time` for the time, with a
            grain as `metric_time__month`.
        where: dimension, other than a time, to the value, or values, that it must have.
        start, end: the period to look at, both ends included.

    Returns:
        One column a dimension under the name it was asked by, then one a metric. Stocks such as people are those of
        the newest month-end in the period unless time is among the dimensions.

    Raises:
        UsageError: nothing is published, or there is no such metric, dimension or combination.
    """
    plan = plan_metric(workdir, metrics, by, where=where, start=start, end=end)
    with open_published(workdir, "restricted") as connection:
        answer = run_query(connection, plan)
    return Rows((*by, *metrics), [tuple(map(_day, row)) for row in answer.rows])


def plan_metric(
    workdir: Workdir,
    metrics: Sequence[str],
    by: Sequence[str] = (),
    *,
    where: Mapping[str, str | Sequence[str]] | None = None,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> str:
    """The SQL of `query_metric`, for whoever wants to see what a metric means."""
    engine = _engine_of(workdir)
    _known_metrics(engine, metrics)
    known = _dimensions(engine, metrics)
    full = [_full_name(known, name) for name in by]
    filters = {_full_name(known, name): value for name, value in (where or {}).items()}
    document = document_of(workdir)
    _no_finer_than_allowed(document, [*full, *filters])
    _time_where_needed(document, metrics, full)
    request = MetricFlowQueryRequest.create(
        metric_names=list(metrics),
        group_by_names=full or None,
        where_constraints=[_condition(name, value) for name, value in filters.items()] or None,
        time_constraint_start=_midnight(start),
        time_constraint_end=_midnight(end),
        order_by_names=full or None,
        output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
    )
    try:
        return str(engine.explain(request).sql_statement.sql)
    except InformativeUserError as error:
        raise UsageError(
            f"指标无法这样查询。{', '.join(metrics)} cannot be had so: {_first_line(error)}",
            f"Dimensions: {', '.join(sorted(known))}; a time takes a grain, as in metric_time__month.",
        ) from None


def store_saved_queries(workdir: Workdir, semantic_manifest: Path) -> dict[str, int]:
    """Answer the manifest's saved queries from the working warehouse, each into the table `metrics.<its name>`.

    Columns are named as dimensions and metrics are, in the order of the query; the time is `period`, a date. Tables of
    queries that are no more go.

    Args:
        workdir: the caller holds its lock; what semantic models stand on is in its working warehouse.
        semantic_manifest: dbt's `semantic_manifest.json` of this build.

    Returns:
        Rows by table, in the order of the names.
    """
    engine = _load_engine(semantic_manifest)
    names = sorted(query.name for query in engine.list_saved_queries())
    with open_warehouse(workdir, is_small=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{STORED}" CASCADE; CREATE SCHEMA "{STORED}"')
        return {name: _store(connection, engine, name) for name in names}


def plan_saved_query(workdir: Workdir, name: str) -> str:
    """The SQL by which MetricFlow answers a saved query, for whoever wants to see what it means.

    Raises:
        UsageError: nothing is published, or there is no such saved query.
    """
    return _plan_saved(_engine_of(workdir), explain_saved_query(workdir, name).name)


def _plan_saved(engine: MetricFlowEngine, name: str) -> str:
    request = MetricFlowQueryRequest.create(
        saved_query_name=name, output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER
    )
    return str(engine.explain(request).sql_statement.sql)


def _store(connection: duckdb.DuckDBPyConnection, engine: MetricFlowEngine, name: str) -> int:
    plan = _plan_saved(engine, name)
    columns = ", ".join(
        f'CAST("{column}" AS {_STORED_AS.get(type_, type_)}) AS "{short_name(column)}"'
        for column, type_, *_ in connection.execute(f"DESCRIBE {plan}").fetchall()
    )
    (rows,) = connection.execute(
        f"CREATE TABLE {Table(STORED, name).quoted} AS SELECT {columns} FROM ({plan})"
    ).fetchall()
    return int(rows[0])


def _engine_of(workdir: Workdir) -> MetricFlowEngine:
    return _engine(manifest_of(workdir))


def _by_name(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {metric["name"]: metric for metric in document["metrics"]}


def _defined(engine: MetricFlowEngine, document: Mapping[str, Any], name: str) -> Metric:
    by_name = _by_name(document)
    metric = by_name[name]
    meta = (metric.get("config") or {}).get("meta") or {}
    numerator, denominator = (
        (metric["type_params"].get(part) or {}).get("name") for part in ("numerator", "denominator")
    )
    return Metric(
        name=name,
        label=metric.get("label") or name,
        description=metric.get("description") or "",
        **{key: str(meta.get(key, "")) for key in ("description_zh", "unit", "owner", "grain")},
        type=metric["type"],
        parts=tuple(_parts(by_name, name)),
        numerator=numerator,
        denominator=denominator,
        **{key: str(meta.get(key, "")) for key in ("denominator_zh", "denominator_en")},
        columns=tuple(_columns(document, by_name, name)),
        dimensions=tuple(sorted(_dimensions(engine, [name]))),
        expression=metric["type_params"].get("expr") if metric["type"] == "derived" else None,
        is_of_a_moment=_is_of_a_moment(document, by_name, name),
    )


def _is_of_a_moment(document: Mapping[str, Any], by_name: Mapping[str, dict[str, Any]], name: str) -> bool:
    stocks = {
        measure["name"]
        for model in document["semantic_models"]
        for measure in model["measures"]
        if measure.get("non_additive_dimension")
    }
    return any(
        by_name[part]["type"] == "cumulative"
        or any(measure["name"] in stocks for measure in by_name[part]["type_params"].get("input_measures") or [])
        for part in (name, *_parts(by_name, name))
    )


def _parts(by_name: Mapping[str, dict[str, Any]], name: str) -> list[str]:
    """The metrics that a metric is worked out from, and those that these are, each once."""
    params = by_name[name]["type_params"]
    own = [params.get("numerator"), params.get("denominator"), *(params.get("metrics") or [])]
    direct = [str(part["name"]) for part in own if part]
    return list(dict.fromkeys(found for part in direct for found in (part, *_parts(by_name, part))))


def _columns(
    document: Mapping[str, Any], by_name: Mapping[str, dict[str, Any]], name: str
) -> Iterator[tuple[str, str, str]]:
    """Where the measures of a metric and of its parts stand: schema, table and the expression that is added up."""
    wanted = {
        str(measure["name"])
        for metric in (name, *_parts(by_name, name))
        for measure in by_name[metric]["type_params"].get("input_measures") or []
    }
    for model in document["semantic_models"]:
        relation = model["node_relation"]
        for measure in model["measures"]:
            if measure["name"] in wanted:
                yield relation["schema_name"], relation["alias"], str(measure["expr"] or measure["name"])


def _no_finer_than_allowed(document: Mapping[str, Any], asked: Sequence[str]) -> None:
    """Some dimensions are for a level and those above it alone, whether they are grouped or filtered by."""
    for model in document["semantic_models"]:
        for dimension in model["dimensions"]:
            finest = ((dimension.get("config") or {}).get("meta") or {}).get("finest")
            name = f"{model['primary_entity']}__{dimension['name']}"
            if finest is None or name not in asked:
                continue
            finer = [level for level in LEVELS[LEVELS.index(finest) + 1 :] if f"division__{level}" in asked]
            if finer:
                raise UsageError(
                    f"{dimension['name']} 只到 {finest} 一级，不按 {finer[0]} 给出。"
                    f"{dimension['name']} is given for the {finest} as a whole, never by {finer[0]}.",
                    f"Leave out {', '.join(finer)}, or {dimension['name']}.",
                )


def _time_where_needed(document: Mapping[str, Any], metrics: Sequence[str], full: Sequence[str]) -> None:
    by_name = _by_name(document)
    for name in metrics:
        running = [part for part in (name, *_parts(by_name, name)) if by_name[part]["type"] == "cumulative"]
        if running and not any(asked == TIME or asked.startswith(f"{TIME}__") for asked in full):
            raise UsageError(
                f"{name} 是累计指标，须按时间查询。{name} adds up over time and is asked by time.",
                "Add metric_time__month, as in: --by metric_time__month",
            )


@lru_cache(maxsize=4)
def _engine(manifest: Path) -> MetricFlowEngine:
    """An engine of one published build: its manifest never changes, and reading it takes a second."""
    return _load_engine(manifest)


def _load_engine(manifest: Path) -> MetricFlowEngine:
    parsed = parse_manifest_from_dbt_generated_manifest(manifest.read_text(encoding="utf-8"))
    return MetricFlowEngine(SemanticManifestLookup(parsed), cast(SqlClient, _DuckDbDialect()))


def _known_metrics(engine: MetricFlowEngine, metrics: Sequence[str]) -> None:
    known = [metric.name for metric in engine.list_metrics(include_dimensions=False)]
    unknown = [name for name in metrics if name not in known]
    saved = [query.name for query in engine.list_saved_queries()]
    if unknown and unknown[0] in saved:
        raise UsageError(
            f"{unknown[0]} 是常用查询，不是指标。{unknown[0]} is a saved query, no metric.",
            f"Ask for it with: sijiku metric --query {unknown[0]}",
        )
    if unknown or not metrics:
        meant = near(unknown[0], [*known, *saved]) if unknown else ""
        raise UsageError(
            f"没有指标 {unknown[0]}。There is no metric {unknown[0]}." if unknown else "No metric was named.",
            f"{meant}Metrics: {', '.join(sorted(known)) or 'none are defined'}.",
        )


def _dimensions(engine: MetricFlowEngine, metrics: Sequence[str]) -> dict[str, str]:
    """Short names of the dimensions that all these metrics have, to their full ones; in full where short is unclear."""
    full = {TIME, *(item.granularity_free_dunder_name for item in engine.simple_dimensions_for_metrics(list(metrics)))}
    short: dict[str, list[str]] = {}
    for name in sorted(full):
        short.setdefault(name.rpartition("__")[2], []).append(name)
    return {key if len(names) == 1 else name: name for key, names in short.items() for name in names}


def _full_name(known: Mapping[str, str], name: str) -> str:
    if name in known:
        return known[name]
    # In full, or a time with its grain.
    if name in known.values() or name.rpartition("__")[0] in {TIME, *known.values()}:
        return name
    head, _, grain = name.rpartition("__")
    if head in known and grain:
        return f"{known[head]}__{grain}"
    raise UsageError(
        f"没有维度 {name}。There is no dimension {name}.",
        f"{near(name, sorted(known))}Dimensions: {', '.join(sorted(known))}.",
    )


def _condition(full_name: str, value: str | Sequence[str]) -> str:
    return one_of(f"{{{{ Dimension('{full_name}') }}}}", value)


def _midnight(day: datetime.date | None) -> datetime.datetime | None:
    return datetime.datetime(day.year, day.month, day.day) if day else None


def _day(value: object) -> object:
    """Times are days or longer: their first day, which MetricFlow gives as a midnight."""
    return value.date() if isinstance(value, datetime.datetime) else value


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
