"""Person numbers: what changes them, what never does, and what is written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.registry import ASSIGNMENTS, EVENTS, REFERENCES, assign
from sources.state import State
from sources.warehouse import engine_settings
from sources.workdir import Workdir

ACTIVE = ("created", "split", "revived")


@dataclass
class Register:
    """The registry alone: groups of mentions are given by hand, as strings of one letter per mention."""

    workdir: Workdir
    builds: int = 0
    written: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return State(self.workdir.state)

    def see(self, *groups: str, build_id: str | None = None, order: int = 0) -> dict[str, str]:
        """Give numbers to groups; returns the number of each group, by its letters."""
        self.builds += 1
        rows = [(letter, number) for number, group in enumerate(groups) for letter in group]
        Random(order).shuffle(rows)
        with self._connect() as connection:
            connection.execute(
                "CREATE TABLE mention_group (mention_id BIGINT, record_ref VARCHAR, role VARCHAR, group_id BIGINT, "
                "evidence VARCHAR)"
            )
            connection.execute(
                "INSERT INTO mention_group "
                "SELECT unnest(range(?)), 'ref-' || unnest(?), 'resident', unnest(?), 'number+name'",
                [len(rows), [letter for letter, _ in rows], [group for _, group in rows]],
            )
            self.written = assign(
                connection,
                self.state,
                build_id or f"2014-10-31-{self.builds}",
                group_table="mention_group",
                out_table="person",
            )
            numbers = dict(connection.execute("SELECT group_id, person_id FROM person").fetchall())
        return {group: numbers[place] for place, group in enumerate(groups)}

    def events(self) -> list[tuple[str, str, str | None]]:
        """(kind, person, other) in the order written; within one build by kind."""
        return self._rows(EVENTS, "kind, person_id, other_person_id", "_segment, kind, person_id")

    def last_events(self) -> list[tuple[str, str, str | None]]:
        """Those of the last run."""
        return self.events()[len(self.events()) - sum(self.written.values()) :]

    def standing(self) -> set[str]:
        """The numbers that are somebody's, by the events alone."""
        last = {person: kind for kind, person, _ in self.events()}
        return {person for person, kind in last.items() if kind in ACTIVE}

    def logs(self) -> dict[str, list[str]]:
        return {log: [path.name for path in self.state.segments(log)] for log in (ASSIGNMENTS, EVENTS, REFERENCES)}

    def _rows(self, log: str, columns: str, order: str) -> list[tuple[str, ...]]:
        with self._connect() as connection:
            return connection.execute(f"SELECT {columns} FROM ({self.state.select(log)}) ORDER BY {order}").fetchall()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        search_path = engine_settings(self.workdir)["file_search_path"]
        return duckdb.connect(":memory:", config={"file_search_path": search_path, "threads": 1})


@pytest.fixture
def register(found: Callable[[], Workdir]) -> Register:
    return Register(found())


def test_numbers_are_random_and_differ(register: Register) -> None:
    first = register.see("abc", "d")
    assert len(set(first.values())) == 2
    assert all(re.fullmatch("[0-9A-Za-z]{12}", number) for number in first.values())
    assert register.written == {"created": 2}


def test_the_same_input_changes_nothing_whatever_its_order(register: Register) -> None:
    first = register.see("abc", "d", "ef")
    logs = register.logs()
    again = register.see("ef", "cab", "d", order=7)
    assert {frozenset(group): number for group, number in first.items()} == {
        frozenset(group): number for group, number in again.items()
    }
    assert register.logs() == logs
    assert register.written == {}


def test_a_new_mention_joins_without_an_event(register: Register) -> None:
    before = register.see("ab", "c")
    after = register.see("abd", "c")
    assert (after["abd"], after["c"]) == (before["ab"], before["c"])
    assert register.written == {}


def test_a_merge_keeps_the_number_with_most_mentions(register: Register) -> None:
    before = register.see("ab", "cde")
    after = register.see("abcde")
    assert after["abcde"] == before["cde"]
    assert register.last_events() == [("merged", before["ab"], before["cde"])]


def test_a_merge_of_equals_keeps_the_number_given_first(register: Register) -> None:
    early = register.see("z")
    both = register.see("z", "a")
    assert register.see("za")["za"] == early["z"] != both["a"]


def test_a_merge_of_equals_given_together_keeps_the_smallest_record_ref(register: Register) -> None:
    before = register.see("z", "a")
    assert register.see("za")["za"] == before["a"]


def test_a_merge_undone_gives_the_other_number_back(register: Register) -> None:
    before = register.see("ab", "cde")
    register.see("abcde")
    after = register.see("ab", "cde")
    assert after == before
    assert register.last_events() == [("revived", before["ab"], before["cde"])]


