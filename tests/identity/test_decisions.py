"""What people decide about two mentions holds in every build, whatever the evidence says, and can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from identity.decisions import LOG
from identity.pipeline import IdentityReport
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.identity.test_kept import XREF, change, drawn, linked_in_full
from tests.identity.test_pipeline import NUMBER, OTHER_NUMBER, Town, mention, people

Mention = dict[str, object]
CHILD = {"birth_date": date(2013, 3, 3), "sex": "2", "mother_name_key": "李娜"}
REVIEW = "FROM identity.review_pair"


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def decide(workdir: Workdir, decision: str, *pairs: tuple[Mention, Mention]) -> None:
    """Append decisions to state, as an import does."""
    with open_engine(workdir) as engine:
        engine.execute(
            'CREATE TEMP TABLE told (decision_id VARCHAR, "at" TIMESTAMP, "by" VARCHAR, record_ref_l VARCHAR, '
            "role_l VARCHAR, record_ref_r VARCHAR, role_r VARCHAR, decision VARCHAR, note VARCHAR, "
            "probability DOUBLE, file_sha256 VARCHAR)"
        )
        for pair in pairs:
            (one, other) = sorted((str(row["record_ref"]), str(row["role"])) for row in pair)
            engine.execute(
                "INSERT INTO told VALUES (?, '2014-11-01', '信息中心', ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                [uuid.uuid4().hex, *one, *other, decision],
            )
        State(workdir.state).append(engine, LOG, "FROM told", key=uuid.uuid4().hex)


def methods(town: Town) -> dict[str, object]:
    return {str(key): method for key, method in town.query("SELECT record_key, method FROM identity.person_xref")}


# ---- one person


def test_two_bearers_of_numbers_decided_to_be_one_person_are_one_with_all_their_records(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", NUMBER),
        mention("c", "李娜", OTHER_NUMBER),
        mention("d", "李娜", OTHER_NUMBER, phone="138"),
    ]
    assert len(people(town.see(*rows))) == 2
    decide(town.workdir, "same", (rows[0], rows[3]))
    assert people(town.see(*rows)) == {frozenset("abcd")}
    assert methods(town) == {"a": "decided", "d": "decided", "b": "certain", "c": "certain"}
    assert set(town.query("SELECT confidence, evidence FROM identity.person_xref WHERE method = 'decided'")) == {
        (1.0, "decision")
    }
    assert town.reports[-1].events == {"merged": 1}
    assert town.reports[-1].decisions == {"same": 1}


def test_records_that_waited_between_two_bearers_are_placed_once_these_are_one(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", OTHER_NUMBER, phone="139"),
        mention("c", "王伟", phone="139"),
    ]
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("b"), frozenset("c")}
    decide(town.workdir, "same", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("abc")}


def test_a_record_decided_to_be_somebodys_is_evidence_for_others(town: Town) -> None:
    rows = [
        mention("a", "王小雨", "150202201303030024", **CHILD),
        mention("b", "王雨", phone="139"),
        mention("c", "王雨", phone="139", guardian_name_key="x"),
    ]
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("bc")}
    decide(town.workdir, "same", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("abc")}


def test_a_decision_speaks_of_all_mentions_that_look_like_the_two(town: Town) -> None:
    rows = [mention("a", "王伟", NUMBER), *(mention(key, "王伟", phone="139") for key in "bcd")]
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("bcd")}
    decide(town.workdir, "same", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("abcd")}


# ---- two people


def test_a_certain_link_gives_way_to_a_decision_and_the_others_stay_with_whom_they_are_like(town: Town) -> None:
    rows = [
        mention("a", "张小伟", NUMBER, phone="139"),
        mention("b", "张小纬", NUMBER, phone="138"),
        mention("c", "张小伟", NUMBER),
        mention("d", "张小纬", NUMBER),
        mention("e", "张小伟", phone="139"),
    ]
    assert people(town.see(*rows)) == {frozenset("abcde")}
    decide(town.workdir, "different", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("ace"), frozenset("bd")}
    assert set(methods(town).values()) == {"certain", "probable"}


def test_links_that_gave_way_to_a_decision_are_kept_for_the_day_that_it_is_taken_back(town: Town) -> None:
    rows = [mention(key, "王伟", NUMBER, phone=f"13{place}") for place, key in enumerate("abcd")]
    links = "SELECT linker, evidence, count(*) FROM linkage.edge GROUP BY ALL ORDER BY ALL"
    assert people(town.see(*rows)) == {frozenset("abcd")}
    found = town.query(links)
    assert found == [("certain", "number+name", 4)]
    decide(town.workdir, "different", (rows[0], rows[3]))
    assert len(people(town.see(*rows))) == 2
    assert town.query(links) == found
    decide(town.workdir, "unsure", (rows[0], rows[3]))
    assert go_on(town, rows).events == {"merged": 1}
    assert town.query(links) == found


def test_a_probable_link_gives_way_before_a_certain_one(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", NUMBER),
        mention("c", "王伟", phone="139"),
    ]
    assert people(town.see(*rows)) == {frozenset("abc")}
    decide(town.workdir, "different", (rows[2], rows[1]))
    assert people(town.see(*rows)) == {frozenset("ab"), frozenset("c")}
    assert methods(town)["c"] == "single"


def test_mentions_that_look_alike_can_be_two_people(town: Town) -> None:
    rows = [mention(key, "王伟", NUMBER, phone="139") for key in "abc"]
    assert len(people(town.see(*rows))) == 1
    assert town.reports[-1].profiles == 1
    decide(town.workdir, "different", (rows[0], rows[1]))
    persons = town.see(*rows)
    assert len(people(persons)) == 2
    assert persons["a"] != persons["b"]
    assert town.reports[-1].profiles == 3


def test_mentions_that_look_alike_can_be_of_two_people_by_what_was_decided_of_each(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER),
        mention("b", "李娜", OTHER_NUMBER),
        *(mention(key, "王娜", phone="139") for key in "cd"),
    ]
    decide(town.workdir, "same", (rows[0], rows[2]), (rows[1], rows[3]))
    decide(town.workdir, "different", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("ac"), frozenset("bd")}


def test_who_is_not_the_one_may_be_the_other(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139", birth_date=date(1980, 1, 1)),
        mention("b", "王伟", OTHER_NUMBER, phone="138", birth_date=date(1990, 2, 2)),
        mention("c", "王伟", phone="139", household_key="x", birth_date=date(1990, 2, 2)),
        mention("d", "王伟", OTHER_NUMBER, household_key="x", birth_date=date(1990, 2, 2)),
    ]
    assert people(town.see(*rows)) == {frozenset("ac"), frozenset("bd")}
    decide(town.workdir, "different", (rows[0], rows[2]))
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("bcd")}


def test_parting_two_records_tears_nobody_else(town: Town) -> None:
    """Two records with a borrowed number are one person's by phone; they are told apart, and that person is not."""
    wrong = {"birth_date": date(1970, 5, 5), "sex": "2"}
    rows = [
        mention("a", "李娜", NUMBER, birth_date=date(1980, 1, 1), phone="1"),
        mention("b", "王伟", NUMBER, phone="139", **wrong),
        mention("c", "王伟", NUMBER, phone="138", **wrong),
        *(mention(key, "王伟", OTHER_NUMBER, phone=phone) for key, phone in (("d", "139"), ("e", "7"), ("f", "138"))),
    ]
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("bcdef")}
    decide(town.workdir, "different", (rows[1], rows[2]))
    persons = town.see(*rows)
    assert persons["b"] != persons["c"]
    assert len({persons[key] for key in "def"}) == 1


