"""Equal mentions are one profile, and only they."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from identity import profiles
from identity.profiles import collapse
from sources.errors import SijikuError
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
            connection.execute("SELECT profile_id, digest, mentions, name_norm FROM profile ORDER BY 1").fetchall(),
        )


def test_a_cheap_key_that_two_profiles_share_by_accident_makes_no_difference(
    found: Callable[[], Workdir], monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(found())
    town.deliver(SAID)
    of, described = collapsed(town)
    assert of["a"] == of["b"]
    assert len(set(of.values())) == len(described) == 4, "who is nothing but a name is a profile for each mention"
    monkeypatch.setattr(profiles, "_quick_digest_of", lambda fields, alone: "1")
    assert collapsed(town) == (of, described)


def test_profiles_are_numbered_by_their_digest(found: Callable[[], Workdir]) -> None:
    town = Town(found())
    town.deliver(SAID)
    _, described = collapsed(town)
    digests = [digest for _, digest, *_ in described]
    assert digests == sorted(digests, key=lambda digest: int(str(digest)))
    with open_warehouse(town.workdir) as connection:
        told = connection.execute(f"SELECT DISTINCT {profiles.digest()} FROM mentions.int_person__mentions").fetchall()
    assert {digest for (digest,) in told} == set(digests), "a run that goes on finds them again"


def test_a_mention_that_is_named_twice_is_refused(found: Callable[[], Workdir]) -> None:
    town = Town(found())
    town.deliver([*SAID, mention("a", "张伟")])
    with pytest.raises(SijikuError, match="1 repeat"):
        collapsed(town)
