"""Who the records are whose number is missing, failed its check or is not theirs: plain rules, the surest first.

Each rule is a key: what two descriptions must share. A record without a person is given to the person who has that
key, if exactly one has. So a rule never brings two bearers of numbers together, namesakes who share the key get
nothing from it, and what was given by a surer rule is evidence for the later ones. What no bearer claims is brought
together by the same keys. Which rules there are stands in identity/models/population.yml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import duckdb

from identity import decisions, kept
from identity.cluster import connected_components
from identity.linker import start_edges
from identity.population import POPULATION
from sources.warehouse import few


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


RULES: tuple[Rule, ...] = tuple(
    Rule(rule.evidence, rule.confidence, tuple(rule.key), rule.needed, rule.asked, rule.among_open)
    for rule in POPULATION.rules
)


@dataclass(frozen=True)
class RuleLinker:
    """Rules for what the number does not decide. Runs after `CertainLinker`, on what that leaves."""

    name: str = "rules"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads unit and person of the profiles (see `identity.certain.bearers`)
        and `mention` beside them.

        Leaves, for the linkers after it, known (person, profile_id and the description: of everybody who has a person)
        and open_one (unit, profile_id and the description: of those without who are asked), and fills anchor
        (profile_id, person: the bearers of numbers, of whom no two persons may come together).
        """
        _divide(connection, profiles_table)
        start_edges(connection, out_table)
        _join_corrected(connection, out_table)
        if not kept.is_full(connection):
            connection.execute("INSERT INTO anchor SELECT profile_id, person FROM fresh")
            keys = _own_keys("d.unit, d.step", "asleep", "asleep_mention", is_asking=True)
            connection.execute(f"CREATE OR REPLACE TABLE asleep_key AS {keys}")
            _see_asleep(connection)
        _take_steps(connection, range(1, SPLINK_STEP), out_table)


