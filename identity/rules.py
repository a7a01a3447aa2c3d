"""Who the records are whose number is missing, failed its check or is not theirs: plain rules, the surest first.

Each rule is a key: what two descriptions must share. A record without a person is given to the person who has that
key, if exactly one has. So a rule never brings two bearers of numbers together, namesakes who share the key get
nothing from it, and what was given by a surer rule is evidence for the later ones. What no bearer claims is brought
together by the same keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import duckdb

from identity.certain import names_agree, one_character_apart
from identity.cluster import connected_components
from identity.linker import start_edges

# A number that was corrected, or given out anew, differs from the old one in its sequence and check digit, or in a
# digit of the birth date and the check digit: three characters at most where one error was set right. A check digit
# (GB 11643-1999, MOD 11-2) lets no single slip and no swapped neighbours pass, so two valid numbers are never closer.
CORRECTED_CHARACTERS = 3
# A phone under more names or numbers than this is an office's or an agent's, and proves nothing.
_NUMBERS_OF_ONE = 5


@dataclass(frozen=True)
class Rule:
    """What must be shared. `confidence` is the estimate, made beforehand, that such records are one person.

    `key`: columns of a description. `needs`: SQL over o (without a person) and k (with one) that must hold besides;
    then keys are not enough and the pair is looked at. `only`: SQL over a description without a person.
    """

    evidence: str
    confidence: float
    key: tuple[str, ...]
    needs: str = "true"
    only: str = "true"
    is_among_open: bool = True


_SAME_SEX = "coalesce(o.sex = k.sex, true)"
_ALIKE = f"({names_agree('o.name_norm', 'k.name_norm')} OR {one_character_apart('o.name_norm', 'k.name_norm')})"
_SLIP = (
    "(damerau_levenshtein(o.doubtful_number, k.id_number) <= 1 OR (length(o.doubtful_number) >= 14 "
    "AND starts_with(k.id_number, o.doubtful_number)) OR (contains(o.doubtful_number, 'E+') "
    "AND starts_with(k.id_number, replace(split_part(o.doubtful_number, 'E', 1), '.', ''))))"
)

RULES: tuple[Rule, ...] = (
    Rule("name+birth_date+phone", 0.999, ("name_key", "birth_date", "phone")),
    Rule("name+birth_date+mother_number", 0.999, ("name_key", "birth_date", "mother_id_number")),
    Rule("name+birth_date+mother", 0.999, ("name_key", "birth_date", "mother_name_key")),
    Rule("name+number_slip", 0.999, ("name_key", "number_head"), _SLIP, is_among_open=False),
    Rule("name+number_slip", 0.999, ("name_key", "number_tail"), _SLIP, is_among_open=False),
    Rule("name+mother_number", 0.998, ("name_key", "mother_id_number")),
    Rule("name+phone", 0.995, ("name_key", "phone")),
    Rule("name+guardian_number", 0.995, ("name_key", "guardian_id_number")),
    # A child's record may carry a parent's number and phone: so the name must be a slip of the bearer's, or missing.
    Rule(
        "number+phone",
        0.995,
        ("id_number", "phone"),
        f"{_SAME_SEX} AND coalesce({_ALIKE}, true)",
        "birth_date IS NULL",
        is_among_open=False,
    ),
    Rule("birth_date+phone+similar_name", 0.995, ("birth_date", "phone", "sex"), _ALIKE, is_among_open=False),
    Rule(
        "birth_date+mother+similar_name", 0.995, ("birth_date", "mother_name_key", "sex"), _ALIKE, is_among_open=False
    ),
)

_DESCRIPTION = (
    "profile_id, name_norm, name_key, sex, birth_date, id_number, doubtful_number, phone, mother_name_key, "
    "mother_id_number, guardian_name_key, guardian_id_number"
)
# Rules with relatives build on each other: a child's mother found, then her other child.
_ROUNDS = 2


@dataclass(frozen=True)
class RuleLinker:
    """Rules for what the number does not decide. Runs after `CertainLinker`, on what that leaves."""

    name: str = "rules"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `bearer` and `mention` beside the profiles.

        Leaves, for the linkers after it, known (person, profile_id and the description: of everybody who has a person)
        and open_one (unit, profile_id and the description: of those without), and fills anchor (profile_id,
        person: the bearers of numbers, of whom no two persons may come together).
        """
        _divide(connection, profiles_table)
        start_edges(connection, out_table)
        for evidence, confidence, key in _CORRECTIONS:
            _join_corrected(connection, evidence, confidence, key, out_table)
        connection.execute("INSERT INTO anchor SELECT profile_id, person FROM known")
        for rule in RULES:
            _attach(connection, rule, out_table)
        _pair_up(connection)
        for _ in range(_ROUNDS):
            for evidence, confidence, relation in _relations():
                _attach_related(connection, evidence, confidence, relation, out_table)


