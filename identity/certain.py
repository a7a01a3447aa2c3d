"""Links that leave no doubt: the same usable ID number under an agreeing name, or with the birth date it names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb

from identity.profiles import one_of

# Pairs of characters, the smaller one first, that are taken for one another by their shape: scripts/make_lookalikes.py.
_LOOKALIKES = Path(__file__).parent / "lookalikes.txt"
# To look through all of them for each pair of names would take a hundred times as long.
_SHELVES = 256

# GB 11643-1999: places 7 to 14 of a number are the birth date, place 17 is odd for men.
_BORN = "10000 * year(birth_date) + 100 * month(birth_date) + day(birth_date)"
_BIRTH_FITS = f"{_BORN} = TRY_CAST(substr(id_number, 7, 8) AS INTEGER)"
_SEX_FITS = "(sex IS NULL OR (sex = '1') = (CAST(substr(id_number, 17, 1) AS INTEGER) % 2 = 1))"
_FITS = f"coalesce(bool_or({_BIRTH_FITS} AND {_SEX_FITS}), false)"
# What links say for evidence: among millions, one of a few words.
_EVIDENCE = one_of(("number+name", "number+name_key", "number+birth_date", "number+similar_name"))


def one_character_apart(one: str, other: str) -> str:
    """SQL: two names differ in one character, wrong or lost; long ones, which are transliterated, in a third of them.

    DuckDB's own distances count bytes, of which a Chinese character has three.
    """
    unequal = (
        f"len(list_filter(list_zip(string_split({one}, ''), string_split({other}, '')), p -> p[1] <> p[2])) "
        f"<= greatest(1, length({one}) // 3)"
    )
    lost = f"abs(strlen({one}) - strlen({other})) <= 3 AND levenshtein({one}, {other}) <= 3"
    return (
        f"CASE length({one}) - length({other}) WHEN 0 THEN {unequal} WHEN 1 THEN {lost} WHEN -1 THEN {lost} "
        "ELSE false END"
    )


@cache
def _lookalikes() -> str:
    """SQL: texts of pairs, each of those whose first character's code leaves the same remainder."""
    shelves: list[list[str]] = [[] for _ in range(_SHELVES)]
    for pair in _LOOKALIKES.read_text(encoding="utf-8").split():
        shelves[ord(pair[0]) % _SHELVES].append(pair)
    texts = (",".join(shelf) for shelf in shelves)
    return ", ".join(f"'{text}'" for text in texts)


def look_alike(one: str, other: str) -> str:
    """SQL: two characters are easily taken for one another by their shape (明, 朋): see identity/lookalikes.txt."""
    first = f"least({one}, {other})"
    shelf = f"list_extract([{_lookalikes()}], unicode({first}) % {_SHELVES} + 1)"
    return f"contains({shelf}, {first} || greatest({one}, {other}))"


def names_agree(one: str, other: str) -> str:
    """SQL: two normalised names are one name: written out longer, with one character wrong or lost, or parts swapped.

    One given character in two is half a name, and relatives share the other half: such names do not agree by
    themselves. But relatives do not share a given name under different surnames, a character that a system could not
    write (?) is no other character, and one that looks like the other is a slip of the eye. A transliterated name's
    parts stand in this order or that (孟克·巴特尔), a given name before the surname where a form asks for it so.
    """
    shorter = f"least(length({one}), length({other}))"
    given = f"right({one}, 1), right({other}, 1)"
    return (
        f"(({shorter} >= 3 AND (contains({one}, {other}) OR contains({other}, {one}) "
        f"OR {one_character_apart(one, other)} "
        f"OR (length({one}) = length({other}) AND contains({one} || {one}, {other})))) "
        f"OR ({shorter} = 2 AND length({one}) = length({other}) AND (substr({one}, 2) = substr({other}, 2) "
        f"OR (left({one}, 1) = left({other}, 1) AND ('?' IN ({given}) "
        f"OR {look_alike(f'right({one}, 1)', f'right({other}, 1)')})))))"
    )


def sound_alike(one_key: str, other_key: str) -> str:
    """SQL: two pinyin keys of long names are one name in two transliterations: one letter in four differs at most.

    Names of four characters and more are mostly Mongolian, Uighur or Tibetan ones: bureaus write their sound in
    characters of their own choice (娜仁, 那日). Their keys have ten letters or more.
    """
    return (
        f"(least(length({one_key}), length({other_key})) >= 8 AND 4 * levenshtein({one_key}, {other_key}) "
        f"<= greatest(length({one_key}), length({other_key})))"
    )


