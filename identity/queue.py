"""The review queue: which pairs of mentions somebody should look at, the most useful first.

A pair stands for a unit (records that are one person for certain) and a person. Its *gain* is how much looking is
worth: 4 p (1 - p) of the probability p that they are one, which is 1 where nothing is known and 0 where all is, times
the mentions that would change their person. So one glance at a child's forty vaccinations goes before one at a single
record, and before forty records of which hardly anything is doubtful.

What can be asked:

- `below_threshold`: Splink says that it is more likely this person than not, but not surely enough to link.
- `weak_link`: linked by Splink, with less than WEAK.
- `cut`: a link that would have made two bearers of numbers one person.
- `corrected_number`: two bearers whose names are written alike and whose numbers differ as a number does from the one
  it was set right from; nothing else tells (docs/adr/0008-identity.md). EVEN stands for how likely they are one.

About whom something was decided already is asked no more, nor, after `unsure`, asked again.
"""

from __future__ import annotations

import duckdb

from identity import kept
from identity.decisions import told
from identity.population import POPULATION
from identity.profiles import MENTIONS, PROFILE_FIELDS
from sources.state import State
from sources.warehouse import CATALOG, few

# Fixed beforehand. Rules link from 0.995 on.
WEAK = 0.99
EVEN = 0.5

KINDS = ("below_threshold", "weak_link", "cut", "corrected_number")

# What is shown of a mention: columns of identity.review_mention that the mentions have too.
SHOWN = (
    "record_ref",
    "role",
    "dataset",
    "_file",
    "_row",
    "name",
    "name_norm",
    "name_key",
    "sex",
    "birth_date",
    "id_number",
    "id_number_raw",
    "phone",
    "mother_name",
    "mother_name_key",
    "mother_id_number",
    "guardian_name",
    "division_code",
    "employer",
)

