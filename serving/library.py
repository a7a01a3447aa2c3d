"""Reading a published library: read-only for real, and never in the way of a build."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from serving.interface import PARTS, Part
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import connect, engine_settings, open_engine
from sources.workdir import Workdir

FILE = "sijiku.duckdb"

# In this order, after the file is attached: no other file, no network, no extension, no variable of this process, and
# no way back.
_LOCK_DOWN = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
# Errors that speak of the query's text; others can hold values of rows.
_SPEAKING_OF_SQL = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


class Rows(NamedTuple):
    """The answer to a query: column names, and rows of Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def published_folder(workdir: Workdir) -> Path:
    """The folder of the build that is published now, by its own name: a build published later does not move it.

    Raises:
        UsageError: nothing is published.
    """
    if not workdir.current.exists():
        raise UsageError(
            f"{workdir.path} 尚未发布。Nothing is published in {workdir.path}.",
            "Run sijiku build --landing DIR --workdir DIR first.",
        )
    return workdir.published / os.readlink(workdir.current)


def readable_part(workdir: Workdir) -> Part:
    """The fullest part that this user's file permissions open: restricted for the owner, else analysis."""
    restricted = published_folder(workdir) / "restricted" / FILE
    return "restricted" if os.access(restricted, os.R_OK) else "analysis"


