"""What linking found is kept in the working warehouse, so that the next run looks only at what may have changed.

Linking is a row of steps, the surest first: who bears which number, then each rule, then Splink. A step gives units
without a person to persons by keys that they share with what is known of the persons by then. So what a step says of a
unit can only change if the unit, or somebody who has one of its keys, is not as in the last run. That is followed step
by step: `dirty` are the profiles about which something is otherwise than it was. Units that share a key with them are
woken: they are taken out of what is kept and asked again. Those for which the step says the same as then go back; the
others are dirty themselves. What nobody woke is as a full run would find it, since every reason for it is unchanged. A
full run is the same code with nothing kept and everything asked.

Rules read what is near those who are asked and nothing else (`cover`), and what is written is what differs: so the cost
of a run goes with what changed, but for a few readings of all that is kept.

Kept, in schema `linkage` of the working warehouse (personal; counts in them are of this warehouse only):

- `profile`: profile_id, mentions, the fields of `identity.profiles.PROFILE_FIELDS` and the ends of a number; `unit`
  (the smallest profile_id of those that are one for certain), `step` (0 for bearers of numbers; null for who is without
  a person), `person` and `cluster_id`. One row per profile, but for those that are taken out of it while a run goes on.
- `mention`: see `identity.profiles.collapse`, with dataset and record_key. One row per mention.
- `edge`: EDGE_COLUMNS, method, linker. One row per link.
- `corrected`: as `correction` of `identity.rules`; `name_share`, `doubt`: as in `identity.scoring`.
- `decision`, `own_profile`: as in `identity.decisions`, as the run applied them.
- `parted`: profile_id, component: of what hangs together by links and was taken apart, so that one part is not looked
  at without the others. `cut`: EDGE_COLUMNS of the links that `identity.constraints.keep_apart` cut.
- `nearly`: see `identity.queue`.
- `run`: build_id of the run that left all this. No row while a run is changing it.

While linking, in the connection's own catalog: `fresh` (who was given a person in this run, bearers of numbers first;
see `divide_all`), `kept_one` (a view) and `asleep` (rows of `profile` that are not asked: those that bear a number,
and the others), `open_one` (who is asked), `known` and `standing` (views: who has a person by the step that runs, and
the mentions that it reads), `asking_mention` and `belonging` (views: those of who is asked; who is in which household;
see `look`), `near`, `near_mention`, `near_person` and `covered` (see `cover`), `lifted` (rows of `profile` that are
asked, or under whose number something is otherwise, as they were), `concerned` (the latter, as they were and as they
are), `was` (units that were woken, with what the last run said of them), `dirty`, and of those `stirred` (for whom
nobody was woken yet), `asleep_mention` (mentions of `asleep`), `sided` and `everybody` (views: who stands in records
that speak of several people; every person that a profile has or had), in a full run `asked_mention`, `in_record`,
`in_household`, `beside_asked` and `placed_since` (a view; see `see_around`), and `anchor` (profile_id, person: of whom
no two persons may come together).
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from identity import decisions
from identity.linker import EDGE_COLUMNS
from identity.profiles import AS_IT_IS, CONTEXT, MENTIONS, PROFILE_FIELDS, RECORD, described, refuse_unnamed
from sources.warehouse import CATALOG, few

SCHEMA = f"{CATALOG}.linkage"
PROFILE, MENTION, EDGE, CORRECTED, NAME_SHARE, RUN = (
    f"{SCHEMA}.{name}" for name in ("profile", "mention", "edge", "corrected", "name_share", "run")
)
DECISION, OWN_PROFILE, DOUBT, PARTED, CUT, NEARLY = (
    f"{SCHEMA}.{name}" for name in ("decision", "own_profile", "doubt", "parted", "cut", "nearly")
)
CHANGED = f"{CATALOG}.mentions.int_person__changed_record"
# The mentions of these records, as they are now.
CHANGED_MENTIONS = f"{CATALOG}.mentions.int_person__changed_mentions"

# After every step: who is without a person.
LAST = 32_000

# A usable number has 18 places (GB 11643-1999), and of none a spreadsheet has made a decimal.
_HEAD = "coalesce(substr(id_number, 1, 9), left(replace(doubtful_number, '.', ''), 9))"
_TAIL = "coalesce(substr(id_number, 10), right(doubtful_number, 9))"
# The ends of a number, also of one as a spreadsheet writes it.
_ENDS = f"{_HEAD} AS number_head, {_TAIL} AS number_tail"
_FIELDS = ", ".join(PROFILE_FIELDS)
# What a profile says; and a description as linkers see it, over a row of profiles.
SAID = f"profile_id, {_FIELDS}"
DESCRIPTION = f"{SAID}, {_ENDS}"
# The same of a table that has the ends.
COLUMNS = f"{SAID}, number_head, number_tail"

# What rules look at of a mention.
_SURROUNDINGS = "mention_id, profile_id, record, role, household, home"
# What is looked at of a mention that went. Its record's key would be most of what has to be read of all. The role is
# kept as one of a few words, and compared with what comes as a text: as such its hash is the same.
_STOOD = ", ".join(("mention_id", "record_ref", "CAST(role AS VARCHAR) AS role", "profile_id", "record", *CONTEXT))
# Views through which they look.
_SEEN = ("known", "bearing", "standing", "asking_mention", "belonging")
# In a full run: who stands in which record or household (see `see_around`).
_STANDING = {"record": "in_record", "household": "in_household"}


def is_there(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a run has left what it found, whole."""
    try:
        return any_row(connection, RUN)
    except duckdb.CatalogException:
        return False


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Make room for a full run: what the last one kept counts no more."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.execute(f"CREATE OR REPLACE TABLE {RUN} (build_id VARCHAR)")