@dataclass(frozen=True)
class LeftoverLinker:
    """Brings together, by the same rules, those whom no bearer of a number claims. Runs last, and clears up."""

    name: str = "leftovers"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `open_one` and `mention` beside the profiles."""
        start_edges(connection, out_table)
        _pair_up(connection)
        _gather_open(connection, out_table)
        for table in ("known", "open_one", "claim_one", "corrected", "corrected_person"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")


def _divide(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """known: descriptions with a person (a bearer's smallest profile_id). open_one: those without, by unit.

    Bearers of one person have one number here, until a corrected one joins them.
    """
    parts = (
        f"{_DESCRIPTION}, left(coalesce(id_number, doubtful_number), 9) AS number_head, "
        "right(coalesce(id_number, doubtful_number), 9) AS number_tail"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE known AS SELECT b.unit AS person, {parts} "
        f"FROM {profiles_table} JOIN bearer AS b USING (profile_id) WHERE b.is_bearer"
    )
    heads = parts.replace("left(coalesce(id_number, doubtful_number), 9)", _head())
    connection.execute(
        f"CREATE OR REPLACE TABLE open_one AS SELECT coalesce(b.unit, profile_id) AS unit, {heads} "
        f"FROM {profiles_table} LEFT JOIN bearer AS b USING (profile_id) WHERE b.is_bearer IS DISTINCT FROM true"
    )


# As it is written, not as it sounds: the names of twins may sound the same.
_CORRECTIONS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("name+phone+corrected_number", 0.995, ("name_norm", "phone")),
    ("name+mother_number+corrected_number", 0.995, ("name_norm", "mother_id_number")),
    ("name+birth_date+mother+corrected_number", 0.995, ("name_norm", "birth_date", "mother_name_key")),
)


def _join_corrected(
    connection: duckdb.DuckDBPyConnection, evidence: str, confidence: float, key: tuple[str, ...], out_table: str
) -> None:
    """One person with two valid numbers, one of which is the other set right: they share more than the name.

    The smallest of the persons becomes the person of all.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE corrected AS WITH held AS ("
        f"SELECT DISTINCT hash({', '.join(key)}) AS k, person, id_number FROM known WHERE {_present(key)}), "
        "shared AS (SELECT k FROM held GROUP BY k HAVING min(id_number) <> max(id_number) "
        f"AND count(DISTINCT id_number) <= {_NUMBERS_OF_ONE}), "
        "few AS (SELECT * FROM held SEMI JOIN shared USING (k)) "
        "SELECT DISTINCT a.person AS profile_l, b.person AS profile_r FROM few AS a JOIN few AS b USING (k) "
        "WHERE a.person < b.person "
        f"AND damerau_levenshtein(a.id_number, b.id_number) <= {CORRECTED_CHARACTERS}"
    )
    connection.execute(
        f"INSERT INTO {out_table} SELECT profile_l, profile_r, CAST({confidence} AS DOUBLE), '{evidence}' "
        "FROM corrected"
    )
    connected_components(connection, edge_table="corrected", out_table="corrected_person")
    connection.execute(
        "UPDATE known SET person = c.cluster_id FROM corrected_person AS c "
        "WHERE known.person = c.profile_id AND c.cluster_id <> c.profile_id"
    )


def _head() -> str:
    """The first nine digits of what may be a number, as a spreadsheet writes it too."""
    return "left(replace(coalesce(id_number, doubtful_number), '.', ''), 9)"


def _present(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def _attach(connection: duckdb.DuckDBPyConnection, rule: Rule, out_table: str) -> None:
    key = f"hash({', '.join(rule.key)})"
    where = f"{_present(rule.key)}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT unit, {key} AS k, name_norm, sex, doubtful_number "
        f"FROM open_one WHERE {where} AND {rule.only}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT person, {key} AS k, name_norm, sex, id_number "
        f"FROM known WHERE {where} AND {key} IN (SELECT k FROM wanted)"
    )
    if rule.needs == "true":
        held = "SELECT k, min(person) AS person FROM held GROUP BY k HAVING min(person) = max(person)"
        found = f"SELECT unit, person FROM wanted JOIN ({held}) USING (k)"
    else:
        found = f"SELECT o.unit, k.person FROM wanted AS o JOIN held AS k ON o.k = k.k WHERE {rule.needs}"
    _give(connection, found, rule.evidence, rule.confidence, out_table)


def _give(connection: duckdb.DuckDBPyConnection, found: str, evidence: str, confidence: float, out_table: str) -> None:
    """Give each unit that `found` (query: unit, person) has exactly one person for to that person."""
    give(
        connection,
        f"SELECT unit, min(person) AS person, CAST({confidence} AS DOUBLE) AS confidence, '{evidence}' AS evidence "
        f"FROM ({found}) GROUP BY unit HAVING min(person) = max(person)",
        out_table,
    )


def give(connection: duckdb.DuckDBPyConnection, claims: str, out_table: str) -> None:
    """Give units to persons: they move from open_one to known, and edges say so.

    Args:
        claims: query with columns unit, person, confidence, evidence; one row per unit.
    """
    connection.execute(f"CREATE OR REPLACE TABLE claim_one AS {claims}")
    connection.execute(f"INSERT INTO {out_table} SELECT person, unit, confidence, evidence FROM claim_one")
    connection.execute(
        "INSERT INTO known BY NAME SELECT c.person, o.* EXCLUDE (unit) FROM open_one AS o "
        "JOIN claim_one AS c USING (unit)"
    )
    connection.execute("DELETE FROM open_one WHERE unit IN (SELECT unit FROM claim_one)")


def _relations() -> Iterator[tuple[str, float, str]]:
    """Evidence, confidence and key (SQL over the own description d and the other person p) of rules with relatives."""
    yield "name+relative", 0.998, "hash(p.person, d.name_key)"
    yield "birth_date+sex+relative", 0.995, "hash(p.person, d.birth_date, d.sex)"
    yield "name+birth_date+household", 0.998, "hash(m.household, d.name_key, d.birth_date)"
    yield "name+birth_date+home", 0.998, "hash(m.home, d.name_key, d.birth_date)"


def _attach_related(
    connection: duckdb.DuckDBPyConnection, evidence: str, confidence: float, relation: str, out_table: str
) -> None:
    """Rules that look at a mention's surroundings: the other people of its record, its household, its home."""
    _surround(connection, relation)
    held = "SELECT k, min(person) AS person FROM held GROUP BY k HAVING min(person) = max(person)"
    _give(connection, f"SELECT unit, person FROM wanted JOIN ({held}) USING (k)", evidence, confidence, out_table)


def _surround(connection: duckdb.DuckDBPyConnection, relation: str, *, is_open_only: bool = False) -> None:
    """wanted (unit, k) and, unless `is_open_only`, held (person, k) of a relation."""
    fields = [field.strip() for field in relation.removeprefix("hash(").removesuffix(")").split(",")]
    present = " AND ".join(f"{field} IS NOT NULL" for field in fields)
    # An unnamed newborn may be placed by birth, sex and parent; who has a name is placed by it.
    unnamed = " AND d.name_norm IS NULL" if "d.name_key" not in fields else ""
    is_relative = "p.person" in fields
    mention = "sided" if is_relative else "mention"
    side = " JOIN paired AS p ON p.record_ref = m.record_ref AND p.role <> m.role" if is_relative else ""
    if is_relative:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE paired AS SELECT m.record_ref, m.role, k.person FROM sided AS m "
            "JOIN known AS k USING (profile_id)"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT d.unit, {relation} AS k, {fields[0]} AS place "
        f"FROM {mention} AS m JOIN open_one AS d USING (profile_id){side} WHERE {present}{unnamed}"
    )
    if is_open_only:
        return
    # Few places are wanted: only what lies there is looked at.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT d.person, {relation} AS k FROM {mention} AS m "
        f"JOIN known AS d USING (profile_id){side} WHERE {present} AND {fields[0]} IN (SELECT place FROM wanted) "
        f"AND {relation} IN (SELECT k FROM wanted)"
    )


