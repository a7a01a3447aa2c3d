"""What came of a dataset's suite, kept from build to build: the raw zone never changes, so its outcomes do not either.

Each claim about an extract is about rows, or about the rows of one delivery: so what is found in all deliveries is the
sum of what is found in each. A build that goes on from the one before asks of its new deliveries alone and adds. What
is kept is bound to nothing but what it is an outcome of, the deliveries and the code: who loses it asks again.

Results are Great Expectations' own, as JSON: counts and no values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    expectationSuiteValidationResultSchema,
)

from expectations.suites import COLUMN_EXISTS, HAS_ROWS, META

_TABLE = "marker.extract_result"
_COLUMNS = "dataset VARCHAR, code_version VARCHAR, deliveries VARCHAR[], result VARCHAR"
# Counts of a result; all else in it is worked out from them.
_COUNTS = ("element_count", "unexpected_count", "missing_count", "observed_value")


@dataclass(frozen=True)
class Kept:
    """What came of a suite in these deliveries, as JSON."""

    deliveries: frozenset[str]
    result: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a build asks of the extracts.

    `deliveries`: those applied, by dataset. `before`: what is known of some of them; nothing in a full build.
    """

    code_version: str
    deliveries: Mapping[str, frozenset[str]]
    before: Mapping[str, Kept]

    def new(self, dataset: str) -> frozenset[str]:
        """The deliveries of a dataset that have to be looked at."""
        known = self.before[dataset].deliveries if dataset in self.before else frozenset()
        return self.deliveries.get(dataset, frozenset()) - known


def asked(connection: duckdb.DuckDBPyConnection) -> Asked:
    """What the build that is registered in a working warehouse has to ask, by what the ones before kept."""
    build = connection.execute("SELECT code_version, is_full FROM raw.build").fetchone()
    assert build is not None
    code_version, is_full = build
    applied: dict[str, frozenset[str]] = {
        dataset: frozenset(deliveries)
        for dataset, deliveries in connection.execute(
            "SELECT dataset, list(delivery) FROM raw.delivery WHERE is_applied GROUP BY dataset"
        ).fetchall()
    }
    before: dict[str, Kept] = {}
    if not is_full and _is_there(connection):
        for dataset, deliveries, result in connection.execute(
            f"SELECT dataset, deliveries, result FROM {_TABLE} WHERE code_version = ?", [code_version]
        ).fetchall():
            if set(deliveries) <= applied.get(dataset, frozenset()):
                before[dataset] = Kept(frozenset(deliveries), json.loads(result))
    return Asked(code_version, applied, before)


def keep(connection: duckdb.DuckDBPyConnection, asked: Asked, results: Mapping[str, dict[str, Any]]) -> None:
    """Keep what came of the datasets that were asked something, but for claims that could not be evaluated."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS marker")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({_COLUMNS})")
    for dataset, result in results.items():
        connection.execute(f"DELETE FROM {_TABLE} WHERE dataset = ?", [dataset])
        if not any(_raised(item["exception_info"]) for item in result["results"]):
            connection.execute(
                f"INSERT INTO {_TABLE} VALUES (?, ?, ?, ?)",
                [dataset, asked.code_version, sorted(asked.deliveries.get(dataset, ())), json.dumps(result)],
            )


def together(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a suite over all deliveries, of the results over some and over the others.

    It says of itself what `before` says: the same suite over the same table.
    """
    found = {_claim(item): item for item in now["results"]}
    items = [_sum(item, found[_claim(item)]) for item in before["results"]]
    met, asked = sum(item["success"] for item in items), len(items)
    statistics = {
        "evaluated_expectations": asked,
        "successful_expectations": met,
        "unsuccessful_expectations": asked - met,
        "success_percent": 100 * met / asked,
    }
    return {**before, "results": items, "success": met == asked, "statistics": statistics}


def of_run(result: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """A result as that of a run: its `run_id` and `validation_time`."""
    return {**result, "meta": {**result["meta"], **run}}


def as_json(result: ExpectationSuiteValidationResult) -> dict[str, Any]:
    """A result as plain data."""
    return result.to_json_dict()  # type: ignore[no-any-return,no-untyped-call]


def loaded(result: Mapping[str, Any]) -> ExpectationSuiteValidationResult:
    """A result as Great Expectations works with it."""
    return expectationSuiteValidationResultSchema.load(result)  # type: ignore[no-any-return]


def _sum(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    claim = before["expectation_config"]["meta"][META]["name"]
    counts = {
        name: (before["result"].get(name) or 0) + (now["result"].get(name) or 0)
        for name in _COUNTS
        if name in before["result"] or name in now["result"]
    }
    if claim == HAS_ROWS:
        success = counts.get("observed_value", 0) > 0
    elif claim == COLUMN_EXISTS:
        success = before["success"] and now["success"]
    else:
        success = counts.get("unexpected_count", counts.get("observed_value", 0)) == 0
    is_error = _raised(now["exception_info"])
    return {
        **before,
        "success": success and not is_error,
        "result": {**before["result"], **counts, **dict(_percentages(before["result"], counts))},
        "exception_info": now["exception_info"] if is_error else before["exception_info"],
    }


def _percentages(names: Iterable[str], counts: Mapping[str, int]) -> Iterator[tuple[str, float | None]]:
    """As Great Expectations works them out: of rows, or of rows with a value."""
    rows = counts.get("element_count", 0)
    filled = rows - counts.get("missing_count", 0)
    parts = {
        "missing_percent": ("missing_count", rows),
        "unexpected_percent": ("unexpected_count", filled),
        "unexpected_percent_total": ("unexpected_count", rows),
        "unexpected_percent_nonmissing": ("unexpected_count", filled),
    }
    for name in parts.keys() & {*names}:
        count, of = parts[name]
        yield name, 100 * counts.get(count, 0) / of if of else None


def _claim(item: Mapping[str, Any]) -> tuple[str, str | None]:
    meta = item["expectation_config"]["meta"][META]
    return meta["name"], meta["column"]


def _raised(info: Mapping[str, Any] | None) -> bool:
    # One flat record, or one a metric.
    records = [info or {}] if "raised_exception" in (info or {}) else list((info or {}).values())
    return any(record["raised_exception"] for record in records)


def _is_there(connection: duckdb.DuckDBPyConnection) -> bool:
    schema, table = _TABLE.split(".")
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?",
        [schema, table],
    ).fetchone()
    return found is not None