def see_mentions(connection: duckdb.DuckDBPyConnection) -> None:
    """Let `mention` be the kept ones: they are most of what there is, and written once."""
    connection.execute(f"CREATE OR REPLACE VIEW mention AS FROM {MENTION}")


def begin(connection: duckdb.DuckDBPyConnection, *, is_full: bool) -> int:
    """Make the tables that linkers work with, from `profile` and `mention`, and what `take_changes` made.

    Returns:
        See `identity.decisions.to_profiles`.
    """
    contradictory = decisions.to_profiles(connection)
    for table, columns in {
        "fresh": "CAST(NULL AS SMALLINT) AS step, CAST(NULL AS BIGINT) AS unit, CAST(NULL AS BIGINT) AS person",
        "open_one": "CAST(NULL AS BIGINT) AS unit",
        "dirty": "CAST(NULL AS BIGINT) AS person_was, CAST(NULL AS BOOLEAN) AS is_followed",
    }.items():
        described = SAID if table == "fresh" else DESCRIPTION
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {columns}, {described} FROM profile LIMIT 0")
    connection.execute("CREATE OR REPLACE TABLE was (unit BIGINT, step SMALLINT, person BIGINT, is_dirty BOOLEAN)")
    connection.execute("CREATE OR REPLACE TABLE anchor (profile_id BIGINT, person BIGINT)")
    connection.execute(f"SET VARIABLE is_full = {is_full}")
    connection.execute(
        "CREATE OR REPLACE TABLE correction "
        "(evidence VARCHAR, confidence DOUBLE, k UBIGINT, profile_l BIGINT, profile_r BIGINT)"
    )
    connection.execute("CREATE OR REPLACE TABLE name_share (name_key VARCHAR, people DOUBLE)")
    connection.execute(
        "CREATE OR REPLACE TABLE doubt (unit BIGINT, person BIGINT, probability DOUBLE, evidence VARCHAR)"
    )
    if is_full:
        connection.execute("CREATE OR REPLACE TABLE lifted AS SELECT profile_id FROM profile LIMIT 0")
        connection.execute(f"CREATE OR REPLACE TABLE mention_was AS SELECT {_STOOD} FROM mention LIMIT 0")
        connection.execute(f"CREATE OR REPLACE TABLE concerned AS SELECT {DESCRIPTION} FROM profile LIMIT 0")
        connection.execute(f"CREATE OR REPLACE TABLE asleep AS SELECT *, {_ENDS} FROM fresh")
        connection.execute(f"CREATE OR REPLACE TABLE asked_mention AS SELECT {_SURROUNDINGS} FROM mention LIMIT 0")
        for place, table in (*_STANDING.items(), ("record", "beside_asked")):
            connection.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT {place}, role, profile_id, CAST(NULL AS BIGINT) AS person "
                "FROM mention LIMIT 0"
            )
        connection.execute(f"CREATE OR REPLACE VIEW bearing AS SELECT step, unit, person, {DESCRIPTION} FROM fresh")
    else:
        connection.execute(f"CREATE OR REPLACE TABLE near AS SELECT person, {DESCRIPTION} FROM {PROFILE} LIMIT 0")
        connection.execute(f"CREATE OR REPLACE TABLE near_mention AS SELECT {_SURROUNDINGS} FROM mention LIMIT 0")
        connection.execute("CREATE OR REPLACE TABLE near_person (person BIGINT)")
        connection.execute("CREATE OR REPLACE TABLE covered (profile_id BIGINT)")
        connection.execute(
            f"CREATE OR REPLACE TABLE concerned AS SELECT {DESCRIPTION} FROM lifted UNION ALL "
            f"SELECT {DESCRIPTION} FROM profile ANTI JOIN lifted USING (profile_id)"
        )
        connection.execute(f"INSERT INTO correction FROM {CORRECTED}")
        connection.execute(f"INSERT INTO name_share FROM {NAME_SHARE}")
        connection.execute("CREATE OR REPLACE TABLE asleep AS SELECT * FROM kept_one WHERE step > 0 OR step IS NULL")
        _see_kept(connection, "step = 0")
        connection.execute(
            "CREATE OR REPLACE TABLE asleep_mention AS "
            "SELECT m.* EXCLUDE (dataset, record_key, record_ref, role), a.unit, a.step "
            f"FROM mention AS m JOIN ({few('profile_id', 'asleep', '*')}) AS a USING (profile_id)"
        )
        connection.execute(
            f"CREATE OR REPLACE VIEW everybody AS SELECT profile_id, person FROM {PROFILE} WHERE person IS NOT NULL "
            "UNION ALL SELECT profile_id, person FROM lifted WHERE person IS NOT NULL "
            "UNION ALL SELECT profile_id, person FROM fresh"
        )
        sided = "SELECT record, profile_id FROM {} WHERE record IS NOT NULL"
        connection.execute(
            f"CREATE OR REPLACE VIEW sided AS {sided.format('mention')} UNION ALL {sided.format('mention_was')}"
        )
        connection.execute(
            f"CREATE OR REPLACE VIEW bearing AS SELECT step, unit, person, {DESCRIPTION} FROM fresh WHERE step = 0 "
            f"UNION ALL SELECT step, unit, person, {COLUMNS} FROM kept_one"
        )
    look(connection, 0)
    return contradictory


