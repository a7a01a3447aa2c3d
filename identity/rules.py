"""Who the records are whose number is missing, failed its check or is not theirs: plain rules, the surest first.

Each rule is a key: what two descriptions must share. A record without a person is given to the person who has that
key, if exactly one has. So a rule never brings two bearers of numbers together, namesakes who share the key get
nothing from it, and what was given by a surer rule is evidence for the later ones. What no bearer claims is brought
together by the same keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from identity import kept
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


@dataclass(frozen=True)
class RuleLinker:
    """Rules for what the number does not decide. Runs after `CertainLinker`, on what that leaves."""

    name: str = "rules"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `bearer` and `mention` beside the profiles.

        Leaves, for the linkers after it, known (person, profile_id and the description: of everybody who has a person)
        and open_one (unit, profile_id and the description: of those without who are asked), and fills anchor
        (profile_id, person: the bearers of numbers, of whom no two persons may come together).
        """
        _divide(connection, profiles_table)
        start_edges(connection, out_table)
        _join_corrected(connection, out_table)
        connection.execute("INSERT INTO anchor SELECT profile_id, person FROM fresh")
        for step, rule in enumerate(_STEPS, start=1):
            kept.follow(connection, step, lambda dirty, step=step: _disturbed(step, dirty))  # type: ignore[misc]
            kept.look(connection, step)
            if isinstance(rule, Rule):
                _attach(connection, rule, step, out_table)
            else:
                _attach_related(connection, rule, step, out_table)


