"""Equal mentions collapse to profiles, so that linkers compare each different description of a person once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from sources.errors import SijikuError
from sources.warehouse import CATALOG

MENTIONS = f"{CATALOG}.mentions.int_person__mentions"

_USABLE = "id_number_status IN ('valid', 'upgraded_15', 'cleaned')"

# What linkers may look at: profile column to its expression over mentions. Two mentions are one profile when all of
# these are equal. A number that failed its check may still be one slip away from a good one, so it is kept apart.
PROFILE_FIELDS: dict[str, str] = {
    "name_norm": "name_norm",
    "name_key": "name_key",
    "sex": "sex",
    "birth_date": "birth_date",
    "id_number": f"CASE WHEN {_USABLE} THEN id_number END",
    "doubtful_number": "CASE WHEN id_number_status IN ('checksum_failed', 'malformed') THEN id_number_raw END",
    "phone": "phone",
    "mother_name_key": "mother_name_key",
    "mother_id_number": "mother_id_number",
    "guardian_name_key": "guardian_name_key",
    "guardian_id_number": "guardian_id_number",
}

# A description of nothing but a name, or of less, is nobody's in particular: each such mention stays a profile.
_BARE = " AND ".join(
    f"({field}) IS NULL" for name, field in PROFILE_FIELDS.items() if name not in ("name_norm", "name_key", "sex")
)

# What links mentions beside their own description: the household in its bureau's numbering, the registered home where
# it is a community of the city, the employer as it is written without spaces, and the community lived in. The first
# three are hashes, kept in the working warehouse and compared by the same engine: the code of a build decides which.
CONTEXT: dict[str, str] = {
    "household": "CASE WHEN household_key IS NOT NULL THEN hash(dataset, household_key) END",
    "home": "CASE WHEN hukou_division IS NOT NULL AND NOT ends_with(hukou_division, '000000') "
    "THEN hash(hukou_division) END",
    "workplace": "CASE WHEN trim(employer) <> '' THEN hash(regexp_replace(employer, '\\s', '', 'g')) END",
    "place": "CASE WHEN division_status IN ('community', 'superseded') THEN CAST(division_code AS BIGINT) END",
}
_CONTEXT = ", ".join(f"{expression} AS {name}" for name, expression in CONTEXT.items())


def digest(own_table: str | None = None) -> str:
    """SQL: 128 bits for all fields together: one column to group and join by instead of eleven, some null.

    Args:
        own_table: columns record_ref, role: mentions that are a profile of their own, whatever equals them.
    """
    return _digest_of(PROFILE_FIELDS.values(), _alone(own_table))


def _digest_of(fields: Iterable[str], alone: str) -> str:
    values = ", ".join(f"coalesce(CAST({field} AS VARCHAR), chr(30))" for field in fields)
    return f"md5_number(concat_ws(chr(31), {values}, coalesce({alone}, '')))"


def _alone(own_table: str | None) -> str:
    """SQL: a name of its own for a mention that is a profile of its own; null for others."""
    own = f" OR (record_ref, role) IN (SELECT (record_ref, role) FROM {own_table})" if own_table else ""
    return f"CASE WHEN ({_BARE}){own} THEN record_ref || chr(31) || role END"


def _quick_digest_of(fields: Iterable[str], alone: str) -> str:
    """SQL: 64 bits, at a quarter of the cost. For a handful of cities' profiles they are enough, nearly always."""
    return f"hash({', '.join(fields)}, {alone})"


def described(mentions: str, own_table: str | None = None) -> str:
    """Query of mentions as linking sees them: dataset, record_key, record_ref, role, digest, CONTEXT, PROFILE_FIELDS.

    Args:
        mentions: a table or query of rows of `mentions.int_person__mentions`.
        own_table: see `digest`.
    """
    fields = ", ".join(f"{expression} AS {name}" for name, expression in PROFILE_FIELDS.items())
    return (
        f"SELECT dataset, record_key, record_ref, role, {digest(own_table)} AS digest, {_CONTEXT}, {fields} "
        f"FROM {mentions}"
    )