def divide_all(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """Make fresh and open_one of all profiles of a full run (see `identity.certain.bearers`): nearly all of them are
    bearers', so the table itself becomes fresh, and nothing is copied but who is asked. Under its name a view stands
    for both, and another for anchor."""
    for column in ("step SMALLINT DEFAULT 0", "unit BIGINT", "person BIGINT"):
        connection.execute(f"ALTER TABLE {profiles_table} ADD COLUMN IF NOT EXISTS {column}")
    connection.execute(
        "CREATE OR REPLACE TABLE open_one AS SELECT coalesce(unit, profile_id) AS unit, "
        f"p.* EXCLUDE (step, unit, person), {_ENDS} FROM {profiles_table} AS p WHERE person IS NULL"
    )
    connection.execute(f"DELETE FROM {profiles_table} WHERE person IS NULL")
    connection.execute("DROP TABLE fresh")
    connection.execute(f"ALTER TABLE {profiles_table} RENAME TO fresh")
    connection.execute("DROP TABLE anchor")
    connection.execute("CREATE VIEW anchor AS SELECT profile_id, person FROM fresh WHERE step = 0")
    described = f"SELECT profile_id, mentions, {_FIELDS} FROM"
    connection.execute(f"CREATE VIEW {profiles_table} AS {described} fresh UNION ALL {described} open_one")


def look(connection: duckdb.DuckDBPyConnection, step: int, *, is_near: bool = False) -> None:
    """Let `known` be who has a person by a step, `standing` the mentions, `asking_mention` those of who is asked, and
    `belonging` who is in which household; `asking_mention` may hold those of others too.

    `is_near`: only those on whom it hangs what rules say of whoever is asked (see `cover`).
    """
    kept, mentions, asking, belonging = "", "mention", "asked_mention", "standing"
    if is_full(connection):
        belonging = "(SELECT household, profile_id FROM in_household UNION ALL "
        belonging += "SELECT household, profile_id FROM asked_mention)"
    else:
        bearers = "near" if is_near else "kept_one"
        kept = "".join(
            f" UNION ALL SELECT person, {COLUMNS} FROM {table}" for table in (bearers, f"asleep WHERE step < {step}")
        )
        mentions = asking = "near_mention" if is_near else mentions
    connection.execute(f"CREATE OR REPLACE VIEW known AS SELECT person, {DESCRIPTION} FROM fresh {kept}")
    connection.execute(f"CREATE OR REPLACE VIEW standing AS FROM {mentions}")
    connection.execute(f"CREATE OR REPLACE VIEW asking_mention AS FROM {asking}")
    connection.execute(
        f"CREATE OR REPLACE VIEW belonging AS SELECT household, profile_id FROM {belonging} WHERE household IS NOT NULL"
    )


def see_around(connection: duckdb.DuckDBPyConnection, step: int) -> None:
    """In a full run, before the first step that asks a relation: take the mentions of who is asked out of all, for
    whoever is asked later is asked now; and of those who have a person, who stands in records that speak of several
    people and who in households (see `stand`): all are looked through again and again. Otherwise what is near is
    little enough."""
    if not is_full(connection):
        return
    connection.execute(
        f"CREATE OR REPLACE TABLE asked_mention AS SELECT {_SURROUNDINGS} FROM mention "
        f"SEMI JOIN ({few('profile_id', 'open_one')}) USING (profile_id)"
    )
    for place, table in _STANDING.items():
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT {place}, role, profile_id, person FROM mention "
            f"JOIN (SELECT profile_id, person FROM fresh) USING (profile_id) WHERE {place} IS NOT NULL"
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE beside_asked AS FROM in_record WHERE record IN ({few('record', 'asked_mention')})"
    )
    connection.execute(
        f"CREATE OR REPLACE VIEW placed_since AS SELECT profile_id, person FROM fresh WHERE step >= {step}"
    )


def stand(
    connection: duckdb.DuckDBPyConnection, out_table: str, place: str, by: str, among: str, *, is_asked: bool = False
) -> None:
    """Find who stands where, of those who have a person by now.

    Args:
        out_table: temporary, made with the place, role, profile_id and person.
        place: record or household.
        by: that, or person: what is asked for.
        among: query of its values.
        is_asked: they are records that speak of somebody who is asked, of which there are fewer to look through.
    """
    columns = f"{place}, role, profile_id, person"
    asked = few("one", f"(FROM ({among}) AS among (one))")
    if is_full(connection):
        placed = "beside_asked" if is_asked else _STANDING[place]
        # Of those who were asked since, some have one now.
        since = f"(SELECT {columns} FROM asked_mention JOIN placed_since USING (profile_id) WHERE {place} IS NOT NULL)"
        found = " UNION ALL ".join(
            f"SELECT {columns} FROM {table} WHERE {by} IN ({asked})" for table in (placed, since)
        )
    elif by == "person":
        found = (
            f"SELECT {columns} FROM standing JOIN (SELECT profile_id, person FROM known "
            f"WHERE person IN ({asked})) USING (profile_id) WHERE {place} IS NOT NULL"
        )
    else:
        # There are few, and their persons are looked for afterwards.
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT {place}, role, profile_id FROM standing "
            f"WHERE {place} IN ({asked})"
        )
        chosen = few("profile_id", "chosen", "*")
        found = f"SELECT {columns} FROM ({chosen}) JOIN (SELECT profile_id, person FROM known) USING (profile_id)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {out_table} AS {found}")


