"""Whom and what an erasure is about, worked out from state and the raw zone alone.

Made in the connection's own catalog, for `serving.erasure_layers`:

- `target`: dataset, record_key, record_ref, role, action (see `sources.suppression`): what goes.
- `person`: person_id, standing. `whole`: nothing is left of this person. `former`: a number that this person had
  before. `partial`: a record about this person goes, and others stay. `shared`: a record about this person stays that
  the erased one stood in.
- `person_reference`: person_ref of those that are whole.
- `value`: kind (number, name, phone), value: what tells the erased person; empty where records alone are erased.
- `finding`: finding_id: findings about what goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from sources.contract import Contract, load_contract
from sources.errors import UsageError
from sources.raw_store import delivery_folder
from sources.readers.records import literal
from sources.state import State
from sources.suppression import (
    COMPANIONS,
    borne_numbers,
    cleaned_number,
    column_of,
    columns_in,
    long_number,
    number_forms,
    rows_of,
    settle_targets,
)
from sources.workdir import Workdir

TABLES = ("target", "person", "person_reference", "value", "finding")
PHONE_DIGITS = "right(regexp_replace({}, '[^0-9]', '', 'g'), 11)"

Record = tuple[str, str]


def find_person(connection: duckdb.DuckDBPyConnection, workdir: Workdir, person_id: str) -> None:
    """Make the tables for a person: all records under this number and those it had before, and whoever bears its ID
    number though no record of theirs was ever linked.

    Raises:
        UsageError: nobody has or had this number.
    """
    state = State(workdir.state)
    _read_holders(connection, state)
    connection.execute(f"""
        CREATE OR REPLACE TABLE standing AS
        SELECT person_id, arg_max(kind, _segment) AS kind, arg_max(other_person_id, _segment) AS other_person_id
        FROM ({state.select("person_event")}) GROUP BY person_id""")
    connection.execute(
        """
        CREATE OR REPLACE TABLE who AS
        WITH RECURSIVE present AS (
            SELECT CAST(? AS VARCHAR) AS person_id
            UNION
            SELECT other_person_id FROM standing JOIN present USING (person_id)
            WHERE kind = 'merged' AND other_person_id IS NOT NULL
        ), everyone AS (
            SELECT person_id FROM present
            UNION
            SELECT standing.person_id FROM standing JOIN everyone ON standing.other_person_id = everyone.person_id
            WHERE standing.kind = 'merged'
        )
        SELECT person_id FROM everyone""",
        [person_id],
    )
    connection.execute(f"""
        CREATE OR REPLACE TABLE found AS
        SELECT dataset, record_key, record_ref, role, 'blank' AS action
        FROM holder SEMI JOIN who USING (person_id) JOIN ({state.select("record_ref")}) USING (record_ref)""")
    if not _count(connection, "found"):
        raise UsageError(
            f"没有人员编号 {person_id}，或其已无记录。Nobody has the person number {person_id}, or no record any more.",
            "请从 library.dim_person 取编号。Take it from library.dim_person of the restricted library.",
        )
    files = raw_files(connection, workdir)
    _read_values(connection, files)
    _read_bearers(connection, state, files)
    _settle(connection, state, _datasets(connection, "found"))
    connection.execute("""
        INSERT INTO person
        SELECT person_id, 'whole' FROM who WHERE person_id NOT IN (SELECT person_id FROM person)""")
    connection.execute("""
        UPDATE person SET standing = 'former' WHERE person_id IN (
            SELECT person_id FROM who JOIN standing USING (person_id) WHERE kind = 'merged')""")
    _read_references(connection, state)


def find_records(connection: duckdb.DuckDBPyConnection, workdir: Workdir, records: str | Sequence[Record]) -> int:
    """Make the tables for records, whoever they are about; how many there are.

    Args:
        connection: see the head of this module.
        workdir: the library.
        records: (dataset, record key), or a SELECT of columns dataset, record_key over the connection.

    Raises:
        UsageError: a record that was named is not known.
    """
    state = State(workdir.state)
    if not isinstance(records, str):
        _check_known(connection, state, records)
        named = ", ".join(f"({literal(dataset)}, {literal(key)})" for dataset, key in records)
        records = f"SELECT * FROM (VALUES {named}) AS named(dataset, record_key)"
    _read_holders(connection, state)
    connection.execute(f"""
        CREATE OR REPLACE TABLE found AS
        SELECT dataset, record_key, record_ref, CAST(NULL AS VARCHAR) AS role, 'drop' AS action
        FROM ({state.select("record_ref")}) SEMI JOIN ({records}) USING (dataset, record_key)""")
    connection.execute("CREATE OR REPLACE TABLE value (kind VARCHAR, value VARCHAR)")
    _settle(connection, state, _datasets(connection, "found"))
    _read_references(connection, state)
    return _count(connection, "target")


def raw_files(
    connection: duckdb.DuckDBPyConnection, workdir: Workdir, root: Path | None = None
) -> Mapping[str, list[Path]]:
    """The Parquet files of accepted deliveries by dataset, in the raw zone or under another root."""
    found: dict[str, list[Path]] = {}
    for dataset, extract_date, delivery in connection.execute(
        "SELECT dataset, CAST(extract_date AS VARCHAR), delivery "
        f"FROM ({State(workdir.state).select('delivery')}) ORDER BY ALL"
    ).fetchall():
        folder = delivery_folder(root or workdir.raw, dataset, extract_date, delivery)
        found.setdefault(dataset, []).extend(sorted(folder.glob("*.parquet")))
    return {dataset: files for dataset, files in found.items() if files}


def _check_known(connection: duckdb.DuckDBPyConnection, state: State, records: Sequence[Record]) -> None:
    for dataset, key in records:
        load_contract(dataset)
        row = connection.execute(
            f"SELECT 1 FROM ({state.select('record_ref')}) WHERE dataset = ? AND record_key = ? LIMIT 1", [dataset, key]
        ).fetchone()
        if row is None:
            raise UsageError(
                f"数据集 {dataset} 中没有这条记录。Dataset {dataset} has no record of that key.",
                "主键各列以 | 相连。Write the key columns' text joined with |, as quality.record_ref has it.",
            )


def _read_holders(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """holder: who each mention is of, or was of when it was there last."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE holder AS
        SELECT record_ref, role, arg_max(person_id, _segment) AS person_id
        FROM ({state.select("person_assignment")}) GROUP BY record_ref, role""")


def _read_values(connection: duckdb.DuckDBPyConnection, files: Mapping[str, list[Path]]) -> None:
    """value: names and phones as they stand in the person's records, and candidates for the ID number."""
    connection.execute("CREATE OR REPLACE TABLE value (kind VARCHAR, value VARCHAR)")
    for dataset in _datasets(connection, "found"):
        if dataset not in files:
            continue
        contract = load_contract(dataset)
        rows = rows_of(files[dataset])
        present = columns_in(connection, rows)
        for role in contract.roles:
            keys = f"SELECT record_key FROM found WHERE dataset = {literal(dataset)} AND role = {literal(role.name)}"
            for kind, field, form in (
                ("number", "id_number", lambda text: long_number(cleaned_number(text))),
                ("name", "name", lambda text: f"trim({text})"),
                ("phone", "phone", PHONE_DIGITS.format),
            ):
                if field in role.fields:
                    # The number is worked out once it is a column.
                    text = column_of(contract, role.fields[field], present)
                    connection.execute(
                        f"INSERT INTO value SELECT DISTINCT '{kind}', {form('said')} FROM "
                        f"(SELECT DISTINCT {text} AS said FROM {rows} WHERE _record_key IN ({keys})) "
                        "WHERE said IS NOT NULL"
                    )
    connection.execute("DELETE FROM value WHERE value IS NULL OR value = ''")


