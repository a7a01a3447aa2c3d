"""What was erased does not come back: the suppression list, and taking rows of a delivery out of its files.

The list (state's log `suppression`) holds no value, only keyed hashes: HMAC-SHA256 (RFC 2104) under a key of 32 random
bytes in `state/suppression.key`, which is its owner's only. Kinds of lines, and what is hashed:

- `record`: dataset, record key. The row goes.
- `role`: dataset, record key, role. The row is about somebody else too; what it says of this person goes.
- `number`: a valid ID number, in each of its forms. Who bears it in a delivery is the erased person, whatever the key.
- `exempt`: dataset, record key, role. The row is known to be another person's, who bears the erased person's number:
  the number goes and no more.
- `person`: a person number, so that it can be told afterwards that this one was erased.
- `lifted`: not a hash, the id of an erasure whose lines count no longer: what it took stays out, but may come in again.

One mechanism takes rows out, whether of files that were accepted long ago or of a delivery that is being taken in: a
table of targets (record_key, role, action), and a query over each file. Actions are `drop` (role is null), `blank` and
`number`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from sources.contract import Contract, Role
from sources.errors import SijikuError
from sources.parquet import rows_in
from sources.reader import RAW_COLUMNS
from sources.readers.records import identifier, literal
from sources.state import State
from sources.workdir import Workdir

LOG = "suppression"
KEY_FILE = "suppression.key"
# Who stands in a record beside the person that it is about; macro companion_roles of dbt says the same.
COMPANIONS = frozenset({"mother", "father", "guardian"})

_KEY_BYTES = 32
_HASH_BLOCK = 64
# Fields of a role that are the person's, even where another role of the record has them from the same column.
_OWN_FIELDS = frozenset({"name", "id_number", "birth_date", "phone"})
# Between the parts that are hashed: a character that text does not hold.
_SEPARATOR = "chr(31)"
_FULL_WIDTH, _HALF_WIDTH = "０１２３４５６７８９Ｘｘ", "0123456789XX"
# Numbers in the text of a row that could not be read.
_NUMBERS_IN_TEXT = "[0-9]{17}[0-9X]|[0-9]{15}"


def key_file(workdir: Workdir) -> Path:
    """Where the key of the hashes lies."""
    return workdir.state / KEY_FILE


def create_key(workdir: Workdir) -> None:
    """Draw the key, once."""
    file = key_file(workdir)
    if file.exists():
        return
    half = file.with_name(f".{KEY_FILE}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as handle:
        handle.write(secrets.token_bytes(_KEY_BYTES))
        os.fsync(handle.fileno())
    half.rename(file)


def has_suppressions(workdir: Workdir) -> bool:
    """Whether anything was ever erased from a library."""
    return bool(State(workdir.state).segments(LOG))


def load_key(connection: duckdb.DuckDBPyConnection, workdir: Workdir) -> None:
    """Make temp table suppression_key (inner BLOB, outer BLOB), from which `hashed` works.

    Raises:
        SijikuError: there is no key, it is not one, or others than its owner can read it.
    """
    file = key_file(workdir)
    if not file.is_file() or len(key := file.read_bytes()) != _KEY_BYTES:
        raise SijikuError(
            f"缺少抹除名单的密钥。The key of the suppression list is missing or damaged: {file}.",
            "请从备份恢复该文件；没有它，被抹除的人会随下一批数据回来。"
            "Restore it from a backup: without it erased people come back with the next delivery.",
        )
    if file.stat().st_mode & 0o077:
        raise SijikuError(
            f"抹除名单的密钥可被他人读取。Others can read the key of the suppression list: {file}.",
            "请运行 Run: chmod 400 " + str(file),
        )
    padded = key.ljust(_HASH_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    connection.execute("CREATE OR REPLACE TEMP TABLE suppression_key (inner_key BLOB, outer_key BLOB)")
    connection.execute("INSERT INTO suppression_key VALUES (?, ?)", [inner, outer])


def hashed(*parts: str) -> str:
    """SQL of the keyed hash of some texts, 64 hexadecimal digits. Table suppression_key must be joined to the query.

    Args:
        parts: SQL expressions; a null is hashed as empty.
    """
    said = ", ".join(f"coalesce({part}, '')" for part in parts)
    message = f"encode(concat_ws({_SEPARATOR}, {said}))"
    return f"sha256(outer_key || unhex(sha256(inner_key || {message})))"


def cleaned_number(text: str) -> str:
    """SQL of the digits of an ID number as it came: half-width, upper case, nothing between them."""
    narrow = f"translate({text}, '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
    return f"regexp_replace(upper({narrow}), '[^0-9X]', '', 'g')"


def long_number(cleaned: str) -> str:
    """SQL of the 18 places of a cleaned number that is valid by GB 11643-1999, else null.

    Of 15 places the century is 19 and the check character is worked out; of 18 it must be right.
    """
    digits = f"CASE length({cleaned}) WHEN 18 THEN substr({cleaned}, 1, 17) " + (
        f"WHEN 15 THEN substr({cleaned}, 1, 6) || '19' || substr({cleaned}, 7, 9) END"
    )
    # Weights are powers of 2 modulo 11, from the right.
    weighed = " + ".join(
        f"{2 ** (18 - place) % 11} * try_cast(substr(digits, {place}, 1) AS INTEGER)" for place in range(1, 18)
    )
    check = f"substr('10X98765432', 1 + ({weighed}) % 11, 1)"
    return (
        f"(SELECT CASE WHEN length({cleaned}) = 15 OR {check} = substr({cleaned}, 18, 1) THEN digits || {check} END "
        f"FROM (SELECT {digits} AS digits))"
    )


def number_forms(number: str) -> str:
    """SQL of the list of forms in which an 18-place number may be written: itself, and that of the first generation."""
    return (
        f"CASE WHEN substr({number}, 7, 2) = '19' "
        f"THEN [{number}, substr({number}, 1, 6) || substr({number}, 9, 9)] ELSE [{number}] END"
    )


def subjects(contract: Contract) -> list[Role]:
    """The roles that a record is about: all but companions."""
    return [role for role in contract.roles if role.name not in COMPANIONS]


def rows_of(files: Iterable[Path]) -> str:
    """A relation over Parquet files of one dataset, with `filename`."""
    return rows_in([file.resolve() for file in files], "union_by_name", "filename")


def column_of(contract: Contract, header: str, present: Iterable[str]) -> str:
    """SQL of a contract's column in files that may be of an earlier version: under another name, or not at all."""
    there = set(present)
    names = [name for name in (header, *contract.earlier_headers(header)) if name in there]
    return f"coalesce({', '.join(map(identifier, names))}, NULL)" if names else "CAST(NULL AS VARCHAR)"