@contextmanager
def open_published(workdir: Workdir, part: Part | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published library, as catalog `sijiku`, that can read it and nothing else.

    Writing, attaching, copying, loading extensions and opening files all fail; the build that is current now stays
    open whatever is published meanwhile.

    Args:
        workdir: where it lives.
        part: `restricted` (everything), `analysis` (no persons) or `release`; without it `readable_part`.

    Raises:
        UsageError: nothing is published, or this user may not read that part.
    """
    part = part or readable_part(workdir)
    if part not in PARTS:
        raise UsageError(f"There is no part {part!r} of a library.", f"Parts: {', '.join(PARTS)}.")
    file = published_folder(workdir) / part / FILE
    if not os.access(file, os.R_OK):
        raise UsageError(
            f"无权读取 {file}。You may not read {file}.",
            "Ask the library's owner, or open the part analysis, which holds no persons.",
        )
    # Spilling to disk could leave persons behind in a folder that nobody guards.
    settings = engine_settings(workdir) | {
        "temp_directory": "",
        "file_search_path": "",
        "preserve_insertion_order": "true",
    }
    with connect(file, read_only=True, settings=settings) as connection:
        for statement in _LOCK_DOWN:
            connection.execute(statement)
        yield connection


def query(workdir: Workdir, sql: str, part: Part | None = None) -> Rows:
    """The answer to one SELECT (or DESCRIBE, SUMMARIZE, SHOW, EXPLAIN) on the published library.

    Args:
        workdir: where it lives.
        sql: in DuckDB's SQL.
        part: see `open_published`.

    Raises:
        UsageError: nothing is published, the SQL is wrong or would do more than read.
    """
    with open_published(workdir, part) as connection:
        return run_query(connection, sql)


def run_query(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """`query` on a connection of `open_published`."""
    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in _READING:
            raise UsageError(
                "只接受一条查询语句。Only one reading statement is taken.",
                "Give a single SELECT; the library is read-only.",
            )
        cursor = connection.execute(statements[0])
        return Rows(tuple(column[0] for column in cursor.description or ()), cursor.fetchall())
    except _SPEAKING_OF_SQL as error:
        raise UsageError(
            f"查询有误。The query is wrong. {error}",
            "See the tables with: SELECT table_schema, table_name FROM information_schema.tables",
        ) from None
    except duckdb.PermissionException:
        raise UsageError(
            "查询不能读写其他文件。A query cannot reach other files.", "Read the library's own tables only."
        ) from None
    except duckdb.OutOfMemoryException:
        raise UsageError(
            "内存不足。The query needs more memory than it may take.",
            "Narrow it, or raise the limit with the variable SIJIKU_MEMORY.",
        ) from None
    except duckdb.Error as error:
        raise UsageError(
            f"查询无法执行。The query could not be run: {type(error).__name__}.",
            "Its values are not shown here. Check casts and functions; try_cast gives NULL for what cannot be cast.",
        ) from None


@dataclass(frozen=True)
class Build:
    """A build in `meta.build`; `built_at` is UTC."""

    build_id: str
    built_at: datetime
    as_of: date
    deliveries: int
    refused: int


@dataclass(frozen=True)
class Delivery:
    """A delivery in `meta.delivery`; `reason` where it was refused."""

    dataset: str
    extract_date: date
    mode: str
    state: str
    rows: int | None
    reason: str | None


@dataclass(frozen=True)
class LedgerLine:
    """The ledger of one dataset, all its deliveries together. Counts of rows and mentions; `balance` must be 0."""

    dataset: str
    deliveries: int
    declared: int
    read: int
    quarantined: int
    repeated: int
    superseded: int
    deleted: int
    key_conflicts: int
    staged: int
    mentions: int
    linked: int
    balance: int
    erased: int


@dataclass(frozen=True)
class FindingLine:
    """Findings of one rule: still open (also those acknowledged, or said to be put right), and gone since a build."""

    rule_id: str
    name_zh: str | None
    name_en: str | None
    open: int
    verified: int


@dataclass(frozen=True)
class Area:
    """People of the city or a district at the newest month-end, as `marts.mart_population` counts them."""

    division_code: str
    name: str
    level: str
    people: int
    floating: int
    registered: int
    resident: int


@dataclass(frozen=True)
class PublishedPart:
    """A part of the published build: its folder, and the bytes of all files in it."""

    path: Path
    bytes: int


@dataclass(frozen=True)
class Status:
    """How a library stands. `published` is empty, and ledger and findings with it, until a build was published."""

    build_id: str | None
    deliveries: list[Delivery]
    builds: list[Build]
    ledger: list[LedgerLine]
    findings: list[FindingLine]
    published: list[PublishedPart]


@dataclass(frozen=True)
class Summary:
    """A published build in a few lines; `areas` are the city, then its districts by code."""

    build: Build
    period: date | None
    areas: list[Area]
    findings: list[FindingLine]
    ledger: list[LedgerLine]

    @property
    def is_balanced(self) -> bool:
        """Whether every dataset's ledger balances."""
        return all(line.balance == 0 for line in self.ledger)


_BUILDS = "SELECT build_id, built_at, as_of, deliveries, refused FROM {} ORDER BY built_at, build_id"
_DELIVERIES = """
    SELECT dataset, extract_date, mode, state, rows, reason FROM meta.delivery
    ORDER BY dataset, extract_date, delivery, state
"""
_ACCEPTED = """
    SELECT dataset, extract_date, mode, 'accepted', rows_declared, CAST(NULL AS VARCHAR) FROM ({})
    ORDER BY dataset, extract_date, _segment
"""
_LEDGER = """
    SELECT dataset, count(DISTINCT delivery), sum(declared)::BIGINT, sum("read")::BIGINT, sum(quarantined)::BIGINT,
           sum(repeated)::BIGINT, sum(superseded)::BIGINT, sum(deleted)::BIGINT, sum(key_conflicts)::BIGINT,
           sum(staged)::BIGINT, sum(mentions)::BIGINT, sum(linked)::BIGINT, sum(abs(balance))::BIGINT,
           sum(erased)::BIGINT
    FROM quality.ledger WHERE build_id = ? GROUP BY dataset ORDER BY dataset
"""
_FINDINGS = """
    WITH rule AS (
        SELECT rule_id, arg_max(name_zh, version) AS name_zh, arg_max(name_en, version) AS name_en
        FROM quality.rule GROUP BY rule_id
    )
    SELECT finding.rule_id, any_value(rule.name_zh), any_value(rule.name_en),
           count(*) FILTER (finding.state IN ('open', 'acknowledged', 'fixed')),
           count(*) FILTER (finding.state = 'verified')
    FROM quality.finding AS finding LEFT JOIN rule USING (rule_id)
    GROUP BY finding.rule_id ORDER BY 4 DESC, 1
"""
_AREAS = """
    WITH newest AS (SELECT max(period) AS period FROM marts.mart_population),
    name AS (
        -- Of some it is not known since when they have their name.
        SELECT division_code, arg_max(name, coalesce(valid_from, DATE '0001-01-01')) AS name
        FROM library.dim_division, newest
        WHERE coalesce(valid_from <= newest.period, true) AND coalesce(valid_to > newest.period, true)
        GROUP BY division_code
    )
    SELECT mart.division_code, coalesce(name.name, mart.division_code), mart.level,
           mart.people, mart.floating, mart.registered, mart.resident
    FROM marts.mart_population AS mart JOIN newest USING (period) LEFT JOIN name USING (division_code)
    WHERE mart.dimension_set = 'total' AND mart.level IN ('city', 'district')
    ORDER BY mart.level, mart.division_code
"""


def status(workdir: Workdir) -> Status:
    """Deliveries, builds, ledger by dataset, findings by rule, and what is published with its size.

    Of a workdir where nothing is published yet, the deliveries that were accepted are told from its state.

    Raises:
        UsageError: there is no such folder.
    """
    if not workdir.path.is_dir():
        raise UsageError(
            f"没有目录 {workdir.path}。There is no folder {workdir.path}.", "Name the --workdir of a library."
        )
    if not workdir.current.exists():
        return _unpublished(workdir)
    folder = published_folder(workdir)
    with open_published(workdir) as connection:
        return Status(
            build_id=folder.name,
            deliveries=[Delivery(*row) for row in connection.execute(_DELIVERIES).fetchall()],
            builds=_builds(connection, "meta.build"),
            ledger=_ledger(connection, folder.name),
            findings=_findings(connection),
            published=[
                PublishedPart(part, sum(path.stat().st_size for path in part.rglob("*") if path.is_file()))
                for part in sorted(path for path in folder.iterdir() if path.is_dir() and os.access(path, os.R_OK))
            ],
        )


def summary(workdir: Workdir) -> Summary:
    """People living here, floating and registered in the city and its districts, findings by rule, and the ledger.

    Raises:
        UsageError: nothing is published.
    """
    folder = published_folder(workdir)
    with open_published(workdir) as connection:
        (build,) = (item for item in _builds(connection, "meta.build") if item.build_id == folder.name)
        period = connection.execute("SELECT max(period) FROM marts.mart_population").fetchone()
        return Summary(
            build=build,
            period=period[0] if period else None,
            areas=[Area(*row) for row in connection.execute(_AREAS).fetchall()],
            findings=_findings(connection),
            ledger=_ledger(connection, folder.name),
        )


def published_builds(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The builds that a published library knows of, itself among them, the earliest first."""
    return tuple(item.build_id for item in _builds(connection, "meta.build"))


def _unpublished(workdir: Workdir) -> Status:
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        accepted = connection.execute(_ACCEPTED.format(state.select("delivery"))).fetchall()
        builds = _builds(connection, f"({state.select('build')})")
    return Status(None, [Delivery(*row) for row in accepted], builds, [], [], [])


def _builds(connection: duckdb.DuckDBPyConnection, table: str) -> list[Build]:
    return [Build(*row) for row in connection.execute(_BUILDS.format(table)).fetchall()]


def _ledger(connection: duckdb.DuckDBPyConnection, build_id: str) -> list[LedgerLine]:
    return [LedgerLine(*row) for row in connection.execute(_LEDGER, [build_id]).fetchall()]


def _findings(connection: duckdb.DuckDBPyConnection) -> list[FindingLine]:
    return [FindingLine(*row) for row in connection.execute(_FINDINGS).fetchall()]
