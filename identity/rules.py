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

from identity.certain import names_agree

# A name and a birth date alone link where fewer namesakes born that day are to be expected than this. Chosen
# beforehand: a record that no other rule could place is mostly of somebody who has others (persons have nine on
# average), so that wrong links stay below this share of the few records that come so far.
NAMESAKES = 0.02


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
_ALIKE = f"({names_agree('o.name_norm', 'k.name_norm')} OR levenshtein(o.name_norm, k.name_norm) <= 1)"
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
    Rule("number+phone", 0.995, ("id_number", "phone"), _SAME_SEX, is_among_open=False),
    Rule("birth_date+phone+similar_name", 0.995, ("birth_date", "phone", "sex"), _ALIKE, is_among_open=False),
    Rule(
        "birth_date+mother+similar_name", 0.995, ("birth_date", "mother_name_key", "sex"), _ALIKE, is_among_open=False
    ),
    Rule("phone+similar_name", 0.99, ("phone", "sex"), names_agree("o.name_norm", "k.name_norm"), is_among_open=False),
)

_DESCRIPTION = (
    "profile_id, name_norm, name_key, sex, birth_date, id_number, doubtful_number, phone, mother_name_key, "
    "mother_id_number, guardian_id_number"
)
# Rules with relatives build on each other: a child's mother found, then her other child.
_ROUNDS = 2


@dataclass(frozen=True)
class RuleLinker:
    """Rules for what the number does not decide. Runs after `CertainLinker`, on what that leaves."""

    name: str = "rules"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `bearer` and `mention` beside the profiles."""
        _divide(connection, profiles_table)
        connection.execute(
            f"CREATE OR REPLACE TABLE {out_table} (profile_l BIGINT, profile_r BIGINT, confidence DOUBLE, "
            "evidence VARCHAR)"
        )
        for rule in RULES:
            _attach(connection, rule, out_table)
        _pair_up(connection)
        for _ in range(_ROUNDS):
            for evidence, confidence, relation in _relations():
                _attach_related(connection, evidence, confidence, relation, out_table)
        _attach_rare(connection, out_table)
        _gather_open(connection, out_table)
        for table in ("known", "open_one", "claim_one"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")


def _divide(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """known: descriptions with a person (a bearer's smallest profile_id). open_one: those without, by unit."""
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
    connection.execute(
        f"CREATE OR REPLACE TABLE claim_one AS SELECT unit, min(person) AS person FROM ({found}) GROUP BY unit "
        "HAVING min(person) = max(person)"
    )
    connection.execute(
        f"INSERT INTO {out_table} SELECT person, unit, CAST({confidence} AS DOUBLE), '{evidence}' FROM claim_one"
    )
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


def _attach_rare(connection: duckdb.DuckDBPyConnection, out_table: str) -> None:
    """Name, birth date and sex alone, where chance would hardly bring two such people into the city."""
    key = "hash(name_key, birth_date, sex)"
    where = "name_key IS NOT NULL AND birth_date IS NOT NULL AND sex IS NOT NULL"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE one_each AS SELECT name_key, birth_date FROM known WHERE profile_id = person"
    )
    found = (
        "WITH named AS (SELECT name_key, count(*) AS n FROM one_each GROUP BY name_key), "
        "born AS (SELECT birth_date, count(*) AS n FROM one_each GROUP BY birth_date), "
        f"w AS (SELECT DISTINCT unit, name_key, birth_date, {key} AS k FROM open_one WHERE {where}), "
        f"h AS (SELECT {key} AS k, min(person) AS person FROM known WHERE {where} AND {key} IN (SELECT k FROM w) "
        "GROUP BY 1 HAVING min(person) = max(person)) "
        "SELECT unit, person FROM w JOIN h USING (k) JOIN named USING (name_key) JOIN born USING (birth_date) "
        f"WHERE CAST(named.n AS DOUBLE) * born.n < {NAMESAKES} * (SELECT count(*) FROM one_each)"
    )
    _give(connection, found, "rare_name+birth_date", 0.99, out_table)


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