def columns_in(connection: duckdb.DuckDBPyConnection, rows: str) -> list[str]:
    """The columns of a relation, in their order."""
    return [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]


def borne_numbers(contract: Contract, rows: str, present: Sequence[str]) -> str:
    """SELECT of every cleaned number in some files: record_key, role, number. One row per mention that bears one."""
    parts = [
        f"SELECT DISTINCT _record_key AS record_key, {literal(role.name)} AS role, "
        f"{cleaned_number(column_of(contract, role.fields['id_number'], present))} AS number FROM {rows}"
        for role in contract.roles
        if "id_number" in role.fields
    ]
    nothing = (
        "SELECT CAST(NULL AS VARCHAR) AS record_key, CAST(NULL AS VARCHAR) AS role, CAST(NULL AS VARCHAR) AS number"
    )
    return f"SELECT * FROM ({' UNION ALL '.join(parts) if parts else nothing}) WHERE length(number) IN (15, 18)"


def settle_targets(contract: Contract, table: str) -> str:
    """SELECT of the targets of one dataset from those found: a record about nobody else than the erased goes whole.

    Args:
        contract: of the dataset.
        table: columns record_key, role, action; the same may stand there more than once.
    """
    names = ", ".join(literal(role.name) for role in subjects(contract)) or "''"
    gone = (
        f"SELECT record_key FROM {table} GROUP BY record_key HAVING bool_or(action = 'drop') OR "
        f"count(DISTINCT role) FILTER (action = 'blank' AND role IN ({names})) = {max(len(subjects(contract)), 1)}"
    )
    return (
        f"SELECT DISTINCT record_key, role, action FROM {table} WHERE record_key NOT IN ({gone}) "
        f"UNION ALL SELECT record_key, CAST(NULL AS VARCHAR), 'drop' FROM ({gone})"
    )


