"""A run that looks only at what changed finds what a run over everything finds: mentions by hand, days at random."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import date
from random import Random

import duckdb
import pytest

from identity import kept
from identity.pipeline import CHANGED, RENEWED, IdentityReport, identify
from sources.errors import SijikuError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.identity.test_pipeline import Town, mention, people

XREF = "SELECT dataset, record_key, role, record_ref, {}, method, confidence, evidence FROM identity.person_xref"
Mention = dict[str, object]


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def key_of(row: Mention) -> tuple[object, object]:
    return row["dataset"], row["record_key"]


def change(town: Town, before: Iterable[Mention], now: Iterable[Mention]) -> IdentityReport:
    """Deliver what is so now, say which records are not as before, and link only those."""
    was: dict[object, list[str]] = {}
    are: dict[object, list[str]] = {}
    refs: dict[object, object] = {}
    for rows, into in ((before, was), (now, are)):
        for row in rows:
            into.setdefault(key_of(row), []).append(repr(sorted(row.items(), key=str)))
            refs[key_of(row)] = row["record_ref"]
    changed = [key for key in refs if sorted(was.get(key, [])) != sorted(are.get(key, []))]
    town.deliver(now)
    with open_warehouse(town.workdir) as connection:
        connection.execute(
            "CREATE OR REPLACE TABLE mentions.int_person__changed_record "
            "(dataset VARCHAR, record_key VARCHAR, record_ref VARCHAR)"
        )
        if changed:
            connection.executemany(
                "INSERT INTO mentions.int_person__changed_record VALUES (?, ?, ?)",
                [[*key, refs[key]] for key in changed],  # type: ignore[misc]
            )
        connection.execute(
            "CREATE OR REPLACE TABLE mentions.int_person__changed_mentions AS "
            "SELECT m.* FROM mentions.int_person__mentions AS m "
            "SEMI JOIN mentions.int_person__changed_record AS c USING (dataset, record_key)"
        )
    town.builds += 1
    report = identify(town.workdir, f"build-{town.builds}", is_full=False)
    # What is published anew of the mentions stands by itself.
    with open_warehouse(town.workdir, read_only=True) as connection:
        apart, there = (
            connection.execute(f"FROM {rows} ORDER BY ALL").fetchall()
            for rows in (
                CHANGED["identity.mention"],
                f"identity.mention WHERE {RENEWED['identity.mention']}",
            )
        )
    assert apart == there
    return report


def linked_in_full(town: Town, found: Callable[[], Workdir], now: Iterable[Mention]) -> Town:
    """Another town with the same mentions and the same state, linked in full under the same build."""
    other = Town(found(), builds=town.builds - 1)
    shutil.rmtree(other.workdir.state)
    shutil.copytree(town.workdir.state, other.workdir.state)
    other.deliver(now)
    other.identify()
    return other


# ---- a small town in which much coincides


NAMES = ["王伟", "王芳", "李娜", "王小雨", "阿拉坦其其格", "阿拉坦琪琪格", "张伟", None]
NUMBERS = [
    "150202198001010012",
    "150202198001010039",
    "150202199002020023",
    "150202199002020058",
    "150202201303030024",
    "150202201303030040",
    "150202197005050017",
]


def drawn(random: Random, key: str) -> list[Mention]:
    """A record at random: one person or a child with a mother; numbers missing, borrowed, wrong by a digit."""

    def one(role: str, who: int) -> Mention:
        number = NUMBERS[who]
        told: Mention = {"sex": "1" if int(number[16]) % 2 else "2"}
        if random.random() < 0.7:
            told["birth_date"] = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        if random.random() < 0.6:
            told["phone"] = random.choice(["139", "138", f"13{who}"])
        if random.random() < 0.5:
            told |= {"household_key": random.choice("xyz")}
        if random.random() < 0.5:
            told |= {"division_code": "150202001001", "division_status": "community"}
        if random.random() < 0.4:
            told["mother_name_key"] = random.choice(["李娜", "王芳"])
        written: str | None = None
        kind = random.random()
        if kind < 0.45:
            written = number
        elif kind < 0.55:
            written = random.choice(NUMBERS)
        if kind > 0.85:
            told |= {"id_number_raw": number[:-1] + "9", "id_number_status": "checksum_failed"}
        name = NAMES[who] if random.random() < 0.85 else random.choice(NAMES)
        row = mention(key, name, written, role=role)
        return {**row, **{field: value for field, value in told.items() if written is None or "id_number" not in field}}

    who = random.randrange(len(NUMBERS))
    if random.random() < 0.3:
        return [one("child", 4 + who % 2), one("mother", 2 + who % 2)]
    return [one("resident", who)]


@pytest.mark.parametrize("seed", range(4))
def test_day_after_day_a_partial_run_finds_what_a_full_one_finds(
    town: Town, found: Callable[[], Workdir], seed: int
) -> None:
    random = Random(seed)
    records = {key: drawn(random, key) for key in (f"r{number}" for number in range(60))}
    now = [row for rows in records.values() for row in rows]
    town.see(*now)
    for day in range(3):
        before = now
        for key in random.sample(sorted(records), 4):
            if random.random() < 0.3:
                del records[key]
            else:
                records[key] = drawn(random, key)
        for number in range(3):
            records[f"d{day}-{number}"] = drawn(random, f"d{day}-{number}")
        now = [row for rows in records.values() for row in rows]
        change(town, before, now)
        full = linked_in_full(town, found, now)
        rows = set(town.query(XREF.format("person_id")))
        assert rows == set(full.query(XREF.format("person_id"))), f"day {day}"
        # The full run had nothing to add to the registry: what the partial one wrote there was right.
        assert full.reports[-1].events == {}
        for table in ("person_event", "person_ref", "review_pair", "review_mention"):
            assert set(town.query(f"FROM identity.{table}")) == set(full.query(f"FROM identity.{table}")), table


def test_bearers_of_nearly_one_number_are_shown_as_a_full_run_shows_them(
    town: Town, found: Callable[[], Workdir]
) -> None:
    one, other = (mention(key, "王伟", number) for key, number in zip("ab", NUMBERS[:2], strict=True))
    aside = mention("c", "李娜", NUMBERS[2])
    days = {
        "another bearer comes": ([one, other, aside], 1),
        "somebody else changes": ([one, other, {**aside, "phone": "139"}], 1),
        "a third has the name and a number as near": (
            [one, other, aside, mention("d", "王伟", "150202198001010055")],
            3,
        ),
        "one is called otherwise": ([one, mention("b", "李娜", NUMBERS[1]), aside], 0),
    }
    now = [one, aside]
    town.see(*now)
    for what, (then, pairs) in days.items():
        change(town, now, then)
        now = then
        shown = town.query("FROM identity.review_pair WHERE kind = 'corrected_number'")
        assert len(shown) == pairs, what
        assert set(shown) == set(linked_in_full(town, found, now).query("FROM identity.review_pair")), what


def test_only_whom_it_concerns_is_touched(town: Town) -> None:
    before = [
        mention("a", "王伟", NUMBERS[0], phone="139"),
        mention("b", "王伟", phone="139"),
        mention("c", "李娜", NUMBERS[2], phone="137"),
        mention("d", "王伟", NUMBERS[6]),
    ]
    persons = town.see(*before)
    assert people(persons) == {frozenset("ab"), frozenset("c"), frozenset("d")}
    now = [*before[1:], mention("a", "王伟", NUMBERS[0], phone="7654321")]
    report = change(town, before, now)
    linked = town.query("SELECT record_key, person_id FROM identity.person_xref")
    after = {str(key): str(person) for key, person in linked}
    assert people(after) == {frozenset("a"), frozenset("b"), frozenset("c"), frozenset("d")}, "b may be either"
    assert {key for key in "cd" if after[key] == persons[key]} == set("cd")
    assert report.events == {"split": 1}
    touched = {person for (person,) in town.query("FROM identity.touched_person")}
    assert touched == {after["a"], after["b"]}


def test_of_a_person_with_many_records_only_the_one_that_changed_is_followed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    stir, followed = kept.stir, []

    def stirred(connection: duckdb.DuckDBPyConnection) -> bool:
        found = stir(connection)
        followed.extend(phone for (phone,) in connection.execute("SELECT phone FROM stirred").fetchall())
        return found

    before = [mention(f"r{number}", "王伟", NUMBERS[0], phone=f"13{number}") for number in range(9)]
    persons = town.see(*before)
    monkeypatch.setattr(kept, "stir", stirred)
    now = [*before[:8], {**before[8], "phone": "7654321"}]
    change(town, before, now)
    assert sorted(followed) == ["138", "7654321"]
    linked = town.query("SELECT record_key, person_id FROM identity.person_xref")
    assert {str(key): str(person) for key, person in linked} == persons


def test_a_child_finds_her_mother_in_a_household_to_which_somebody_came(
    town: Town, found: Callable[[], Workdir]
) -> None:
    born = {"household_key": "x", "birth_date": date(2013, 3, 3), "sex": "2"}
    before = [
        mention("child", "王小雨", NUMBERS[4], **born),
        mention("card", "王小雨", NUMBERS[4], role="child"),
        mention("card", "李娜", None, role="mother"),
        mention("other", "李娜", NUMBERS[2], phone="137"),
    ]
    town.see(*before)
    home = {**mention("home", "李娜", NUMBERS[2]), "household_key": "x"}
    now = [*before, home]
    change(town, before, now)
    full = linked_in_full(town, found, now)
    rows = set(town.query(XREF.format("person_id")))
    assert rows == set(full.query(XREF.format("person_id")))
    assert len({row[4] for row in rows}) == 2, "the mother on the card is she who came to the household"


def test_where_somebody_stands_whom_splink_has_just_placed_tells_a_later_rule_who_stands_beside_another(
    town: Town, found: Callable[[], Workdir]
) -> None:
    child = mention("child", "王小雨", NUMBERS[4])
    before = [
        child,
        mention("card", "王小雨", NUMBERS[4], role="child"),
        mention("card", "李娜", role="mother"),
        mention("school", "王小雨", role="child", phone="13912345678"),
        mention("school", "李娜", NUMBERS[2], role="mother"),
    ]
    parted = people(town.see(*before))
    assert frozenset({"card/mother"}) in parted and frozenset({"school/child"}) in parted
    # A phone that differs in one digit: no rule has it for a key, and Splink alone takes it for hers.
    now = [{**child, "phone": "13912345679"}, *before[1:]]
    change(town, before, now)
    full = linked_in_full(town, found, now)
    rows = set(town.query(XREF.format("person_id")))
    assert rows == set(full.query(XREF.format("person_id")))
    persons = {(row[1], row[2]): row[4] for row in rows}
    assert persons["school", "child"] == persons["child", "resident"]
    assert persons["card", "mother"] == persons["school", "mother"], "the school has the child beside her mother"


def test_a_record_that_says_the_same_in_another_delivery_touches_its_person_and_links_nothing_anew(town: Town) -> None:
    before = [mention("a", "王伟", NUMBERS[0]), mention("b", "王伟", NUMBERS[0])]
    persons = town.see(*before)
    report = change(town, before, [before[0], {**before[1], "_row": 7}])
    assert report.events == {}
    assert [tuple(row) for row in town.query("FROM identity.touched_person")] == [(persons["a"],)]


def test_records_in_which_somebody_else_is_meant_are_told_and_no_others_of_theirs(town: Town) -> None:
    first, second = NUMBERS[:2]
    records = [mention(key, "王伟", first) for key in "abde"] + [mention(key, "李娜", second) for key in "cfg"]
    meant = "SELECT record_ref, person_id FROM identity.person_xref"
    town.see(*records)
    assert town.query("FROM identity.relinked_record") == []
    before = dict(town.query(meant))
    now = [mention("a", "李娜", second), *records[1:]]
    change(town, records, now)
    assert town.query("SELECT DISTINCT dataset FROM identity.relinked_record") == [(now[0]["dataset"],)]
    told = {record for (record,) in town.query("SELECT record_ref FROM identity.relinked_record")}
    assert told == {record for record, person in town.query(meant) if before[record] != person}
    assert told == {now[0]["record_ref"]}


@pytest.mark.parametrize("stays", [True, False])
def test_a_dataset_and_a_role_that_no_mention_had_yet_are_taken_in(
    town: Town, found: Callable[[], Workdir], *, stays: bool
) -> None:
    before = [mention("a", "王伟", NUMBERS[0])]
    town.see(*before)
    come = mention("b", "王伟", NUMBERS[0], dataset="hrss.employment", role="worker")
    now = [*before, come] if stays else [come]
    change(town, before, now)
    listed = "SELECT dataset, role, person_id FROM identity.person_xref ORDER BY ALL"
    rows = town.query(listed)
    assert [row[:2] for row in rows] == sorted((row["dataset"], row["role"]) for row in now)
    assert len({person for *_, person in rows}) == 1
    assert rows == linked_in_full(town, found, now).query(listed)


def test_without_what_the_last_run_kept_there_is_no_partial_run(town: Town) -> None:
    town.deliver([mention("a", "王伟", NUMBERS[0])])
    with pytest.raises(SijikuError, match="--full"):
        identify(town.workdir, "build-1", is_full=False)