@dataclass(frozen=True)
class SecondRuleLinker:
    """The rules again, with what Splink placed as evidence: the phone of a record that it knew is the person's too."""

    name: str = "rules_again"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads known, open_one and mention, as `RuleLinker` left them."""
        start_edges(connection, out_table)
        _take_steps(connection, range(SPLINK_STEP + 1, max(_STEPS) + 1), out_table)


def _take_steps(connection: duckdb.DuckDBPyConnection, steps: Iterable[int], out_table: str) -> None:
    for step in steps:
        if kept.stir(connection):
            kept.wake(connection, step, _find_disturbed(connection, step))
        kept.cover(connection, _SHARED)
        if step == _FIRST_RELATION:
            kept.see_around(connection, step)
        kept.look(connection, step, is_near=True)
        rule = _STEPS[step]
        if isinstance(rule, _Decisions):
            _attach_decided(connection, step)
        elif isinstance(rule, Rule):
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
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE said_again AS SELECT profile_id FROM mention "
            f"SEMI JOIN ({few('profile_id', 'left_over')}) USING (profile_id) GROUP BY profile_id "
            "HAVING count(*) > 1"
        )
        _gather_open(connection, out_table)
        connection.execute("DROP TABLE left_over")


def _divide(connection: duckdb.DuckDBPyConnection, profiles_table: str) -> None:
    """fresh: bearers of numbers (person: their smallest profile_id). open_one: those without a person, by unit.

    Bearers of one person have one number here, until a corrected one joins them.
    """
    if kept.is_full(connection):
        kept.divide_all(connection, profiles_table)
    else:
        connection.execute(
            f"INSERT INTO fresh SELECT 0, unit, person, {kept.SAID} FROM {profiles_table} WHERE person IS NOT NULL"
        )
        connection.execute(
            f"INSERT INTO open_one SELECT coalesce(unit, profile_id), {kept.DESCRIPTION} FROM {profiles_table} "
            "WHERE person IS NULL"
        )


def _join_corrected(connection: duckdb.DuckDBPyConnection, out_table: str) -> None:
    """One person with two valid numbers, one of which is the other set right: they share more than the name.

    Both numbers are mostly written under that name: on a record of one of two twins may stand the number of the other.

    correction: which pairs there are, each with the key that shows it, kept from run to run; keys of which nothing is
    otherwise are not looked at again. Of the bearers joined so, the one with the smallest number gives the person its
    name: which it is must not hang on how profiles are numbered.
    """
    corrections = POPULATION.corrections
    for evidence, confidence, key in ((item.evidence, item.confidence, tuple(item.key)) for item in corrections.keys):
        k = f"hash({', '.join(key)})"
        otherwise = f"SELECT {k} FROM concerned WHERE {_present(key)}"
        among = asked = ""
        if not kept.is_full(connection):
            # Whoever has a key has each of its parts.
            among = "".join(f"AND {column} IN ({few(column, 'concerned')}) " for column in key)
            asked = f"{among}AND {k} IN ({otherwise})"
        connection.execute(f"DELETE FROM correction WHERE evidence = '{evidence}' AND k IN ({otherwise})")
        connection.execute(
            f"INSERT INTO correction WITH several AS (SELECT {k} AS k FROM bearing WHERE {_present(key)} {asked} "
            f"GROUP BY k HAVING min(unit) <> max(unit)), held AS (SELECT DISTINCT {k} AS k, unit, id_number, name_norm "
            f"FROM bearing WHERE {_present(key)} {among}AND {k} IN (FROM several)), "
            "shared AS (SELECT k FROM held GROUP BY k HAVING min(id_number) <> max(id_number) "
            f"AND count(DISTINCT id_number) <= {corrections.numbers_of_one}), "
            "called AS (SELECT id_number, arg_max(name_norm, (n, name_norm)) AS name_norm, "
            "bool_or(is_child) AS is_child FROM (SELECT id_number, name_norm, count(*) AS n, "
            "bool_or(mother_name_key IS NOT NULL OR mother_id_number IS NOT NULL) AS is_child FROM bearing "
            "WHERE name_norm IS NOT NULL AND id_number IN (SELECT id_number FROM held SEMI JOIN shared USING (k)) "
            "GROUP BY id_number, name_norm) GROUP BY id_number), "
            "paired AS (SELECT * FROM held SEMI JOIN shared USING (k) JOIN called USING (id_number, name_norm)) "
            f"SELECT '{evidence}', CAST({confidence} AS DOUBLE), a.k, a.unit, b.unit FROM paired AS a "
            f"JOIN paired AS b USING (k) WHERE a.id_number < b.id_number AND {corrections.set_right}",
        )
    connection.execute(
        "CREATE OR REPLACE TABLE corrected AS SELECT DISTINCT profile_l, profile_r, confidence, evidence "
        "FROM correction"
    )
    borne = (
        "SELECT l.unit, r.unit FROM apart JOIN bearing AS l ON l.profile_id = profile_l "
        "JOIN bearing AS r ON r.profile_id = profile_r"
    )
    if kept.any_row(connection, "apart"):
        connection.execute(
            "DELETE FROM corrected WHERE (profile_l, profile_r) IN "
            f"(SELECT (one, other) FROM ({borne}) AS d (one, other))"
        )
    connection.execute(f"INSERT INTO {out_table} SELECT profile_l, profile_r, confidence, evidence FROM corrected")
    # Bearers who were decided to be one person are; what says so is an edge of `identity.decisions`.
    if kept.any_row(connection, "decided_group"):
        connection.execute(
            "INSERT INTO corrected SELECT DISTINCT first(unit) OVER (PARTITION BY group_id ORDER BY unit), unit, 1, '' "
            "FROM bearing JOIN decided_group USING (profile_id)"
        )
    connected_components(connection, edge_table="corrected", out_table="corrected_group")
    connection.execute(
        "CREATE OR REPLACE TABLE corrected_person AS SELECT unit, first(unit) OVER ("
        "PARTITION BY cluster_id ORDER BY id_number, unit) AS person FROM ("
        "SELECT unit, min(id_number) AS id_number FROM bearing SEMI JOIN corrected_group AS g ON g.profile_id = unit "
        "GROUP BY unit) JOIN corrected_group AS g ON g.profile_id = unit"
    )
    connection.execute(
        "UPDATE fresh SET person = c.person FROM corrected_person AS c WHERE c.unit = fresh.unit AND step = 0"
    )
    kept.compare(connection)
    kept.rename_bearers(connection)
    for table in ("corrected", "corrected_group", "corrected_person"):
        connection.execute(f"DROP TABLE {table}")


def _present(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


# Query (unit, person) like `_meet`, where nobody asks.
_NOBODY = "SELECT unit, unit AS person FROM wanted"


def _attach(connection: duckdb.DuckDBPyConnection, rule: Rule, step: int, out_table: str) -> None:
    key = f"hash({', '.join(rule.key)})"
    where = f"{_present(rule.key)}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT unit, {key} AS k, name_norm, sex, doubtful_number "
        f"FROM open_one WHERE {where} AND {rule.only}"
    )
    if not kept.any_row(connection, "wanted"):
        _give(connection, _NOBODY, rule.evidence, rule.confidence, step, out_table)
        return
    looked_at = ", name_norm, sex, id_number" if rule.needs != "true" else ""
    among, had = _holders(connection, rule, step)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT person, k{looked_at} "
        f"FROM (SELECT *, {key} AS k FROM {among} WHERE {where}) SEMI JOIN wanted USING (k){had}"
    )
    _give(connection, _meet(rule.needs), rule.evidence, rule.confidence, step, out_table)
    _keep_holders(connection, rule, step)


def _holders(connection: duckdb.DuckDBPyConnection, rule: Rule | _Relation, step: int) -> tuple[str, str]:
    """Among whom to look for a rule's keys (a table), and what adds to that query (person, k, …) who is known to have
    them: who had a key when a full run asked for it has it still, and few came to be known since."""
    first = _steps_of(rule)[0]
    if first == step or not kept.is_full(connection):
        return "known", ""
    return (
        f"(SELECT person, {kept.DESCRIPTION} FROM fresh WHERE step >= {first})",
        f" UNION SELECT * FROM held_{first} SEMI JOIN wanted USING (k)",
    )


def _keep_holders(connection: duckdb.DuckDBPyConnection, rule: Rule | _Relation, step: int) -> None:
    """Keep held for the next time that a full run asks for a rule's keys: of those who are asked, fewer then."""
    if kept.is_full(connection):
        steps = _steps_of(rule)
        connection.execute(f"DROP TABLE IF EXISTS held_{steps[0]}")
        if step < steps[-1]:
            connection.execute(f"ALTER TABLE held RENAME TO held_{steps[0]}")