def find_suppressed(
    connection: duckdb.DuckDBPyConnection, workdir: Workdir, contract: Contract, files: Sequence[Path], table: str
) -> int:
    """Make a temp table of what the list says of these files: record_key, role, action. Returns how many rows."""
    load_key(connection, workdir)
    listed = State(workdir.state).select(LOG)
    dataset = literal(contract.dataset)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE suppressed AS SELECT DISTINCT kind, hash FROM ({listed}) "
        f"WHERE (kind = 'number' OR dataset = {dataset}) "
        f"AND erasure_id NOT IN (SELECT hash FROM ({listed}) WHERE kind = 'lifted')"
    )
    kinds = {str(row[0]) for row in connection.execute("SELECT DISTINCT kind FROM suppressed").fetchall()}
    rows = rows_of(files)
    keys = f"(SELECT DISTINCT _record_key AS record_key FROM {rows})"
    found = ["SELECT CAST(NULL AS VARCHAR) AS record_key, CAST(NULL AS VARCHAR) AS role, 'drop' AS action WHERE false"]
    if "record" in kinds:
        found.append(
            f"SELECT record_key, NULL, 'drop' FROM {keys}, suppression_key "
            f"WHERE {hashed(dataset, 'record_key')} IN (SELECT hash FROM suppressed WHERE kind = 'record')"
        )
    if "role" in kinds:
        found += [
            f"SELECT record_key, {literal(role.name)}, 'blank' FROM {keys}, suppression_key WHERE "
            f"{hashed(dataset, 'record_key', literal(role.name))} IN (SELECT hash FROM suppressed WHERE kind = 'role')"
            for role in contract.roles
        ]
    if "number" in kinds:
        known = hashed(dataset, "record_key", "role")
        found.append(
            f"SELECT record_key, role, CASE WHEN {known} IN (SELECT hash FROM suppressed WHERE kind = 'exempt') "
            f"THEN 'number' ELSE 'blank' END FROM ({borne_numbers(contract, rows, columns_in(connection, rows))}), "
            f"suppression_key WHERE {hashed('number')} IN (SELECT hash FROM suppressed WHERE kind = 'number')"
        )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {' UNION ALL '.join(found)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {settle_targets(contract, 'found')}")
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def without_targets(connection: duckdb.DuckDBPyConnection, contract: Contract, file: Path, targets: str) -> str:
    """SELECT of a raw file's rows without what targets name: rows, or what a row says of a person, with its hash anew.

    Args:
        connection: looks up the file's columns.
        contract: of the dataset.
        file: Parquet of the raw zone.
        targets: a relation of this dataset's targets: record_key, role, action.
    """
    there = rows_in([file.resolve()])
    columns = columns_in(connection, there)
    content = [column for column in columns if column not in RAW_COLUMNS]
    blanked = {column: _when_blanked(contract, column) for column in content}
    replaced = [
        f"CASE WHEN _record_key IN (SELECT record_key FROM {targets} WHERE {condition}) THEN NULL "
        f"ELSE {identifier(column)} END AS {identifier(column)}"
        for column, condition in blanked.items()
        if condition
    ]
    touched = f"_record_key IN (SELECT record_key FROM {targets} WHERE action <> 'drop')"
    said = ", ".join(f"coalesce({identifier(column)}, '')" for column in content)
    hash_ = f"CASE WHEN {touched} THEN md5(concat_ws({_SEPARATOR}, {said})) ELSE _content_hash END AS _content_hash"
    # Columns that the contract does not know may say anything of anybody.
    extra = f"CASE WHEN {touched} THEN NULL ELSE _extra END AS _extra"
    kept = (
        f"SELECT * REPLACE ({', '.join([*replaced, extra])}) FROM {there} "
        f"WHERE _record_key NOT IN (SELECT record_key FROM {targets} WHERE action = 'drop')"
    )
    return f"SELECT * REPLACE ({hash_}) FROM ({kept}) ORDER BY _row"


def without_numbers(file: Path) -> str:
    """SELECT of a quarantined file's rows, the content null where a number in it is suppressed (`find_suppressed`)."""
    there = rows_in([file.resolve()])
    borne = f"SELECT file, row, unnest(regexp_extract_all(upper(content), '{_NUMBERS_IN_TEXT}')) AS number FROM {there}"
    suppressed = "SELECT hash FROM suppressed WHERE kind = 'number'"
    hit = f"SELECT file, row FROM ({borne}), suppression_key WHERE {hashed('number')} IN ({suppressed})"
    return (
        f"SELECT * REPLACE (CASE WHEN (file, row) IN ({hit}) THEN NULL ELSE content END AS content) FROM {there} "
        "ORDER BY row, reason_en"
    )


def _when_blanked(contract: Contract, column: str) -> str | None:
    """Of which targets a column of a raw file is blanked, as a condition on role and action; None if of none."""
    conditions = []
    for role in contract.roles:
        action = ["blank"] if column in _headers(contract, role) else []
        number = role.fields.get("id_number")
        if number and column in (number, *contract.earlier_headers(number)):
            action.append("number")
        if action:
            conditions.append(f"(role = {literal(role.name)} AND action IN ({', '.join(map(literal, action))}))")
    return " OR ".join(conditions) or None


def _headers(contract: Contract, role: Role) -> set[str]:
    """The columns of a record that are a person's in a role: not those that another role needs, nor the key."""
    others = {header for other in contract.roles if other.name != role.name for header in other.fields.values()}
    own = {
        header
        for field, header in role.fields.items()
        if not header.startswith("=") and (field in _OWN_FIELDS or header not in others)
    }
    own -= set(contract.key)
    return own | {earlier for header in own for earlier in contract.earlier_headers(header)}
