"""Parquet that holds persons: how it is written and read, encrypted where the process has a key, else plain.

What is written under a key is encrypted whole, footer and columns, with AES-256 in GCM mode, by a key that is worked
out from the process's (see `sources.encryption`). A connection is lent that key under a name, and statements and views
say the name. What is read may be of both kinds: files tell by how they begin which they are.

DuckDB 1.5.5 fails on encrypted files that it is to unite by name (duckdb/duckdb#21508), and on encrypted files of
Arrow's that have several pages (duckdb/duckdb#18524). So files are read in groups with the same columns, and the groups
united; and what is written comes from DuckDB.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from queue import Full, Queue
from typing import Any, Literal, Self

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from sources.encryption import configured_key, key_in_use, load_cipher, no_key, other_key
from sources.errors import SijikuError
from sources.readers.records import literal

# Most texts here are numbers and names that hardly repeat: a dictionary of them, given up late, costs half the time. So
# it is given up early; codes and divisions stay below the limit.
PLAIN = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 2000"
KEY_NAME = "sijiku"

Flag = Literal["union_by_name", "filename", "file_row_number"]

Columns = tuple[tuple[str, str], ...]

_LABEL = b"sijiku parquet 1"
# What the engine says of a file that its key does not open.
_OTHER_KEY = "AES"
_ENCRYPTED_MARK = b"PARE"
_PIECES_WAITING = 2
_SECONDS_BETWEEN_LOOKS = 0.5


def is_encrypted(file: Path) -> bool:
    """Whether a Parquet file is encrypted."""
    with file.open("rb") as handle:
        return handle.read(len(_ENCRYPTED_MARK)) == _ENCRYPTED_MARK


def lend_key(connection: duckdb.DuckDBPyConnection, name: str = KEY_NAME) -> None:
    """Let a connection, and every cursor of it, read and write encrypted Parquet; nothing where there is no key."""
    if key := configured_key():
        load_cipher(connection)
        _add_key(connection, key, name)


def write(connection: duckdb.DuckDBPyConnection, query: str, file: Path, *, key_name: str = KEY_NAME) -> int:
    """Write the rows of a query as Parquet; how many there were.

    Args:
        connection: where the query runs; it was lent the process's key, if there is one.
        query: a SELECT.
        file: to write.
        key_name: under which the connection was lent it.
    """
    form = f"{PLAIN}, ENCRYPTION_CONFIG {{footer_key: {literal(key_name)}}}" if configured_key() else PLAIN
    row = connection.execute(f"COPY ({query}) TO {literal(str(file.resolve()))} ({form})").fetchone()
    return int(row[0]) if row else 0


def open_writer(file: Path, schema: pa.Schema, **settings: Any) -> pq.ParquetWriter | EncryptedWriter:
    """A writer for what comes piece by piece and is not in an engine; it keeps the order of rows.

    Args:
        file: to write.
        schema: of the pieces.
        settings: of Arrow's writer, for a file that is not encrypted.
    """
    key = configured_key()
    return EncryptedWriter(file, schema, key) if key else pq.ParquetWriter(file, schema, **settings)


class EncryptedWriter:
    """Hands pieces to an engine that writes them in a thread of its own."""

    def __init__(self, file: Path, schema: pa.Schema, key: str) -> None:
        self._pieces: Queue[pa.Table | None] = Queue(_PIECES_WAITING)
        self._pool = ThreadPoolExecutor(1)
        self._written = self._pool.submit(self._write, file, schema, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def write_table(self, table: pa.Table) -> None:
        """Write the rows of a table behind those that are there."""
        self._put(table)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """The same of a record batch."""
        self._put(pa.Table.from_batches([batch]))

    def close(self) -> None:
        """Write the rest.

        Raises:
            duckdb.Error: the file could not be written.
        """
        with self._pool:
            self._put(None)
            self._written.result()

    def _put(self, piece: pa.Table | None) -> None:
        while not self._written.done():
            try:
                self._pieces.put(piece, timeout=_SECONDS_BETWEEN_LOOKS)
                return
            except Full:
                continue
        self._written.result()

    def _write(self, file: Path, schema: pa.Schema, key: str) -> None:
        def batches() -> Iterator[pa.RecordBatch]:
            while (piece := self._pieces.get()) is not None:
                yield from piece.to_batches()

        with key_in_use(key), _own_engine(key).cursor() as connection:
            connection.register("pieces", pa.RecordBatchReader.from_batches(schema, batches()))
            write(connection, "FROM pieces", file)


def write_frame(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame, uncompressed: it is to be read once."""
    if configured_key() is None:
        frame.write_parquet(file, compression="uncompressed")
        return
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    with open_writer(file, table.schema, compression="none") as writer:
        writer.write_table(table)


def rows_in(paths: Iterable[str | Path], *flags: Flag, root: Path | None = None) -> str:
    """A relation over Parquet files of either kind.

    Args:
        paths: files; or, relative to `root`, files and patterns with * for a name. DuckDB finds these by its setting
            file_search_path.
        flags: of DuckDB's read_parquet. Without union_by_name the files have the same columns.
        root: what paths are relative to.

    Raises:
        SijikuError: a file is encrypted and there is no key, or another one.
    """
    listed = [str(path) for path in paths]
    key = configured_key()
    if key is None:
        if len(listed) == 1 and "*" not in listed[0]:
            check_readable(_place(listed[0], root))
        return _read(listed, flags)
    plain, encrypted = _by_kind(listed, root)
    others = [flag for flag in flags if flag != "union_by_name"]
    groups: dict[Columns, list[str]] = {}
    if encrypted and "union_by_name" in flags:
        start = 0
        for columns, length in _runs([_place(path, root) for path in encrypted], key):
            groups.setdefault(columns, []).extend(encrypted[start : start + length])
            start += length
    elif encrypted:
        groups[()] = encrypted
    if len(groups) + bool(plain) == 0:
        return _read(listed, flags)
    if len(groups) == 1 and not plain:
        # Files that come under a pattern later are encrypted too.
        return _read(listed, others, is_encrypted=True)
    parts = [_read(plain, flags)] if plain else []
    parts += [_read(files, others, is_encrypted=True) for files in groups.values()]
    if len(parts) == 1:
        return parts[0]
    return "(" + " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts) + ")"