def _meet(needs: str) -> str:
    """Query (unit, person) of those who have a key in tables wanted (unit, k) and held (person, k) that fits one person
    only; or, where more is needed, whoever meets that."""
    if needs == "true":
        held = "SELECT k, min(person) AS person FROM held GROUP BY k HAVING min(person) = max(person)"
        return f"SELECT unit, person FROM wanted JOIN ({held}) USING (k)"
    looked_at = f"SELECT k FROM held GROUP BY k HAVING count(DISTINCT person) <= {POPULATION.limits.people_looked_at}"
    return (
        f"SELECT o.unit, k.person FROM wanted AS o JOIN (SELECT * FROM held SEMI JOIN ({looked_at}) USING (k)) AS k "
        f"ON o.k = k.k WHERE {needs}"
    )


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
    decisions.forbid(connection, "claim_one")
    if kept.any_row(connection, "claim_one"):
        connection.execute(f"INSERT INTO {out_table} SELECT person, unit, confidence, evidence FROM claim_one")
        connection.execute(
            f"INSERT INTO fresh BY NAME SELECT {step} AS step, c.person, o.* EXCLUDE (number_head, number_tail) "
            "FROM open_one AS o JOIN claim_one AS c USING (unit)"
        )
        connection.execute("DELETE FROM open_one WHERE unit IN (SELECT unit FROM claim_one)")
    kept.settle(connection, step)