def _pair_up(connection: duckdb.DuckDBPyConnection) -> None:
    """sided: the mentions of records that speak of several people."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sided AS SELECT record_ref, role, profile_id FROM mention SEMI JOIN "
        "(SELECT record_ref FROM mention GROUP BY record_ref HAVING count(*) > 1) USING (record_ref)"
    )


def _gather_open(connection: duckdb.DuckDBPyConnection, out_table: str) -> None:
    """Among those whom no bearer claims: stars around each key. No two of them need be kept apart by numbers of their
    own, for a number that fits makes a bearer."""
    for rule in RULES:
        if rule.is_among_open:
            key = ", ".join(rule.key)
            _star(
                connection,
                f"SELECT unit, hash({key}) AS k FROM open_one WHERE {_present(rule.key)}",
                rule.evidence,
                rule.confidence,
                out_table,
            )
    for evidence, confidence, relation in _relations():
        _surround(connection, relation, is_open_only=True)
        _star(connection, "SELECT unit, k FROM wanted", evidence, confidence, out_table)


def _star(connection: duckdb.DuckDBPyConnection, keyed: str, evidence: str, confidence: float, out_table: str) -> None:
    connection.execute(
        f"INSERT INTO {out_table} SELECT DISTINCT centre, unit, CAST({confidence} AS DOUBLE), '{evidence}' FROM ("
        f"SELECT unit, min(unit) OVER (PARTITION BY k) AS centre, count(*) OVER (PARTITION BY k) AS n FROM ({keyed})) "
        "WHERE centre <> unit"
    )
