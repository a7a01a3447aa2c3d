"""The tables of `release/`: `release.int_release__cells` and `…__sums` in, the counts that may be shown out.

A month is suppressed by itself: no sum ties one month's counts to another's (flows are not released), and the same
counts hide the same cells in every build. What is released when, and why that is safe: docs/privacy.md, ADR 30.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import csc_matrix

from serving.interface import RELEASE_TABLES
from serving.suppression import Outcome, Tables, suppress
from sources.interface import Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

log = logging.getLogger("sijiku.serving")

CELLS = Table("release", "int_release__cells")
SUMS = Table("release", "int_release__sums")
POPULATION, COVERAGE, MISSING = RELEASE_TABLES

# How much rather a count of a level is shown than one of the same size further down.
_WEIGHTS = {"city": 16.0, "district": 4.0, "township": 1.0}

_COUNTS = {
    POPULATION: ("people", "floating", "floating_in_city", "registered", "resident"),
    COVERAGE: ("entitled", "covered"),
    MISSING: ("expected", "missing"),
}
_PLACE = "division_code, level, period"
_QUERIES = {
    POPULATION: (
        f"SELECT {_PLACE}, dimension_set, nullif(dim_1, '') AS dim_1, nullif(dim_2, '') AS dim_2, {{counts}} "
        f"FROM shown WHERE dimension_set NOT IN ('service', 'record') GROUP BY {_PLACE}, dimension_set, dim_1, dim_2"
    ),
    COVERAGE: (
        f"SELECT {_PLACE}, dim_1 AS service, dim_2 AS population_group, {{counts}} "
        f"FROM shown WHERE dimension_set = 'service' GROUP BY {_PLACE}, dim_1, dim_2"
    ),
    MISSING: (
        f"SELECT {_PLACE}, rule.bureau, dim_1 AS rule_id, {{counts}} "
        "FROM shown INNER JOIN seeds.entitlement_rule AS rule ON shown.dim_1 = rule.rule_id "
        f"WHERE dimension_set = 'record' GROUP BY {_PLACE}, rule.bureau, dim_1"
    ),
}
_RATES = {COVERAGE: ("covered", "entitled", "coverage_rate"), MISSING: ("missing", "expected", "missing_rate")}


@dataclass
class Report:
    """What was released, by month. `listed`, `small`, `hidden`: counts in the tables, of them below 10, of them left
    out; `alternatives`: tables that show the same; `exposed`, `unprotected`: see serving.suppression.Outcome."""

    listed: dict[date, int] = field(default_factory=dict)
    small: dict[date, int] = field(default_factory=dict)
    hidden: dict[date, int] = field(default_factory=dict)
    alternatives: dict[date, int] = field(default_factory=dict)
    exposed: dict[date, int] = field(default_factory=dict)
    unprotected: dict[date, int] = field(default_factory=dict)


def store_release(workdir: Workdir) -> Report:
    """Make the tables of `release/` in the working warehouse.

    A count left out is null and is named in `hidden`; null without being named there, it is none of that row's. A month
    with counts that cannot be protected has all of them left out, and is told of. The caller holds the workdir's lock.

    Raises:
        SijikuError: the counts do not add up.
    """
    with open_warehouse(workdir, is_small=True) as connection:
        cells = connection.execute(f"FROM {CELLS.quoted} ORDER BY cell").pl()
        sums = connection.execute(f"FROM {SUMS.quoted} ORDER BY ALL").pl()
        report, is_hidden = Report(), np.zeros(cells.height, dtype=np.bool_)
        for month in cells["period"].unique().sort():
            rows = cells["period"] == month
            part, places = cells.filter(rows), np.flatnonzero(rows.to_numpy())
            tables = tables_of(part, sums)
            outcome = suppress(tables)
            is_hidden[places] = outcome.is_hidden
            _note(report, month, tables, outcome)
        marked = cells.with_columns(pl.Series("is_hidden", is_hidden)).filter("is_listed")
        _write(connection, marked)
    return report


def tables_of(cells: pl.DataFrame, sums: pl.DataFrame) -> Tables:
    """Counts of `int_release__cells`, in their order, and those of the sums of `int_release__sums` that are of them."""
    place = cells.select("cell").with_row_index("place")
    of_these = (
        sums.join(place.rename({"cell": "part", "place": "column"}), on="part")
        .join(place.rename({"cell": "whole", "place": "whole_column"}), on="whole")
        .with_columns((pl.struct("kind", "whole").rank("dense").cast(pl.Int64) - 1).alias("row"))
        .sort("row", "column")
    )
    heads = of_these.unique("row").sort("row")
    values = np.concatenate([np.ones(of_these.height, np.int64), -np.ones(heads.height, np.int64)])
    rows = np.concatenate([of_these["row"].to_numpy(), heads["row"].to_numpy()])
    columns = np.concatenate([of_these["column"].to_numpy(), heads["whole_column"].to_numpy()])
    return Tables(
        values=cells["people"].cast(pl.Int64).to_numpy(),
        is_listed=cells["is_listed"].to_numpy(),
        is_small=cells["is_small"].to_numpy(),
        sums=csc_matrix((values, (rows, columns)), shape=(heads.height, cells.height)),
        weight=cells["level"].replace_strict(_WEIGHTS, return_dtype=pl.Float64).to_numpy(),
    )


def _note(report: Report, month: date, tables: Tables, outcome: Outcome) -> None:
    report.listed[month] = int(tables.is_listed.sum())
    report.small[month] = int((tables.is_listed & tables.is_small).sum())
    report.hidden[month] = int(outcome.is_hidden.sum())
    report.alternatives[month] = outcome.alternatives
    report.exposed[month] = outcome.exposed
    report.unprotected[month] = outcome.unprotected
    log.info(
        "%s: %d of %d counts left out, %d of them below 10; %d tables show the same; %d exposed to insiders",
        *(month, report.hidden[month], report.listed[month], report.small[month], outcome.alternatives),
        outcome.exposed,
    )
    if outcome.unprotected:
        log.warning(
            "%s: nothing is released, for %d counts could be worked out whatever else is left out",
            *(month, outcome.unprotected),
        )


def _write(connection: duckdb.DuckDBPyConnection, marked: pl.DataFrame) -> None:
    connection.register("marked", marked)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shown AS SELECT *, CASE WHEN NOT is_hidden THEN people END AS count FROM marked"
    )
    connection.unregister("marked")
    for table, counts in _COUNTS.items():
        columns = [f"CAST(max(count) FILTER (measure = '{count}') AS BIGINT) AS {count}" for count in counts]
        columns.append("string_agg(measure, ',' ORDER BY measure) FILTER (is_hidden) AS hidden")
        query = _QUERIES[table].format(counts=", ".join(columns))
        if table in _RATES:
            part, whole, rate = _RATES[table]
            query = f"SELECT *, CAST({part} AS DOUBLE) / nullif({whole}, 0) AS {rate} FROM ({query})"
        connection.execute(f"CREATE OR REPLACE TABLE {table.quoted} AS {query} ORDER BY ALL")
    connection.execute("DROP TABLE shown")
