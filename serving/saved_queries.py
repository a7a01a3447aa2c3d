"""Saved queries as readers have them: what each asks, and its answer, read from the table that the build stored.

A saved query is answered once a build (`serving.metrics.store_saved_queries`), so its table is an answer worked out
beforehand: to read it nothing is counted, planned or joined, and no person's row is opened. What is asked of it later
(values of its dimensions, a span of time) chooses among its rows.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.library import Rows, open_published, run_query
from serving.semantic_layer import PERIOD, STORED, TIME, document_of, near, one_of, short_name
from sources.errors import UsageError
from sources.interface import Table
from sources.readers.records import identifier
from sources.workdir import Workdir


@dataclass(frozen=True)
class SavedQuery:
    """A saved query, whose answer is the table `metrics.<name>`.

    Attributes:
        name, label, description: as the manifest has them; the label Chinese with English behind it.
        tags: the question that it answers.
        dimensions: columns that it is grouped by, in order, to their labels.
        metrics: columns of figures, in order.
        where: conditions on its rows in MetricFlow's words.
    """

    name: str
    label: str
    description: str
    tags: tuple[str, ...]
    dimensions: Mapping[str, str]
    metrics: tuple[str, ...]
    where: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The table that keeps its answer."""
        return Table(STORED, self.name)


def list_saved_queries(workdir: Workdir) -> list[SavedQuery]:
    """The saved queries of the published library by name.

    Raises:
        UsageError: nothing is published.
    """
    document = document_of(workdir)
    labels = {
        dimension["name"]: dimension["label"] or dimension["name"]
        for model in document["semantic_models"]
        for dimension in model["dimensions"]
    }
    labels[PERIOD] = "时点 Period"
    return [_saved(query, labels) for query in sorted(document["saved_queries"], key=lambda query: query["name"])]


def _saved(query: Mapping[str, Any], labels: Mapping[str, str]) -> SavedQuery:
    asked = query["query_params"]
    # Dimension('division__district'), TimeDimension('metric_time', 'day')
    columns = [PERIOD if TIME in item else short_name(item.split("'")[1]) for item in asked["group_by"]]
    return SavedQuery(
        name=query["name"],
        label=query.get("label") or query["name"],
        description=query.get("description") or "",
        tags=tuple(query.get("tags") or ()),
        dimensions={column: labels[column] for column in columns},
        metrics=tuple(asked["metrics"]),
        where=tuple(item["where_sql_template"] for item in (asked.get("where") or {}).get("where_filters", [])),
    )


def explain_saved_query(workdir: Workdir, name: str) -> SavedQuery:
    """One saved query of the published library.

    Raises:
        UsageError: nothing is published, or there is no such saved query.
    """
    queries = {query.name: query for query in list_saved_queries(workdir)}
    if name not in queries:
        raise UsageError(
            f"没有常用查询 {name}。There is no saved query {name}.",
            f"{near(name, list(queries))}Saved queries: {', '.join(queries) or 'none are defined'}.",
        )
    return queries[name]


def answer_saved_query(
    workdir: Workdir,
    name: str,
    *,
    where: Mapping[str, str | Sequence[str]] | None = None,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> Rows:
    """The answer to a saved query, from its table in the analysis part: no right to see persons is needed.

    Args:
        workdir: where the library lives.
        name: as `list_saved_queries` gives it.
        where: dimension, other than the time, to the value, or values, that it must have.
        start, end: the period to look at, both ends included.

    Returns:
        Its dimensions, then its metrics, ordered by the dimensions, what has no value last.

    Raises:
        UsageError: nothing is published, there is no such saved query, or it has no such dimension or no time.
    """
    sql = plan_reading(explain_saved_query(workdir, name), where=where, start=start, end=end)
    with open_published(workdir, "analysis") as connection:
        return run_query(connection, sql)


def plan_reading(
    query: SavedQuery,
    *,
    where: Mapping[str, str | Sequence[str]] | None = None,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> str:
    """The SQL of `answer_saved_query`.

    Raises:
        UsageError: see there.
    """
    conditions = [one_of(_dimension(query, name), value) for name, value in (where or {}).items()]
    conditions += [
        f"{_time(query)} {comparison} DATE '{day.isoformat()}'"
        for comparison, day in ((">=", start), ("<=", end))
        if day is not None
    ]
    columns = ", ".join(map(identifier, (*query.dimensions, *query.metrics)))
    order = ", ".join(f"{identifier(name)} ASC NULLS LAST" for name in query.dimensions)
    return (
        f"SELECT {columns} FROM {query.table.quoted}"
        f"{' WHERE ' + ' AND '.join(conditions) if conditions else ''}"
        f"{' ORDER BY ' + order if order else ''}"
    )


def _dimension(query: SavedQuery, name: str) -> str:
    if name == PERIOD and PERIOD in query.dimensions:
        raise UsageError(
            f"时间用起止日期筛选，不用 {name}=。Time is chosen by its first and last day, not by {name}=.",
            "Name them: --from YYYY-MM-DD --to YYYY-MM-DD",
        )
    if name not in query.dimensions:
        known = [dimension for dimension in query.dimensions if dimension != PERIOD]
        raise UsageError(
            f"{query.name} 没有维度 {name}。The saved query {query.name} has no dimension {name}.",
            f"{near(name, known)}Its dimensions: {', '.join(known) or 'none but the time'}. "
            "To ask by others, name metrics and --by.",
        )
    return identifier(name)


def _time(query: SavedQuery) -> str:
    if PERIOD not in query.dimensions:
        raise UsageError(
            f"{query.name} 不分时间。The saved query {query.name} is not by time.",
            "Leave out --from and --to, or name metrics and --by.",
        )
    return identifier(PERIOD)
