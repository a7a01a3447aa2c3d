"""Equal mentions collapse to profiles, so that linkers compare each different description of a person once."""

from __future__ import annotations

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
# three are hashes: compared within a run, never kept.
CONTEXT: dict[str, str] = {
    "household": "CASE WHEN household_key IS NOT NULL THEN hash(dataset, household_key) END",
    "home": "CASE WHEN hukou_division IS NOT NULL AND NOT ends_with(hukou_division, '000000') "
    "THEN hash(hukou_division) END",
    "workplace": "CASE WHEN trim(employer) <> '' THEN hash(regexp_replace(employer, '\\s', '', 'g')) END",
    "place": "CASE WHEN division_status IN ('community', 'superseded') THEN CAST(division_code AS BIGINT) END",
}
_CONTEXT = ", ".join(f"{expression} AS {name}" for name, expression in CONTEXT.items())


def collapse(connection: duckdb.DuckDBPyConnection, *, mention_table: str, profile_table: str) -> None:
    """Number the mentions and collapse them to profiles.

    Args:
        connection: reads `mentions.int_person__mentions`; the tables are made in its current schema.
        mention_table: made with columns mention_id BIGINT (counts within this run only), record_ref, role, profile_id
            BIGINT, and household, home, workplace UBIGINT (equal within this run where the same) and place BIGINT (the
            community's code), as far as known. One row per mention.
        profile_table: made with columns profile_id BIGINT (counts within this run only), mentions BIGINT and those of
            PROFILE_FIELDS. One row per profile.

    Raises:
        SijikuError: the mentions are not there, or one of them is named twice or not at all.
    """
    try:
        connection.execute(f"SELECT 1 FROM {MENTIONS} LIMIT 0")
    except duckdb.CatalogException:
        raise SijikuError(
            "There are no mentions to link: table mentions.int_person__mentions is missing.",
            "Build the dbt models of the layers staging and mentions first.",
        ) from None
    # A 128-bit digest stands for all fields together: one column to group and join by instead of eleven, some null.
    values = ", ".join(f"coalesce(CAST({field} AS VARCHAR), chr(30))" for field in PROFILE_FIELDS.values())
    bare = f"CASE WHEN {_BARE} THEN record_ref || chr(31) || role ELSE '' END"
    digest = f"md5_number(concat_ws(chr(31), {values}, {bare}))"
    connection.execute(
        "CREATE OR REPLACE TABLE mention_digest AS "
        f"SELECT row_number() OVER () AS mention_id, record_ref, role, {_CONTEXT}, {digest} AS digest FROM {MENTIONS}"
    )
    fields = ", ".join(f"any_value({expression}) AS {name}" for name, expression in PROFILE_FIELDS.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE {profile_table} AS "
        "SELECT row_number() OVER (ORDER BY digest) AS profile_id, * FROM ("
        f"SELECT {digest} AS digest, count(*) AS mentions, {fields} FROM {MENTIONS} GROUP BY 1)"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {mention_table} AS SELECT mention_id, record_ref, role, profile_id, "
        f"{', '.join(CONTEXT)} FROM mention_digest JOIN {profile_table} USING (digest)"
    )
    connection.execute("DROP TABLE mention_digest")
    connection.execute(f"ALTER TABLE {profile_table} DROP COLUMN digest")
    _refuse_unnamed(connection, mention_table)


def _refuse_unnamed(connection: duckdb.DuckDBPyConnection, mention_table: str) -> None:
    """The registry knows a mention by (record_ref, role) for ever, so that must name exactly one."""
    row = connection.execute(
        f"SELECT count(*) FILTER (record_ref IS NULL OR role IS NULL), "
        f"count(*) - count(DISTINCT (record_ref, role)) FROM {mention_table}"
    ).fetchone()
    unnamed, repeated = row or (0, 0)
    if unnamed or repeated:
        raise SijikuError(
            f"In mentions.int_person__mentions {unnamed} rows lack record_ref or role and {repeated} repeat those "
            "of another row.",
            "One row per (dataset, record_key, role) is expected: look at the staging model of the dataset last added.",
        )
