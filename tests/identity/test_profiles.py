"""Equal mentions are one profile, and only they."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from identity import profiles
from identity.profiles import collapse
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.identity.test_pipeline import Town, mention

SAID = [
    mention("a", "王伟", "150202198001010012"),
    mention("b", "王伟", "150202198001010012"),
    mention("c", "李娜", "150202199002020023"),
    mention("d", "李娜"),
    mention("e", "李娜"),
]


def collapsed(town: Town) -> tuple[dict[str, int], list[tuple[object, ...]]]:
    """The profile of each record, and the profiles."""
    with open_warehouse(town.workdir) as connection:
        connection.execute("USE memory")
        collapse(connection, mention_table="mention", profile_table="profile", is_keyed=True)
        return (
            dict(connection.execute("SELECT record_key, profile_id FROM mention").fetchall()),
            connection.execute("SELECT profile_id, mentions, name_norm FROM profile ORDER BY 1").fetchall(),
        )


def test_equal_mentions_are_one_profile_and_who_is_nothing_but_a_name_is_one_for_each(
    found: Callable[[], Workdir],
) -> None:
    town = Town(found())
    town.deliver(SAID)
    of, described = collapsed(town)
    assert of["a"] == of["b"]
    assert len(set(of.values())) == 4
    assert [(of_profile, count) for of_profile, count, _ in described] == sorted(Counter(of.values()).items())
    assert {name for _, _, name in described} == {"王伟", "李娜"}


def test_a_profile_has_its_number_whatever_else_is_there(found: Callable[[], Workdir]) -> None:
    town = Town(found())
    town.deliver(SAID)
    of, _ = collapsed(town)
    other = Town(found())
    other.deliver([mention("f", "张伟", "150202197001010019"), *reversed(SAID)])
    now, _ = collapsed(other)
    assert {key: number for key, number in now.items() if key != "f"} == of


def test_mentions_whose_names_look_one_by_accident_are_described_each_by_its_own(
    found: Callable[[], Workdir], monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(found())
    town.deliver(SAID)
    found_surely = collapsed(town)
    monkeypatch.setattr(profiles, "_NAMED", "length(role)")
    assert collapsed(town) == found_surely