def bearers(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """Say who bears which number, in columns of the profiles: they are millions, and written once.

    Of the names under one number the bearer's is the one whose records have the birth date and sex that the number
    names, then the most frequent. Names that agree with it, or whose records fit the number too, are the bearer's
    also. Any other name and birth under the number: borrowed, or given out twice. Its records are kept together under
    their name, but they are no bearer.

    Adds columns, null of who has no usable number: unit (the smallest profile_id among those that are one person for
    certain), person (the unit, where the number is this person's own: it fits a birth date and sex recorded with it, or
    no birth date is), evidence (one of _EVIDENCE, where the unit has another profile, or this one, if it has a name,
    stands for several mentions).

    Args:
        profiles_table: columns profile_id, mentions and those of `identity.profiles.PROFILE_FIELDS`.
    """
    # Most numbers stand under one name everywhere: whose they are is plain, and hashes say so as surely as profiles'
    # numbers are different (see `identity.profiles.numbered`). Texts are compared under the others only.
    plain = "name_norm IS NOT NULL AND name_key IS NOT NULL"
    one = " AND ".join(f"min(hash({name})) = max(hash({name}))" for name in ("name_norm", "name_key"))
    connection.execute(
        "CREATE OR REPLACE TABLE plain_number AS SELECT hash(id_number) AS number, min(profile_id) AS unit, "
        f"{_FITS} OR NOT bool_or(birth_date IS NOT NULL) AS is_bearer, sum(mentions) > 1 AS is_linked "
        f"FROM {profiles_table} WHERE id_number IS NOT NULL GROUP BY number HAVING bool_and({plain}) AND {one}"
    )
    for column in ("unit BIGINT", "person BIGINT", f"evidence {_EVIDENCE}"):
        connection.execute(f"ALTER TABLE {profiles_table} ADD COLUMN {column}")
    connection.execute(
        f"UPDATE {profiles_table} SET unit = n.unit, person = CASE WHEN n.is_bearer THEN n.unit END, "
        "evidence = CASE WHEN n.is_linked THEN 'number+name' END "
        f"FROM plain_number AS n WHERE n.number = hash({profiles_table}.id_number)"
    )
    connection.execute("DROP TABLE plain_number")
    connection.execute(
        "CREATE OR REPLACE TABLE unclear AS SELECT profile_id, id_number, name_norm, name_key, birth_date, sex, "
        f"mentions FROM {profiles_table} WHERE id_number IS NOT NULL AND unit IS NULL"
    )
    # A name whose sound is not known is heard as under the same number, where the same name is written there.
    connection.execute(
        "CREATE OR REPLACE TABLE heard AS SELECT id_number, name_norm, min(name_key) AS name_key "
        "FROM unclear WHERE (id_number, name_norm) IN (SELECT (id_number, name_norm) FROM unclear "
        "WHERE name_key IS NULL AND name_norm IS NOT NULL) GROUP BY id_number, name_norm"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE numbered AS SELECT p.* EXCLUDE (name_key), "
        "coalesce(p.name_key, h.name_key, p.name_norm) AS name "
        "FROM unclear AS p LEFT JOIN heard AS h ON h.id_number = p.id_number AND h.name_norm = p.name_norm"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE number_name AS SELECT id_number, name, "
        "arg_max(name_norm, (mentions, name_norm)) AS name_norm, sum(mentions) AS mentions, count(*) AS profiles, "
        "min(profile_id) AS first_profile, "
        f"{_FITS} AS fits, bool_or(birth_date IS NOT NULL) AS is_told "
        "FROM numbered GROUP BY id_number, name"
    )
    # A nameless record is the bearer's when it fits; else it says nothing of whose it is.
    connection.execute(
        "CREATE OR REPLACE TABLE number_bearer AS SELECT id_number, "
        "arg_max(name, (fits, mentions, name)) FILTER (name IS NOT NULL) AS name, "
        "arg_max(name_norm, (fits, mentions, name)) FILTER (name IS NOT NULL) AS name_norm, "
        "bool_or(fits) OR NOT bool_or(is_told) AS is_fitting FROM number_name GROUP BY id_number"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE number_party AS SELECT n.id_number, n.name, n.fits, n.first_profile, n.profiles, "
        "n.mentions, b.is_fitting, "
        "n.name = b.name AS is_same, b.name_norm AS bearer_name, coalesce(CASE WHEN n.name = b.name THEN true "
        # Brothers' names differ in one character: not where the birth date is another than the number's too. A case,
        # not an OR: most names are the bearer's, and the others alone are worth a look at their characters.
        f"WHEN n.fits OR NOT n.is_told OR NOT b.is_fitting THEN {names_agree('n.name_norm', 'b.name_norm')} OR ("
        f"least(length(n.name_norm), length(b.name_norm)) >= 4 AND {sound_alike('n.name', 'b.name')}) END, false) "
        "AS is_named_alike "
        "FROM number_name AS n JOIN number_bearer AS b USING (id_number)"
    )
    _find_second_bearers(connection, profiles_table)
    connection.execute(
        "CREATE OR REPLACE TABLE cleared AS SELECT profile_id, CASE WHEN p.name_norm IS NULL AND NOT n.fits "
        "THEN profile_id ELSE n.unit END AS unit, "
        "(n.is_agreeing AND n.is_fitting) OR n.is_second AS is_bearer, "
        "CASE WHEN p.name_norm IS NULL THEN n.fits AND n.profiles > 1 ELSE n.mentions > 1 END AS is_linked, "
        "CASE WHEN p.name_norm = n.bearer_name OR NOT n.is_agreeing THEN 'number+name' WHEN n.is_same "
        "THEN 'number+name_key' WHEN n.fits THEN 'number+birth_date' ELSE 'number+similar_name' END AS evidence "
        "FROM numbered AS p "
        f"JOIN (SELECT * REPLACE ({_together('sum', 'profiles')} AS profiles, "
        f"{_together('sum', 'mentions')} AS mentions), {_together('min', 'first_profile')} AS unit FROM ("
        "SELECT *, s.name IS NOT NULL AS is_second, (is_named_alike OR fits) AND s.name IS NULL AS is_agreeing "
        "FROM number_party LEFT JOIN second_bearer AS s USING (id_number, name))) AS n ON n.id_number = p.id_number "
        "AND n.name IS NOT DISTINCT FROM p.name"
    )
    connection.execute(
        f"UPDATE {profiles_table} SET unit = c.unit, person = CASE WHEN c.is_bearer THEN c.unit END, "
        "evidence = CASE WHEN c.is_linked THEN c.evidence END "
        f"FROM cleared AS c WHERE c.profile_id = {profiles_table}.profile_id"
    )
    for table in (
        "unclear",
        "heard",
        "numbered",
        "number_name",
        "number_bearer",
        "number_party",
        "second_bearer",
        "cleared",
    ):
        connection.execute(f"DROP TABLE {table}")


def _together(aggregate: str, column: str) -> str:
    """SQL over the parties of a number: an aggregate over those that agree, who are one person; of another its own."""
    return (
        f"CASE WHEN is_agreeing THEN {aggregate}({column}) FILTER (is_agreeing) OVER (PARTITION BY id_number) "
        f"ELSE {column} END"
    )


def _find_second_bearers(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """second_bearer (id_number, name): who has the same number, birth date and sex as the bearer and is another.

    A new name, a childhood name or a slip keep the phone or the mother. Who has another name and other phones in all
    of several records, as the bearer has hers in several, was given a number that was taken.
    """
    parties = (
        f"SELECT n.id_number, n.name, n.mentions, coalesce(list(DISTINCT phone) FILTER (phone IS NOT NULL), []) AS "
        "phones, coalesce(list(DISTINCT mother_name_key) FILTER (mother_name_key IS NOT NULL), []) AS mothers "
        "FROM number_name AS n JOIN numbered AS d ON d.id_number = n.id_number AND d.name = n.name "
        f"JOIN {profiles_table} USING (profile_id) SEMI JOIN suspect ON suspect.id_number = n.id_number "
        "GROUP BY n.id_number, n.name, n.mentions"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE suspect AS SELECT DISTINCT id_number FROM number_party "
        "WHERE fits AND is_fitting AND NOT is_named_alike AND name IS NOT NULL"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE second_bearer AS WITH party AS ({parties}) "
        "SELECT o.id_number, o.name FROM party AS o JOIN number_party AS n ON n.id_number = o.id_number "
        "AND n.name = o.name JOIN number_bearer AS b ON b.id_number = o.id_number "
        "JOIN party AS p ON p.id_number = b.id_number AND p.name = b.name "
        "WHERE n.fits AND n.is_fitting AND NOT n.is_named_alike AND o.mentions > 1 AND p.mentions > 1 "
        "AND len(o.phones) > 0 AND len(p.phones) > 0 AND NOT list_has_any(o.phones, p.phones) "
        "AND NOT list_has_any(o.mothers, p.mothers)"
    )
    connection.execute("DROP TABLE suspect")


@dataclass(frozen=True)
class CertainLinker:
    """Same usable ID number, and a name that agrees or the birth date and sex that the number names.

    A number carried under another name and another birth date links nothing: it may be borrowed, or given out twice.
    """

    name: str = "certain"
    method: Literal["certain"] = "certain"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Adds unit and person (see `bearers`) for the linkers after it.

        Each group is a star around one of its profiles, so that a number that thousands of records share costs
        thousands of edges and not their square, its centre with an edge to itself, so that each has the evidence that
        is its own. A profile alone with its number links nothing unless it stands for several mentions.
        """
        bearers(connection, profiles_table)
        connection.execute(
            f"CREATE OR REPLACE TABLE {out_table} AS SELECT unit AS profile_l, profile_id AS profile_r, "
            f"CAST(1 AS DOUBLE) AS confidence, evidence FROM {profiles_table} WHERE evidence IS NOT NULL"
        )
        connection.execute(f"ALTER TABLE {profiles_table} DROP COLUMN evidence")