def test_a_corrected_number_joins_nobody_whom_a_decision_parts(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", "150202198001010039", phone="139"),
        mention("c", "王伟", "150202198001010039"),
    ]
    assert people(town.see(*rows)) == {frozenset("abc")}
    decide(town.workdir, "different", (rows[0], rows[1]))
    assert people(town.see(*rows)) == {frozenset("a"), frozenset("bc")}


def test_several_decisions_in_one_cluster_all_hold(town: Town) -> None:
    rows = [mention(key, "王伟", NUMBER, phone=key) for key in "abcdef"]
    decide(town.workdir, "different", (rows[0], rows[1]), (rows[1], rows[2]), (rows[0], rows[2]))
    decide(town.workdir, "same", (rows[0], rows[4]), (rows[2], rows[5]))
    persons = town.see(*rows)
    assert len({persons[key] for key in "abc"}) == 3
    assert (persons["a"], persons["c"]) == (persons["e"], persons["f"])


# ---- for ever


def test_a_merge_undone_by_a_decision_gives_the_old_numbers_back(town: Town) -> None:
    corrected = "150202198001010039"
    rows = [mention("a", "王伟", NUMBER), mention("b", "王伟", corrected)]
    first = town.see(*rows)
    assert first["a"] != first["b"]
    rows += [mention("c", "王伟", NUMBER, phone="139"), mention("d", "王伟", corrected, phone="139")]
    joined = town.see(*rows)
    assert len({*joined.values()}) == 1
    assert town.reports[-1].events == {"merged": 1}
    decide(town.workdir, "different", (rows[0], rows[1]))
    now = town.see(*rows)
    assert [now[key] for key in "acbd"] == [first["a"], first["a"], first["b"], first["b"]]
    assert town.reports[-1].events == {"revived": 1}
    decide(town.workdir, "same", (rows[0], rows[1]))
    assert town.see(*rows) == joined, "the later word counts"


def test_decisions_hold_when_records_go_and_come_back(town: Town) -> None:
    a, b = mention("a", "王伟", NUMBER), mention("b", "李娜", OTHER_NUMBER)
    decide(town.workdir, "same", (a, b))
    assert people(town.see(a)) == {frozenset("a")}
    assert town.reports[-1].decisions == {"gone": 1}
    assert people(town.see(a, b)) == {frozenset("ab")}