_PAIR = "record_ref_l VARCHAR, role_l VARCHAR, record_ref_r VARCHAR, role_r VARCHAR"


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Make review_pair (record_ref_l, role_l, record_ref_r, role_r, kind, probability, evidence, mentions_l,
    mentions_r, gain; one row per pair, the smaller record_ref and role left) and review_mention (SHOWN; one row per
    mention of a pair) from what linking has kept and `judged`."""
    asked = "kind, unit, person, probability, evidence"
    _keep_nearly(connection)
    connection.execute(
        f"CREATE OR REPLACE TABLE doubtful AS SELECT {asked} FROM ("
        f"SELECT 'below_threshold' AS kind, * FROM {kept.DOUBT} UNION ALL "
        f"SELECT 'weak_link', profile_r, profile_l, confidence, evidence FROM {kept.EDGE} "
        f"WHERE linker = 'splink' AND confidence < {WEAK} UNION ALL "
        f"SELECT 'cut', profile_r, profile_l, confidence, evidence FROM {kept.CUT} UNION ALL "
        f"SELECT DISTINCT 'corrected_number', l, r, {EVEN}, 'name+corrected_number' FROM {kept.NEARLY})"
    )
    # Whose profiles stand on either side; a unit that was given to the person is not the person's own evidence.
    connection.execute(
        "CREATE OR REPLACE TABLE left_one AS SELECT d.*, p.profile_id, p.mentions, p.cluster_id "
        f"FROM ({few('unit', 'doubtful', '*')}) AS d JOIN {kept.PROFILE} AS p ON p.unit = d.unit"
    )
    right = (
        "SELECT d.unit, d.person, p.profile_id, p.mentions, p.cluster_id "
        f"FROM (SELECT DISTINCT unit, person FROM doubtful) AS d JOIN {kept.PROFILE} AS p "
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE right_one AS {right} ON p.person = d.person WHERE p.unit <> d.unit "
        f"UNION ALL {right} ON p.unit = d.person WHERE p.person IS NULL"
    )
    connection.execute(
        "DELETE FROM left_one WHERE (unit, person) IN (SELECT (l.unit, l.person) FROM left_one AS l "
        "JOIN judged AS j ON j.profile_l = l.profile_id JOIN right_one AS r "
        "ON r.profile_id = j.profile_r AND r.unit = l.unit AND r.person = l.person)"
    )
    filled = " + ".join(f"CAST({field} IS NOT NULL AS INTEGER)" for field in PROFILE_FIELDS)
    alike = " + ".join(f"coalesce(CAST(x.{f} = y.{f} AS INTEGER) * 2 - 1, 0)" for f in PROFILE_FIELDS)
    faced = few("profile_id", "(SELECT profile_id FROM left_one UNION SELECT profile_id FROM right_one)")
    connection.execute(
        f"CREATE OR REPLACE TABLE faced AS SELECT profile_id, {filled} AS filled, {', '.join(PROFILE_FIELDS)} "
        f"FROM {kept.PROFILE} WHERE profile_id IN ({faced})"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE facing AS WITH l AS (SELECT {asked}, "
        "arg_min(profile_id, (-x.filled, profile_id)) AS one, arg_min(coalesce(cluster_id, -profile_id), "
        "(-x.filled, profile_id)) AS cluster_l, sum(mentions) AS mentions_l "
        "FROM left_one JOIN faced AS x USING (profile_id) GROUP BY ALL), "
        "r AS (SELECT l.kind, l.unit, l.person, "
        f"arg_min(r.profile_id, (-({alike}), -y.filled, r.profile_id)) AS other, "
        f"arg_min(coalesce(r.cluster_id, -r.profile_id), (-({alike}), -y.filled, r.profile_id)) AS cluster_r, "
        "sum(r.mentions) AS mentions_r FROM l JOIN faced AS x ON x.profile_id = l.one "
        f"JOIN right_one AS r ON r.unit = l.unit AND r.person = l.person "
        "JOIN faced AS y ON y.profile_id = r.profile_id GROUP BY ALL) "
        "SELECT l.*, r.other, r.mentions_r FROM l JOIN r USING (kind, unit, person) "
        "WHERE (kind = 'weak_link') = (cluster_l = cluster_r)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE in_question AS SELECT profile_id, dataset, record_key, record_ref, role "
        f"FROM {kept.MENTION} "
        f"WHERE profile_id IN ({few('one', '(SELECT one FROM facing UNION SELECT other FROM facing)')})"
    )
    # Of the mentions that look alike the first by dataset and key: random names decide nothing.
    connection.execute(
        "CREATE OR REPLACE TABLE shown AS SELECT profile_id, "
        "arg_min(struct_pack(record_ref, role), (dataset, record_key, role)) AS m FROM in_question GROUP BY profile_id"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE review_pair AS SELECT least(a.m, b.m).record_ref AS record_ref_l, "
        "least(a.m, b.m).role AS role_l, greatest(a.m, b.m).record_ref AS record_ref_r, "
        "greatest(a.m, b.m).role AS role_r, kind, probability, evidence, "
        "CAST(CASE WHEN a.m < b.m THEN mentions_l ELSE mentions_r END AS BIGINT) AS mentions_l, "
        "CAST(CASE WHEN a.m < b.m THEN mentions_r ELSE mentions_l END AS BIGINT) AS mentions_r, "
        "round(4 * probability * (1 - probability) * CASE WHEN kind = 'corrected_number' "
        "THEN least(mentions_l, mentions_r) ELSE mentions_l END, 6) AS gain "
        "FROM facing JOIN shown AS a ON a.profile_id = one JOIN shown AS b ON b.profile_id = other "
        "QUALIFY row_number() OVER (PARTITION BY least(a.m, b.m), greatest(a.m, b.m) "
        "ORDER BY gain DESC, kind, unit, person) = 1"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE asked_mention AS SELECT DISTINCT dataset, record_ref, role FROM in_question "
        "WHERE (record_ref, role) IN (SELECT (record_ref_l, role_l) FROM review_pair "
        "UNION SELECT (record_ref_r, role_r) FROM review_pair)"
    )
    _read_mentions(connection)
    for table in (
        "doubtful",
        "left_one",
        "right_one",
        "faced",
        "facing",
        "in_question",
        "asked_mention",
        "shown",
    ):
        connection.execute(f"DROP TABLE {table}")


def _read_mentions(connection: duckdb.DuckDBPyConnection) -> None:
    """review_mention: what is said in the mentions of asked_mention (dataset, record_ref, role). Where the last run has
    shown it, and the record has not changed since, it is taken from there; mentions are many to look through."""
    shown = f"SELECT {', '.join(SHOWN)} FROM"
    connection.execute(f"CREATE OR REPLACE TABLE review_mention AS {shown} {MENTIONS} LIMIT 0")
    if not kept.is_full(connection):
        changed = f"(SELECT record_ref FROM {kept.CHANGED})"
        connection.execute(
            f"INSERT INTO review_mention {shown} {CATALOG}.identity.review_mention "
            f"SEMI JOIN asked_mention USING (record_ref, role) WHERE record_ref NOT IN {changed} "
            f"UNION ALL {shown} {kept.CHANGED_MENTIONS} SEMI JOIN asked_mention USING (record_ref, role)"
        )
        connection.execute(
            "DELETE FROM asked_mention WHERE (record_ref, role) IN (SELECT (record_ref, role) FROM review_mention)"
        )
    # Named, so that the engine passes over the other datasets.
    datasets = [dataset for (dataset,) in connection.execute("SELECT DISTINCT dataset FROM asked_mention").fetchall()]
    if datasets:
        listed = ", ".join(f"'{dataset}'" for dataset in sorted(datasets))
        connection.execute(
            f"INSERT INTO review_mention {shown} (SELECT * FROM {MENTIONS} WHERE dataset IN ({listed}) "
            f"AND record_ref IN ({few('record_ref', 'asked_mention')})) "
            "SEMI JOIN asked_mention USING (record_ref, role)"
        )


def write(connection: duckdb.DuckDBPyConnection, state: State, schema: str) -> None:
    """Write tables review_pair and review_mention (see `find`) and decision (see `identity.decisions.told`, with
    is_applied: it stands, and both mentions are there) into a schema."""
    for table in ("review_pair", "review_mention"):
        connection.execute(f"CREATE OR REPLACE TABLE {schema}.{table} AS FROM {table}")
    pair = "(record_ref_l, role_l, record_ref_r, role_r)"
    connection.execute(
        f"CREATE OR REPLACE TABLE {schema}.decision AS SELECT * EXCLUDE (_segment), is_standing "
        f"AND {pair} IN (SELECT {pair} FROM decision) AS is_applied FROM ({told(state)})"
    )


# Whose numbers may be nearly one: who has the name in common and, of the number, the birth date, or all but the birth
# date and the check digit.
_NEARLY_KEYS = (
    ("name_norm", "substr(id_number, 7, 8)"),
    ("name_norm", "left(id_number, 6)", "substr(id_number, 15, 3)"),
)


def _keep_nearly(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep nearly (k, l, r): of a unit l and a person r, bearers, two people by now, whose name is written alike and
    whose numbers differ in the birth date, or in what is not the birth date, as far as a correction goes; with the key
    that they share. The number of l is the smaller one. What more people share than anybody would look at is left out.

    In a run that is not full only keys of turned_bearer (unit, person, id_number, name_norm) are looked at anew.
    """
    borne = f"(SELECT unit, person, id_number, name_norm FROM {kept.PROFILE} WHERE step = 0 AND name_norm IS NOT NULL)"
    columns, asked = "unit, person, id_number, name_norm", ""
    if kept.is_full(connection):
        connection.execute(f"CREATE OR REPLACE TABLE {kept.NEARLY} (k UBIGINT, l BIGINT, r BIGINT)")
        keyed = kept.keyed(columns, borne, _NEARLY_KEYS)
    else:
        turned = kept.keyed("unit", "turned_bearer", _NEARLY_KEYS)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE turned_key AS SELECT DISTINCT k FROM ({turned})")
        connection.execute(f"DELETE FROM {kept.NEARLY} WHERE k IN (FROM turned_key)")
        keyed = kept.keyed(columns, borne, _NEARLY_KEYS, "turned_bearer")
        asked = "WHERE k IN (FROM turned_key)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE bearer_name AS SELECT DISTINCT * FROM ({keyed}) {asked}")
    connection.execute(
        f"INSERT INTO {kept.NEARLY} SELECT DISTINCT k, a.unit, b.person FROM bearer_name AS a "
        "JOIN bearer_name AS b USING (k) WHERE k IN (SELECT k FROM bearer_name GROUP BY k "
        f"HAVING count(DISTINCT person) BETWEEN 2 AND {POPULATION.limits.people_looked_at}) "
        "AND a.name_norm = b.name_norm AND a.id_number < b.id_number AND a.person <> b.person "
        f"AND damerau_levenshtein(a.id_number, b.id_number) <= {POPULATION.corrections.characters}"
    )
    connection.execute("DROP TABLE bearer_name")