def _read_bearers(connection: duckdb.DuckDBPyConnection, state: State, files: Mapping[str, list[Path]]) -> None:
    """Add to found whoever bears the person's number; leave in value only numbers that are the person's.

    A number in a person's record may be another's, borrowed or a slip: it is whose who bears it in most mentions.
    """
    forms = "SELECT DISTINCT unnest(" + number_forms("value") + ") FROM value WHERE kind = 'number'"
    connection.execute(
        "CREATE OR REPLACE TABLE bearer (dataset VARCHAR, record_key VARCHAR, role VARCHAR, number VARCHAR)"
    )
    if _count(connection, "value WHERE kind = 'number'"):
        for dataset, parts in files.items():
            contract = load_contract(dataset)
            rows = rows_of(parts)
            connection.execute(
                f"INSERT INTO bearer SELECT {literal(dataset)}, record_key, role, number "
                f"FROM ({borne_numbers(contract, rows, columns_in(connection, rows))}) WHERE number IN ({forms})"
            )
    connection.execute(f"""
        CREATE OR REPLACE TABLE borne AS
        SELECT DISTINCT bearer.dataset, bearer.record_key, known.record_ref, bearer.role,
            {long_number("bearer.number")} AS number, holder.person_id
        FROM bearer JOIN ({state.select("record_ref")}) AS known USING (dataset, record_key)
        LEFT JOIN holder ON holder.record_ref = known.record_ref AND holder.role = bearer.role""")
    connection.execute("""
        DELETE FROM value WHERE kind = 'number' AND value NOT IN (
            SELECT number FROM (
                SELECT number, person_id IN (SELECT person_id FROM who) AS is_own, person_id, count(*) AS mentions
                FROM borne WHERE person_id IS NOT NULL GROUP BY ALL
            ) GROUP BY number
            HAVING sum(mentions) FILTER (is_own) > coalesce(max(mentions) FILTER (NOT is_own), 0)
        )""")
    connection.execute("""
        INSERT INTO found
        SELECT dataset, record_key, record_ref, role, CASE WHEN person_id IS NULL THEN 'blank' ELSE 'number' END
        FROM borne
        WHERE number IN (SELECT value FROM value WHERE kind = 'number')
            AND (person_id IS NULL OR person_id NOT IN (SELECT person_id FROM who))""")