def collapse(
    connection: duckdb.DuckDBPyConnection,
    *,
    mention_table: str,
    profile_table: str,
    own_table: str | None = None,
    is_keyed: bool = False,
) -> None:
    """Number the mentions and collapse them to profiles.

    Args:
        connection: reads `mentions.int_person__mentions`; the tables are made in its current schema.
        mention_table: made with columns mention_id BIGINT, record_ref, role, profile_id BIGINT, record BIGINT (equal
            for the mentions of a record that speaks of several people, null for others), household, home, workplace
            UBIGINT (equal where the same) and place BIGINT (the community's code), as far as known. One row per
            mention.
        profile_table: made with columns profile_id BIGINT, digest HUGEINT (of its fields), mentions BIGINT and those
            of PROFILE_FIELDS. One row per profile.
        own_table: see `digest`.
        is_keyed: the mentions get columns dataset and record_key too, so that they need not be looked up again.

    Raises:
        SijikuError: the mentions are not there, or one of them is named twice or not at all.
    """
    refuse_absent(connection)
    # Any key will do that equal mentions alone share. The cheap one does, unless two profiles have it by accident.
    for key in (_quick_digest_of, _digest_of):
        _gather_descriptions(connection, key, own_table)
        row = connection.execute("SELECT count(*) - count(DISTINCT key) FROM description").fetchone()
        if row and not row[0]:
            break
    # What is sorted is narrow; the descriptions are fetched afterwards.
    connection.execute(
        "CREATE OR REPLACE TABLE profile_key AS SELECT key, row_number() OVER (ORDER BY digest) AS profile_id "
        "FROM description"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {profile_table} AS SELECT profile_id, * EXCLUDE (key, profile_id) "
        "FROM description JOIN profile_key USING (key)"
    )
    connection.execute("DROP TABLE description")
    connection.execute(
        "CREATE OR REPLACE TABLE several AS SELECT record_ref, -row_number() OVER () AS record FROM ("
        f"SELECT record_ref FROM {MENTIONS} GROUP BY record_ref HAVING count(*) > 1)"
    )
    names = "dataset, record_key, record_ref, role" if is_keyed else "record_ref, role"
    # From a sequence: a window that numbers rows lets one thread at a time through all that stands below it.
    sequence = f"{mention_table}_number"
    connection.execute(f"CREATE OR REPLACE SEQUENCE {sequence}")
    connection.execute(
        f"CREATE OR REPLACE TABLE {mention_table} AS SELECT nextval('{sequence}') AS mention_id, {names}, "
        f"profile_id, several.record, {', '.join(CONTEXT)} FROM (SELECT {names}, {_CONTEXT}, "
        f"{key(PROFILE_FIELDS.values(), _alone(own_table))} AS key FROM {MENTIONS}) "
        "JOIN profile_key USING (key) LEFT JOIN several USING (record_ref)"
    )
    connection.execute(f"DROP SEQUENCE {sequence}")
    for table in ("profile_key", "several"):
        connection.execute(f"DROP TABLE {table}")
    # Mentions with one name are mentions of one record.
    refuse_unnamed(connection, mention_table, among="record IS NOT NULL")


def _gather_descriptions(
    connection: duckdb.DuckDBPyConnection, key: Callable[[Iterable[str], str], str], own_table: str | None
) -> None:
    """description: key, digest, mentions and PROFILE_FIELDS; one row per profile."""
    fields = ", ".join(f"{expression} AS {name}" for name, expression in PROFILE_FIELDS.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE description AS SELECT {key(PROFILE_FIELDS, 'alone')} AS key, "
        f"{_digest_of(PROFILE_FIELDS, 'alone')} AS digest, mentions, {', '.join(PROFILE_FIELDS)} FROM ("
        f"SELECT {fields}, {_alone(own_table)} AS alone, count(*) AS mentions FROM {MENTIONS} GROUP BY ALL)"
    )


def refuse_absent(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise SijikuError where there are no mentions to look at."""
    try:
        connection.execute(f"SELECT 1 FROM {MENTIONS} LIMIT 0")
    except duckdb.CatalogException:
        raise SijikuError(
            "There are no mentions to link: table mentions.int_person__mentions is missing.",
            "Build the dbt models of the layers staging and mentions first.",
        ) from None


def refuse_unnamed(connection: duckdb.DuckDBPyConnection, mention_table: str, among: str = "true") -> None:
    """The registry knows a mention by (record_ref, role) for ever, so that must name exactly one.

    `among`: SQL over mentions, true of all that may have a name in common.
    """
    row = connection.execute(
        f"SELECT count(*) FILTER (record_ref IS NULL OR role IS NULL), (SELECT coalesce(sum(n - 1), 0) FROM ("
        f"SELECT count(*) AS n FROM {mention_table} WHERE {among} GROUP BY record_ref, role)) FROM {mention_table}"
    ).fetchone()
    unnamed, repeated = row or (0, 0)
    if unnamed or repeated:
        raise SijikuError(
            f"In mentions.int_person__mentions {unnamed} rows lack record_ref or role and {repeated} repeat those "
            "of another row.",
            "One row per (dataset, record_key, role) is expected: look at the staging model of the dataset last added.",
        )
