"""Why mentions are one person, or are not: looked up in what is published, and worked out again for the few concerned.

A build keeps the surest link that holds each mention (identity.person_xref: method, evidence, confidence) and what
linking saw of it (identity.mention). Which mentions share that evidence, and what each field weighs, is worked out here
with the rules, comparisons and weights that linking uses: to publish every link of a city would cost more, and its
ends would be numbered otherwise in every full build.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
from splink import DuckDBAPI
from splink import Linker as Splink

from identity import kept
from identity.certain import names_agree, sound_alike
from identity.population import POPULATION
from identity.profiles import CONTEXT, PROFILE_FIELDS, described
from identity.rules import agreements, evidences
from identity.scoring import (
    WEIGHTS,
    comparisons,
    gather_parties,
    prior_of,
    read_weights,
    register,
    rounded,
)
from sources.errors import UsageError
from sources.evidence import words_of
from sources.masking import masked_day, masked_name, masked_number, masked_phone

Agreement = Literal["same", "similar", "differs", "absent"]

# Fields that are compared side by side: column of a mention, words, and whether its value is shown masked as what.
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("name", "姓名 name", "name"),
    ("name_key", "读音 as it sounds", "name"),
    ("sex", "性别 sex", ""),
    ("birth_date", "出生日期 birth date", "day"),
    ("id_number", "身份号码 ID number", "number"),
    ("doubtful_number", "存疑号码 doubtful number", "number"),
    ("phone", "电话 phone", "phone"),
    ("mother_name", "母亲 mother", "name"),
    ("mother_id_number", "母亲号码 mother's number", "number"),
    ("guardian_name", "监护人 guardian", "name"),
    ("guardian_id_number", "监护人号码 guardian's number", "number"),
    ("household_key", "户号 household", "number"),
    ("hukou_division", "户籍地 registered home", ""),
    ("division_code", "居住地 place", ""),
    ("employer", "单位 employer", "name"),
)
# Above so many people a key tells nobody apart, and is not looked at.
_RIVALS = 30


@dataclass(frozen=True)
class Mention:
    """A mention as it stands in the library. `looks`: equal for mentions of which linking saw the same, from 1."""

    mention_id: int
    dataset: str
    record_key: str
    record_ref: str
    role: str
    person_id: str
    method: str
    evidence: str | None
    confidence: float
    file: str | None
    row: int | None
    delivery: str | None
    extract_date: str | None
    looks: int
    fields: dict[str, str | None] = field(hash=False, compare=False)

    @property
    def ref(self) -> str:
        """As it is named on the command line."""
        return f"{self.record_ref}:{self.role}"

    @property
    def is_by_splink(self) -> bool:
        """Whether Splink placed it: what a rule says has that rule's confidence."""
        return (
            self.method == "probable"
            and self.evidence is not None
            and self.evidence != "decision"
            and evidences().get(self.evidence) != self.confidence
        )


@dataclass(frozen=True)
class Link:
    """Two mentions that are held together: by which evidence, how surely."""

    one: int
    other: int
    method: str
    evidence: str
    confidence: float


@dataclass(frozen=True)
class Step:
    """What a comparison adds to the score, in bits: positive speaks for one person. `level`: how far they agree."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True)
class Score:
    """What Splink says of a record and a person.

    `start`: bits before anything is compared. `probability`: with the other candidates' odds counted against it.
    `candidates`: how many people the record might be. `is_personal`: something that is nobody else's agrees.
    """

    mention_id: int
    person_id: str
    start: float
    steps: tuple[Step, ...]
    probability: float
    candidates: int

    @property
    def weight(self) -> float:
        """All bits together: log2 of the odds."""
        return self.start + sum(step.bits for step in self.steps)


@dataclass(frozen=True)
class Event:
    """What happened to a person's number."""

    build_id: str
    kind: str
    person_id: str
    other_person_id: str | None
    reason: str