@dataclass(frozen=True)
class LeftoverLinker:
    """Brings together, by the same rules, those whom no bearer of a number claims. Runs last, over all of them."""

    name: str = "leftovers"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads `open_one` and `mention` beside the profiles."""
        start_edges(connection, out_table)
        connection.execute(
            f"CREATE OR REPLACE TABLE left_over AS SELECT unit, {kept.COLUMNS} FROM open_one "
            f"UNION ALL SELECT unit, {kept.COLUMNS} FROM asleep WHERE step IS NULL"
        )
        _gather_open(connection, out_table)
        connection.execute("DROP TABLE left_over")


def _divide(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """fresh: bearers of numbers (person: their smallest profile_id). open_one: those without a person, by unit.

    Bearers of one person have one number here, until a corrected one joins them.
    """
    connection.execute(
        f"INSERT INTO fresh SELECT 0, b.unit, b.unit, {kept.DESCRIPTION} "
        f"FROM {profiles_table} JOIN bearer AS b USING (profile_id) WHERE b.is_bearer"
    )
    connection.execute(
        f"INSERT INTO open_one SELECT coalesce(b.unit, profile_id), {kept.DESCRIPTION} "
        f"FROM {profiles_table} LEFT JOIN bearer AS b USING (profile_id) WHERE b.is_bearer IS DISTINCT FROM true"
    )


# As it is written, not as it sounds: the names of twins may sound the same.
_CORRECTIONS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("name+phone+corrected_number", 0.995, ("name_norm", "phone")),
    ("name+mother_number+corrected_number", 0.995, ("name_norm", "mother_id_number")),
    ("name+birth_date+mother+corrected_number", 0.995, ("name_norm", "birth_date", "mother_name_key")),
)


def _join_corrected(connection: duckdb.DuckDBPyConnection, out_table: str) -> None:
    """One person with two valid numbers, one of which is the other set right: they share more than the name.

    correction: which pairs there are, each with the key that shows it, kept from run to run; keys of which nothing is
    otherwise are not looked at again. Of the bearers joined so, the one with the smallest number gives the person its
    name: which it is must not hang on how profiles are numbered.
    """
    for evidence, confidence, key in _CORRECTIONS:
        k = f"hash({', '.join(key)})"
        otherwise = f"SELECT {k} FROM dirty WHERE {_present(key)}"
        asked = "" if kept.is_full(connection) else f"AND {k} IN ({otherwise})"
        connection.execute(f"DELETE FROM correction WHERE evidence = '{evidence}' AND k IN ({otherwise})")
        connection.execute(
            f"INSERT INTO correction WITH held AS (SELECT DISTINCT {k} AS k, unit, id_number FROM bearing "
            f"WHERE {_present(key)} {asked}), "
            "shared AS (SELECT k FROM held GROUP BY k HAVING min(id_number) <> max(id_number) "
            f"AND count(DISTINCT id_number) <= {_NUMBERS_OF_ONE}), "
            "few AS (SELECT * FROM held SEMI JOIN shared USING (k)) "
            f"SELECT '{evidence}', CAST({confidence} AS DOUBLE), a.k, a.unit, b.unit FROM few AS a "
            "JOIN few AS b USING (k) WHERE a.id_number < b.id_number "
            f"AND damerau_levenshtein(a.id_number, b.id_number) <= {CORRECTED_CHARACTERS}",
        )
    connection.execute(
        "CREATE OR REPLACE TABLE corrected AS SELECT DISTINCT profile_l, profile_r, confidence, evidence "
        "FROM correction"
    )
    connection.execute(f"INSERT INTO {out_table} SELECT profile_l, profile_r, confidence, evidence FROM corrected")
    connected_components(connection, edge_table="corrected", out_table="corrected_group")
    connection.execute(
        "CREATE OR REPLACE TABLE corrected_person AS SELECT unit, first(unit) OVER ("
        "PARTITION BY cluster_id ORDER BY id_number, unit) AS person FROM ("
        "SELECT unit, min(id_number) AS id_number FROM bearing SEMI JOIN corrected_group AS g ON g.profile_id = unit "
        "GROUP BY unit) JOIN corrected_group AS g ON g.profile_id = unit"
    )
    connection.execute(
        "UPDATE fresh SET person = c.person FROM corrected_person AS c WHERE fresh.unit = c.unit AND fresh.step = 0"
    )
    kept.rename_bearers(connection)
    for table in ("corrected", "corrected_group", "corrected_person"):
        connection.execute(f"DROP TABLE {table}")


def _present(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def _attach(connection: duckdb.DuckDBPyConnection, rule: Rule, step: int, out_table: str) -> None:
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
    _give(connection, found, rule.evidence, rule.confidence, step, out_table)


def _give(
    connection: duckdb.DuckDBPyConnection, found: str, evidence: str, confidence: float, step: int, out_table: str
) -> None:
    """Give each unit that `found` (query: unit, person) has exactly one person for to that person."""
    give(
        connection,
        f"SELECT unit, min(person) AS person, CAST({confidence} AS DOUBLE) AS confidence, '{evidence}' AS evidence "
        f"FROM ({found}) GROUP BY unit HAVING min(person) = max(person)",
        step,
        out_table,
    )


def give(connection: duckdb.DuckDBPyConnection, claims: str, step: int, out_table: str) -> None:
    """Give units to persons: they move from open_one to fresh, and so to known, and edges say so.

    Args:
        claims: query with columns unit, person, confidence, evidence; one row per unit.
    """
    connection.execute(f"CREATE OR REPLACE TABLE claim_one AS {claims}")
    connection.execute(f"INSERT INTO {out_table} SELECT person, unit, confidence, evidence FROM claim_one")
    connection.execute(
        f"INSERT INTO fresh BY NAME SELECT {step} AS step, c.person, o.* FROM open_one AS o "
        "JOIN claim_one AS c USING (unit)"
    )
    connection.execute("DELETE FROM open_one WHERE unit IN (SELECT unit FROM claim_one)")
    kept.settle(connection, step)


@dataclass(frozen=True)
class _Relation:
    """A rule that looks at a mention's surroundings: the other people of its record, its household, its home.

    `key`: SQL over the own description d, the mention m and the other person p.
    """

    evidence: str
    confidence: float
    key: str

    @property
    def fields(self) -> list[str]:
        """Where the mention stands, then what must agree there."""
        return [field.strip() for field in self.key.removeprefix("hash(").removesuffix(")").split(",")]

    @property
    def is_relative(self) -> bool:
        """Whether the mention stands beside another person of its record."""
        return "p.person" in self.fields

    @property
    def place(self) -> str:
        """SQL: where the mention stands."""
        return self.fields[0]

    @property
    def present(self) -> str:
        """SQL: it has the key."""
        return " AND ".join(f"{field} IS NOT NULL" for field in self.fields)

    @property
    def asks(self) -> str:
        """SQL: it may be placed by it. An unnamed newborn may be by birth, sex and parent; who has a name, by that."""
        return self.present + (" AND d.name_norm IS NULL" if "d.name_key" not in self.fields else "")


_RELATIONS = (
    _Relation("name+relative", 0.998, "hash(p.person, d.name_key)"),
    _Relation("birth_date+sex+relative", 0.995, "hash(p.person, d.birth_date, d.sex)"),
    _Relation("name+birth_date+household", 0.998, "hash(m.household, d.name_key, d.birth_date)"),
    _Relation("name+birth_date+home", 0.998, "hash(m.home, d.name_key, d.birth_date)"),
)
# Rules with relatives build on each other: a child's mother found, then her other child.
_STEPS: tuple[Rule | _Relation, ...] = (*RULES, *_RELATIONS, *_RELATIONS)
# Of Splink, which comes after the rules.
NEXT_STEP = len(_STEPS) + 1


def _attach_related(connection: duckdb.DuckDBPyConnection, relation: _Relation, step: int, out_table: str) -> None:
    _stand(connection, relation, "open_one")
    source = "mention AS m JOIN known AS d USING (profile_id)"
    if relation.is_relative:
        # Few people are wanted: only the records that speak of them are looked at.
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE beside AS SELECT m.record, m.role, k.person FROM known AS k "
            "JOIN mention AS m USING (profile_id) "
            "WHERE m.record IS NOT NULL AND k.person IN (SELECT place FROM wanted)"
        )
        source += " JOIN beside AS p ON p.record = m.record AND p.role <> m.role"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT d.person, {relation.key} AS k FROM {source} "
        f"WHERE {relation.present} AND {relation.place} IN (SELECT place FROM wanted) "
        f"AND {relation.key} IN (SELECT k FROM wanted)"
    )
    held = "SELECT k, min(person) AS person FROM held GROUP BY k HAVING min(person) = max(person)"
    found = f"SELECT unit, person FROM wanted JOIN ({held}) USING (k)"
    _give(connection, found, relation.evidence, relation.confidence, step, out_table)


def _disturbed(step: int, dirty: str) -> str:
    """Query of units asleep of which this step or a later one may say something else than in the last run, because
    somebody dirty has one of their keys now or had it then. Rather too many than too few."""

    def later(number: int, table: str = "") -> str:
        return f"coalesce({table}step, {kept.LAST}) >= {number}"

    found = []
    seen: set[str] = set()
    for number, rule in enumerate(_STEPS[step - 1 :], start=step):
        if isinstance(rule, Rule):
            key, present = f"hash({', '.join(rule.key)})", _present(rule.key)
            found.append(
                f"SELECT unit FROM asleep WHERE {later(number)} AND {present} AND {rule.only} "
                f"AND {key} IN (SELECT {key} FROM {dirty} WHERE {present})"
            )
        elif rule.is_relative and "relative" not in seen:
            seen.add("relative")
            found.append(f"SELECT unit FROM asleep_mention WHERE {later(number)} AND record IN ({_beside(dirty)})")
        elif not rule.is_relative and rule.key not in seen:
            seen.add(rule.key)
            columns = "profile_id, household, home"
            every = f"(SELECT {columns} FROM mention UNION ALL SELECT {columns} FROM mention_was)"
            found.append(
                f"SELECT m.unit FROM asleep_mention AS m JOIN asleep AS d USING (profile_id) "
                f"WHERE {later(number, 'd.')} AND {rule.present} AND {rule.key} IN ("
                f"SELECT {rule.key} FROM {every} AS m JOIN {dirty} AS d USING (profile_id) WHERE {rule.present})"
            )
    return " UNION ".join(found)


def _beside(dirty: str) -> str:
    """Query of records that speak of somebody dirty, or of somebody of whom such a record speaks now or spoke then."""
    records = f"SELECT record FROM sided WHERE profile_id IN (SELECT profile_id FROM {dirty})"
    around = f"SELECT profile_id FROM sided WHERE record IN ({records})"
    persons = (
        f"SELECT person FROM everybody WHERE profile_id IN ({around}) UNION "
        f"SELECT person_was FROM {dirty} WHERE person_was IS NOT NULL"
    )
    theirs = f"SELECT profile_id FROM everybody WHERE person IN ({persons})"
    return f"SELECT record FROM sided WHERE profile_id IN ({theirs}) UNION {records}"


def _stand(connection: duckdb.DuckDBPyConnection, relation: _Relation, asked: str) -> None:
    """wanted (unit, k, place): the keys of those who are asked, for a relation."""
    side = ""
    if relation.is_relative:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE aside AS SELECT s.record, s.role, k.person FROM mention AS s "
            f"JOIN known AS k USING (profile_id) WHERE s.record IN (SELECT m.record FROM mention AS m "
            f"WHERE m.record IS NOT NULL AND m.profile_id IN (SELECT profile_id FROM {asked}))"
        )
        side = " JOIN aside AS p ON p.record = m.record AND p.role <> m.role"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT d.unit, {relation.key} AS k, "
        f"{relation.place} AS place FROM mention AS m JOIN {asked} AS d USING (profile_id){side} WHERE {relation.asks}"
    )


def _gather_open(connection: duckdb.DuckDBPyConnection, out_table: str) -> None:
    """Among those whom no bearer claims: stars around each key. No two of them need be kept apart by numbers of their
    own, for a number that fits makes a bearer."""
    kept.look(connection, kept.LAST)
    for rule in RULES:
        if rule.is_among_open:
            key = ", ".join(rule.key)
            _star(
                connection,
                f"SELECT unit, hash({key}) AS k FROM left_over WHERE {_present(rule.key)}",
                rule.evidence,
                rule.confidence,
                out_table,
            )
    for relation in _RELATIONS:
        _stand(connection, relation, "left_over")
        _star(connection, "SELECT unit, k FROM wanted", relation.evidence, relation.confidence, out_table)


def _star(connection: duckdb.DuckDBPyConnection, keyed: str, evidence: str, confidence: float, out_table: str) -> None:
    connection.execute(
        f"INSERT INTO {out_table} SELECT DISTINCT centre, unit, CAST({confidence} AS DOUBLE), '{evidence}' FROM ("
        f"SELECT unit, min(unit) OVER (PARTITION BY k) AS centre, count(*) OVER (PARTITION BY k) AS n FROM ({keyed})) "
        "WHERE centre <> unit"
    )


def evidences() -> dict[str, float]:
    """What links by rules say for evidence, with the confidence that goes with it."""
    return {
        **{rule.evidence: rule.confidence for rule in RULES},
        **{relation.evidence: relation.confidence for relation in _RELATIONS},
        **{evidence: confidence for evidence, confidence, _ in _CORRECTIONS},
    }


def agreements(said: str) -> str:
    """Query of which rules two descriptions satisfy: evidence, confidence, one, other. Whether exactly one person has
    the key is another matter.

    Args:
        said: table with what is said of each mention and where it stands: mention_id, record, role, household, home,
            person, and the columns of `identity.kept.COLUMNS`. `record` is null for records that speak of one only.
    """
    parts = []
    for rule in RULES:
        same = " AND ".join(f"o.{column} = k.{column}" for column in rule.key)
        parts.append(
            f"SELECT '{rule.evidence}' AS evidence, {rule.confidence} AS confidence, o.mention_id AS one, "
            f"k.mention_id AS other FROM (SELECT * FROM {said} WHERE {rule.only}) AS o JOIN {said} AS k ON {same} "
            f"WHERE o.mention_id <> k.mention_id AND {rule.needs}"
        )
    for evidence, confidence, key in _CORRECTIONS:
        same = " AND ".join(f"o.{column} = k.{column}" for column in key)
        parts.append(
            f"SELECT '{evidence}', {confidence}, o.mention_id, k.mention_id FROM {said} AS o JOIN {said} AS k "
            f"ON {same} WHERE o.id_number <> k.id_number "
            f"AND damerau_levenshtein(o.id_number, k.id_number) <= {CORRECTED_CHARACTERS}"
        )
    for relation in _RELATIONS:
        beside = f" JOIN {said} AS p ON p.record = m.record AND p.role <> m.role" if relation.is_relative else ""
        stands = (
            f"(SELECT d.mention_id, {relation.key} AS k FROM {said} AS d JOIN {said} AS m USING (mention_id){beside} "
            f"WHERE {relation.present})"
        )
        parts.append(
            f"SELECT '{relation.evidence}', {relation.confidence}, o.mention_id, k.mention_id "
            f"FROM {stands} AS o JOIN {stands} AS k ON o.k = k.k WHERE o.mention_id <> k.mention_id"
        )
    every = " UNION ALL ".join(parts)
    return f"SELECT DISTINCT evidence, CAST(confidence AS DOUBLE) AS confidence, one, other FROM ({every})"
