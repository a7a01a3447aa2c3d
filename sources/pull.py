"""A dataset read from a PostgreSQL database, as a delivery like any other.

A pull writes what a bureau would have sent, a Parquet file and its manifest, into a folder of its own; landing then
takes that in with the checks, hash, raw zone and state of every delivery. Rows are those of one snapshot, as text, in
the order of their keys, so that the same content is the same delivery.

With a watermark, the first pull is full and the next ones are deltas of the rows that are new or changed. Rows are read
again from a little below the highest value taken before, because a transaction that began earlier may commit later, and
those that say what the library already has are left out. What was deleted is not seen; a full pull sees it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from sources.connection import Connection, read_connection
from sources.contract import CHANGE_HEADER, Contract
from sources.encryption import configured_key
from sources.manifest import MANIFEST, Manifest, ManifestFile, delivery_hash, file_sha256
from sources.parquet import open_writer, rows_in
from sources.postgres import TIME_ZONE, Field, Snapshot, open_snapshot
from sources.reader import read_file
from sources.readers.records import check_headers, clean_headers, identifier, literal
from sources.refusal import Refused
from sources.state import State
from sources.watermark import Watermark, current_contents, last_value
from sources.workdir import OWNER_ONLY, Workdir

# What kind of value a watermark column of a PostgreSQL type holds.
_KINDS = dict.fromkeys(("date", "timestamp", "timestamptz"), "time")
_KINDS |= dict.fromkeys(("int2", "int4", "int8", "numeric"), "number")
_KINDS |= dict.fromkeys(("text", "varchar", "bpchar"), "text")
# How far below the last watermark rows are read again. Text cannot be counted back from.
_DEFAULT_OVERLAP: dict[str, str | int] = {"time": "1 day", "number": 1000}
_FLOATS = frozenset({"float4", "float8"})
# A column beside those pulled: whether the row lies beyond the last watermark.
_BEYOND = "_beyond"
_BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Pulled:
    """A delivery that was pulled: its folder, named by its date, and the watermark that it reaches, if any."""

    folder: Path
    watermark: Watermark | None


def as_pulled(contract: Contract) -> Contract:
    """The contract of a dataset that is read from a database: the same, in Parquet."""
    return replace(contract, format=replace(contract.format, type="parquet"))


@contextmanager
def pull(
    workdir: Workdir, engine: duckdb.DuckDBPyConnection, contract: Contract, file: Path, place: str
) -> Iterator[Pulled | None]:
    """Pull a dataset's delivery from its database; None where a watermark finds nothing new.

    Args:
        workdir: the library; the caller holds its lock. The delivery lies in its scratch folder for as long as the
            context lasts.
        engine: of `open_engine`.
        contract: of the dataset.
        file: its connection.yml.
        place: how messages name that file.

    Raises:
        Refused: connection.yml is wrong, its variable is not set, the database cannot be reached or read, or a column
            of the contract is not there.
    """
    connection = read_connection(file, place)
    dsn = _dsn(connection, place)
    folder = workdir.scratch / "pull"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=OWNER_ONLY)
    try:
        with open_snapshot(dsn, connection.dsn_env, _what(connection)) as snapshot:
            pulled = _pull(_Work(engine, State(workdir.state), contract, connection, snapshot, place, folder))
        yield pulled
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Work:
    """What a pull works with: `folder` is for what it writes, `place` is how messages name connection.yml."""

    engine: duckdb.DuckDBPyConnection
    state: State
    contract: Contract
    connection: Connection
    snapshot: Snapshot
    place: str
    folder: Path


def _dsn(connection: Connection, place: str) -> str:
    dsn = os.environ.get(connection.dsn_env, "").strip()
    if not dsn:
        raise Refused(
            f"环境变量 {connection.dsn_env} 没有设置(文件 {place} 的 dsn_env)。请在建库的环境中设为数据库连接串。",
            f"Environment variable {connection.dsn_env} is not set (dsn_env of {place}). Set it to the database's DSN "
            "where the build runs.",
        )
    return dsn


def _what(connection: Connection) -> tuple[str, str]:
    """What is read, as messages name it."""
    if connection.table is None:
        return "该查询(query)", "the query"
    return f"表 {connection.table} ", f"table {connection.table}"


def _pull(work: _Work) -> Pulled | None:
    connection, fields = work.connection, work.snapshot.fields(work.connection.relation)
    headers = clean_headers([field.name for field in fields])
    check_headers(work.contract.headers, headers, file=f"{work.place} ({connection.name})")
    _check_unique(headers, work.place)
    today = "SELECT CAST(current_date AS text)"
    day = connection.extract_date or date.fromisoformat(str(work.snapshot.value(today)))
    target = work.folder / day.isoformat() / _file_name(work)
    target.parent.mkdir(mode=OWNER_ONLY)
    if connection.mode == "full":
        _write_full(work, fields, target)
        return Pulled(target.parent, None)
    return _pull_by_watermark(work, fields, target)


def _pull_by_watermark(work: _Work, fields: Sequence[Field], target: Path) -> Pulled | None:
    field = _watermark_field(work.connection, fields, work.place)
    known = work.contract.headers
    # A column that is there for the watermark alone is no finding, and 变更类型 is for the delta to say.
    taken = [item for item in fields if item.name in known or item.name not in (field.name, CHANGE_HEADER)]
    last = last_value(work.engine, work.state, work.contract.dataset, work.connection.source)
    where = "" if last is None else _since(work.connection, field, last, work.place)
    value = work.snapshot.value(_highest(work.connection, field, last, where))
    reached = None if value is None else Watermark(work.connection.source, field.name, value)
    if last is None:
        _write_full(work, taken, target)
    elif not _write_delta(work, taken, target, where, f"{identifier(field.name)} > {_typed(last, field)}"):
        return None
    return Pulled(target.parent, reached)


def _check_unique(headers: Sequence[str], place: str) -> None:
    """Hold that no column is there twice: nobody could say which is meant."""
    twice = sorted({header for header in headers if headers.count(header) > 1})
    if twice:
        raise Refused(
            f"文件 {place} 的查询结果中列 {twice[0]} 出现了两次。请只保留一列。",
            f"The query of {place} gives the column {twice[0]} twice. Keep one of them.",
        )


def _watermark_field(connection: Connection, fields: Sequence[Field], place: str) -> Field:
    for field in fields:
        if field.name == connection.watermark and field.type in _KINDS:
            return field
    zh, en = f"文件 {place} 的 watermark: ", f"File {place}, watermark: "
    name, (what_zh, what_en) = connection.watermark, _what(connection)
    if name in {field.name for field in fields}:
        raise Refused(
            f"{zh}列 {name} 的类型不能作水位。请用日期、时间戳、整数或文本列。",
            f"{en}column {name} has a type that cannot be a watermark. Use a date, timestamp, integer or text column.",
        )
    raise Refused(
        f"{zh}{what_zh}中没有列 {name}。请核对列名，或列是否改了名。",
        f"{en}{what_en} has no column {name}. Check its name, and whether it was renamed.",
    )


def _typed(value: str, field: Field) -> str:
    return f"CAST({literal(value)} AS {field.type})"


def _since(connection: Connection, field: Field, last: str, place: str) -> str:
    """A condition for rows from a little below the last watermark on; a row without a value may always be new."""
    kind = _KINDS[field.type]
    overlap = connection.overlap if connection.overlap is not None else _DEFAULT_OVERLAP.get(kind)
    bound = _typed(last, field)
    match kind, overlap:
        case "time", str():
            bound = f"({bound} - INTERVAL {literal(overlap)})"
        case "number", int():
            bound = f"({bound} - {overlap})"
        case "text", None:
            pass
        case _:
            raise Refused(
                f"文件 {place} 的 overlap 与水位列 {field.name} 的类型不符。日期时间用 1 day 之类的时长，整数用整数，"
                "文本列不写。",
                f"File {place}: overlap does not fit watermark column {field.name}. Use a duration such as 1 day for "
                "dates and times, a whole number for integers, and none for text.",
            )
    column = identifier(field.name)
    return f"WHERE {column} IS NULL OR {column} >= {bound}"


def _highest(connection: Connection, field: Field, last: str | None, where: str) -> str:
    """A query for the watermark that a pull reaches. A time to come is no watermark: it would hide all until then."""
    highest = f"max({identifier(field.name)})"
    if _KINDS[field.type] == "time":
        # least() passes over what is null: where there is no value there is no watermark.
        highest = f"CASE WHEN {highest} IS NOT NULL THEN least({highest}, CAST(now() AS {field.type})) END"
    otherwise = "NULL" if last is None else literal(last)
    return f"SELECT coalesce(CAST({highest} AS text), {otherwise}) FROM {connection.relation} AS source {where}"


def _select(
    connection: Connection, contract: Contract, fields: Sequence[Field], where: str = "", also: str | None = None
) -> str:
    """A query for rows as text, ordered by key and then by everything else, so that no order is left to chance."""
    listed = [f"{_as_text(field)} AS {identifier(field.name)}" for field in fields] + ([also] if also else [])
    by_key = sorted(fields, key=lambda field: field.name.strip() not in contract.key)
    order = ", ".join(
        identifier(field.name) + ("" if field.type in _FLOATS else ' COLLATE "C"') + " NULLS FIRST" for field in by_key
    )
    inner = f"SELECT {', '.join(listed)} FROM {connection.relation} AS source {where}"
    return f"SELECT * FROM ({inner}) AS pulled ORDER BY {order}"


def _as_text(field: Field) -> str:
    """A value as text the way it would be read from a Parquet file: no 00:00:00 after a date."""
    column = identifier(field.name)
    if field.type in _FLOATS:
        return column  # the reader of Parquet writes them
    if field.type == "timestamptz":
        column = f"({column} AT TIME ZONE {literal(TIME_ZONE)})"
    text = f"CAST({column} AS text)"
    return f"regexp_replace({text}, ' 00:00:00$', '')" if field.type in ("timestamp", "timestamptz") else text


def _write_rows(snapshot: Snapshot, query: str, target: Path) -> ManifestFile:
    with snapshot.batches(query) as (schema, batches):
        return _write_parquet(schema, batches, target)


def _write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], target: Path) -> ManifestFile:
    """Write rows. Encrypted, the same rows are another file each time: the hash is that of the file without a key."""
    # The schema of Arrow would bring the driver's notes along.
    settings = {"compression": "zstd", "store_schema": False}
    digest, count = _Digest(), 0
    with ExitStack() as opened:
        writers = [opened.enter_context(open_writer(target, schema, **settings))]
        if configured_key():
            writers.append(opened.enter_context(pq.ParquetWriter(pa.PythonFile(digest, "w"), schema, **settings)))
        for batch in batches:
            count += batch.num_rows
            for writer in writers:
                writer.write_batch(batch)
    sha256 = digest.hash.hexdigest() if configured_key() else file_sha256(target)
    return ManifestFile(name=target.name, sha256=sha256, rows=count)


class _Digest(io.RawIOBase):
    """A file that is nowhere, and its SHA-256."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return len(data)