def _settle(connection: duckdb.DuckDBPyConnection, state: State, datasets: Iterable[str]) -> None:
    """target, person and finding from what was found."""
    connection.execute("CREATE OR REPLACE TABLE target AS SELECT * FROM found WHERE false")
    for dataset in datasets:
        contract: Contract = load_contract(dataset)
        here = f"(SELECT record_key, role, action FROM found WHERE dataset = {literal(dataset)})"
        connection.execute(
            f"INSERT INTO target SELECT {literal(dataset)}, record_key, record_ref, role, action "
            f"FROM ({settle_targets(contract, here)}) JOIN (SELECT DISTINCT record_key, record_ref "
            f"FROM found WHERE dataset = {literal(dataset)}) USING (record_key)"
        )
    companions = ", ".join(literal(role) for role in sorted(COMPANIONS))
    connection.execute(f"""
        CREATE OR REPLACE TABLE person AS
        WITH concerned AS (
            SELECT holder.person_id, holder.record_ref, holder.role, bool_or(target.action = 'drop') AS is_dropped,
                bool_or(target.action = 'drop' OR (target.action = 'blank' AND target.role = holder.role)) AS is_gone
            FROM holder JOIN target USING (record_ref)
            GROUP BY holder.person_id, holder.record_ref, holder.role
        ), counted AS (
            SELECT person_id, count(*) AS mentions FROM holder
            WHERE person_id IN (SELECT person_id FROM concerned) GROUP BY person_id
        )
        SELECT person_id, CASE
            WHEN count(*) FILTER (is_gone) = any_value(mentions) THEN 'whole'
            WHEN bool_or(is_dropped AND role NOT IN ({companions})) THEN 'partial'
            ELSE 'shared' END AS standing
        FROM concerned
        JOIN counted USING (person_id) GROUP BY person_id""")


def _read_references(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """person_reference and finding, once it is known who is whole."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE person_reference AS
        SELECT person_ref FROM ({state.select("person_ref")})
        WHERE person_id IN (SELECT person_id FROM person WHERE standing IN ('whole', 'former'))""")
    connection.execute(f"""
        CREATE OR REPLACE TABLE finding AS
        SELECT DISTINCT finding_id FROM ({state.select("finding_event")})
        WHERE record_ref IN (SELECT record_ref FROM target WHERE action = 'drop')
            OR (record_ref, role) IN (SELECT (record_ref, role) FROM target WHERE action <> 'drop')
            OR person_ref IN (SELECT person_ref FROM person_reference)""")


def _datasets(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(f"SELECT DISTINCT dataset FROM {table} ORDER BY 1").fetchall()]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