def keyed(
    columns: str, table: str, keys: Iterable[tuple[str, ...]], asked: str | None = None, *, first: int = 0
) -> str:
    """Query of `columns` and k: the keys of everybody in a table, as hashes; who lacks something of a key has none.

    Args:
        columns: of the table, as in a SELECT.
        table: with a description, or whatever the keys are of.
        keys: SQL of what each is made of. Its number goes into the hash: values of different keys never meet.
        asked: a table whose keys alone matter. Who does not share with anybody in it a key's first part that is a
            column, or its only part, is passed over before keys are put together: mostly few are asked and many are
            looked at.
        first: the number of the first key.
    """
    hashes: dict[str | None, list[tuple[str, str]]] = {}
    for number, key in enumerate(keys, start=first):
        present = " AND ".join(f"{column} IS NOT NULL" for column in key)
        shared = next((part for part in key if part.isidentifier() or len(key) == 1), None) if asked else None
        hashes.setdefault(shared, []).append((present, f"hash({number}, {', '.join(key)})"))
    parts = []
    for shared, listed in hashes.items():
        rows = table
        if shared:
            wanted = f"({few('wanted', f'(SELECT DISTINCT {shared} AS wanted FROM {asked})')})"
            rows = f"(SELECT * FROM {table} SEMI JOIN {wanted} ON wanted = {shared})"
        if len(listed) == 1:
            # Asked what is there, the engine need not put a key together to see whether it is one.
            [(present, k)] = listed
            parts.append(f"SELECT {columns}, {k} AS k FROM {rows} WHERE {present}")
        else:
            each = ", ".join(f"CASE WHEN {present} THEN {k} END" for present, k in listed)
            parts.append(f"SELECT * FROM (SELECT {columns}, unnest([{each}]) AS k FROM {rows}) WHERE k IS NOT NULL")
    return " UNION ALL ".join(parts)


