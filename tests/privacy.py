"""A scanner that looks for the people of a city's extracts in files of any kind, and in tables of a database.

What is looked for is every value of the contracts' personal columns, and every record key, as the extracts have them.
Texts are cut into runs, runs are joined with the values as sets: it takes seconds for tens of megabytes.

- Numbers, phones, keys: runs of letters and digits of 9 or more, whole; composite keys also with their separators.
  Shorter ones are no evidence: any count or date looks like them.
- Names: of three characters and more anywhere in a run of Han characters; of two only where a run is nothing else, as
  the text of any report is full of pairs of characters that are somebody's name (高兴, 安全).
- Addresses: their last 12 characters anywhere; shorter ones where a run is nothing else.

Words that the project itself writes, in its code, labels, seeds and documents, or that are the name of a place, unit or
code, are nobody's name: `Person values` that are such are left out, and `People.left_out` says how many.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import psycopg

from sources.contract import load_contracts
from sources.encryption import attach
from sources.parquet import rows_in
from sources.warehouse import open_engine
from sources.workdir import Workdir

ROOT = Path(__file__).parents[1]
SHORTEST_NUMBER = 9
SHORTEST_WITHIN = 3
ADDRESS_END = 12
_SMALL: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB", "threads": 2}

HAN = "\u3400-\u9fff\U00020000-\U0002fa1f·"
_HAN_RUN = re.compile(f"[{HAN}]{{2,}}")
# Names are written with blanks between their characters, too.
_BLANKS = re.compile(f"(?<=[{HAN}])[ \u3000]{{1,2}}(?=[{HAN}])")
_NUMBER = re.compile(rf"[0-9A-Za-z]{{{SHORTEST_NUMBER},}}")
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z|_-]{8,}")
_ADDRESS_RUN = re.compile(f"[{HAN}0-9A-Za-z()（）#_-]{{6,}}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_PDF_HEX = re.compile(rb"<([0-9A-Fa-f]{8,})>")


@dataclass
class People:
    """What is looked for. `left_out`: names that are also words of the project or of places."""

    numbers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    address_ends: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)

    def found_in(self, text: str) -> set[str]:
        """The values that a text holds."""
        found = self.numbers & set(_NUMBER.findall(text))
        found |= self.numbers & set(_KEY.findall(text))
        longest = max(map(len, self.names), default=0)
        for run in {*_HAN_RUN.findall(text), *_HAN_RUN.findall(_BLANKS.sub("", text))}:
            if run in self.names:
                found.add(run)
            found |= {gram for gram in _grams(run, range(SHORTEST_WITHIN, longest + 1)) if gram in self.names}
        for run in set(_ADDRESS_RUN.findall(text)):
            if run in self.addresses:
                found.add(run)
            if len(run) >= ADDRESS_END and _HAN_RUN.search(run):
                found |= self.address_ends.intersection(_grams(run, (ADDRESS_END,)))
        return found


def _grams(run: str, lengths: Iterable[int]) -> Iterator[str]:
    for length in lengths:
        if length > len(run):
            return
        for start in range(len(run) - length + 1):
            yield run[start : start + length]


@cache
def own_words() -> frozenset[str]:
    """Runs of Han characters of up to 5 that the project's own files have anywhere."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    words: set[str] = set()
    for name in listed:
        file = ROOT / name.decode()
        # The given names and surnames that cities are drawn from are no vocabulary.
        if file.suffix in {".py", ".sql", ".yml", ".yaml", ".csv", ".md"} and not _draws_names(file):
            for run in set(_HAN_RUN.findall(file.read_text(encoding="utf-8", errors="ignore"))):
                words.update(_grams(run, (2, 3, 4, 5)))
    return frozenset(words)


def _draws_names(file: Path) -> bool:
    parts = file.relative_to(ROOT).parts
    return parts[0] == "tests" or parts[:2] == ("sources", "city") or file.stem == "pinyin"


def people_of(workdir: Workdir) -> People:
    """Everybody whom the raw zone of a library knows, and its persons."""
    people, words = People(), own_words()
    names: set[str] = set()
    with open_engine(workdir) as connection:
        for dataset, contract in load_contracts("active").items():
            files = sorted((workdir.raw / dataset.replace(".", "/")).rglob("*.parquet"))
            if not files:
                continue
            there = rows_in(files, "union_by_name")
            known = {row[0] for row in connection.execute(f"DESCRIBE FROM {there}").fetchall()}
            for column in contract.columns:
                if not column.is_personal or column.header not in known:
                    continue
                values = {
                    str(value).strip()
                    for (value,) in connection.execute(
                        f'SELECT DISTINCT "{column.header}" FROM {there} WHERE "{column.header}" IS NOT NULL'
                    ).fetchall()
                }
                if "name" in column.field:
                    names |= values
                elif "address" in column.field:
                    people.address_ends |= {value[-ADDRESS_END:] for value in values if len(value) >= ADDRESS_END}
                    people.addresses |= {value for value in values if 6 <= len(value) < ADDRESS_END}
                else:
                    people.numbers |= values
            key = ", '|', ".join(f'"{header}"' for header in contract.key)
            people.numbers |= {
                value
                for (value,) in connection.execute(f"SELECT DISTINCT concat({key}) FROM {there}").fetchall()
                if _speaks_of_a_person(dataset)
            }
        # and as staging has put them right: of 18 places, without blanks
        attach(connection, workdir.current.resolve() / "restricted" / "sijiku.duckdb", "restricted", read_only=True)
        for name, number, phone in connection.execute(
            "SELECT name, id_number, phone FROM restricted.library.dim_person"
        ).fetchall():
            names |= {name} - {None}
            people.numbers |= {number, phone} - {None}
    people.numbers = {value for value in people.numbers if len(value) >= SHORTEST_NUMBER and re.search("[0-9]", value)}
    names = {re.sub(r"\s", "", name) for name in names}
    names = {name for name in names if len(name) >= 2}
    people.left_out = {name for name in names if name in words}
    people.names = names - people.left_out
    people.addresses -= words
    return people