def check_readable(file: Path) -> None:
    """Hold a file to the process's key.

    Raises:
        SijikuError: it is encrypted and there is no key, or another one.
    """
    if not file.is_file() or not is_encrypted(file):
        return
    key = configured_key()
    if key is None:
        raise no_key(file)
    _runs([file], key)


def _read(paths: Sequence[str], flags: Sequence[Flag], *, is_encrypted: bool = False) -> str:
    said = ", ".join(literal(path) for path in paths)
    options = [f"{flag} = true" for flag in flags]
    if is_encrypted:
        options.append(f"encryption_config = {{footer_key: {literal(KEY_NAME)}}}")
    return f"read_parquet([{said}], {', '.join(['hive_partitioning = false', *options])})"


def _by_kind(paths: Iterable[str], root: Path | None) -> tuple[list[str], list[str]]:
    """The files that are not encrypted, and those that are."""
    kinds: tuple[list[str], list[str]] = ([], [])
    for path in paths:
        found = [path]
        if "*" in path and root is not None:
            found = [file.relative_to(root).as_posix() for file in sorted(root.glob(path))]
        for file in found:
            place = _place(file, root)
            kinds[_is_encrypted(str(place), _stamp(place))].append(file)
    return kinds


def _place(path: str, root: Path | None) -> Path:
    return Path(path) if root is None else root / path


def _stamp(file: Path) -> tuple[int, int, int]:
    """What is another where a file was written anew."""
    found = os.stat(file)
    return found.st_mtime_ns, found.st_size, found.st_ino


@cache
def _is_encrypted(file: str, stamp: tuple[int, int, int]) -> bool:
    return is_encrypted(Path(file))


def _runs(files: Sequence[Path], key: str) -> list[tuple[Columns, int]]:
    """Runs of encrypted files with the same columns: these, and how many files.

    Raises:
        SijikuError: the key does not open one of them.
    """
    listed = [os.path.abspath(file) for file in files]
    said = repr([(file, _stamp(place)) for file, place in zip(listed, files, strict=True)])
    name = hashlib.sha256(f"{key}{said}".encode()).digest()
    if name not in _known_runs:
        with _own_engine(key).cursor() as connection:
            _known_runs[name] = list(_split(connection, listed))
    return _known_runs[name]


_known_runs: dict[bytes, list[tuple[Columns, int]]] = {}


def _split(connection: duckdb.DuckDBPyConnection, files: list[str]) -> Iterator[tuple[Columns, int]]:
    columns = _common_columns(connection, files)
    if columns is not None:
        yield columns, len(files)
        return
    half = len(files) // 2
    yield from _split(connection, files[:half])
    yield from _split(connection, files[half:])


def _common_columns(connection: duckdb.DuckDBPyConnection, files: list[str]) -> Columns | None:
    """Names and types of the columns of files that all have the same, else None. Only footers are read."""
    first = _read(files[:1], (), is_encrypted=True)
    try:
        columns = _described(connection, first)
        if len(files) == 1:
            return columns
        # All that any has is what the first has, and what the first has all have.
        if _described(connection, _read(files, ("union_by_name",), is_encrypted=True)) != columns:
            return None
        numbered = _read(files, ("file_row_number",), is_encrypted=True)
        connection.execute(f"SELECT count(COLUMNS(*)) FROM (SELECT * FROM {numbered} WHERE file_row_number < 0)")
    except duckdb.InvalidInputException as error:
        if len(files) > 1 and ("schema mismatch" in str(error) or _OTHER_KEY in str(error)):
            return None
        if _OTHER_KEY not in str(error):
            raise
        raise other_key(Path(files[0])) from None
    return columns


def _described(connection: duckdb.DuckDBPyConnection, relation: str) -> Columns:
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return tuple((str(name), str(type_)) for name, type_, *_ in described)


@cache
def _own_engine(key: str) -> duckdb.DuckDBPyConnection:
    """An engine that looks at files' footers, and writes what comes piece by piece in its order."""
    settings: dict[str, Any] = {"threads": 2, "memory_limit": "1GB", "temp_directory": ""}
    connection = duckdb.connect(":memory:", config=settings | {"enable_external_file_cache": "false"})
    load_cipher(connection)
    _add_key(connection, key, KEY_NAME)
    return connection


def _add_key(connection: duckdb.DuckDBPyConnection, key: str, name: str) -> None:
    encoded = base64.b64encode(_parquet_key(key)).decode("ascii")
    try:
        connection.execute(f"PRAGMA add_parquet_key({literal(name)}, {literal(encoded)})")
    except duckdb.Error as error:
        # The engine's own message may show the statement.
        raise SijikuError(
            f"无法设置 Parquet 密钥: {type(error).__name__}。DuckDB takes no key for Parquet: {type(error).__name__}.",
            "请按 requirements.lock 安装。Install what requirements.lock says.",
        ) from None


def _parquet_key(key: str) -> bytes:
    """32 bytes: HMAC-SHA256 (RFC 2104) of a fixed label, as the key is a text of any length."""
    return hmac.digest(key.encode(), _LABEL, "sha256")