@dataclass(frozen=True)
class _Relation:
    """A rule that looks at a mention's surroundings: the other people of its record, its household, its home.

    `key`: SQL over the own description d, the mention m, the other person p, and h, where that person lives.
    `only`: SQL over a mention m and description d without a person. `needs`: SQL over the names of o (without a person)
    and k (with one) that must hold besides; then what nobody claims is not brought together by it.
    """

    evidence: str
    confidence: float
    key: str
    only: str = "true"
    needs: str = "true"

    @property
    def fields(self) -> list[str]:
        """Where the mention stands, then what must agree there."""
        return [field.strip() for field in self.key.removeprefix("hash(").removesuffix(")").split(",")]

    @property
    def is_relative(self) -> bool:
        """Whether the mention stands beside another person of its record."""
        return "p.person" in self.fields

    @property
    def is_of_household(self) -> bool:
        """Whether it is who belongs to the household of another person of the mention's record."""
        return "h.household" in self.fields

    @property
    def is_around(self) -> bool:
        """Whether it is found by whom a record of it speaks of besides."""
        return self.is_relative or self.is_of_household

    @property
    def own(self) -> tuple[str, ...]:
        """What of the own description must agree."""
        return tuple(field.removeprefix("d.") for field in self.fields if field.startswith("d."))

    @property
    def named(self) -> str:
        """SQL, to be added to a list of columns: the name, where it is looked at besides."""
        return "" if self.needs == "true" else ", name_norm"

    @property
    def held(self) -> _Relation:
        """The same as those have the key who may be meant: their own household is that of the other person."""
        return replace(self, key=self.key.replace("h.household", "m.household"))

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
        """SQL: it may be placed by it."""
        return f"{self.present} AND {self.only}"


_RELATIONS = tuple(
    _Relation(item.evidence, item.confidence, item.hashed, item.asked, item.needed) for item in POPULATION.relations
)


@dataclass(frozen=True)
class _Decisions:
    """Who was decided to be a bearer of a number is, before any rule is asked."""


# Rules with relatives build on each other: a child's mother found, then her other child.
_FIRST: tuple[_Decisions | Rule | _Relation, ...] = (_Decisions(), *RULES, *_RELATIONS, *_RELATIONS)
# Splink comes after the rules, and after it they once more.
SPLINK_STEP = len(_FIRST) + 1
# Number of a step to its rule.
_STEPS = dict(enumerate(_FIRST, start=1)) | dict(enumerate((*RULES, *_RELATIONS), start=SPLINK_STEP + 1))
_FIRST_RELATION = min(number for number, rule in _STEPS.items() if isinstance(rule, _Relation))


def _shared() -> tuple[tuple[str, ...], ...]:
    """Columns of a description of which no two share a rule's key without sharing one of these: the least of the keys.
    Who shares a household or stands in a record with somebody is found by that."""
    at_home = {relation.own for relation in _RELATIONS if not relation.is_around}
    keys = sorted({rule.key for rule in RULES} | at_home)
    return tuple(key for key in keys if not any(set(other) < set(key) for other in keys))


_SHARED = _shared()


def _steps_of(rule: Rule | _Relation) -> list[int]:
    """The steps at which a rule is asked, in their order."""
    return [number for number, one in _STEPS.items() if one == rule]


def _attach_decided(connection: duckdb.DuckDBPyConnection, step: int) -> None:
    found = (
        "SELECT o.unit, k.person FROM open_one AS o JOIN decided_group AS g USING (profile_id) "
        "JOIN decided_group AS h USING (group_id) JOIN known AS k ON k.profile_id = h.profile_id"
    )
    # The edges are those of `identity.decisions.DecidedLinker`.
    start_edges(connection, "decided_edge")
    _give(connection, found, decisions.EVIDENCE, 1, step, "decided_edge")
    connection.execute("DROP TABLE decided_edge")


