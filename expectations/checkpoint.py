"""Running the suites on the warehouse's raw views and public tables, and rendering what came of it as Data Docs.

What a suite finds in an extract is data and never blocks; a public table that is not as promised does, and is told from
the others by its outcomes. Results hold counts and no values, so that neither the outcomes nor the Data Docs can show a
person.
"""

from __future__ import annotations

import enum
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import great_expectations as gx
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import sqlalchemy_execution_engine

from expectations import kept
from expectations.data_docs import publishable
from expectations.grains import GRAINS
from expectations.outcome import ExpectationOutcome
from expectations.public import ROWS, suite_of
from expectations.suites import HAS_ROWS, claim_of, suite_for
from sources.contract import Contract, load_contract
from sources.errors import SijikuError
from sources.interface import PublicTable, Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

log = logging.getLogger("sijiku.expectations")

# Counts and no values: with 0 the lists of unexpected values stay empty.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
SITE = "expectations"
_SOURCE = "raw"
# Claims whose observed value is the number of rows.
_COUNTS = (HAS_ROWS, ROWS)


class _PersistedDialect(enum.StrEnum):
    """DuckDB, for Great Expectations' list of dialects that answer on one connection; off it, results are empty."""

    DUCKDB = "duckdb"


@dataclass(frozen=True)
class Subject:
    """A table and what is expected of it. What is not met blocks a publication where `is_blocking`."""

    table: Table
    query: str
    suite: gx.ExpectationSuite
    is_blocking: bool

    @property
    def name(self) -> str:
        """The dataset or public table."""
        return str(self.suite.name)


def validate(
    workdir: Workdir,
    datasets: Sequence[str],
    docs: Path,
    public: Sequence[PublicTable] = (),
    renewed: Mapping[str, str] = MappingProxyType({}),
) -> list[ExpectationOutcome]:
    """Hold the datasets' raw views to their contracts, public tables to the interface, and write the Data Docs.

    In a build that goes on from the one before, only deliveries are looked at that were not before (`kept`). Public
    tables are asked anew, all rows of them; but for the like of a row in the grain, where it is known which can have
    one (`expectations.public.suite_of`).

    Args:
        workdir: its working warehouse must hold `raw.<dataset>` for each dataset, the public tables, `raw.build` and
            `raw.delivery`; what came of the extracts is kept there.
        datasets: as contracts name them.
        docs: the folder of the Data Docs (index.html); replaced whole.
        public: the public tables that the library has.
        renewed: of public tables (schema.table) that go on from a published build, a condition in SQL over the working
            warehouse: rows of which it is not true are as they were then.

    Returns:
        One outcome an expectation, in the suites' order, datasets first. Failed ones are data: nothing is raised for
        them.

    Raises:
        SijikuError: a dataset has no contract or no raw view, or a public table is not there.
    """
    subjects = [*(_extract(load_contract(dataset)) for dataset in datasets), *map(_promised, public)]
    if docs.exists():
        shutil.rmtree(docs)
    run = _run_of(workdir, subjects)
    with open_warehouse(workdir, read_only=True) as connection:
        asked = kept.asked(connection)
        for place, table in enumerate(public, start=len(datasets)):
            subjects[place] = _promised(table, _of_grain(connection, table, renewed.get(str(table.table))))
    context = _context(docs)
    found: dict[str, dict[str, Any]] = {}
    with _datasource(workdir, context) as datasource:
        outcomes: list[ExpectationOutcome] = []
        for subject in subjects:
            before = asked.before.get(subject.name)
            new = asked.new(subject.name)
            if before and not new:
                context.suites.add(subject.suite)
                result = _taken_over(context, subject, before.result, run)
            else:
                log.info("Expectations on %s", subject.name)
                looked_at = _of_deliveries(subject, new) if before else subject
                result = _definition(context, datasource, looked_at).run(result_format=RESULT_FORMAT, run_id=run)
                if before:
                    result = _taken_over(context, subject, kept.together(before.result, kept.as_json(result)), run)
                if not subject.is_blocking:
                    found[subject.name] = kept.as_json(result)
            outcomes.extend(_outcomes(subject, result))
        log.info("Data Docs to %s", docs)
        context.build_data_docs(site_names=[SITE])
    with open_warehouse(workdir, is_small=True) as connection:
        kept.keep(connection, asked, found)
    publishable(docs, outcomes)
    failed = sum(not outcome.success for outcome in outcomes)
    log.info("%d expectations on %d tables, %d not met", len(outcomes), len(subjects), failed)
    return outcomes


def _extract(contract: Contract) -> Subject:
    # A deletion carries a key and maybe nothing else: nothing is expected of its other columns.
    query = f"SELECT * FROM raw.{contract.table} WHERE coalesce(_change, '') <> 'D'"
    return Subject(Table("raw", contract.table), query, suite_for(contract), is_blocking=False)


def _of_deliveries(subject: Subject, deliveries: Iterable[str]) -> Subject:
    listed = ", ".join(f"'{delivery}'" for delivery in sorted(deliveries))
    return replace(subject, query=f"{subject.query} AND _delivery IN ({listed})")


