"""Whether two published libraries hold the same tables, whatever random names their records and people were given.

A person is told by the least of her mentions (dataset, record key, role), a record by its dataset and key, an event of
the registry by what it says. Times of builds are left out: they enter no figure.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.comparison import OF_THE_STEP

_LIBRARY = Path("restricted") / "sijiku.duckdb"
# Of no meaning beyond being unlike any other (a finding's id is a hash that a record's random name enters), or of the
# clock.
_LEFT_OUT = frozenset({"event_id", "finding_id", "built_at", "at"})
_OF_THE_STEP = frozenset(map(str, OF_THE_STEP))
_PEOPLE = frozenset({"person_id", "other_person_id", "mother_person_id"})


def differences(one: Path, other: Path) -> list[str]:
    """What differs between two published builds' restricted files: one line a table, none where they are the same.

    Args:
        one, other: folders as `published/<build id>`.
    """
    connection = duckdb.connect(":memory:")
    try:
        for name, folder in (("one", one), ("other", other)):
            file = str((folder / _LIBRARY).resolve()).replace("'", "''")
            connection.execute(f"ATTACH '{file}' AS {name} (READ_ONLY)")
            _name_people_and_records(connection, name)
        tables = {name: _tables(connection, name) for name in ("one", "other")}
        found = [f"{table}: only in one of them" for table in sorted(set(tables["one"]) ^ set(tables["other"]))]
        for table in sorted(set(tables["one"]) & set(tables["other"])):
            found += _of_table(connection, table, tables["one"][table], tables["other"][table])
        return found
    finally:
        connection.close()


def _name_people_and_records(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(
        f"CREATE TEMP TABLE {name}_record AS SELECT record_ref AS given, "
        f"dataset || '/' || record_key AS said FROM {name}.quality.record_ref"
    )
    connection.execute(f"""
        CREATE TEMP TABLE {name}_person AS
        SELECT person_id AS given, min(record.said || '/' || role) AS said
        FROM {name}.identity.person_xref JOIN {name}_record AS record ON record.given = record_ref
        GROUP BY person_id""")
    connection.execute(f"""
        CREATE TEMP TABLE {name}_person_ref AS
        SELECT person_ref AS given, coalesce(person.said, person_id) AS said
        FROM {name}.identity.person_ref LEFT JOIN {name}_person AS person ON person.given = person_id""")


def _tables(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY 1, column_index",
        [name],
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        if table not in _OF_THE_STEP:
            tables.setdefault(table, []).append(column)
    return tables


def _of_table(connection: duckdb.DuckDBPyConnection, table: str, one: list[str], other: list[str]) -> list[str]:
    if one != other:
        return [f"{table}: columns {sorted(set(one) ^ set(other)) or 'in another order'}"]
    queries = [_named(name, table, one) for name in ("one", "other")]
    counts = [
        connection.execute(f"SELECT count(*) FROM ({this} EXCEPT ALL {that})").fetchone()
        for this, that in (queries, queries[::-1])
    ]
    surplus, missing = (int(row[0]) if row else 0 for row in counts)
    return [f"{table}: {surplus} rows only in one, {missing} only in the other"] if surplus or missing else []


def _named(name: str, table: str, columns: list[str]) -> str:
    kept = [column for column in columns if column not in _LEFT_OUT]
    selected, joins = [], []
    for column in kept:
        kind = (
            "person"
            if column in _PEOPLE
            else "record"
            if column == "record_ref"
            else "person_ref"
            if column == "person_ref"
            else None
        )
        if kind is None:
            selected.append(f'this."{column}"')
            continue
        joins.append(f'LEFT JOIN {name}_{kind} AS "of_{column}" ON "of_{column}".given = this."{column}"')
        selected.append(f'coalesce("of_{column}".said, this."{column}") AS "{column}"')
    return f"SELECT {', '.join(selected)} FROM {name}.{table} AS this {' '.join(joins)}"