def _attach_related(connection: duckdb.DuckDBPyConnection, relation: _Relation, step: int, out_table: str) -> None:
    if relation.is_around:
        _look_aside(connection, "open_one")
        kept.reach(connection, "SELECT person FROM aside")
    if relation.is_of_household:
        _look_home(connection)
    _stand(connection, relation, "open_one")
    if not kept.any_row(connection, "wanted"):
        _give(connection, _NOBODY, relation.evidence, relation.confidence, step, out_table)
        return
    if relation.is_around:
        _hold_around(connection, relation.held)
    else:
        # Fewer are described so than stand there.
        among, had = _holders(connection, relation, step)
        # Who came to be known since was asked.
        stands = "asking_mention" if had else "standing"
        own = ", ".join(relation.own)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE alike AS SELECT person, profile_id{relation.named}, {own} FROM {among} "
            f"WHERE hash({own}) IN (SELECT own FROM wanted)"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT person, {relation.key} AS k{relation.named} "
            f"FROM {stands} AS m JOIN alike AS d USING (profile_id) "
            f"WHERE {relation.present} AND {relation.key} IN (SELECT k FROM wanted){had}"
        )
    _give(connection, _meet(relation.needs), relation.evidence, relation.confidence, step, out_table)
    if not relation.is_around:
        _keep_holders(connection, relation, step)


def _hold_around(connection: duckdb.DuckDBPyConnection, of: _Relation) -> None:
    """held (person, k; name_norm, where it is needed): who has a key of table wanted by whom a record speaks of
    besides."""
    source = "stood AS m JOIN known AS d USING (profile_id)"
    place, stood = of.place.removeprefix("m."), "SELECT place FROM wanted"
    if of.is_relative:
        # Few people are wanted: only the records that speak of them are looked at.
        kept.stand(connection, "beside", "record", "person", stood)
        source += " JOIN beside AS p ON p.record = m.record AND p.role <> m.role"
        place, stood = "record", "SELECT record FROM beside"
    # Who stands where somebody is wanted; there are few, and what is known of them is fetched afterwards.
    kept.stand(connection, "stood", place, place, stood)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT DISTINCT m.person, {of.key} AS k{of.named} FROM {source} "
        f"WHERE {of.present} AND {of.key} IN (SELECT k FROM wanted)"
    )


# What has a key of its own to be found by: rules, and relations that look at where the mention itself stands.
_OWN = tuple(
    dict.fromkeys(
        rule
        for rule in _STEPS.values()
        if isinstance(rule, Rule) or (isinstance(rule, _Relation) and not rule.is_around)
    )
)


def _own_keys(columns: str, described: str, stands: str, *, is_asking: bool) -> str:
    """Query of `columns`, number (the place of a rule in _OWN) and k, a hash: who has the key of which rule.

    Args:
        described: table d with these columns and a description.
        stands: table m of their mentions.
        is_asking: only whom a rule may place.
    """
    hashes, numbers, parts = [], [], []
    for number, rule in enumerate(_OWN):
        if isinstance(rule, Rule):
            needed = f"{_present(rule.key)} AND {rule.only}" if is_asking else _present(rule.key)
            hashes.append(f"CASE WHEN {needed} THEN hash({number}, {', '.join(rule.key)}) END")
            numbers.append(str(number))
        else:
            parts.append(
                f"SELECT DISTINCT {columns}, {number} AS number, hash({number}, {', '.join(rule.fields)}) AS k "
                f"FROM {stands} AS m JOIN {described} AS d USING (profile_id) WHERE {rule.present}"
            )
    every = f"SELECT {columns}, unnest([{', '.join(numbers)}]) AS number, unnest([{', '.join(hashes)}]) AS k"
    return " UNION ALL ".join([f"SELECT * FROM ({every} FROM {described} AS d) WHERE k IS NOT NULL", *parts])