def cover(connection: duckdb.DuckDBPyConnection, keys: Iterable[tuple[str, ...]]) -> None:
    """Bring near what rules look at for those who are asked and for whom that was not done yet: so each rule reads few
    profiles and mentions instead of all that are kept.

    Near comes who shares a key with them, who stands in a record with them, all that is known of these persons, the
    records that speak of them, and their households.

    Args:
        keys: columns of a description; who shares none of these with somebody shares no rule's key.
    """
    if is_full(connection):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE asked_anew AS SELECT * FROM open_one ANTI JOIN covered USING (profile_id)"
    )
    # Whom Splink placed, who was not asked by a rule: where they stand, their persons do.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE placed_anew AS "
        "SELECT profile_id FROM fresh ANTI JOIN covered USING (profile_id) WHERE step > 0"
    )
    if not any_row(connection, "asked_anew"):
        if any_row(connection, "placed_anew"):
            connection.execute("INSERT INTO covered FROM placed_anew")
            reach(connection, "SELECT person FROM near_person WHERE false", "FROM placed_anew")
        return
    connection.execute("INSERT INTO covered SELECT profile_id FROM asked_anew UNION ALL FROM placed_anew")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE asked_record AS SELECT DISTINCT profile_id, record FROM mention "
        f"SEMI JOIN ({few('profile_id', 'asked_anew')}) USING (profile_id) WHERE record IS NOT NULL"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE asked_key AS SELECT k, bool_or(profile_id IN (SELECT profile_id "
        f"FROM asked_record)) AS is_beside FROM ({keyed('profile_id', 'asked_anew', keys)}) GROUP BY k"
    )
    everyone = " UNION ALL ".join(f"SELECT {COLUMNS} FROM {table}" for table in ("kept_one", "asleep", "open_one"))
    everyone += f" UNION ALL SELECT {DESCRIPTION} FROM fresh"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sharer AS SELECT profile_id, bool_or(is_beside) AS is_beside FROM ("
        f"{keyed('profile_id', f'({everyone})', keys, 'asked_anew')}) JOIN asked_key USING (k) GROUP BY profile_id"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mate AS SELECT DISTINCT profile_id FROM mention "
        f"SEMI JOIN ({few('record', 'asked_record')}) USING (record) "
        "UNION SELECT profile_id FROM sharer WHERE is_beside"
    )
    reach(
        connection,
        f"SELECT person FROM everybody SEMI JOIN ({few('profile_id', 'mate')}) USING (profile_id)",
        "SELECT profile_id FROM sharer UNION SELECT profile_id FROM asked_anew UNION FROM placed_anew "
        "UNION SELECT profile_id FROM partner",
    )


def reach(connection: duckdb.DuckDBPyConnection, persons: str, profiles: str | None = None) -> None:
    """Bring persons near, unless they are: all that is known of them, the records that speak of them, and their
    households.

    Args:
        persons: query of person.
        profiles: query of profile_id of others to bring near, with their records and households.
    """
    if is_full(connection):
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE nearing AS {persons} EXCEPT FROM near_person")
    if profiles is None and not any_row(connection, "nearing"):
        return
    connection.execute("INSERT INTO near_person FROM nearing")
    others = f" UNION {profiles}" if profiles else ""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE theirs AS "
        f"SELECT profile_id FROM everybody SEMI JOIN ({few('person', 'nearing')}) USING (person){others}"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE their_mention AS SELECT record, household FROM mention "
        f"SEMI JOIN ({few('profile_id', 'theirs')}) USING (profile_id)"
    )
    come = " UNION ".join(
        f"SELECT {_SURROUNDINGS} FROM mention WHERE {place} IN ({few(place, table)})"
        for place, table in (("profile_id", "theirs"), ("record", "their_mention"), ("household", "their_mention"))
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE come_near AS {come}")
    connection.execute("INSERT INTO near_mention FROM come_near ANTI JOIN near_mention USING (mention_id)")
    connection.execute(
        f"INSERT INTO near SELECT person, {DESCRIPTION} FROM (SELECT person, {SAID} FROM kept_one WHERE profile_id IN ("
        f"{few('profile_id', '(SELECT profile_id FROM come_near EXCEPT SELECT profile_id FROM near)')}))"
    )


def is_near(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the mentions, the records and the households of all profiles of a table are near, and all their mentions
    are as in the last run."""
    row = connection.execute(
        f"SELECT 1 FROM {table} WHERE profile_id NOT IN (SELECT profile_id FROM covered) "
        "OR profile_id IN (SELECT profile_id FROM touched) LIMIT 1"
    ).fetchone()
    return row is None


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Of the profiles that were taken out of what is kept because something concerns their number, find those about
    which something is otherwise: they are dirty. Of records without a person that are as they were it shows, step by
    step, whether the same is said (see `settle`)."""
    if is_full(connection):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE compared AS SELECT profile_id, l.unit AS unit_was, n.unit, l.step, l.person, "
        "coalesce(l.unit = n.unit AND (l.step IS NOT DISTINCT FROM 0) = (n.person IS NOT NULL) "
        "AND (n.person IS NULL OR n.person = l.person) AND profile_id NOT IN (SELECT profile_id FROM touched), false) "
        "AS is_same FROM lifted AS l FULL JOIN (SELECT profile_id, unit, person FROM fresh "
        "UNION ALL SELECT profile_id, unit, NULL FROM open_one) AS n USING (profile_id)"
    )
    # Records without a person are asked together: so all of them are the same, or none is.
    connection.execute(
        "UPDATE compared SET is_same = false WHERE step IS DISTINCT FROM 0 AND unit IN ("
        "SELECT unit FROM compared WHERE NOT is_same AND unit IS NOT NULL UNION "
        "SELECT unit_was FROM compared WHERE NOT is_same AND unit_was IS NOT NULL)"
    )
    connection.execute(
        "INSERT INTO was SELECT DISTINCT unit, step, person, false FROM compared "
        "WHERE is_same AND step IS DISTINCT FROM 0"
    )
    connection.execute(
        f"INSERT INTO dirty SELECT c.person, false, {COLUMNS} FROM compared AS c JOIN concerned USING (profile_id) "
        "WHERE NOT is_same"
    )


def wake(connection: duckdb.DuckDBPyConnection, step: int, units: str) -> None:
    """Ask units again that are asleep, from a step on.

    Args:
        step: units that have their person from an earlier one stay as they are.
        units: query with column unit.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE woken AS SELECT unit, any_value(step) AS step, any_value(person) AS person "
        f"FROM asleep WHERE coalesce(step, {LAST}) >= {step} AND unit IN ({units}) GROUP BY unit"
    )
    if not any_row(connection, "woken"):
        return
    connection.execute("INSERT INTO was SELECT unit, step, person, false FROM woken")
    chosen = "FROM asleep WHERE unit IN (SELECT unit FROM woken)"
    connection.execute(f"INSERT INTO lifted {chosen}")
    connection.execute(f"INSERT INTO open_one SELECT unit, {COLUMNS} {chosen}")
    connection.execute(f"DELETE {chosen}")


def stir(connection: duckdb.DuckDBPyConnection) -> bool:
    """Let `stirred` be who was found dirty since this was last called, and say whether there is anybody: whoever is
    asleep, and of whom a step may say something else because of them, is to be woken."""
    connection.execute("CREATE OR REPLACE TEMP TABLE stirred AS SELECT * FROM dirty WHERE NOT is_followed")
    if not any_row(connection, "stirred"):
        return False
    connection.execute("UPDATE dirty SET is_followed = true WHERE NOT is_followed")
    return True


def rename_bearers(connection: duckdb.DuckDBPyConnection) -> None:
    """Give kept bearers the person that corrected_person (unit, person) now says they are, or else their own unit;
    and wake whoever was given to a person that is no more."""
    if is_full(connection):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE renamed AS SELECT DISTINCT k.unit, coalesce(c.person, k.unit) AS person "
        "FROM kept_one AS k LEFT JOIN corrected_person AS c USING (unit) "
        "WHERE k.person <> coalesce(c.person, k.unit)"
    )
    lift(connection, f"SELECT profile_id FROM kept_one SEMI JOIN ({few('unit', 'renamed')}) USING (unit)", "risen")
    connection.execute(f"INSERT INTO fresh SELECT 0, unit, renamed.person, {SAID} FROM risen JOIN renamed USING (unit)")
    connection.execute(f"INSERT INTO dirty SELECT person, false, {COLUMNS} FROM risen")
    wake(
        connection,
        1,
        "SELECT unit FROM asleep WHERE person IN (SELECT person FROM lifted WHERE step = 0 EXCEPT "
        "SELECT person FROM bearing WHERE person IN (SELECT person FROM lifted WHERE step = 0))",
    )


def lift(connection: duckdb.DuckDBPyConnection, which: str, out_table: str) -> None:
    """Take rows out of what stays as it is (`kept_one`); they go to `lifted` and `out_table`.

    `which`: query of their profile_id. It reads only what it asks for, so it is not a condition over whole rows.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE lifted_now AS {which}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {out_table} AS SELECT * FROM kept_one "
        f"SEMI JOIN ({few('profile_id', 'lifted_now')}) USING (profile_id)"
    )
    connection.execute(f"DELETE FROM {PROFILE} WHERE profile_id IN ({few('profile_id', out_table)})")
    connection.execute(f"INSERT INTO lifted FROM {out_table}")