def _speaks_of_a_person(dataset: str) -> bool:
    return any(column.is_personal for column in load_contracts("active")[dataset].columns)


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of a file, or of every file of a folder, whatever its kind."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield from texts(file)
        return
    yield str(path), path.name
    if path.suffix in (".duckdb", ".parquet"):
        yield from _tables(path)
    elif path.read_bytes()[:16] == b"SQLite format 3\0":
        yield from _sqlite(path)
    else:
        yield from _of_bytes(str(path), path.read_bytes())


def _of_bytes(place: str, data: bytes) -> Iterator[tuple[str, str]]:
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _of_bytes(f"{place}!{member}", archive.read(member))
    elif data[:2] == b"\x1f\x8b":
        yield from _of_bytes(f"{place}!", gzip.decompress(data))
    elif data[:4] == b"PAR1":
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(data)
            file.flush()
            yield from _tables(Path(file.name), place)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        yield from ((place, _plain(chunk)) for chunk in _png_texts(data))
    elif data[:5] == b"%PDF-":
        yield place, _plain(data)
        for stream in _PDF_STREAM.findall(data):
            try:
                yield place, _plain(zlib.decompress(stream.rstrip(b"\r\n")))
            except zlib.error:
                continue
        for written in _PDF_HEX.findall(data):
            if len(written) % 2 == 0:
                yield place, bytes.fromhex(written.decode()).decode("utf-16-be", errors="ignore")
    else:
        yield place, _plain(data)


def _plain(data: bytes) -> str:
    """Text, with the escapes of JSON and HTML undone."""
    text = data.decode("utf-8", errors="ignore")
    if "\\u" in text:
        text += "\n" + _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)
    return text + "\n" + html.unescape(text) if "&#" in text else text


def _png_texts(data: bytes) -> Iterator[bytes]:
    position = 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        if kind == b"tEXt":
            yield body
        elif kind in (b"zTXt", b"iTXt"):
            keyword, rest = body.split(b"\0", 1)
            is_packed = kind == b"zTXt" or rest[:1] == b"\1"
            content = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
            yield keyword + b" " + (zlib.decompress(content) if is_packed else content)
        position += 12 + length


def _tables(file: Path, place: str | None = None) -> Iterator[tuple[str, str]]:
    place = place or str(file)
    with duckdb.connect(config=_SMALL) as connection:
        if file.suffix == ".parquet":
            yield from _columns(connection, f"read_parquet('{file}')", place)
            return
        connection.execute(f"ATTACH '{file}' AS scanned (READ_ONLY)")
        for schema, table in connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'scanned' ORDER BY ALL"
        ).fetchall():
            yield from _columns(connection, f'scanned."{schema}"."{table}"', f"{place}:{schema}.{table}")


def _columns(connection: duckdb.DuckDBPyConnection, source: str, place: str) -> Iterator[tuple[str, str]]:
    for name, type_, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall():
        if type_ in ("BOOLEAN", "DATE", "TIMESTAMP"):
            continue
        yield (
            f"{place}.{name}",
            "\n".join(
                str(value)
                for (value,) in connection.execute(
                    f'SELECT DISTINCT CAST("{name}" AS VARCHAR) FROM {source} WHERE "{name}" IS NOT NULL'
                ).fetchall()
            ),
        )


def _sqlite(path: Path) -> Iterator[tuple[str, str]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        yield from _of_bytes(f"{path}:{table}", value)
                    elif value is not None:
                        yield f"{path}:{table}", _plain(str(value).encode())
    finally:
        connection.close()


def texts_of_server(
    connection: psycopg.Connection[tuple[object, ...]], schemas: list[str]
) -> Iterator[tuple[str, str]]:
    """(place, text) of every table in schemas of a PostgreSQL database, comments included."""
    listed = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = ANY(%s) ORDER BY 1, 2",
        [schemas],
    ).fetchall()
    for schema, table in listed:
        rows = connection.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t'.encode()).fetchall()
        yield f"{schema}.{table}", "\n".join(str(row) for (row,) in rows)
    for (comment,) in connection.execute("SELECT description FROM pg_description").fetchall():
        yield "pg_description", str(comment)


def scan(people: People, places: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Where somebody is, and by which values."""
    found: dict[str, set[str]] = {}
    for place, text in places:
        hits = people.found_in(text)
        if hits:
            found.setdefault(place, set()).update(hits)
    return found