def test_a_merge_undone_gives_the_number_back_to_a_group_that_has_grown(register: Register) -> None:
    before = register.see("cde", "ab")
    register.see("cdeab")
    register.see("cdeabfg")
    after = register.see("cde", "abfg")
    assert after == {"cde": before["cde"], "abfg": before["ab"]}


def test_two_merges_undone_at_once_give_both_numbers_back(register: Register) -> None:
    before = register.see("abc", "de", "f")
    register.see("abc", "def")
    register.see("abcdef")
    assert register.see("abc", "de", "f") == before


def test_a_merge_done_undone_and_done_again_ends_where_it_was(register: Register) -> None:
    before = register.see("abc", "de")
    for _ in range(3):
        assert register.see("abcde")["abcde"] == before["abc"]
        assert register.see("abc", "de") == before


def test_a_split_leaves_the_number_with_most_mentions(register: Register) -> None:
    before = register.see("abcd")["abcd"]
    after = register.see("d", "abc")
    assert after["abc"] == before != after["d"]
    assert register.last_events() == [("split", after["d"], before)]


def test_a_person_without_records_retires_and_returns_under_the_same_number(register: Register) -> None:
    before = register.see("ab", "c")
    register.see("c")
    assert register.last_events() == [("retired", before["ab"], None)]
    assert register.see("ab", "c") == before
    assert register.last_events() == [("revived", before["ab"], None)]


def test_a_mention_that_changes_person_ends_no_number(register: Register) -> None:
    before = register.see("abc", "de")
    after = register.see("ab", "cde")
    assert (after["ab"], after["cde"]) == (before["abc"], before["de"])
    assert register.written == {}


def test_every_person_has_one_reference_of_its_own(register: Register) -> None:
    people = register.see("ab", "c")
    register.see("ab", "c", "d")
    rows = register._rows(REFERENCES, "person_id, person_ref", "person_id")
    assert len(rows) == len({person for person, _ in rows}) == len({reference for _, reference in rows}) == 3
    assert set(people.values()) <= {person for person, _ in rows}
    assert not {person for person, _ in rows} & {reference for _, reference in rows}


@pytest.mark.parametrize("survived", [1, 2])
def test_a_build_killed_between_two_logs_is_completed_by_running_it_again(register: Register, survived: int) -> None:
    """What is on disk after a kill is the segments renamed so far: those of the later logs are missing."""
    before = register.see("abc", "de", "f")
    whole = register.logs()
    after = register.see("abcde", "g", build_id="killed")
    events = set(register.last_events())
    for log in (ASSIGNMENTS, EVENTS, REFERENCES)[survived:]:
        for name in set(register.logs()[log]) - set(whole[log]):
            (register.state.root / log / name).unlink()
    again = register.see("g", "edcba", build_id="killed")
    assert (again["edcba"], again["g"]) == (after["abcde"], after["g"])
    assert set(register.events()[3:]) == events
    assert events == {
        ("merged", before["de"], before["abc"]),
        ("retired", before["f"], None),
        ("created", after["g"], None),
    }
    assert {log: len(names) for log, names in register.logs().items()} == dict.fromkeys(whole, 2)


def test_a_build_that_comes_again_after_another_still_writes_down_what_changed(register: Register) -> None:
    """An earlier as-of date brings an earlier build id back."""
    first = register.see("abc", "de", build_id="october")
    register.see("abcde", build_id="november")
    assert register.see("abc", "de", build_id="october") == first
    assert register.see("abc", "de", build_id="later") == first
    assert register.written == {}


LETTERS = "abcdefgh"
PARTITIONS = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=len(LETTERS), max_size=len(LETTERS)),
    min_size=2,
    max_size=6,
)


def _groups(labels: list[int | None]) -> list[str]:
    return [
        group
        for wanted in range(4)
        if (group := "".join(letter for letter, label in zip(LETTERS, labels, strict=True) if label == wanted))
    ]


@given(PARTITIONS)
@settings(max_examples=15, deadline=None, print_blob=True)
def test_whatever_happens_numbers_stay_with_their_people(
    found: Callable[[], Workdir], history: list[list[int | None]]
) -> None:
    register = Register(found())
    holders: dict[str, set[str]] = {}
    for labels in history:
        groups = _groups(labels)
        if not groups:
            continue
        numbers = register.see(*groups)
        assert len(set(numbers.values())) == len(groups), "two persons never share a number"
        assert register.standing() == set(numbers.values()), "the events alone tell who is there"
        for group, number in numbers.items():
            assert number not in holders or holders[number] & set(group), "a number is never given to another person"
            holders.setdefault(number, set()).update(group)
        logs = register.logs()
        assert register.see(*reversed(groups), order=1) == numbers, "the same input changes none"
        assert register.logs() == logs
    begun = [person for kind, person, _ in register.events() if kind in ("created", "split")]
    assert len(begun) == len(set(begun)), "a number begins once"
