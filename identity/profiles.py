"""Equal mentions collapse to profiles, so that linkers compare each different description of a person once."""

from __future__ import annotations

from collections.abc import Iterable

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
_FIELDS, _CONTEXT = (
    ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    for columns in (PROFILE_FIELDS, CONTEXT)
)


# For columns of texts that are nearly all different: DuckDB would look long for a way to write them shorter, and hardly
# find one.
AS_IT_IS = "USING COMPRESSION uncompressed"


def one_of(words: Iterable[str]) -> str:
    """SQL type of a column of millions of rows and these few words, in this order: written and read as numbers."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"ENUM ({listed})" if listed else "VARCHAR"


# What a mention is called: columns and their types.
NAMES = {
    "dataset": "VARCHAR",
    "record_key": f"VARCHAR {AS_IT_IS}",
    "role": "VARCHAR",
    "record_ref": f"VARCHAR {AS_IT_IS}",
}
_KNOWN = {
    "profile_id": "BIGINT",
    "record": "BIGINT",
    **dict.fromkeys(("household", "home", "workplace"), "UBIGINT"),
    "place": "BIGINT",
}
# SQL over mentions: what two of them have in common by accident alone; a number of their record.
_NAMED = "hash(record_ref, CAST(role AS VARCHAR))"
RECORD = "CAST(hash(record_ref) >> 1 AS BIGINT)"


def numbered(own_table: str | None = None) -> str:
    """SQL over mentions: the number of a mention's profile, made of all of PROFILE_FIELDS.

    So it is the same in every run, whatever else is there, and nothing has to be looked up. It has 63 bits: among ten
    million profiles, a city's, two share a number once in 180,000 times.

    Args:
        own_table: columns record_ref, role: mentions that are a profile of their own, whatever equals them.
    """
    own = f" OR (record_ref, role) IN (SELECT (record_ref, role) FROM {own_table})" if own_table else ""
    alone = f"CASE WHEN ({_BARE}){own} THEN record_ref || chr(31) || role END"
    return f"CAST(hash({', '.join(PROFILE_FIELDS.values())}, {alone}) >> 1 AS BIGINT)"


def described(mentions: str, own_table: str | None = None) -> str:
    """Query of mentions as linking sees them: dataset, record_key, record_ref, role, profile_id, CONTEXT,
    PROFILE_FIELDS.

    Args:
        mentions: a table or query of rows of `mentions.int_person__mentions`.
        own_table: see `numbered`.
    """
    return (
        f"SELECT dataset, record_key, record_ref, role, {numbered(own_table)} AS profile_id, {_CONTEXT}, {_FIELDS} "
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
        mention_table: made with columns mention_id BIGINT, record_ref, role (see `one_of`), profile_id BIGINT, record
            BIGINT (equal for the mentions of one record; null where a dataset's records speak of one person each),
            household, home, workplace UBIGINT (equal where the same) and place BIGINT (the community's code), as far
            as known. One row per mention.
        profile_table: made with columns profile_id BIGINT, mentions BIGINT and those of PROFILE_FIELDS. One row per
            profile.
        own_table: see `numbered`.
        is_keyed: the mentions get columns dataset and record_key too, so that they need not be looked up again.

    Raises:
        SijikuError: the mentions are not there.
    """
    refuse_absent(connection)
    roles: dict[str, set[str]] = {}
    said = f"SELECT DISTINCT dataset, role FROM {MENTIONS} WHERE dataset IS NOT NULL AND role IS NOT NULL"
    for dataset, role in connection.execute(said).fetchall():
        roles.setdefault(dataset, set()).add(role)
    of_several = ", ".join(f"'{dataset}'" for dataset in sorted(roles) if len(roles[dataset]) > 1) or "NULL"
    # Millions of mentions are of a few datasets, in a few roles.
    words = {"dataset": one_of(sorted(roles)), "role": one_of(sorted(set().union(*roles.values())))}
    names = {name: form for name, form in (NAMES | words).items() if is_keyed or name in ("record_ref", "role")}
    columns = ", ".join(f"{name} {form}" for name, form in {"mention_id": "BIGINT", **names, **_KNOWN}.items())
    connection.execute(f"CREATE OR REPLACE TABLE {mention_table} ({columns})")
    # From a sequence: a window that numbers rows lets one thread at a time through all that stands below it.
    sequence = f"{mention_table}_number"
    connection.execute(f"CREATE OR REPLACE SEQUENCE {sequence}")
    connection.execute(
        f"INSERT INTO {mention_table} BY NAME SELECT nextval('{sequence}') AS mention_id, {', '.join(names)}, "
        f"{numbered(own_table)} AS profile_id, CASE WHEN dataset IN ({of_several}) THEN {RECORD} END AS record, "
        f"{_CONTEXT} FROM {MENTIONS}"
    )
    connection.execute(f"DROP SEQUENCE {sequence}")
    # What is grouped is narrow; the descriptions are fetched afterwards, each from one of the mentions.
    connection.execute(
        f"CREATE OR REPLACE TABLE profile_size AS SELECT profile_id, count(*) AS mentions, min({_NAMED}) AS named "
        f"FROM {mention_table} GROUP BY profile_id"
    )
    # Where two mentions' names look one by accident, their profiles' numbers tell them apart.
    for seen, keys in (("", "named"), (f"{numbered(own_table)} AS profile_id, ", "named, profile_id")):
        connection.execute(
            f"CREATE OR REPLACE TABLE {profile_table} AS SELECT {'DISTINCT' if seen else ''} profile_id, mentions, "
            f"{', '.join(PROFILE_FIELDS)} FROM (SELECT {seen}{_NAMED} AS named, {_FIELDS} FROM {MENTIONS}) "
            f"JOIN profile_size USING ({keys})"
        )
        row = connection.execute(
            f"SELECT (SELECT count(*) FROM {profile_table}) = (SELECT count(*) FROM profile_size)"
        ).fetchone()
        if row and row[0]:
            break
    connection.execute("DROP TABLE profile_size")


def refuse_absent(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise SijikuError where there are no mentions to look at."""
    try:
        connection.execute(f"SELECT 1 FROM {MENTIONS} LIMIT 0")
    except duckdb.CatalogException:
        raise SijikuError(
            "There are no mentions to link: table mentions.int_person__mentions is missing.",
            "Build the dbt models of the layers staging and mentions first.",
        ) from None


def refuse_unnamed(connection: duckdb.DuckDBPyConnection, mention_table: str) -> None:
    """Raise SijikuError where mentions do not each have a name of their own: the registry knows them by (record_ref,
    role) for ever.

    Args:
        mention_table: with these columns.
    """
    unnamed, repeated = 0, 0
    # Names are looked at only where the cheap number does not tell them apart.
    for name in (_NAMED, "(record_ref, role)"):
        # Grouped, because to count what is distinct takes half as long again.
        row = connection.execute(
            f"SELECT (SELECT count(*) FROM {mention_table} WHERE record_ref IS NULL OR role IS NULL), "
            f"(SELECT CAST(coalesce(sum(n - 1), 0) AS BIGINT) FROM ("
            f"SELECT count(*) AS n FROM {mention_table} GROUP BY {name} HAVING count(*) > 1))"
        ).fetchone()
        unnamed, repeated = row or (0, 0)
        if not repeated:
            break
    if unnamed or repeated:
        raise SijikuError(
            f"In mentions.int_person__mentions {unnamed} rows lack record_ref or role and {repeated} repeat those "
            "of another row.",
            "One row per (dataset, record_key, role) is expected: look at the staging model of the dataset last added.",
        )
