"""How far a dataset that is read from a database has been taken, and what the library has of it.

A watermark stands in state beside the delivery that reached it, and counts once that delivery is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from sources.parquet import rows_in
from sources.readers.records import literal
from sources.state import State


@dataclass(frozen=True)
class Watermark:
    """The highest value of a column that was taken, as PostgreSQL writes it; `source` is `Connection.source`."""

    source: str
    column: str
    value: str


def entry_query(watermark: Watermark, dataset: str, delivery: str) -> str:
    """SELECT of the line of state's log `watermark` that says what a delivery reached."""
    values = {
        "dataset": dataset,
        "source": watermark.source,
        "delivery": delivery,
        "column_name": watermark.column,
        "value": watermark.value,
    }
    return f"SELECT {', '.join(f'{literal(value)} AS {name}' for name, value in values.items())}"


def entry_key(watermark: Watermark, delivery: str) -> str:
    """The key of that line: one a delivery and source."""
    return f"{delivery}-{watermark.source[:12]}"


def last_value(connection: duckdb.DuckDBPyConnection, state: State, dataset: str, source: str) -> str | None:
    """The watermark of the newest accepted delivery of a source; None before the first."""
    row = connection.execute(
        f"SELECT value FROM ({state.select('watermark')}) AS watermark "
        f"SEMI JOIN ({state.select('delivery')}) AS accepted USING (delivery) "
        f"WHERE dataset = {literal(dataset)} AND source = {literal(source)} ORDER BY _segment DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def current_contents(connection: duckdb.DuckDBPyConnection, state: State, dataset: str, day: date) -> str:
    """SELECT of what a dataset holds on a day: `key` and `content`, the hash of the row in force under it.

    The rules are those of the fates of rows: from the last full delivery on, each key's last row counts, by order of
    deliveries, files and rows; after a deletion there is none.
    """
    delivery, bureau_and_name = state.select("delivery"), dataset.replace(".", "/", 1)
    applied = (
        "SELECT *, row_number() OVER (ORDER BY extract_date, _segment, delivery) AS place "
        f"FROM ({delivery}) WHERE dataset = {literal(dataset)} AND extract_date <= DATE {literal(day.isoformat())}"
    )
    in_force = (
        f"SELECT * FROM ({applied}) QUALIFY place >= coalesce(max(CASE WHEN mode = 'full' THEN place END) OVER (), 0)"
    )
    deliveries = connection.execute(
        f"SELECT delivery, CAST(extract_date AS VARCHAR) FROM ({in_force}) ORDER BY place"
    ).fetchall()
    if not deliveries:
        return "SELECT '' AS key, '' AS content WHERE false"
    paths = [
        f"raw/{bureau_and_name}/extract_date={extract_date}/delivery={hash_}/*.parquet"
        for hash_, extract_date in deliveries
    ]
    return f"""
        SELECT _record_key AS key, _content_hash AS content
        FROM {rows_in(paths, "union_by_name", root=state.root.parent)} AS raw
        JOIN ({in_force}) AS delivery ON raw._delivery = delivery.delivery
        JOIN ({state.select("delivery_file")}) AS file ON raw._delivery = file.delivery AND raw._file = file.file
        QUALIFY row_number() OVER (
            PARTITION BY _record_key ORDER BY delivery.place DESC, file.position DESC, raw._row DESC
        ) = 1 AND _change IS DISTINCT FROM 'D'"""
