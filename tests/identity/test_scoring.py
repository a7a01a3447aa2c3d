"""What Splink links of what the rules leave, and what it must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from identity.scoring import WEIGHTS, read_weights
from sources.errors import SijikuError
from sources.workdir import Workdir
from tests.identity.test_pipeline import Town, mention

COMMUNITY, OTHER_COMMUNITY = "150202001001", "150203005004"


def numbered(n: int) -> str:
    """A number of nobody real; its last place is never checked here."""
    return f"15020219800101{n:04d}"


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def at(division: str, **fields: object) -> dict[str, object]:
    return {"division_code": division, "division_status": "community", **fields}


# Names enough that each is rare: what one name proves is measured against all.
CROWD = [
    mention(f"crowd {n}", f"赵{chr(0x4E00 + n)}{chr(0x5E00 + n)}", numbered(100 + n), **at(OTHER_COMMUNITY))
    for n in range(300)
]


def test_a_name_in_its_community_is_the_one_who_lives_there(town: Town) -> None:
    persons = town.see(
        *CROWD, mention("a", "司马光", numbered(1), **at(COMMUNITY)), mention("b", "司马光", **at(COMMUNITY))
    )
    assert persons["a"] == persons["b"]
    assert town.query("SELECT method, evidence FROM identity.person_xref WHERE record_key = 'b'") == [
        ("probable", "name+place")
    ]


def test_a_name_at_an_employer_is_the_one_who_works_there(town: Town) -> None:
    persons = town.see(
        *CROWD,
        mention("a", "司马光", numbered(1), employer="包头 钢铁厂"),
        mention("b", "司马光", employer="包头钢铁厂"),
    )
    assert persons["a"] == persons["b"]


def test_a_record_that_two_namesakes_could_have_written_is_given_to_neither(town: Town) -> None:
    persons = town.see(
        *CROWD,
        mention("a", "司马光", numbered(1), **at(COMMUNITY)),
        mention("b", "司马光", numbered(2), **at(COMMUNITY)),
        mention("c", "司马光", **at(COMMUNITY)),
    )
    assert len({persons[key] for key in "abc"}) == 3


def test_brothers_with_one_mother_one_phone_and_one_home_stay_two(town: Town) -> None:
    family = {"mother_name": "李娜", "mother_name_key": "lina", "phone": "13900000000"}
    persons = town.see(
        *CROWD,
        mention("a", "王小明", numbered(1), birth_date=date(2010, 1, 2), sex="1", **at(COMMUNITY, **family)),
        mention("b", "王小亮", sex="1", **at(COMMUNITY, **family)),
    )
    assert persons["a"] != persons["b"]


# Two namesakes, of whom one is known to have a phone once Splink has placed a record; and a record with that phone.
NAMESAKES = [
    *CROWD,
    mention("a", "司马光", numbered(1), **at(COMMUNITY)),
    mention("b", "司马光", **at(COMMUNITY, phone="13900000000", birth_date=date(1980, 1, 1))),
    mention("c", "司马光", phone="13900000000"),
    mention("d", "司马光", numbered(2), **at(OTHER_COMMUNITY)),
]


def test_the_phone_of_a_record_that_splink_placed_is_the_persons_for_rules_that_are_asked_again(town: Town) -> None:
    persons = town.see(*NAMESAKES)
    assert persons["a"] == persons["b"] == persons["c"] != persons["d"]
    assert town.query(
        "SELECT record_key, evidence FROM identity.person_xref WHERE record_key IN ('b', 'c') ORDER BY ALL"
    ) == [
        ("b", "name+place"),
        ("c", "name+phone"),
    ]


def test_a_phone_that_splink_gave_to_two_namesakes_is_no_more_a_key_than_one_that_both_had(town: Town) -> None:
    other = mention("e", "司马光", **at(OTHER_COMMUNITY, phone="13900000000", birth_date=date(1990, 2, 2)))
    persons = town.see(*NAMESAKES, other)
    assert persons["a"] == persons["b"]
    assert persons["d"] == persons["e"]
    assert len({persons[key] for key in "acd"}) == 3


def test_the_committed_weights_are_of_the_comparisons_that_are_made() -> None:
    levels = {
        comparison["output_column_name"]: [
            (level["m_probability"], level["u_probability"])
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        ]
        for comparison in read_weights(WEIGHTS)["comparisons"]
    }
    assert {name for name, pairs in levels.items() if pairs[0][0] <= pairs[0][1]} == set()
    assert all(0 < probability <= 1 for pairs in levels.values() for pair in pairs for probability in pair)


@pytest.mark.parametrize("text", ["", "{}", '{"weights": {"name": {"same": 1}}}', '{"weights": {}}'])
def test_weights_of_something_else_are_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text(text, encoding="utf-8")
    with pytest.raises(SijikuError, match=r"weights\.json") as raised:
        read_weights(weights)
    assert "sijiku train" in raised.value.remedy


def test_weights_without_a_level_are_refused(tmp_path: Path) -> None:
    saved = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    del saved["weights"]["phone"]["slip"]
    weights = tmp_path / "weights.json"
    weights.write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(SijikuError, match="phone"):
        read_weights(weights)