def test_unsure_changes_nothing(town: Town) -> None:
    rows = [mention("a", "王伟", NUMBER), mention("b", "王伟", NUMBER, phone="1"), mention("c", "李娜", OTHER_NUMBER)]
    before = town.see(*rows)
    decide(town.workdir, "unsure", (rows[0], rows[1]), (rows[0], rows[2]))
    assert town.see(*rows) == before
    assert town.reports[-1].decisions == {"unsure": 2}


def test_decisions_that_contradict_each_other_in_state_stop_no_build(town: Town) -> None:
    rows = [mention("a", "王伟", NUMBER), mention("b", "李娜", OTHER_NUMBER), mention("c", "张伟")]
    decide(town.workdir, "same", (rows[0], rows[1]), (rows[1], rows[2]))
    decide(town.workdir, "different", (rows[0], rows[2]))
    assert people(town.see(*rows)) == {frozenset("abc")}
    assert town.reports[-1].decisions == {"same": 2, "different": 1, "contradictory": 1}


# ---- a build that goes on from the one before


def go_on(town: Town, rows: list[Mention]) -> IdentityReport:
    return change(town, rows, rows)


def test_a_decision_since_the_last_run_reaches_those_whom_it_concerns(town: Town) -> None:
    rows = [
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", NUMBER),
        mention("c", "王伟", phone="139"),
        mention("d", "李娜", OTHER_NUMBER),
    ]
    before = town.see(*rows)
    decide(town.workdir, "different", (rows[2], rows[1]))
    assert go_on(town, rows).events == {"split": 1}
    linked = dict(town.query("SELECT record_key, person_id FROM identity.person_xref"))
    assert people(linked) == {frozenset("ab"), frozenset("c"), frozenset("d")}  # type: ignore[arg-type]
    touched = {person for (person,) in town.query("FROM identity.touched_person")}
    assert touched == {before["a"], linked["c"]}, "and nobody else"
    assert go_on(town, rows).events == {}
    decide(town.workdir, "unsure", (rows[2], rows[1]))
    assert go_on(town, rows).events == {"merged": 1}


@pytest.mark.parametrize("seed", range(3))
def test_day_after_day_of_decisions_a_partial_run_finds_what_a_full_one_finds(
    town: Town, found: Callable[[], Workdir], seed: int
) -> None:
    random = Random(100 + seed)
    records = {key: drawn(random, key) for key in (f"r{number}" for number in range(50))}
    now = [row for rows in records.values() for row in rows]
    said: dict[frozenset[str], str] = {}
    town.see(*now)
    for day in range(4):
        before = now
        for key in random.sample(sorted(records), 3):
            if random.random() < 0.3:
                del records[key]
            else:
                records[key] = drawn(random, key)
        now = [row for rows in records.values() for row in rows]
        person = dict(town.query("SELECT record_ref || role, person_id FROM identity.person_xref"))
        for _ in range(3):
            one = random.choice(now)
            of_one = person.get(f"{one['record_ref']}{one['role']}")
            like = [row for row in now if row is not one and person.get(f"{row['record_ref']}{row['role']}") == of_one]
            other = random.choice(like if like and random.random() < 0.6 else now)
            pair = frozenset(f"{row['record_ref']} {row['role']}" for row in (one, other))
            word = random.choice(["same", "different", "different", "unsure"])
            if len(pair) == 2 and not contradicts(said, pair, word):
                said[pair] = word
                decide(town.workdir, word, (one, other))
        report = change(town, before, now)
        full = linked_in_full(town, found, now)
        rows = set(town.query(XREF.format("person_id")))
        assert rows == set(full.query(XREF.format("person_id"))), f"day {day}"
        assert set(town.query(REVIEW)) == set(full.query(REVIEW))
        assert full.reports[-1].events == {}
        assert "contradictory" not in report.decisions
        held(town, said)


def contradicts(said: dict[frozenset[str], str], pair: frozenset[str], word: str) -> bool:
    """Whether decisions, with one more, say of two that they are one person and two."""
    then = said | {pair: word}
    group = {one: {one} for two in then for one in two}
    for two, told in then.items():
        if told == "same":
            one, other = two
            joined = group[one] | group[other]
            for member in joined:
                group[member] = joined
    return any(told == "different" and len({id(group[one]) for one in two}) == 1 for two, told in then.items())


def held(town: Town, said: dict[frozenset[str], str]) -> None:
    """All decisions about mentions that are there hold."""
    person = dict(town.query("SELECT record_ref || ' ' || role, person_id FROM identity.person_xref"))
    for pair, word in said.items():
        persons = {person.get(one) for one in pair}
        if None not in persons and word != "unsure":
            assert len(persons) == (1 if word == "same" else 2), (pair, word)
