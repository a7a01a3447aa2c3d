"""The raw schema of a build: views over the raw zone and state, and tables on deliveries and the build itself.

All of it follows from raw zone, state, the outcomes of this landing, and the as-of date; the landing folder itself is
not needed any more.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from sources.continuation import decide
from sources.contract import Contract, load_contracts
from sources.errors import SijikuError, UsageError
from sources.generate import PROVENANCE, RAW_TABLES
from sources.landing import DeliveryOutcome, unknown_column_text
from sources.parquet import rows_in
from sources.raw_store import delivery_folder
from sources.readers.records import identifier, literal
from sources.state import State
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

logger = logging.getLogger("sijiku.sources")

# State's views that dbt reads as they are.
_STATE_VIEWS = {
    "record_ref": "record_ref",
    "finding_event": "finding_event",
    "case_event": "case",
    "rule_change": "rule_change",
    "rule_event": "rule_event",
    "build_history": "build",
    "scorecard_history": "scorecard",
}


@dataclass(frozen=True)
class BuildIdentity:
    """What a build is called and made of; `built_at` is UTC and enters no figure.

    `is_full`: whether it is made from nothing, and not on top of the build before; `reason_zh`, `reason_en`: why.
    `ordinal`: on top of how many builds.
    """

    build_id: str
    built_at: datetime
    as_of: date
    code_version: str
    deliveries: int
    refused: int
    previous_build_id: str | None
    is_full: bool
    ordinal: int
    reason_zh: str
    reason_en: str


def register(
    workdir: Workdir,
    outcomes: Iterable[DeliveryOutcome],
    as_of: date | None,
    code_version: str,
    *,
    is_full_wanted: bool = False,
) -> BuildIdentity:
    """Make the schema `raw` of the working warehouse anew, as sources/generate.py describes it.

    Args:
        workdir: the library; the caller holds its lock.
        outcomes: what became of this landing's deliveries: refused and repeated ones are known from here alone.
        as_of: no delivery after this date is applied; None for the date of the newest accepted one.
        code_version: of `code_version.code_version()`.
        is_full_wanted: make everything anew, whatever the working warehouse holds.

    Raises:
        SijikuError: no delivery was ever accepted, or the raw zone lacks one that state has.
        UsageError: `as_of` lies before the first accepted delivery.
    """
    workdir.create()
    state = State(workdir.state)
    seen = sorted(outcomes, key=lambda outcome: (outcome.dataset, outcome.path))
    with open_warehouse(workdir, is_small=True) as connection:
        _create_accepted(connection, state)
        applied_to = _as_of(connection, as_of)
        _check_raw_zone(workdir, connection)
        connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
        _create_delivery(connection, seen, applied_to)
        identity = _identity(connection, state, seen, applied_to, code_version, is_full_wanted)
        _create_tables(connection, state, seen, identity)
        for contract in load_contracts("active").values():
            _create_dataset_view(connection, workdir, contract)
    logger.info(
        "登记 registered  build %s: %d 批次 deliveries, %d 拒收 refused, 截至 as of %s; %s: %s %s",
        identity.build_id,
        identity.deliveries,
        identity.refused,
        identity.as_of,
        "全量 full" if identity.is_full else "增量 incremental",
        identity.reason_zh,
        identity.reason_en,
    )
    return identity


def _create_accepted(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """Accepted deliveries with the order in which they apply: by extract date, then by acceptance.

    Of the rows read, those were erased that never came into the raw zone and those that were taken out of it since."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE accepted AS
        SELECT delivery.* REPLACE (
                CAST(coalesce(delivery.rows_erased, 0) + coalesce(later.rows, 0) AS BIGINT) AS rows_erased
            ),
            row_number() OVER (
                PARTITION BY delivery.dataset ORDER BY delivery.extract_date, delivery._segment, delivery.delivery
            ) AS apply_order
        FROM ({state.select("delivery")}) AS delivery
        LEFT JOIN (
            SELECT delivery, sum(rows) AS rows FROM ({state.select("erased_row")}) GROUP BY delivery
        ) AS later ON later.delivery = delivery.delivery""")


def _as_of(connection: duckdb.DuckDBPyConnection, as_of: date | None) -> date:
    row = connection.execute("SELECT min(extract_date), max(extract_date) FROM accepted").fetchone()
    if row is None or row[0] is None:
        raise SijikuError(
            "还没有接收任何批次，无法建库。No delivery has been accepted: there is nothing to build.",
            "请按提示更正被拒收的批次，或检查 --landing。Correct what was refused, or check --landing.",
        )
    first, newest = row
    if as_of is not None and as_of < first:
        raise UsageError(
            f"--as-of {as_of} 早于第一个批次 {first}。--as-of {as_of} lies before the first delivery, {first}.",
            f"请用 {first} 或以后的日期。Use {first} or a later date.",
        )
    return as_of or newest


def _check_raw_zone(workdir: Workdir, connection: duckdb.DuckDBPyConnection) -> None:
    for dataset, extract_date, delivery in connection.execute(
        "SELECT dataset, CAST(extract_date AS VARCHAR), delivery FROM accepted ORDER BY dataset, apply_order"
    ).fetchall():
        folder = delivery_folder(workdir.raw, dataset, extract_date, delivery)
        if not folder.is_dir():
            raise SijikuError(
                f"原始区缺少已接收的批次。The raw zone lacks a delivery that was accepted: {folder}.",
                "请从备份恢复原始区。Restore the raw zone from its backup.",
            )


def _create_delivery(connection: duckdb.DuckDBPyConnection, seen: Sequence[DeliveryOutcome], as_of: date) -> None:
    columns: dict[str, Callable[[DeliveryOutcome], object]] = {
        "delivery": lambda outcome: outcome.delivery,
        "dataset": lambda outcome: outcome.dataset,
        "bureau": lambda outcome: outcome.bureau,
        "extract_date": lambda outcome: outcome.extract_date,
        "mode": lambda outcome: outcome.mode,
        "contract_version": lambda outcome: outcome.contract_version,
        "apply_order": lambda outcome: None,
        "files": lambda outcome: outcome.files,
        "rows_declared": lambda outcome: outcome.rows_declared,
        "rows_read": lambda outcome: outcome.rows_read,
        "rows_quarantined": lambda outcome: outcome.rows_quarantined,
        "rows_erased": lambda outcome: 0,
        "sha256": lambda outcome: outcome.delivery,
        "state": lambda outcome: outcome.state,
        "reason": lambda outcome: f"{outcome.reason_zh} {outcome.reason_en}",
        "is_applied": lambda outcome: False,
    }
    others = [outcome for outcome in seen if outcome.state != "accepted"]
    _create_table(connection, "delivery", [{name: of(item) for name, of in columns.items()} for item in others])
    connection.execute(f"""
        INSERT INTO raw.delivery BY NAME
        SELECT delivery, dataset, bureau, extract_date, mode, contract_version, apply_order, files, rows_declared,
            rows_read, rows_quarantined, rows_erased, delivery AS sha256, 'accepted' AS state,
            CAST(NULL AS VARCHAR) AS reason, extract_date <= DATE {literal(as_of.isoformat())} AS is_applied
        FROM accepted""")


def _identity(
    connection: duckdb.DuckDBPyConnection,
    state: State,
    seen: Sequence[DeliveryOutcome],
    as_of: date,
    code_version: str,
    is_full_wanted: bool,
) -> BuildIdentity:
    applied = connection.execute(
        "SELECT dataset, apply_order, delivery FROM raw.delivery WHERE is_applied ORDER BY dataset, apply_order"
    ).fetchall()
    refused = sorted(outcome.delivery for outcome in seen if outcome.state == "refused")
    authored = state.authored_hash(state.before_rotations(connection))
    content = json.dumps([applied, refused, authored, code_version], ensure_ascii=False)
    build_id = f"{as_of:%Y%m%d}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    # A build that was published before comes after the one that it came after then.
    previous = connection.execute(
        f"WITH history AS ({state.select('build')}) SELECT previous_build_id FROM history WHERE build_id = ? UNION ALL "
        "(SELECT build_id FROM history WHERE NOT EXISTS (FROM history WHERE build_id = ?) "
        "ORDER BY _segment DESC, build_id LIMIT 1)",
        [build_id, build_id],
    ).fetchone()
    manner = decide(connection, state, as_of=as_of, code_version=code_version, is_full_wanted=is_full_wanted)
    return BuildIdentity(
        build_id=build_id,
        built_at=datetime.now(UTC).replace(tzinfo=None),
        as_of=as_of,
        code_version=code_version,
        deliveries=len(applied),
        refused=len(refused),
        previous_build_id=previous[0] if previous else None,
        is_full=manner.is_full,
        ordinal=manner.ordinal,
        reason_zh=manner.reason_zh,
        reason_en=manner.reason_en,
    )


def _create_tables(
    connection: duckdb.DuckDBPyConnection, state: State, seen: Sequence[DeliveryOutcome], identity: BuildIdentity
) -> None:
    _create_table(connection, "build", [vars(identity)])
    files = state.select("delivery_file")
    connection.execute(f"""
        CREATE OR REPLACE TABLE raw.delivery_file AS
        SELECT file.delivery, file.file, file.position
        FROM ({files}) AS file JOIN accepted USING (delivery)""")
    connection.execute(f"""
        CREATE OR REPLACE TABLE raw.quarantine AS
        SELECT accepted.dataset, accepted.delivery, quarantined.file, quarantined.row, quarantined.reason_zh,
            quarantined.reason_en
        FROM ({state.select("quarantined_row")}) AS quarantined JOIN accepted USING (delivery)
        WHERE accepted.extract_date <= DATE {literal(identity.as_of.isoformat())}""")
    _create_findings(connection, files, seen, identity.as_of)
    for view, log in _STATE_VIEWS.items():
        listed = ", ".join(identifier(column) for column in RAW_TABLES[view].columns)
        connection.execute(f"CREATE OR REPLACE VIEW raw.{view} AS SELECT {listed} FROM ({state.select(log)})")


def _create_findings(
    connection: duckdb.DuckDBPyConnection, files: str, seen: Sequence[DeliveryOutcome], as_of: date
) -> None:
    """Findings on refused deliveries come from this landing; those on applied ones from state."""
    rows: list[dict[str, object]] = [
        _finding("delivery_refused", outcome.dataset, outcome.bureau, outcome.delivery, None, *texts)
        for outcome in seen
        if outcome.state == "refused"
        for texts in [(str(outcome.reason_zh), str(outcome.reason_en))]
    ]
    unknown = connection.execute(f"""
        SELECT accepted.dataset, accepted.bureau, accepted.delivery, file.file, file.unknown_columns
        FROM ({files}) AS file JOIN accepted USING (delivery)
        WHERE len(file.unknown_columns) > 0 AND accepted.extract_date <= DATE {literal(as_of.isoformat())}
        ORDER BY accepted.dataset, accepted.apply_order, file.position""").fetchall()
    rows += [
        _finding("column_unknown", dataset, bureau, delivery, file, *unknown_column_text(file, columns))
        for dataset, bureau, delivery, file, columns in unknown
    ]
    _create_table(connection, "landing_finding", rows)
    connection.execute("""
        INSERT INTO raw.landing_finding BY NAME
        SELECT 'row_quarantined' AS rule_id, quarantine.dataset, accepted.bureau, quarantine.delivery, quarantine.file,
            quarantine.row, '该行无法接收: ' || quarantine.reason_zh || '。' AS detail_zh,
            'The row cannot be taken in: ' || quarantine.reason_en || '.' AS detail_en
        FROM raw.quarantine JOIN accepted USING (delivery)""")


def _finding(
    rule_id: str, dataset: str, bureau: str, delivery: str, file: str | None, detail_zh: str, detail_en: str
) -> dict[str, object]:
    return {
        "rule_id": rule_id,
        "dataset": dataset,
        "bureau": bureau,
        "delivery": delivery,
        "file": file,
        "row": None,
        "detail_zh": detail_zh,
        "detail_en": detail_en,
    }


def _create_table(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[dict[str, object]]) -> None:
    """A table of the raw schema with these rows, in the columns and types of RAW_TABLES."""
    types = RAW_TABLES[name].types
    listed = ", ".join(f"{identifier(column)} {type_}" for column, type_ in types.items())
    connection.execute(f"CREATE OR REPLACE TABLE raw.{identifier(name)} ({listed})")
    if rows:
        marks = ", ".join("?" for _ in types)
        connection.executemany(
            f"INSERT INTO raw.{identifier(name)} VALUES ({marks})", [[row[column] for column in types] for row in rows]
        )


def _create_dataset_view(connection: duckdb.DuckDBPyConnection, workdir: Workdir, contract: Contract) -> None:
    """The applied deliveries' rows of a dataset. Paths are relative to the workdir, so that it can be moved."""
    deliveries = connection.execute(
        "SELECT CAST(extract_date AS VARCHAR), delivery FROM raw.delivery "
        f"WHERE is_applied AND dataset = {literal(contract.dataset)} ORDER BY apply_order"
    ).fetchall()
    types = dict.fromkeys(contract.headers, "VARCHAR") | {name: type_ for name, (type_, _) in PROVENANCE.items()}
    if deliveries:
        bureau, name = contract.dataset.split(".", 1)
        folders = [f"raw/{bureau}/{name}/extract_date={day}/delivery={hash_}/*.parquet" for day, hash_ in deliveries]
        there = rows_in(folders, "union_by_name", root=workdir.path)
        present = {str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {there}").fetchall()}
        listed = ", ".join(_raw_column(contract, column, present) for column in types)
        query = f"SELECT {listed} FROM {there}"
    else:
        empty = ", ".join(f"CAST(NULL AS {type_}) AS {identifier(column)}" for column, type_ in types.items())
        query = f"SELECT {empty} WHERE false"
    connection.execute(f"CREATE OR REPLACE VIEW raw.{contract.table} AS {query}")


def _raw_column(contract: Contract, column: str, present: set[str]) -> str:
    """A column of a dataset's view: deliveries of earlier contract versions have it under an earlier name, or not."""
    names = [name for name in (column, *contract.earlier_headers(column)) if name in present]
    listed = ", ".join(identifier(name) for name in names) or "CAST(NULL AS VARCHAR)"
    return identifier(column) if names == [column] else f"coalesce({listed}, NULL) AS {identifier(column)}"