def _find_disturbed(connection: duckdb.DuckDBPyConnection, step: int) -> str:
    """Query of units asleep of which this step or a later one may say something else than in the last run, because
    somebody of table `stirred` has one of their keys now or had it then. Rather too many than too few."""

    def later(number: int) -> str:
        return f"coalesce(step, {kept.LAST}) >= {number}"

    # A rule's first step stands for its second: who is woken by it is asked by all that follow.
    coming = [(number, rule) for number, rule in _STEPS.items() if number >= step]
    first = {rule: number for number, rule in reversed(coming)}
    places = {place: first[rule] for place, rule in enumerate(_OWN) if rule in first}
    around = min((n for n, rule in coming if isinstance(rule, _Relation) and rule not in _OWN), default=kept.LAST + 1)
    # Whoever was asked has all of that near; the others may have stood elsewhere in the last run.
    is_near = kept.is_near(connection, "stirred")
    placed = "SELECT profile_id, household, home FROM"
    stands = "near_mention" if is_near else f"({placed} mention UNION ALL {placed} mention_was)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stirred_stands AS SELECT DISTINCT profile_id, household, home "
        f"FROM {stands} SEMI JOIN ({few('profile_id', 'stirred')}) USING (profile_id)"
    )
    _find_persons_around(connection, stands, "near_mention" if is_near else "sided")
    partners = decisions.partners_of("SELECT profile_id FROM stirred")
    least = " ".join(f"WHEN {place} THEN {number}" for place, number in {-1: step, **places}.items())
    return (
        f"SELECT unit FROM asleep WHERE {later(step)} AND profile_id IN ({partners}) UNION "
        f"SELECT unit FROM asleep_key WHERE coalesce(step, {kept.LAST}) >= CASE number {least} END AND k IN ("
        f"SELECT k FROM ({_own_keys('d.profile_id', 'stirred', 'stirred_stands', is_asking=False)})) UNION "
        f"SELECT unit FROM asleep_beside WHERE {later(around)} AND (person IN (FROM stirred_person) "
        "OR profile_id IN (SELECT profile_id FROM stirred))"
    )


def _see_asleep(connection: duckdb.DuckDBPyConnection) -> None:
    """asleep_beside (unit, step, profile_id, person): beside whom in a record those asleep stand or stood, of whom a
    relation may say something else; each with the persons that they have or had when the run began. Who is somebody
    else by then is stirred, and found by that."""
    connection.execute(
        "CREATE OR REPLACE TABLE asleep_beside AS SELECT DISTINCT unit, step, profile_id, person FROM ("
        "SELECT a.unit, a.step, s.profile_id FROM sided AS s JOIN asleep_mention AS a USING (record) "
        f"WHERE coalesce(a.step, {kept.LAST}) >= {_FIRST_RELATION}) LEFT JOIN everybody USING (profile_id)"
    )


def _find_persons_around(connection: duckdb.DuckDBPyConnection, stands: str, beside: str) -> None:
    """stirred_person: whom a record speaks of that speaks of somebody stirred, or in whose household somebody stirred
    belongs, now or then. `stands`: mentions of theirs and of their households; `beside`: those of their records."""
    records = f"SELECT record FROM {beside} WHERE profile_id IN ({few('profile_id', 'stirred')})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stirred_mate AS SELECT profile_id FROM stirred UNION "
        f"SELECT profile_id FROM {beside} WHERE record IN ({few('record', f'({records})')}) UNION "
        f"SELECT profile_id FROM {stands} WHERE household IN ({few('household', 'stirred_stands')})"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stirred_person AS SELECT person FROM everybody "
        f"SEMI JOIN ({few('profile_id', 'stirred_mate')}) USING (profile_id) "
        "UNION SELECT person_was FROM stirred WHERE person_was IS NOT NULL"
    )


def _look_aside(connection: duckdb.DuckDBPyConnection, asked: str) -> None:
    """aside (record, role, person): who stands in a record with somebody who is asked, and has a person."""
    records = (
        f"SELECT record FROM asking_mention WHERE record IS NOT NULL AND profile_id IN ({few('profile_id', asked)})"
    )
    kept.stand(connection, "aside", "record", "record", records, is_asked=True)


def _look_home(connection: duckdb.DuckDBPyConnection) -> None:
    """lives (person, household): of those of table aside, the households that are no collective ones."""
    kept.stand(connection, "at_home", "household", "person", "SELECT person FROM aside")
    connection.execute("CREATE OR REPLACE TEMP TABLE lives AS SELECT DISTINCT person, household FROM at_home")
    connection.execute(
        "DELETE FROM lives WHERE household IN (SELECT household FROM belonging "
        f"WHERE household IN ({few('household', 'lives')}) GROUP BY household "
        f"HAVING count(DISTINCT profile_id) > {POPULATION.limits.profiles_of_household})"
    )