@dataclass(frozen=True)
class Person:
    """How a person came together. `tree`: one link for each look but the first, nearest to the first first."""

    person_id: str
    person_ref: str | None
    mentions: tuple[Mention, ...]
    tree: tuple[Link, ...]
    scores: tuple[Score, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Rule:
    """A rule that two mentions satisfy. `people`: how many have its key: it links only where that is one, so at most
    the two of them."""

    evidence: str
    confidence: float
    people: int | None


@dataclass(frozen=True)
class Pair:
    """Two mentions held against each other.

    `fields`: column to how it agrees. `chain`: the links that lead from one to the other, empty if none do. `against`:
    what speaks against, Chinese and English. `verdict`: in words, likewise.
    """

    one: Mention
    other: Mention
    fields: dict[str, Agreement]
    rules: tuple[Rule, ...]
    score: Score | None
    chain: tuple[Link, ...]
    mentions: tuple[Mention, ...]
    against: tuple[tuple[str, str], ...]
    verdict: tuple[str, str]

    @property
    def is_one(self) -> bool:
        """Whether they are one person in the library."""
        return self.one.person_id == self.other.person_id


def explain_person(connection: duckdb.DuckDBPyConnection, person: str) -> Person:
    """How each record came to a person.

    Args:
        connection: on the restricted part of a published library.
        person: person_id, or the person_ref by which findings name her.

    Raises:
        UsageError: nobody has that number now, or the library was published by an earlier version.
    """
    _check(connection)
    person_id, person_ref = _person(connection, person)
    with _world(connection, [person_id]) as world:
        mentions = _mentions(world, person_id)
        links = _links(world, mentions)
        scores = _scores_of_links(connection, world, mentions)
    return Person(person_id, person_ref, mentions, _tree(mentions, links), scores, _events(connection, person_id))


def explain_pair(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> Pair:
    """Why two mentions are one person, or why not.

    Args:
        connection: on the restricted part of a published library.
        one, other: record_ref, record_ref:role, or DATASET|RECORD_KEY with or without :role.

    Raises:
        UsageError: there is no such mention, a record speaks of several people and no role is given, or both are one.
    """
    _check(connection)
    places = [_mention(connection, text) for text in (one, other)]
    if places[0] == places[1]:
        raise UsageError("两条是同一记录。Both are one and the same mention.", "Name two.")
    with _world(connection, sorted({person_id for _, _, person_id in places})) as world:
        known = {(item.record_ref, item.role): item for item in _mentions(world)}
        a, b = (known[ref, role] for ref, role, _ in places)
        fields = _compare(world, a, b)
        rules = _rules(connection, world, a, b)
        chain = _chain(_links(world, _mentions(world, a.person_id)), a, b) if a.person_id == b.person_id else ()
        score = _score_of_pair(connection, world, a, b)
        against = tuple(_against(world, a, b, fields, rules, score))
    named = {place for link in chain for place in (link.one, link.other)} | {a.mention_id, b.mention_id}
    shown = tuple(item for item in known.values() if item.mention_id in named)
    return Pair(a, b, fields, rules, score, chain, shown, against, _verdict(a, b, rules, score, chain, against))


# ---- who is asked for


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("SELECT 1 FROM identity.mention LIMIT 0")
    except duckdb.CatalogException:
        raise UsageError(
            "已发布的库尚无解释所需的表。The published library holds no table identity.mention yet.",
            "It was published by an earlier version: build once more, then ask again.",
        ) from None


def _person(connection: duckdb.DuckDBPyConnection, person: str) -> tuple[str, str | None]:
    rows = connection.execute(
        "SELECT person_id, person_ref FROM identity.person_ref WHERE person_id = $1 OR person_ref = $1 "
        "ORDER BY person_id = $1 DESC",
        [person],
    ).fetchall()
    person_id, person_ref = rows[0] if rows else (person, None)
    if connection.execute("SELECT 1 FROM identity.person_xref WHERE person_id = ? LIMIT 1", [person_id]).fetchone():
        return person_id, person_ref
    ended = connection.execute(
        "SELECT kind, other_person_id FROM identity.person_event WHERE person_id = ? AND kind IN ('merged', 'retired') "
        "ORDER BY other_person_id NULLS LAST",
        [person_id],
    ).fetchall()
    if ended:
        said = ", ".join(f"{kind}{f' → {other}' if other else ''}" for kind, other in ended)
        raise UsageError(
            f"该编号已不再使用：{said}。Nobody has this number any more: {said}.",
            "Ask for the other, or follow it with: sijiku persons --changed-since BUILD --net.",
        )
    raise UsageError(
        "没有这个人员编号。Nobody has this number.",
        "Name a person_id of library.dim_person, or a person_ref of quality.finding.",
    )


_DATASET_KEY = re.compile(r"^(?P<dataset>[a-z]+\.[a-z_]+)\|(?P<key>.+)$", re.DOTALL)
_ROLE = re.compile(r"^(?P<head>.+):(?P<role>[a-z_]+)$", re.DOTALL)


def _mention(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[str, str, str]:
    """record_ref, role and person_id of a mention as it is named."""
    named = _ROLE.match(text)
    # A key may hold a colon itself: the whole text is tried first.
    for head, role in ((text, None), *([(named["head"], named["role"])] if named else [])):
        keyed = _DATASET_KEY.match(head)
        which, values = (
            ("dataset = ? AND record_key = ?", [keyed["dataset"], keyed["key"]])
            if keyed
            else ("record_ref = ?", [head])
        )
        rows = connection.execute(
            f"SELECT record_ref, role, person_id FROM identity.person_xref WHERE {which} ORDER BY role", values
        ).fetchall()
        found = [row for row in rows if role in (None, row[1])]
        if len(found) == 1:
            return found[0]
        if rows:
            raise UsageError(
                "该记录涉及多人，请注明身份。The record speaks of several people, or of none in that role.",
                f"Add one of: {', '.join(f':{row[1]}' for row in rows)}.",
            )
    raise UsageError(
        "没有这条人员记录。There is no such mention.",
        "Name it as record_ref, record_ref:role or DATASET|RECORD_KEY, as identity.person_xref has them.",
    )


# ---- the few who are concerned, in an engine of their own


_LOADED = (
    "SELECT x.dataset, x.record_key, x.person_id, x.method, x.confidence, x.evidence, m.*, d.extract_date "
    "FROM identity.person_xref AS x JOIN identity.mention AS m ON m.record_ref = x.record_ref AND m.role = x.role "
    "LEFT JOIN (SELECT delivery, max(extract_date) AS extract_date FROM meta.delivery GROUP BY delivery) AS d "
    "ON d.delivery = m.delivery"
)


@contextmanager
def _world(connection: duckdb.DuckDBPyConnection, persons: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with table `said`: the mentions of persons, and who else their records speak of (is_asked false)."""
    theirs = f"{_LOADED} WHERE x.person_id IN (SELECT unnest($1))"
    beside = (
        f"{_LOADED} WHERE x.person_id NOT IN (SELECT unnest($1)) AND x.record_ref IN ("
        "SELECT record_ref FROM identity.person_xref WHERE person_id IN (SELECT unnest($1)))"
    )
    with duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""}) as world:
        for table, query in (("theirs", theirs), ("beside", beside)):
            world.register("loaded", connection.execute(query, [list(persons)]).to_arrow_table())
            world.execute(f"CREATE TABLE {table} AS FROM loaded")
            world.unregister("loaded")
        _say(world, "theirs", "beside")
        yield world


def _say(world: duckdb.DuckDBPyConnection, asked: str, beside: str) -> None:
    world.execute(
        f"CREATE TABLE loaded_mention AS SELECT * REPLACE (coalesce(id_number_raw, id_number) AS id_number_raw), "
        f"true AS is_asked FROM {asked} UNION ALL "
        f"SELECT * REPLACE (coalesce(id_number_raw, id_number) AS id_number_raw), false FROM {beside}"
    )
    world.execute(
        "CREATE TABLE said AS WITH seen AS (SELECT record_ref, role, profile_id, "
        f"{', '.join((*CONTEXT, *PROFILE_FIELDS))} FROM ({described('loaded_mention')})), "
        "numbered AS (SELECT *, row_number() OVER (ORDER BY record_ref, role) AS mention_id FROM seen) "
        f"SELECT n.mention_id, n.record_ref, n.role, {', '.join(f'n.{name}' for name in CONTEXT)}, "
        "CASE WHEN count(*) OVER (PARTITION BY n.record_ref) > 1 THEN n.record_ref END AS record, "
        "m.person_id AS person, m.person_id, m.is_asked, m.dataset, m.method, m.confidence, m.evidence, d.* "
        "FROM numbered AS n JOIN loaded_mention AS m USING (record_ref, role) JOIN ("
        f"SELECT mention_id AS described, {kept.DESCRIPTION} FROM numbered) AS d ON d.described = n.mention_id"
    )


def _mentions(world: duckdb.DuckDBPyConnection, person_id: str | None = None) -> tuple[Mention, ...]:
    """The mentions of a person, or of all who are asked for: the surest first."""
    columns = [column for column, _, _ in FIELDS if column != "doubtful_number"]
    rows = world.execute(
        "SELECT s.mention_id, s.dataset, m.record_key, s.record_ref, s.role, s.person_id, s.method, s.evidence, "
        "s.confidence, m.file, m.row, m.delivery, CAST(m.extract_date AS VARCHAR), s.profile_id, s.doubtful_number, "
        f"{', '.join(f'CAST(m.{column} AS VARCHAR)' for column in columns)} "
        "FROM said AS s JOIN loaded_mention AS m USING (record_ref, role) "
        f"WHERE s.is_asked AND s.person_id = coalesce({'NULL' if person_id is None else '$1'}, s.person_id) "
        "ORDER BY s.method = 'certain' DESC, s.id_number IS NOT NULL DESC, s.confidence DESC, s.dataset, "
        "m.extract_date, m.file, m.row, s.role",
        [] if person_id is None else [person_id],
    ).fetchall()
    looks: dict[int, int] = {}
    for row in rows:
        looks.setdefault(row[13], len(looks) + 1)
    return tuple(
        Mention(*(*row[:13], looks[row[13]], dict(zip(("doubtful_number", *columns), row[14:], strict=True))))
        for row in rows
    )


# ---- links


def _links(world: duckdb.DuckDBPyConnection, mentions: Sequence[Mention]) -> list[Link]:
    """What holds the mentions of one person together: of each two, everything that does."""
    # Of mentions that look alike and stand alone in their records, one stands for all.
    world.execute(
        "CREATE OR REPLACE TEMP TABLE standing AS SELECT * FROM said WHERE mention_id IN ("
        "SELECT min(mention_id) FROM said WHERE person_id = $1 GROUP BY profile_id, record) OR NOT is_asked",
        [mentions[0].person_id],
    )
    by_id = {item.mention_id: item for item in mentions}
    found = [
        Link(one, other, "certain" if confidence == 1 else "probable", evidence, confidence)
        for evidence, confidence, one, other in world.execute(
            f"SELECT evidence, confidence, least(one, other), greatest(one, other) FROM ({agreements('standing')}) "
            "GROUP BY ALL UNION ALL SELECT 'number', 1.0, a.mention_id, b.mention_id "
            "FROM standing AS a JOIN standing AS b ON a.id_number = b.id_number AND a.mention_id < b.mention_id "
            "WHERE a.method = 'certain' AND b.method = 'certain' ORDER BY ALL"
        ).fetchall()
        if one in by_id and other in by_id
    ]
    links = [Link(link.one, link.other, link.method, _told(link, by_id), link.confidence) for link in found]
    first: dict[int, Mention] = {}
    for item in mentions:
        if (same := first.setdefault(item.looks, item)) is not item:
            links.append(Link(same.mention_id, item.mention_id, same.method, "alike", 1.0))
    surest = mentions[0]
    links += [
        Link(surest.mention_id, item.mention_id, "probable", str(item.evidence), item.confidence)
        for item in mentions
        if (item.is_by_splink or item.evidence == "decision") and item is not surest
    ]
    return links


def _told(link: Link, by_id: dict[int, Mention]) -> str:
    """Of a shared number, what goes with it: as the library says of the one that is less plain."""
    if link.evidence != "number":
        return link.evidence
    told = [str(by_id[place].evidence) for place in (link.one, link.other) if by_id[place].evidence]
    return max(told, key=lambda evidence: (evidence != "number+name", evidence), default="number")


def _tree(mentions: Sequence[Mention], links: Sequence[Link]) -> tuple[Link, ...]:
    """One link for each look but the first: those that the library names, then the surest."""
    looks = {item.mention_id: item.looks for item in mentions}
    named = {(item.looks, item.evidence) for item in mentions}
    around: dict[int, list[Link]] = {}
    for link in links:
        if looks[link.one] != looks[link.other]:
            around.setdefault(looks[link.one], []).append(link)
            around.setdefault(looks[link.other], []).append(link)
    found: list[Link] = []
    reached: set[int] = set()
    # The fourth is a number of its own, so that links themselves are never compared.
    queue: list[tuple[bool, float, int, int, int, Link | None]] = [(False, 0.0, 0, 0, 1, None)]
    pushed = 0
    while queue:
        *_, place, via = heapq.heappop(queue)
        if place in reached:
            continue
        reached.add(place)
        if via is not None:
            found.append(via)
        for near in around.get(place, []):
            far = looks[near.other] if looks[near.one] == place else looks[near.one]
            if far not in reached:
                pushed += 1
                is_unnamed = (far, near.evidence) not in named
                heapq.heappush(queue, (is_unnamed, -near.confidence, len(found), pushed, far, near))
    return tuple(found)


def _chain(links: Sequence[Link], one: Mention, other: Mention) -> tuple[Link, ...]:
    """The surest way from one mention to another: the least doubt, then the fewest links."""
    around: dict[int, list[Link]] = {}
    for link in links:
        around.setdefault(link.one, []).append(link)
        around.setdefault(link.other, []).append(link)
    queue: list[tuple[float, int, int, int, tuple[Link, ...]]] = [(0.0, 0, 0, one.mention_id, ())]
    reached: set[int] = set()
    pushed = 0
    while queue:
        doubt, length, _, place, way = heapq.heappop(queue)
        if place == other.mention_id:
            return way
        if place in reached:
            continue
        reached.add(place)
        for link in around.get(place, []):
            far = link.other if link.one == place else link.one
            pushed += 1
            more = round(doubt + 1 - link.confidence, 9)
            heapq.heappush(queue, (more, length + 1, pushed, far, (*way, link)))
    return ()


# ---- Splink


def _scores_of_links(
    connection: duckdb.DuckDBPyConnection, world: duckdb.DuckDBPyConnection, mentions: Sequence[Mention]
) -> tuple[Score, ...]:
    """What Splink says of the records that it gave to a person, each look once; the library's confidence with it."""
    # A link has two ends: whom nothing else holds is the person to whom the others were given.
    placed = [item for item in mentions if item.is_by_splink and item.looks != mentions[0].looks]
    firsts = {item.looks: item for item in reversed(placed)}
    given = [item.mention_id for item in placed]
    scores = []
    for item in sorted(firsts.values(), key=lambda item: item.looks):
        alike = [one.mention_id for one in mentions if one.looks == item.looks]
        rest = [one.mention_id for one in mentions if one.mention_id not in given]
        scores += _scored(connection, world, item, alike, {item.person_id: rest}, "said")
    return tuple(
        Score(score.mention_id, score.person_id, score.start, score.steps, item.confidence, score.candidates)
        for score in scores
        for item in mentions
        if item.mention_id == score.mention_id
    )


def _score_of_pair(
    connection: duckdb.DuckDBPyConnection, world: duckdb.DuckDBPyConnection, a: Mention, b: Mention
) -> Score | None:
    """What Splink says of one mention (the one without a usable number, if one is) and the person of the other, with
    the other people it may be counted against."""
    record, other = (b, a) if a.fields["id_number"] and not b.fields["id_number"] else (a, b)
    mentions = _mentions(world)
    alike = [item.mention_id for item in mentions if item.looks == record.looks and item.person_id == record.person_id]
    rest = [
        item.mention_id
        for item in mentions
        if item.person_id == other.person_id and item.mention_id not in alike and not item.is_by_splink
    ] or [other.mention_id]
    rivals = _rivals(connection, record, {record.person_id, other.person_id})
    parties = {other.person_id: rest}
    if rivals:
        world.register(
            "loaded",
            connection.execute(f"{_LOADED} WHERE x.person_id IN (SELECT unnest($1))", [rivals]).to_arrow_table(),
        )
        world.execute("CREATE TABLE rival AS FROM loaded; DROP TABLE loaded_mention; ALTER TABLE said RENAME TO own")
        world.unregister("loaded")
        world.execute("CREATE TABLE nobody AS FROM rival LIMIT 0")
        _say(world, "rival", "nobody")
        world.execute(
            "CREATE TABLE every AS SELECT * FROM own UNION ALL "
            "SELECT * REPLACE (mention_id + (SELECT max(mention_id) FROM own) AS mention_id) FROM said"
        )
        parties |= dict(
            world.execute(
                "SELECT person, list(mention_id) FROM every WHERE person IN (SELECT unnest($1)) GROUP BY person",
                [rivals],
            ).fetchall()
        )
    scores = _scored(connection, world, record, alike, parties, "every" if rivals else "said")
    if rivals:
        world.execute("DROP TABLE said; ALTER TABLE own RENAME TO said")
    return next((score for score in scores if score.person_id == other.person_id), None)


# Keys by which a record's candidates are looked for; see identity.scoring.
_RIVAL_KEYS = (
    ("name_key", "birth_date"),
    ("name_key", "phone"),
    ("birth_date", "phone"),
    ("birth_date", "mother_name_key"),
    ("name_key", "mother_name_key"),
    ("name_key", "guardian_name_key"),
    ("phone",),
    ("name_key",),
    ("name_key", "division_code"),
    ("name_key", "employer"),
)


def _rivals(connection: duckdb.DuckDBPyConnection, record: Mention, besides: set[str]) -> list[str]:
    """Who else a record may be: people with a number who share a key with it that few have."""
    values = _values(connection, record)
    found: set[str] = set()
    for key in _RIVAL_KEYS:
        if any(values[column] is None for column in key):
            continue
        rows = connection.execute(
            "SELECT DISTINCT x.person_id FROM identity.mention AS m JOIN identity.person_xref AS x "
            "ON x.record_ref = m.record_ref AND x.role = m.role "
            "SEMI JOIN (SELECT person_id FROM library.dim_person WHERE id_number IS NOT NULL) AS p "
            f"ON p.person_id = x.person_id WHERE {' AND '.join(f'm.{column} = ?' for column in key)} "
            f"LIMIT {_RIVALS + 1}",
            [values[column] for column in key],
        ).fetchall()
        if len(rows) <= _RIVALS:
            found |= {person for (person,) in rows}
    return sorted(found - besides)


def _values(connection: duckdb.DuckDBPyConnection, mention: Mention) -> dict[str, Any]:
    columns = sorted({column for key in _RIVAL_KEYS for column in key})
    row = connection.execute(
        f"SELECT {', '.join(columns)} FROM identity.mention WHERE record_ref = ? AND role = ?",
        [mention.record_ref, mention.role],
    ).fetchone()
    assert row is not None
    return dict(zip(columns, row, strict=True))


def _scored(
    connection: duckdb.DuckDBPyConnection,
    world: duckdb.DuckDBPyConnection,
    record: Mention,
    alike: Sequence[int],
    people: dict[str, list[int]],
    said: str,
) -> list[Score]:
    """Splink's scores of a record (the mentions that look like it) against people (their mentions)."""
    persons, sharing = _frequencies(connection, record)
    world.execute("CREATE OR REPLACE TEMP TABLE party (side VARCHAR, party_id BIGINT, mention_id BIGINT)")
    world.execute("INSERT INTO party SELECT 'record', 0, unnest(?)", [list(alike)])
    for place, ids in enumerate(people.values()):
        world.execute("INSERT INTO party SELECT 'person', ?, unnest(?)", [place, ids])
    for side in ("person", "record"):
        rows = f"SELECT p.party_id, s.* FROM {said} AS s JOIN party AS p USING (mention_id) WHERE p.side = '{side}'"
        gather_parties(world, rows, f"SELECT party_id, place, workplace FROM ({rows})", f"{side}_party")
    model = read_weights(WEIGHTS) | {"retain_intermediate_calculation_columns": True}
    prior = prior_of(persons)
    model["probability_two_random_records_match"] = prior
    database = DuckDBAPI(world)
    linker = Splink(register(database), model, log_level=None)
    world.execute("CREATE OR REPLACE TABLE name_frequency (name_key VARCHAR, tf_name_key DOUBLE)")
    if sharing:
        world.execute(
            "INSERT INTO name_frequency SELECT name_key, ? FROM record_party WHERE name_key IS NOT NULL",
            [sharing / persons],
        )
    linker.table_management.register_term_frequency_lookup(database.register("name_frequency"), "name_key")
    world.execute(
        "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, 'person_party-__-' || party_id AS join_key_l, "
        "'record_party-__-0' AS join_key_r FROM person_party"
    )
    linker.table_management.register_blocked_pairs_for_predict(database.register("blocked"))
    predicted = linker.inference.predict()
    names = [comparison["output_column_name"] for comparison in comparisons()]
    answers = world.execute(
        f"SELECT party_id_l, match_weight, mw_tf_adj_name, {', '.join(f'gamma_{name}, mw_{name}' for name in names)} "
        f"FROM {predicted.physical_name} ORDER BY party_id_l"
    ).fetchall()
    database.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
    labels = {
        comparison["output_column_name"]: [level["label_for_charts"] for level in comparison["comparison_levels"]]
        for comparison in comparisons()
    }
    return _told_scores(record, list(people), answers, names, labels, prior)


def _told_scores(
    record: Mention,
    people: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    names: Sequence[str],
    labels: dict[str, list[str]],
    prior: float,
) -> list[Score]:
    odds = {row[0]: 2.0 ** min(row[1], 900) for row in rows}
    scores = []
    for party, _, adjustment, *rest in rows:
        steps = []
        for place, name in enumerate(names):
            gamma, bits = rest[2 * place], rest[2 * place + 1]
            levels = [label for label in labels[name] if label != "null"]
            level = "null" if gamma < 0 else levels[len(levels) - 1 - gamma]
            steps.append(Step(name, level, bits))
            if name == "name" and adjustment:
                steps.append(Step("name_frequency", "", adjustment))
        scores.append(
            Score(
                mention_id=record.mention_id,
                person_id=people[party],
                start=math.log2(prior / (1 - prior)),
                steps=tuple(steps),
                probability=odds[party] / (1 + sum(odds.values())),
                candidates=len(rows),
            )
        )
    return scores


def _frequencies(connection: duckdb.DuckDBPyConnection, record: Mention) -> tuple[float, float]:
    """How many people have a number, and how many of them the record's name; rounded as linking rounds them."""
    (persons,) = connection.execute("SELECT count(*) FROM library.dim_person WHERE id_number IS NOT NULL").fetchall()[0]
    (sharing,) = connection.execute(
        "SELECT count(DISTINCT x.person_id) FROM identity.mention AS m JOIN identity.person_xref AS x "
        "ON x.record_ref = m.record_ref AND x.role = m.role "
        "SEMI JOIN (SELECT person_id FROM library.dim_person WHERE id_number IS NOT NULL) AS p "
        "ON p.person_id = x.person_id WHERE m.name_key = ?",
        [record.fields["name_key"]],
    ).fetchall()[0]
    return rounded(persons), rounded(sharing) if sharing else 0.0


# ---- two mentions side by side


def _compare(world: duckdb.DuckDBPyConnection, a: Mention, b: Mention) -> dict[str, Agreement]:
    found: dict[str, Agreement] = {}
    for column, _, _ in FIELDS:
        one, other = a.fields[column], b.fields[column]
        found[column] = "absent" if one is None or other is None else "same" if one == other else "differs"
    row = world.execute(
        f"SELECT coalesce({names_agree('a.name_norm', 'b.name_norm')} "
        f"OR (least(length(a.name_norm), length(b.name_norm)) >= 4 AND {sound_alike('a.name_key', 'b.name_key')}) "
        "OR a.name_key = b.name_key, false), "
        "coalesce(least(damerau_levenshtein(coalesce(a.id_number, a.doubtful_number), "
        "coalesce(b.id_number, b.doubtful_number)), damerau_levenshtein(a.id_number, b.id_number)) <= 1, false), "
        "coalesce(damerau_levenshtein(a.phone, b.phone) <= 1, false) "
        "FROM said AS a, said AS b WHERE a.mention_id = ? AND b.mention_id = ?",
        [a.mention_id, b.mention_id],
    ).fetchone()
    assert row is not None
    for column, is_similar in zip(("name", "id_number", "phone"), row, strict=True):
        if is_similar and found[column] == "differs":
            found[column] = "similar"
    return found


def _rules(
    connection: duckdb.DuckDBPyConnection, world: duckdb.DuckDBPyConnection, a: Mention, b: Mention
) -> tuple[Rule, ...]:
    """The rules that the two satisfy, the surest first, with how many people have the key where that can be asked."""
    world.execute(
        "CREATE OR REPLACE TEMP TABLE held AS SELECT * FROM said WHERE mention_id IN ($1, $2) OR NOT is_asked "
        "OR record IN (SELECT record FROM said WHERE mention_id IN ($1, $2))",
        [a.mention_id, b.mention_id],
    )
    rows = world.execute(
        f"SELECT evidence, max(confidence) AS confidence FROM ({agreements('held')}) "
        "WHERE one IN ($1, $2) AND other IN ($1, $2) GROUP BY evidence ORDER BY confidence DESC, evidence",
        [a.mention_id, b.mention_id],
    ).fetchall()
    found = [Rule(evidence, confidence, _people(connection, evidence, a)) for evidence, confidence in rows]
    if a.fields["id_number"] and a.fields["id_number"] == b.fields["id_number"]:
        evidence = max(
            (item.evidence or "" for item in (a, b) if item.method == "certain"),
            key=lambda text: (text != "number+name", text),
            default="",
        )
        if a.person_id == b.person_id and evidence:
            found.insert(0, Rule(evidence, 1.0, 1))
    return tuple(found)


_KEY_COLUMNS = {
    "name": "name_key",
    "birth_date": "birth_date",
    "phone": "phone",
    "mother": "mother_name_key",
    "mother_number": "mother_id_number",
    "guardian_number": "guardian_id_number",
}


def _people(connection: duckdb.DuckDBPyConnection, evidence: str, mention: Mention) -> int | None:
    """How many people have the key of a rule that is made of plain fields; None for other rules."""
    columns = [_KEY_COLUMNS.get(part) for part in evidence.split("+")]
    if None in columns:
        return None
    where = " AND ".join(f"{column} = (SELECT {column} FROM own)" for column in columns)
    rows = connection.execute(
        "WITH own AS (SELECT * FROM identity.mention WHERE record_ref = $1 AND role = $2) "
        "SELECT count(DISTINCT x.person_id) FROM identity.mention AS m JOIN identity.person_xref AS x "
        f"ON x.record_ref = m.record_ref AND x.role = m.role WHERE {where}",
        [mention.record_ref, mention.role],
    ).fetchall()
    return int(rows[0][0])


def _against(
    world: duckdb.DuckDBPyConnection,
    a: Mention,
    b: Mention,
    fields: dict[str, Agreement],
    rules: Sequence[Rule],
    score: Score | None,
) -> Iterator[tuple[str, str]]:
    """What speaks against the two being one."""
    own = [_own_numbers(world, item) for item in (a, b)]
    if all(own) and not (own[0] & own[1]) and a.person_id != b.person_id:
        yield (
            "两人各有与本人出生日期、性别相符的有效身份号码",
            "each has a valid number of their own that fits their birth date and sex: two people, unless one is the "
            "other set right",
        )
    if fields["id_number"] == "same" and a.person_id != b.person_id:
        yield (
            "同一身份号码，但姓名与出生日期均不相符：借用或重号",
            "one number under another name and birth date: borrowed, or given out twice; it links nobody",
        )
    for column, words, _ in FIELDS:
        if fields[column] == "differs" and column in ("name", "sex", "birth_date", "id_number"):
            zh, en = words.split(" ", 1)
            yield f"{zh}不同", f"{en} differs"
    yield from (
        (
            f"{words_of(rule.evidence)}：共有 {rule.people} 人，分不出是谁",
            f"{rule.evidence}: {rule.people} people have that, so it tells nobody apart",
        )
        for rule in rules
        if rule.people is not None and rule.people > 2
    )
    if score and score.candidates > 1 and score.probability < POPULATION.thresholds.link:
        yield (
            f"另有 {score.candidates - 1} 名候选人分走概率",
            f"{score.candidates - 1} other candidates share the probability",
        )


def _own_numbers(world: duckdb.DuckDBPyConnection, mention: Mention) -> set[str]:
    """The usable numbers of a mention's person that fit a birth date and sex recorded with them."""
    rows = world.execute(
        "SELECT DISTINCT id_number FROM said WHERE person_id = ? AND id_number IS NOT NULL "
        "AND coalesce(strftime(birth_date, '%Y%m%d') = substr(id_number, 7, 8), false) "
        "AND coalesce((sex = '1') = (TRY_CAST(substr(id_number, 17, 1) AS INTEGER) % 2 = 1), true)",
        [mention.person_id],
    ).fetchall()
    return {number for (number,) in rows}


def _verdict(
    a: Mention,
    b: Mention,
    rules: Sequence[Rule],
    score: Score | None,
    chain: Sequence[Link],
    against: Sequence[tuple[str, str]],
) -> tuple[str, str]:
    if a.person_id == b.person_id:
        length = len(chain)
        weakest = min((link.confidence for link in chain), default=0.0)
        return (
            f"同一人：{length} 步相连，最弱一环 {weakest:.4f}" if chain else "同一人",
            f"one person, by {length} links, the weakest {weakest:.4f}" if chain else "one person",
        )
    if against:
        return f"不是同一人：{against[0][0]}", f"not one person: {against[0][1]}"
    if rules:
        return (
            "不是同一人：虽有规则相符，但各有更确切的归属",
            "not one person: a rule is satisfied, but each is held by something surer, or the rule by more than one",
        )
    if score and score.probability >= POPULATION.thresholds.link:
        return (
            "不是同一人：得分够高，但没有本人独有的相符项",
            "not one person: the score would do, but nothing that is the person's own agrees",
        )
    return (
        f"不是同一人：没有规则相符，得分不足 {POPULATION.thresholds.link}",
        f"not one person: no rule is satisfied and the score stays below {POPULATION.thresholds.link}",
    )


def _events(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[Event, ...]:
    rows = connection.execute(
        "SELECT e.build_id, e.kind, e.person_id, e.other_person_id, e.reason FROM identity.person_event AS e "
        "LEFT JOIN meta.build AS b ON b.build_id = e.build_id WHERE e.person_id = $1 OR e.other_person_id = $1 "
        "ORDER BY b.built_at NULLS LAST, e.build_id, e.kind, e.person_id",
        [person_id],
    ).fetchall()
    return tuple(Event(*row) for row in rows)


def shown(mention: Mention, *, is_revealed: bool) -> dict[str, str]:
    """The fields of a mention as people may see them: masked unless they are to be revealed."""
    masks: dict[str, Callable[[str | None], str]] = {
        "name": masked_name,
        "number": masked_number,
        "phone": masked_phone,
        "day": masked_day,
        "": lambda text: text or "",
    }
    return {
        column: (mention.fields[column] or "") if is_revealed else masks[kind](mention.fields[column])
        for column, _, kind in FIELDS
    }
