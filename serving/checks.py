"""What blocks a publication: claims about the whole library that must hold, each one set-based query or a few.

Grain, types and values of public tables are their suites' (`expectations/public.py`), additivity is a test of the
models themselves; what stands here is what only the whole can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from sources.contract import PERSON_FIELDS, load_code_lists, load_contracts
from sources.interface import Table

MENTIONS = Table("mentions", "int_person__mentions")
CHANGED_RECORDS = Table("mentions", "int_person__changed_record")
NEEDED = (
    Table("quality", "ledger"),
    Table("meta", "build"),
    Table("identity", "person_xref"),
    Table("library", "dim_person"),
    Table("library", "dim_division"),
    MENTIONS,
)

# Person fields that say nothing about who it is.
_IMPERSONAL_FIELDS = {"sex", "ethnicity", "division", "hukou_division"}
# Names that no table outside `restricted/` has for a column, besides the personal fields of the contracts.
_IDENTIFIERS = {"record_key", "_record_key", "person_id", "mother_person_id", "other_person_id"}
_DERIVED = ("", "_raw", "_norm", "_key")
# A division's name is nobody's.
_ALLOWED = {("library", "dim_division", "name")}

# Where the values to look for stand. Names are looked for as whole values, numbers also inside texts.
_NUMBER_COLUMNS = ("id_number", "id_number_raw", "phone", "mother_id_number", "guardian_id_number")
_NAME_COLUMNS = ("name", "mother_name", "guardian_name")
_PLACEHOLDERS = ("无", "无名", "无名氏", "不详", "未知", "其他", "暂无", "未取名", "未命名")
# A run of letters and digits as long as a phone number or longer, and what an ID number (GB 11643) looks like.
_TOKEN = "[0-9A-Za-z]{11,}"
_LONG_NUMBER = "[0-9]{11}"
_DAY = "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
_ID_NUMBER = f"[1-9][0-9]{{5}}((18|19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9Xx]|[0-9]{{2}}{_DAY}[0-9]{{3}})"
# Marks of findings, records and persons have this form: 12 or 32 letters and digits. Lengths are looked at first.
_IS_MARK = "CASE WHEN strlen({value}) IN (12, 32) THEN regexp_full_match({value}, '[0-9A-Za-z]+') ELSE false END"


def columns_of(connection: duckdb.DuckDBPyConnection, catalog: str | None = None) -> dict[Table, dict[str, str]]:
    """Tables and views of an attached library with their columns and types, in their order.

    `catalog`: the name it is attached under; the one that is used unless given.
    """
    found: dict[Table, dict[str, str]] = {}
    for schema, table, column, type_ in connection.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_catalog = coalesce(?, current_database()) "
        "ORDER BY table_schema, table_name, ordinal_position",
        [catalog],
    ).fetchall():
        found.setdefault(Table(schema, table), {})[column] = type_
    return found


def blocking_problems(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    shown: Iterable[Table],
    relied_on: Iterable[Table],
    *,
    goes_on: bool = False,
) -> list[str]:
    """What keeps this build from being published; nothing if it may be.

    Args:
        connection: on the working warehouse.
        build_id: the build to publish.
        shown: the tables that leave the restricted part.
        relied_on: the tables that metrics stand on.
        goes_on: whether the tables go on from those of a published build, which passed these checks.

    Returns:
        One line a problem, without any personal value.
    """
    columns = columns_of(connection)
    missing = [f"{table} is missing." for table in (*NEEDED, *relied_on) if table not in columns]
    if missing:
        return missing
    shown = list(shown)
    return [
        *ledger_problems(connection, build_id),
        *mention_problems(connection, goes_on=goes_on and CHANGED_RECORDS in columns),
        *personal_columns(columns, shown),
        *personal_values(connection, columns, shown),
    ]


def ledger_problems(connection: duckdb.DuckDBPyConnection, build_id: str) -> Iterator[str]:
    """Every applied delivery stands in the ledger, and every balance is 0."""
    build = connection.execute("SELECT deliveries FROM meta.build WHERE build_id = ?", [build_id]).fetchone()
    if build is None:
        yield f"meta.build does not know build {build_id}."
        return
    rows = connection.execute(
        "SELECT dataset, count(DISTINCT delivery), count(*) FILTER (balance IS DISTINCT FROM 0) "
        "FROM quality.ledger WHERE build_id = ? GROUP BY dataset ORDER BY dataset",
        [build_id],
    ).fetchall()
    yield from (
        f"quality.ledger of {dataset} does not balance in {unbalanced} of {deliveries} deliveries."
        for dataset, deliveries, unbalanced in rows
        if unbalanced
    )
    in_ledger = sum(deliveries for _, deliveries, _ in rows)
    if in_ledger != build[0]:
        yield f"quality.ledger has {in_ledger} deliveries, {build[0]} were applied."


def mention_problems(connection: duckdb.DuckDBPyConnection, *, goes_on: bool = False) -> Iterator[str]:
    """Every mention is linked to exactly one person, and nothing else is.

    Tens of millions of texts are not joined to find that all is well: mentions and links agree when there are as many
    of both, none is there twice, and their hashes add up to the same. Then who is not twice among the one is not among
    the other. Only where they do not agree is it looked at one by one.

    Args:
        connection: on the working warehouse.
        goes_on: whether its tables go on from those of a published build, in which no mention was twice. Then only
            mentions of records that changed since can be: nothing else touches the rows of staging that mentions are
            made of. Numbers and sums are asked of all, so links are held to all mentions all the same.
    """
    if goes_on:
        (twice,) = _one_row(
            connection,
            f"SELECT count(*) FROM (SELECT 1 FROM {MENTIONS.quoted} SEMI JOIN {CHANGED_RECORDS.quoted} "
            "USING (dataset, record_key) GROUP BY dataset, record_key, role HAVING count(*) > 1)",
        )
        link_keys = f"count(*) - {twice}"
    else:
        link_keys = "count(DISTINCT key)"
    (agree,) = _one_row(
        connection,
        f"""
        WITH mention AS (
            SELECT count(*) AS times, sum(key) AS total
            FROM (SELECT hash(dataset, record_key, role) AS key FROM {MENTIONS.quoted})
        ), link AS (
            SELECT count(*) AS times, {link_keys} AS keys, sum(key) AS total, count(person_id) AS persons
            FROM (SELECT hash(dataset, record_key, role) AS key, person_id FROM identity.person_xref)
        )
        SELECT link.times = link.keys AND link.times = link.persons
               AND mention.times = link.times AND mention.total IS NOT DISTINCT FROM link.total
        FROM mention CROSS JOIN link
        """,
    )
    if agree:
        return
    unlinked, unknown, pairs, mentions, links = _one_row(
        connection,
        f"""
        SELECT count(*) FILTER (link.person_id IS NULL), count(*) FILTER (mention.record_key IS NULL),
               count(*) FILTER (mention.record_key IS NOT NULL AND link.record_key IS NOT NULL),
               (SELECT count(*) FROM {MENTIONS.quoted}), (SELECT count(*) FROM identity.person_xref)
        FROM {MENTIONS.quoted} AS mention FULL JOIN identity.person_xref AS link USING (dataset, record_key, role)
        """,
    )
    if unlinked:
        yield f"{unlinked} mentions are linked to nobody."
    if unknown:
        yield f"{unknown} links in identity.person_xref are of no mention."
    if pairs > mentions or pairs > links:
        yield f"{max(pairs - mentions, pairs - links)} mentions stand or are linked more than once."


def personal_columns(columns: dict[Table, dict[str, str]], shown: Iterable[Table]) -> Iterator[str]:
    """No table outside `restricted/` has a column that holds persons by its name."""
    fields = {
        column.field for contract in load_contracts().values() for column in contract.columns if column.is_personal
    }
    fields |= (set(PERSON_FIELDS) - _IMPERSONAL_FIELDS) | _IDENTIFIERS
    personal = {field + ending for field in fields for ending in _DERIVED}
    for table in shown:
        for column in columns[table]:
            if column in personal and (table.schema, table.name, column) not in _ALLOWED:
                yield f"{table}.{column} would leave restricted/: by its name it holds persons."


def personal_values(
    connection: duckdb.DuckDBPyConnection, columns: dict[Table, dict[str, str]], shown: Iterable[Table]
) -> Iterator[str]:
    """No text outside `restricted/` is or holds an ID number or phone number of anybody, or is somebody's name."""
    places = [(table, name) for table in shown for name, type_ in columns[table].items() if type_ == "VARCHAR"]
    if not places:
        return
    texts, marks = (
        " UNION ALL ".join(
            f'SELECT {form} {number} AS place, "{name}" AS value FROM {table.quoted} '
            f'WHERE "{name}" IS NOT NULL AND ' + which.format(value=f'"{name}"')
            for number, (table, name) in enumerate(places)
        )
        for form, which in (("DISTINCT", f"NOT ({_IS_MARK})"), ("", _IS_MARK))
    )
    # Words that are also the name of a place, a code's label or a placeholder are nobody's name here, and a place's
    # code is nobody's number. Persons are read once, and held against the few texts. Marks stand in millions of rows:
    # these are held against the few values of persons that have their form.
    found = connection.execute(
        f"""
        WITH text AS MATERIALIZED ({texts}),
        part AS MATERIALIZED (
            SELECT place, value, value AS part FROM text
            UNION ALL
            SELECT place, value, unnest(regexp_extract_all(value, '{_TOKEN}')) AS part
            FROM text WHERE regexp_matches(value, '{_LONG_NUMBER}')
        ),
        asked AS MATERIALIZED (
            SELECT DISTINCT part AS value, true AS is_number FROM part WHERE length(part) >= 7
            UNION ALL
            SELECT DISTINCT value, false FROM text WHERE length(value) >= 2
        ),
        person AS MATERIALIZED ({_persons(columns)}),
        personal AS MATERIALIZED (
            SELECT DISTINCT value, is_number FROM (
                SELECT unnest(numbers) AS value, true AS is_number FROM person
                UNION ALL
                SELECT unnest(names), false FROM person
            )
            WHERE ((value, is_number) IN (SELECT (value, is_number) FROM asked) OR {_IS_MARK.format(value="value")})
            AND CASE WHEN is_number THEN value NOT IN (SELECT division_code FROM library.dim_division)
                       ELSE value NOT IN (SELECT unnest(?))
                            AND value NOT IN (SELECT name FROM library.dim_division WHERE name IS NOT NULL) END
        ),
        hit AS (
            SELECT place, value FROM part WHERE regexp_full_match(part, '{_ID_NUMBER}')
            UNION ALL
            SELECT place, value FROM part WHERE part IN (SELECT value FROM personal WHERE is_number)
            UNION ALL
            SELECT place, value FROM text WHERE value IN (SELECT value FROM personal WHERE NOT is_number)
            UNION ALL
            SELECT place, value FROM ({marks}) WHERE value IN (SELECT value FROM personal)
        )
        SELECT place, count(DISTINCT value) FROM hit GROUP BY place ORDER BY place
        """,
        [sorted({*_labels(), *_PLACEHOLDERS})],
    ).fetchall()
    for place, hits in found:
        table, name = places[place]
        yield f"{table}.{name} would leave restricted/: {hits} of its texts hold a name, ID or phone number."


def _persons(columns: dict[Table, dict[str, str]]) -> str:
    """Query of numbers and names, lists: those of rows of persons of which one is asked for, or looks like a mark. Each
    table is read once for all of them."""
    queries = []
    for table in (Table("library", "dim_person"), MENTIONS):
        numbers, names = (
            [f'"{name}"' for name in listed if name in columns[table]] for listed in (_NUMBER_COLUMNS, _NAME_COLUMNS)
        )
        asked = " OR ".join(
            f"{value} IN (SELECT value FROM asked WHERE {which}) OR ({_IS_MARK.format(value=value)})"
            for values, which in ((numbers, "is_number"), (names, "NOT is_number"))
            for value in values
        )
        lists = (
            f"CAST([{', '.join(values)}] AS VARCHAR[]) AS {kind}"
            for kind, values in (("numbers", numbers), ("names", names))
        )
        queries.append(f"SELECT {', '.join(lists)} FROM {table.quoted} WHERE {asked or 'false'}")
    return " UNION ALL ".join(queries)


def _labels() -> set[str]:
    return {label for code_list in load_code_lists().values() for label in code_list.values.values()}


def _one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