def is_full(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether everything is asked."""
    row = connection.execute("SELECT getvariable('is_full')").fetchone()
    return bool(row and row[0])


def settle(connection: duckdb.DuckDBPyConnection, step: int) -> None:
    """After a step: woken units of which it does not say what it said in the last run are dirty from here on.

    Reads claim_one (unit, person), what the step gave.
    """
    if not any_row(connection, "was"):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE turned AS SELECT was.unit, was.person AS person_was FROM was "
        f"LEFT JOIN claim_one AS c USING (unit) WHERE NOT was.is_dirty AND CASE WHEN c.unit IS NULL "
        f"THEN was.step = {step} ELSE was.step IS DISTINCT FROM {step} OR was.person IS DISTINCT FROM c.person END"
    )
    if any_row(connection, "turned"):
        connection.execute(
            f"INSERT INTO dirty SELECT person_was, false, {DESCRIPTION} FROM lifted JOIN turned USING (unit)"
        )
        connection.execute("UPDATE was SET is_dirty = true WHERE unit IN (SELECT unit FROM turned)")
    # Who is placed will not be asked again.
    connection.execute("DELETE FROM was WHERE unit IN (SELECT unit FROM claim_one)")


def take_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the kept mentions up to date with the records that changed, and find whom that concerns.

    Makes mention_was and mention_new (rows of `mention` that went, without dataset and record_key, and that came;
    records whose mentions say what they said before are left alone), and `profile` and `lifted`: every profile that
    such a mention has or had, and all with the number of one of these, as they are now and as they were kept.
    """
    compared = ", ".join(("role", "profile_id", *CONTEXT))
    # Records about which something else is decided than in the last run, whatever they say.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE decided_anew AS SELECT unnest([record_ref_l, record_ref_r]) AS record_ref FROM ("
        f"(FROM decision EXCEPT FROM {DECISION}) UNION ALL (FROM {DECISION} EXCEPT FROM decision)) "
        f"UNION SELECT record_ref FROM ((FROM own_profile EXCEPT FROM {OWN_PROFILE}) "
        f"UNION ALL (FROM {OWN_PROFILE} EXCEPT FROM own_profile))"
    )
    rows = CHANGED_MENTIONS
    if any_row(connection, "decided_anew"):
        rows = (
            f"(FROM {CHANGED_MENTIONS} UNION ALL BY NAME SELECT * FROM {MENTIONS} "
            "WHERE record_ref IN (SELECT record_ref FROM decided_anew) "
            f"AND record_ref NOT IN (SELECT record_ref FROM {CHANGED}))"
        )
    connection.execute(f"CREATE OR REPLACE TABLE now AS {described(rows, 'own_profile')}")
    refuse_unnamed(connection, "now")
    connection.execute(
        f"CREATE OR REPLACE TABLE before AS SELECT {_STOOD} FROM {MENTION} WHERE record_ref IN ("
        f"{few('record_ref', f'(SELECT record_ref FROM {CHANGED} UNION SELECT record_ref FROM decided_anew)')})"
    )
    # What a record says of people, in one number: two say the same by accident as rarely as two profiles share theirs.
    said = f"sum(CAST(hash({compared}) AS HUGEINT))"
    connection.execute(
        "CREATE OR REPLACE TABLE same AS "
        f"SELECT record_ref, {said} AS said FROM now GROUP BY record_ref INTERSECT "
        f"SELECT record_ref, {said} FROM before GROUP BY record_ref EXCEPT SELECT record_ref, {said} FROM now "
        "WHERE record_ref IN (SELECT record_ref FROM decided_anew) GROUP BY record_ref"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE mention_was AS SELECT * FROM before "
        "WHERE record_ref NOT IN (SELECT record_ref FROM same)"
    )
    connection.execute("DELETE FROM now WHERE record_ref IN (SELECT record_ref FROM same)")
    connection.execute(
        f"CREATE OR REPLACE TABLE profile_new AS SELECT profile_id, "
        f"{', '.join(f'any_value({field}) AS {field}' for field in PROFILE_FIELDS)} FROM now WHERE profile_id NOT IN ("
        f"SELECT profile_id FROM {PROFILE} WHERE profile_id IN ({few('profile_id', 'now')})) GROUP BY profile_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE mention_new AS SELECT (SELECT coalesce(max(mention_id), 0) FROM {MENTION}) "
        "+ row_number() OVER () AS mention_id, dataset, record_key, record_ref, role, profile_id, "
        f"CASE WHEN count(*) OVER (PARTITION BY record_ref) > 1 THEN {RECORD} END AS record, {', '.join(CONTEXT)} "
        "FROM now"
    )
    connection.execute(f"DELETE FROM {RUN}")
    connection.execute(f"DELETE FROM {MENTION} WHERE mention_id IN ({few('mention_id', 'mention_was')})")
    _admit(connection, "mention_new")
    connection.execute(f"INSERT INTO {MENTION} BY NAME FROM mention_new")
    see_mentions(connection)
    _lift_concerned(connection)
    for table in ("now", "before", "same"):
        connection.execute(f"DROP TABLE {table}")