def _file_name(work: _Work) -> str:
    """What the rows' file is called: by the table, and from the dataset's second delivery on with its number.

    The number makes it another delivery when a content returns that the dataset had on the same day before.
    """
    dataset = literal(work.contract.dataset)
    row = work.engine.execute(
        f"SELECT count(*) + 1 FROM ({work.state.select('delivery')}) WHERE dataset = {dataset}"
    ).fetchone()
    number = int(row[0]) if row else 1
    return work.connection.name if number == 1 else f"{work.connection.name}.{number}"


def _write_full(work: _Work, fields: Sequence[Field], target: Path) -> None:
    """Write all rows and their manifest; where they are the delivery that is in force already, under its name."""
    written = _write_rows(work.snapshot, _select(work.connection, work.contract, fields), target)
    manifest = _manifest(work.contract, target, "full", written)
    in_force = work.engine.execute(
        f"SELECT delivery, file FROM ({work.state.select('delivery')}) AS accepted "
        f"JOIN (SELECT delivery, file FROM ({work.state.select('delivery_file')})) AS file USING (delivery) "
        f"WHERE dataset = {literal(work.contract.dataset)} AND extract_date <= DATE {literal(target.parent.name)} "
        "ORDER BY extract_date DESC, _segment DESC, delivery DESC LIMIT 1"
    ).fetchone()
    if in_force:
        file = manifest.files[0].model_copy(update={"name": str(in_force[1])})
        again = manifest.model_copy(update={"files": (file,)})
        if delivery_hash(again) == in_force[0]:
            target.rename(target.with_name(file.name))
            manifest = again
    _write_manifest(target.parent, manifest)