def _taken_over(
    context: AbstractDataContext, subject: Subject, result: dict[str, Any], run: RunIdentifier
) -> ExpectationSuiteValidationResult:
    """A result that Great Expectations did not find just now, as if it had: the Data Docs show it."""
    taken = kept.loaded(kept.of_run(result, {"run_id": run, "validation_time": run.run_time}))
    context.validation_results_store.set(
        ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(subject.name),
            run_id=run,
            batch_identifier=f"{_SOURCE}-{subject.name}",
        ),
        taken,
    )
    return taken


def _promised(public: PublicTable, renewed: str | None = None) -> Subject:
    query = f"SELECT * FROM {public.table.quoted}"
    return Subject(public.table, query, suite_of(public, renewed), is_blocking=True)


def _of_grain(connection: duckdb.DuckDBPyConnection, public: PublicTable, renewed: str | None) -> str | None:
    """The condition, if it can be asked of the columns of the grain alone."""
    if renewed is None:
        return None
    columns = ", ".join(f'"{name}"' for name in GRAINS[str(public.table)].columns)
    try:
        connection.execute(f"SELECT 1 FROM (SELECT {columns} FROM {public.table.quoted}) WHERE {renewed} LIMIT 0")
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        return None
    return renewed


def _run_of(workdir: Workdir, subjects: Iterable[Subject]) -> RunIdentifier:
    """The build's own name and date: no wall clock enters the Data Docs' paths and titles."""
    with open_warehouse(workdir, read_only=True) as connection:
        tables = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_catalog = current_database()"
            ).fetchall()
        }
        missing = sorted({"raw.build", *(str(subject.table) for subject in subjects)} - tables)
        if missing:
            raise SijikuError(
                f"工作库缺少 {missing[0]}。The working warehouse has no {missing[0]}.",
                "Run the steps before the expectations: landing, and dbt for the public tables.",
            )
        row = connection.execute("SELECT build_id, as_of FROM raw.build").fetchone()
    if row is None:
        raise SijikuError("raw.build is empty.", "Land the deliveries before their expectations are run.")
    build_id, as_of = row
    return RunIdentifier(run_name=build_id, run_time=datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC))


@contextmanager
def _datasource(workdir: Workdir, context: AbstractDataContext) -> Iterator[SQLDatasource]:
    """The warehouse as a source of Great Expectations, read-only.

    It keeps a connection for good, and with it the warehouse's lock, past every close() of its own; so all is closed
    here, from above and, for what pools may still hold, from below.
    """
    with ExitStack() as opened:

        def create() -> ConnectionWrapper:
            return ConnectionWrapper(opened.enter_context(open_warehouse(workdir, read_only=True)))

        datasource = context.data_sources.add_sql(
            name=_SOURCE,
            connection_string="duckdb:///:memory:",
            kwargs={"creator": create},  # type: ignore[call-arg]  # its stub knows no create_engine arguments
        )
        try:
            yield datasource
        finally:
            engine = datasource.get_execution_engine()
            with engine.get_connection() as connection:
                connection.close()
            engine.close()
            datasource.get_engine().dispose()


def _context(docs: Path) -> AbstractDataContext:
    if _PersistedDialect.DUCKDB not in sqlalchemy_execution_engine._PERSISTED_CONNECTION_DIALECTS:
        sqlalchemy_execution_engine._PERSISTED_CONNECTION_DIALECTS += (_PersistedDialect.DUCKDB,)  # type: ignore[assignment]
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            data_docs_sites={
                SITE: {
                    "class_name": "SiteBuilder",
                    "store_backend": {
                        "class_name": "TupleFilesystemStoreBackend",
                        "base_directory": str(docs.resolve()),
                    },
                    "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                }
            },
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )


def _definition(context: AbstractDataContext, datasource: SQLDatasource, subject: Subject) -> gx.ValidationDefinition:
    asset = datasource.add_query_asset(name=subject.name, query=subject.query)
    return context.validation_definitions.add(
        gx.ValidationDefinition(
            name=subject.suite.name,
            data=asset.add_batch_definition_whole_table("delivered"),
            suite=context.suites.add(subject.suite),
        )
    )


def _outcomes(subject: Subject, result: ExpectationSuiteValidationResult) -> list[ExpectationOutcome]:
    """In the suite's order: results come back in another."""
    found = {claim_of(item.expectation_config): item for item in result.results}
    order = {claim_of(item.configuration): position for position, item in enumerate(subject.suite.expectations)}
    (counted,) = (item for claim, item in found.items() if claim.name in _COUNTS)
    total = int(counted.result["observed_value"])
    return [
        ExpectationOutcome(
            suite=result.suite_name,
            expectation=claim.name,
            column=claim.column,
            success=bool(item.success),
            unexpected=None if claim.name in _COUNTS else _unexpected(item),
            total=total,
            is_error=_is_error(item),
            is_blocking=subject.is_blocking,
        )
        for claim, item in sorted(found.items(), key=lambda pair: order[pair[0]])
    ]


def _unexpected(item: ExpectationValidationResult) -> int | None:
    counts = (item.result.get("unexpected_count"), item.result.get("observed_value"))
    return next((int(count) for count in counts if count is not None), None)


def _is_error(item: ExpectationValidationResult) -> bool:
    info = item.exception_info or {}
    # One flat record, or one a metric.
    records = [info] if "raised_exception" in info else list(info.values())
    return any(record["raised_exception"] for record in records)