def _admit(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Let the kept mentions take datasets and roles that they have no word for yet (see `identity.profiles.one_of`)."""
    for column, form, *_ in connection.execute(f"DESCRIBE SELECT dataset, role FROM {MENTION}").fetchall():
        if any_row(connection, f"{table} WHERE TRY_CAST({column} AS {form}) IS NULL"):
            connection.execute(f"ALTER TABLE {MENTION} ALTER {column} TYPE VARCHAR")


def _lift_concerned(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT profile_id, sum(n) AS more FROM ("
        "SELECT profile_id, -1 AS n FROM mention_was UNION ALL SELECT profile_id, 1 FROM mention_new) GROUP BY 1"
    )
    connection.execute(f"CREATE OR REPLACE TABLE lifted AS SELECT * FROM {PROFILE} WHERE false")
    _see_kept(connection, "true")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE number_touched AS SELECT id_number FROM kept_one "
        f"WHERE profile_id IN ({few('profile_id', 'touched')}) AND id_number IS NOT NULL "
        "UNION SELECT id_number FROM profile_new WHERE id_number IS NOT NULL"
    )
    lift(
        connection,
        f"SELECT profile_id FROM kept_one SEMI JOIN ({few('profile_id', 'touched')}) USING (profile_id) "
        f"UNION SELECT profile_id FROM kept_one SEMI JOIN ({few('id_number', 'number_touched')}) USING (id_number)",
        "first_lifted",
    )
    connection.execute(
        "CREATE OR REPLACE TABLE profile AS SELECT * FROM ("
        f"SELECT profile_id, mentions + coalesce(more, 0) AS mentions, {_FIELDS} "
        "FROM first_lifted LEFT JOIN touched USING (profile_id) "
        f"UNION ALL SELECT profile_id, more, {_FIELDS} FROM profile_new JOIN touched USING (profile_id)) "
        "WHERE mentions > 0"
    )


def _see_kept(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """Let `kept_one` be the kept profiles of which a condition is true."""
    connection.execute(f"CREATE OR REPLACE VIEW kept_one AS SELECT * FROM {PROFILE} WHERE {which}")


def keep_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the links of a run that is not full (edge), and what else is kept of linkers. Makes edge_was and edge_new:
    those that went and came; `edge` itself is then not needed any more."""
    if is_full(connection):
        # Linkers are done with them, and what follows needs the room.
        tables = ("asked_mention", "beside_asked", *_STANDING.values())
        _drop(connection, ("asking_mention", "belonging", "placed_since"), tables)
        _keep_small(connection)
        return
    # Leftovers, corrected numbers and decisions are worked out anew for all: little is in them.
    asked = (
        "profile_r IN (SELECT profile_id FROM first_lifted) "
        "OR (method <> 'certain' AND profile_r IN (SELECT profile_id FROM lifted)) "
        "OR linker IN ('leftovers', 'decisions') OR contains(evidence, 'corrected_number')"
    )
    links = ", ".join([*EDGE_COLUMNS, "method", "linker"])
    connection.execute(f"CREATE OR REPLACE TABLE edge_stood AS SELECT rowid AS place, * FROM {EDGE} WHERE {asked}")
    for table, one, other in (("edge_was", "edge_stood", "edge"), ("edge_new", "edge", "edge_stood")):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {one} ANTI JOIN {other} USING ({links})")
    connection.execute(f"DELETE FROM {EDGE} WHERE rowid IN (SELECT place FROM edge_was)")
    connection.execute(f"INSERT INTO {EDGE} BY NAME FROM edge_new")
    connection.execute("DROP TABLE edge_stood")
    _keep_small(connection)


def restore_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the links back that a full run took out of those kept to take clusters apart: the next run asks again."""
    connection.execute(f"DELETE FROM {EDGE} WHERE linker IS NULL")
    for table in ("cut_edge", "torn_edge"):
        connection.execute(f"INSERT INTO {EDGE} FROM {table}")


def keep_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the profiles of a full run with their persons and clusters (cluster).

    What linkers worked with goes: it is as large, and what follows needs the room.
    """
    if not any_row(connection, "duckdb_views() WHERE view_name = 'profile'"):
        # No linker asked who is without a person.
        divide_all(connection, "profile")
    placed = f"FROM (SELECT *, {_ENDS} FROM fresh) UNION ALL BY NAME FROM open_one"
    described = connection.execute(f"DESCRIBE {placed}").fetchall()
    columns = ", ".join(f"{name} {form}{f' {AS_IT_IS}' * (form == 'VARCHAR')}" for name, form, *_ in described)
    connection.execute(f"CREATE OR REPLACE TABLE {PROFILE} ({columns}, cluster_id BIGINT)")
    connection.execute(
        f"INSERT INTO {PROFILE} BY NAME SELECT p.*, c.cluster_id "
        f"FROM ({placed}) AS p LEFT JOIN cluster AS c USING (profile_id)"
    )
    _drop(connection, ("profile", "anchor", *_SEEN), ("fresh", "open_one"))
    connection.execute(f"CREATE OR REPLACE TABLE {PARTED} AS FROM parted")
    connection.execute(f"CREATE OR REPLACE TABLE {CUT} AS FROM cut_edge")


def put_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the profiles that were asked in this run back, and find where clusters may be others now.

    Makes around (profile_id): the profiles of all clusters, as they were and as they are, that hold one of which a
    mention or a link went or came; and, as for a full run, edge and anchor among them.
    """
    # Linkers are done with them, and what follows needs the room.
    _drop(connection, (*_SEEN, "kept_one", "everybody"), ("near", "near_mention"))
    own = ", ".join(["profile_id", "mentions", *PROFILE_FIELDS])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE placed AS SELECT {own}, {_ENDS}, coalesce(s.unit, profile_id) AS unit, "
        f"CAST(s.step AS SMALLINT) AS step, s.person, l.cluster_id FROM (SELECT {own} FROM profile "
        f"UNION ALL SELECT {own} FROM lifted WHERE profile_id NOT IN (SELECT profile_id FROM first_lifted)) AS p "
        "LEFT JOIN (SELECT profile_id, cluster_id FROM lifted) AS l USING (profile_id) "
        "LEFT JOIN (SELECT profile_id, step, unit, person FROM fresh "
        "UNION ALL SELECT profile_id, NULL, unit, NULL FROM open_one) AS s USING (profile_id)"
    )
    # What is said under which name and number of whom; most of it is said as it was.
    borne = "SELECT unit, person, id_number, name_norm FROM {} WHERE step = 0 AND name_norm IS NOT NULL"
    was, now = borne.format("lifted"), borne.format("placed")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE turned_bearer AS ({was} EXCEPT {now}) UNION ALL ({now} EXCEPT {was})"
    )
    # Of those that were woken most are as they were, and stay where they are.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE unmoved AS SELECT profile_id FROM placed AS p "
        f"JOIN (SELECT * FROM lifted WHERE profile_id IN (SELECT profile_id FROM {PROFILE} "
        f"WHERE profile_id IN ({few('profile_id', 'lifted')}))) AS l USING (profile_id) "
        "WHERE p.mentions = l.mentions AND p.unit = l.unit AND p.step IS NOT DISTINCT FROM l.step "
        "AND p.person IS NOT DISTINCT FROM l.person"
    )
    connection.execute(
        f"DELETE FROM {PROFILE} WHERE profile_id IN ("
        f"{few('profile_id', '(SELECT profile_id FROM lifted ANTI JOIN unmoved USING (profile_id))')})"
    )
    connection.execute(f"INSERT INTO {PROFILE} BY NAME FROM placed ANTI JOIN unmoved USING (profile_id)")
    ends = " UNION ".join(
        f"SELECT {end} AS profile_id FROM {table}"
        for table in ("edge_was", "edge_new")
        for end in ("profile_l", "profile_r")
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE seed AS SELECT profile_id FROM first_lifted UNION "
        f"SELECT profile_id FROM profile UNION {ends}"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE seed_cluster AS SELECT cluster_id FROM first_lifted WHERE cluster_id IS NOT NULL "
        f"UNION SELECT cluster_id FROM {PROFILE} WHERE profile_id IN ({few('profile_id', 'seed')}) "
        "AND cluster_id IS NOT NULL"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE around AS SELECT profile_id FROM {PROFILE} "
        f"WHERE profile_id IN ({few('profile_id', 'seed')}) UNION SELECT profile_id FROM {PROFILE} "
        f"WHERE cluster_id IN ({few('cluster_id', 'seed_cluster')})"
    )
    # What was taken apart belongs together still.
    connection.execute(
        f"INSERT INTO around SELECT profile_id FROM {PARTED} WHERE component IN (SELECT component FROM {PARTED} "
        "WHERE profile_id IN (SELECT profile_id FROM around UNION SELECT profile_id FROM seed)) "
        f"AND profile_id IN (SELECT profile_id FROM {PROFILE}) EXCEPT SELECT profile_id FROM around"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE edge AS SELECT * FROM {EDGE} WHERE profile_r IN ({few('profile_id', 'around')})"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE anchor AS SELECT profile_id, person FROM {PROFILE} "
        f"WHERE profile_id IN ({few('profile_id', 'around')}) AND step = 0"
    )


def keep_clusters(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the clusters of `around`, which are in `cluster`."""
    connection.execute(
        f"UPDATE {PROFILE} SET cluster_id = c.cluster_id FROM ("
        "SELECT profile_id, cluster.cluster_id FROM around LEFT JOIN cluster USING (profile_id)"
        f") AS c WHERE c.profile_id = {PROFILE}.profile_id "
        f"AND c.cluster_id IS DISTINCT FROM {PROFILE}.cluster_id"
    )
    asked = "profile_id IN (SELECT profile_id FROM around UNION SELECT profile_id FROM seed)"
    connection.execute(f"DELETE FROM {PARTED} WHERE {asked}")
    connection.execute(f"INSERT INTO {PARTED} FROM parted")
    connection.execute(f"DELETE FROM {CUT} WHERE {asked.replace('profile_id', 'profile_r', 1)}")
    connection.execute(f"INSERT INTO {CUT} FROM cut_edge")


def end(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what linkers worked with."""
    _drop(
        connection,
        (*_SEEN, "kept_one", "everybody", "sided"),
        (
            *("concerned", "near", "near_mention", "near_person", "covered"),
            *("fresh", "open_one", "dirty", "was", "correction", "name_share", "anchor", "lifted"),
            *(
                "asleep",
                "asleep_mention",
                "asleep_key",
                "asleep_beside",
                "profile",
                "edge",
                "doubt",
                "parted",
                "cut_edge",
                "torn_edge",
            ),
            *("together", "decided_group", "apart", "partner", "judged", "own_profile"),
        ),
    )


def _drop(connection: duckdb.DuckDBPyConnection, views: Iterable[str], tables: Iterable[str]) -> None:
    for view in views:
        connection.execute(f"DROP VIEW IF EXISTS {view}")
    for table in tables:
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def _keep_small(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {CORRECTED} AS FROM correction")
    connection.execute(f"CREATE OR REPLACE TABLE {NAME_SHARE} (name_key VARCHAR {AS_IT_IS}, people DOUBLE)")
    connection.execute(f"INSERT INTO {NAME_SHARE} FROM name_share")
    for table, source in ((DECISION, "decision"), (OWN_PROFILE, "own_profile")):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {source}")
    if is_full(connection):
        connection.execute(f"CREATE OR REPLACE TABLE {DOUBT} AS FROM doubt")
        return
    connection.execute(f"DELETE FROM {DOUBT} WHERE unit IN (SELECT profile_id FROM lifted)")
    connection.execute(f"INSERT INTO {DOUBT} FROM doubt")


def any_row(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is anything in a table."""
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