def _stand(connection: duckdb.DuckDBPyConnection, relation: _Relation, asked: str) -> None:
    """wanted (unit, k, place, own, name_norm): the keys of those who are asked, for a relation; own is that of their
    description, unless it is found by others. Reads aside and lives."""
    side = ""
    if relation.is_around:
        side = " JOIN aside AS p ON p.record = m.record AND p.role <> m.role"
    if relation.is_of_household:
        side += " JOIN lives AS h ON h.person = p.person"
    own = "NULL" if relation.is_around else f"hash({', '.join(f'd.{column}' for column in relation.own)})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT d.unit, {relation.key} AS k, "
        f"{relation.place} AS place, {own} AS own, d.name_norm "
        f"FROM asking_mention AS m JOIN ({few('profile_id', asked, '*')}) AS d USING (profile_id){side} "
        f"WHERE {relation.asks}"
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
                is_of_description=True,
            )
    _look_aside(connection, "left_over")
    _look_home(connection)
    for relation in _RELATIONS:
        if relation.needs != "true":
            continue
        _stand(connection, relation, "left_over")
        keyed = "SELECT DISTINCT unit, k FROM wanted"
        _star(connection, keyed, relation.evidence, relation.confidence, out_table, is_of_description=False)


def _star(
    connection: duckdb.DuckDBPyConnection,
    keyed: str,
    evidence: str,
    confidence: float,
    out_table: str,
    *,
    is_of_description: bool,
) -> None:
    """Stars around each key. Where the key is of the description alone, equal mentions share it too: an edge of such a
    profile with itself says so."""
    itself = "unit IN (SELECT profile_id FROM said_again)" if is_of_description else "false"
    connection.execute(
        f"INSERT INTO {out_table} SELECT DISTINCT centre, unit, CAST({confidence} AS DOUBLE), '{evidence}' FROM ("
        f"SELECT unit, min(unit) OVER (PARTITION BY k) AS centre FROM ({keyed})) WHERE centre <> unit OR {itself}"
    )


def evidences() -> dict[str, float]:
    """What links by rules say for evidence, with the confidence that goes with it."""
    return {
        **{rule.evidence: rule.confidence for rule in RULES},
        **{relation.evidence: relation.confidence for relation in _RELATIONS},
        **{item.evidence: item.confidence for item in POPULATION.corrections.keys},
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
    bearing = (
        "(SELECT *, bool_or(mother_name_key IS NOT NULL OR mother_id_number IS NOT NULL) OVER (PARTITION BY id_number) "
        f"AS is_child FROM {said} WHERE id_number IS NOT NULL)"
    )
    for item in POPULATION.corrections.keys:
        same = " AND ".join(f"a.{column} = b.{column}" for column in item.key)
        parts.append(
            f"SELECT '{item.evidence}', {item.confidence}, a.mention_id, b.mention_id FROM {bearing} AS a "
            f"JOIN {bearing} AS b ON {same} WHERE a.id_number <> b.id_number AND {POPULATION.corrections.set_right}"
        )
    for relation in _RELATIONS:
        description = f"(SELECT * EXCLUDE (record, role, household, home, person) FROM {said})"
        surroundings = f"(SELECT mention_id, record, role, household, home FROM {said})"
        stands = (
            f"SELECT d.mention_id, d.name_norm, {{}} AS k FROM {description} AS d "
            f"JOIN {surroundings} AS m USING (mention_id)"
        )
        beside = f" JOIN (SELECT record, role, person FROM {said}) AS p ON p.record = m.record AND p.role <> m.role"
        at_home = (
            f" JOIN (SELECT DISTINCT person, household FROM {said} WHERE household IS NOT NULL) AS h "
            "ON h.person = p.person"
        )
        asking = stands.format(relation.key) + beside * relation.is_around
        asking += at_home * relation.is_of_household
        having = stands.format(relation.held.key) + beside * relation.is_relative
        parts.append(
            f"SELECT '{relation.evidence}', {relation.confidence}, o.mention_id, k.mention_id "
            f"FROM ({asking} WHERE {relation.asks}) AS o JOIN ({having} WHERE {relation.held.present}) AS k "
            f"ON o.k = k.k WHERE o.mention_id <> k.mention_id AND {relation.needs}"
        )
    every = " UNION ALL ".join(parts)
    return f"SELECT DISTINCT evidence, CAST(confidence AS DOUBLE) AS confidence, one, other FROM ({every})"