def _write_delta(work: _Work, fields: Sequence[Field], target: Path, where: str, beyond: str) -> bool:
    """Write the rows from the last watermark on that are new or changed, and their manifest; say whether any are."""
    candidates = work.folder / "candidates.parquet"
    also = f"coalesce({beyond}, false) AS {_BEYOND}"
    _write_rows(work.snapshot, _select(work.connection, work.contract, fields, where, also), candidates)
    day = date.fromisoformat(target.parent.name)
    current = current_contents(work.engine, work.state, work.contract.dataset, day)
    written = _write_changed(work.engine, work.contract, candidates, current, target)
    if not written.rows:
        return False
    _write_manifest(target.parent, _manifest(work.contract, target, "delta", written))
    return True


def _manifest(contract: Contract, file: Path, mode: Literal["full", "delta"], written: ManifestFile) -> Manifest:
    return Manifest(
        bureau=contract.bureau,
        dataset=contract.dataset,
        extract_date=file.parent.name,
        mode=mode,
        contract_version=contract.version,
        files=(written,),
    )


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(), encoding="utf-8")


def _write_changed(
    engine: duckdb.DuckDBPyConnection,
    contract: Contract,
    candidates: Path,
    current: str,
    target: Path,
) -> ManifestFile:
    """Write the candidates that are new or changed as rows of a delta.

    A key is changed when the row that its pull says last is not the one in force; all its rows are taken then, for
    the ledger to tell. Rows without a key can be compared with nothing: those beyond the last watermark are new.
    """
    part = candidates.with_name("read.parquet")
    read_file(
        engine,
        as_pulled(contract),
        "full",
        candidates,
        delivery="",
        part=part,
        quarantine=candidates.with_name("keyless.parquet"),
        scratch=candidates.with_name("reading"),
    )
    there = rows_in([candidates.resolve()], "file_row_number")
    query = f"""
        WITH pulled AS MATERIALIZED (
            SELECT _row, _record_key AS key, _content_hash AS content FROM {rows_in([part.resolve()])}
        ), current AS (
            SELECT * FROM ({current}) AS known SEMI JOIN pulled USING (key)
        ), changed AS (
            SELECT key FROM (SELECT key, arg_max(content, _row) AS content FROM pulled GROUP BY key) AS last
            ANTI JOIN current USING (key, content)
        )
        SELECT * EXCLUDE (file_row_number, {_BEYOND}), 'U' AS {identifier(CHANGE_HEADER)}
        FROM (SELECT * FROM {there}) AS candidate
        WHERE file_row_number + 1 IN (SELECT _row FROM pulled SEMI JOIN changed USING (key))
            OR ({_BEYOND} AND file_row_number + 1 NOT IN (SELECT _row FROM pulled))
        ORDER BY file_row_number"""
    reader = engine.execute(query).to_arrow_reader(_BATCH_ROWS)
    return _write_parquet(reader.schema, reader, target)
