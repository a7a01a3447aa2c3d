"""Whether two libraries are the same: table by table, row by row, in whatever order the rows lie.

What is compared is what a build made: every table of what is published, and the schemas of the working warehouse that
the library stands on. Each table of each library is read once into a digest that no order of rows changes; where two
digests differ, the rows that only one of both has are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from serving.checks import columns_of
from sources.interface import Table
from sources.warehouse import connect, engine_settings
from sources.workdir import Workdir

# Published files, by their path under a build's folder.
PUBLISHED = ("restricted/sijiku.duckdb", "analysis/sijiku.duckdb", "release/sijiku.duckdb")
# Schemas of the working warehouse whose tables are compared besides.
WORKING = ("staging", "mentions", "identity", "library", "quality", "marts", "metrics", "release", "meta")
# What says when and how a library was built, and not what is in it.
LEFT_OUT: Mapping[Table, frozenset[str]] = {
    Table("meta", "build"): frozenset({"built_at"}),
    Table("staging", "stg_raw__build"): frozenset({"built_at"}),
    Table("staging", "stg_raw__delivery"): frozenset({"is_new"}),
    Table("library", "int_person__attributes"): frozenset({"made_in"}),
    Table("quality", "int_quality__mentions"): frozenset({"made_in"}),
}
# What a landing folder held that had been taken in before is known of one build alone.
ROWS_LEFT_OUT: Mapping[Table, str] = {
    Table("meta", "delivery"): "state = 'repeated'",
    Table("staging", "stg_raw__delivery"): "state = 'repeated'",
}
# What is about the step from one build to the next: empty where a library was made from nothing. The last events are
# those of state when the build began: a build from nothing of the same day finds what its publication appended.
OF_THE_STEP = frozenset(
    {
        Table("quality", "int_quality__last_events"),
        Table("quality", "finding_event_due"),
        Table("quality", "rule_event_due"),
        Table("staging", "stg_raw__changed_record"),
        Table("mentions", "int_person__changed_record"),
        Table("mentions", "int_person__changed_mentions"),
        Table("identity", "int_mention__changed"),
        Table("identity", "touched_person"),
        Table("identity", "relinked_record"),
        Table("library", "int_calendar__former_periods"),
        Table("library", "int_calendar__renewed_people"),
        Table("library", "int_calendar__renewed_periods"),
        Table("library", "int_person__former_keys"),
        Table("library", "int_person__touched"),
        Table("library", "int_residence__renewed_people"),
        Table("library", "int_entitlement__former_people"),
        Table("library", "int_entitlement__renewed_people"),
        Table("quality", "int_quality__touched_numbers"),
        Table("quality", "int_quality__compared_people"),
        Table("quality", "int_quality__touched_people"),
        Table("quality", "int_quality__touched_records"),
        Table("quality", "int_quality__turned_records"),
    }
)


@dataclass(frozen=True)
class Difference:
    """A table in which two libraries differ.

    `where`: the published file, or `warehouse`. `one`, `other`: rows that only that library has; -1 where it has no
    such table, or not with these columns.
    """

    where: str
    table: Table
    one: int
    other: int

    def __str__(self) -> str:
        return f"{self.where} {self.table}: {self.one} rows only in the one, {self.other} only in the other"


@dataclass(frozen=True)
class _Digest:
    columns: tuple[tuple[str, str], ...]
    rows: int
    total: int


def differences(one: Workdir, other: Workdir) -> list[Difference]:
    """The tables in which the published and the working libraries of two workdirs differ; none where they are the same.

    Nobody may build in either meanwhile.
    """
    found = [
        difference
        for file in PUBLISHED
        for difference in _of_files(file, one, one.current / file, other, other.current / file, ())
    ]
    found += _of_files("warehouse", one, one.warehouse, other, other.warehouse, WORKING)
    return found


def compared_tables(workdir: Workdir) -> int:
    """How many tables of a library `differences` compares."""
    tables = 0
    for file, schemas in (*((workdir.current / name, ()) for name in PUBLISHED), (workdir.warehouse, WORKING)):
        with connect(file, read_only=True, settings=engine_settings(workdir)) as connection:
            tables += sum(not schemas or table.schema in schemas for table in _compared(connection))
    return tables


def working_differences(one: Workdir, other: Workdir, schemas: Iterable[str]) -> list[Difference]:
    """The tables of these schemas in which the working warehouses of two workdirs differ."""
    return list(_of_files("warehouse", one, one.warehouse, other, other.warehouse, tuple(schemas)))


def _of_files(
    where: str, one: Workdir, one_file: Path, other: Workdir, other_file: Path, schemas: tuple[str, ...]
) -> Iterator[Difference]:
    ours, theirs = _digests(one, one_file, schemas), _digests(other, other_file, schemas)
    for table in sorted(ours.keys() | theirs.keys(), key=str):
        mine, yours = ours.get(table), theirs.get(table)
        if mine == yours:
            continue
        if mine is None or yours is None or mine.columns != yours.columns:
            yield Difference(where, table, -1 if mine is None else mine.rows, -1 if yours is None else yours.rows)
        else:
            yield Difference(where, table, *_rows_apart(one, one_file, other, other_file, table))


def _digests(workdir: Workdir, file: Path, schemas: tuple[str, ...]) -> dict[Table, _Digest]:
    """Digest of every table and view of a file, of these schemas unless there are none given."""
    with connect(file, read_only=True, settings=engine_settings(workdir)) as connection:
        return {
            table: _digest(connection, table, columns)
            for table, columns in _compared(connection).items()
            if not schemas or table.schema in schemas
        }


def _compared(connection: duckdb.DuckDBPyConnection) -> dict[Table, dict[str, str]]:
    """Tables and views with the columns that are compared, in the order of their names, and their types."""
    return {
        table: {name: columns[name] for name in sorted(columns.keys() - LEFT_OUT.get(table, frozenset()))}
        for table, columns in columns_of(connection).items()
        if table not in OF_THE_STEP
    }


def _digest(connection: duckdb.DuckDBPyConnection, table: Table, columns: dict[str, str]) -> _Digest:
    row = connection.execute(f"SELECT count(*), sum(key) FROM ({_keys(table, columns)})").fetchone()
    rows, total = row or (0, 0)
    return _Digest(tuple(columns.items()), int(rows), int(total or 0))


def _keys(table: Table, columns: dict[str, str]) -> str:
    """A number for each row, the same for the same content."""
    listed = ", ".join(f'"{column}"' for column in columns)
    kept = f" WHERE NOT coalesce({ROWS_LEFT_OUT[table]}, false)" if table in ROWS_LEFT_OUT else ""
    return f"SELECT CAST(hash({listed}) AS HUGEINT) AS key FROM {table.quoted}{kept}"


def _rows_apart(one: Workdir, one_file: Path, other: Workdir, other_file: Path, table: Table) -> tuple[int, int]:
    """How many rows of a table only the one and only the other file has."""
    with duckdb.connect() as apart:
        for name, workdir, file in (("mine", one, one_file), ("yours", other, other_file)):
            with connect(file, read_only=True, settings=engine_settings(workdir)) as connection:
                keys = connection.execute(_keys(table, _compared(connection)[table])).to_arrow_table()  # noqa: F841
                apart.execute(f"CREATE TABLE {name} AS FROM keys")
        counted = [
            apart.execute(f"SELECT count(*) FROM (FROM {left} EXCEPT ALL FROM {right})").fetchone()
            for left, right in (("mine", "yours"), ("yours", "mine"))
        ]
    mine, yours = (int(row[0]) if row else 0 for row in counted)
    return mine, yours
