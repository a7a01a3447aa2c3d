"""What is linked when the number is missing, wrong or not theirs, and what must stay apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from sources.workdir import Workdir
from tests.identity.test_pipeline import NUMBER, OTHER_NUMBER, Town, mention, people

BORN = date(1980, 1, 1)  # as NUMBER names it
FITS = {"birth_date": BORN, "sex": "1"}


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def method_of(town: Town, key: str) -> object:
    return town.query(f"SELECT method, evidence FROM identity.person_xref WHERE record_key = '{key}'")[0]


def test_a_record_without_a_number_is_found_by_name_birth_and_phone(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="139", **FITS),
        mention("b", "王伟", phone="139", **FITS),
        mention("c", "王伟", phone="7654321", birth_date=date(1981, 1, 1)),
    )
    assert people(persons) == {frozenset("ab"), frozenset("c")}
    assert method_of(town, "b") == ("probable", "name+birth_date+phone")


@pytest.mark.parametrize(
    "slip", ["150202198001010021", "150202198001010013", "15020219800101001", "1.50202198001010E+17"]
)
def test_a_number_one_slip_away_under_the_same_name_is_that_number(town: Town, slip: str) -> None:
    wrong = {"id_number": None, "id_number_raw": slip, "id_number_status": "malformed"}
    persons = town.see(mention("a", "王伟", NUMBER), mention("b", "王伟", **wrong), mention("c", "李娜", **wrong))
    assert people(persons) == {frozenset("ab"), frozenset("c")}


def test_a_relatives_number_does_not_hide_who_it_is(town: Town) -> None:
    own = {"birth_date": date(1990, 2, 2), "sex": "2", "phone": "137"}
    persons = town.see(
        mention("a", "王伟", NUMBER, **FITS),
        mention("b", "王丽娜", OTHER_NUMBER, **own),
        mention("c", "王丽娜", NUMBER, **own),
    )
    assert people(persons) == {frozenset("a"), frozenset("bc")}


def test_father_and_son_who_share_a_phone_stay_apart(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="139", **FITS),
        mention("b", "王强", phone="139", sex="1", birth_date=date(2004, 5, 6)),
    )
    assert people(persons) == {frozenset("a"), frozenset("b")}


def test_namesakes_with_one_phone_get_nothing_from_it(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="139"),
        mention("b", "王伟", OTHER_NUMBER, phone="139"),
        mention("c", "王伟", phone="139"),
    )
    assert people(persons) == {frozenset("a"), frozenset("b"), frozenset("c")}


def birth(key: str, name: str | None, sex: str, **fields: object) -> list[dict[str, object]]:
    """A birth certificate: the child, and the mother by name alone in another record's words."""
    record = {"dataset": "hfpc.birth_certificate"}
    child = mention(key, name, role="child", sex=sex, birth_date=date(2013, 3, 3), mother_name_key="李娜", **record)
    mother = mention(key, "李娜", OTHER_NUMBER, role="mother", **record)
    return [child | fields, mother]


def test_an_unnamed_newborn_is_the_mothers_child_of_that_day(town: Town) -> None:
    number = "150202201303030024"
    town.deliver(
        [
            *birth("a", "王小雨", "2", id_number=number, id_number_status="valid", dataset="hfpc.immunization"),
            *birth("b", None, "2"),
        ]
    )
    persons = town.identify()
    assert persons["a/child"] == persons["b/child"]
    assert persons["a/mother"] == persons["b/mother"] != persons["a/child"]


def test_twins_stay_apart(town: Town) -> None:
    one, other = "150202201303030024", "150202201303030040"
    town.deliver(
        [
            *birth("a", "王小雨", "2", id_number=one, id_number_status="valid"),
            *birth("b", "王小雪", "2", id_number=other, id_number_status="valid"),
            *birth("c", None, "2"),
            *birth("d", None, "1"),
        ]
    )
    persons = town.identify()
    assert len({persons[f"{key}/child"] for key in "abcd"}) == 4, "which of the twins c is, nobody can say"


def test_a_mother_named_without_a_number_is_the_childs_mother(town: Town) -> None:
    town.deliver(
        [
            *birth("a", "王小雨", "2", id_number="150202201303030024", id_number_status="valid"),
            *(
                each if each["role"] == "child" else each | {"id_number": None, "id_number_status": "missing"}
                for each in birth("b", "王小雨", "2", id_number="150202201303030024", id_number_status="valid")
            ),
        ]
    )
    persons = town.identify()
    assert persons["a/mother"] == persons["b/mother"]
    assert town.query("SELECT evidence FROM identity.person_xref WHERE record_key = 'b' AND role = 'mother'") == [
        ("name+relative",)
    ]


def test_a_corrected_number_leads_to_the_same_person(town: Town) -> None:
    corrected = NUMBER[:14] + "0098"
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="13900000000", **FITS),
        mention("b", "王伟", corrected, phone="13900000000", **FITS),
        mention("c", "王伟", OTHER_NUMBER, phone="13900000000"),
    )
    assert people(persons) == {frozenset("ab"), frozenset("c")}
    assert {method_of(town, key) for key in "ab"} == {("probable", "name+phone+corrected_number")}


def test_a_childs_record_with_a_parents_number_and_phone_is_not_the_parents(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="13900000000", **FITS),
        mention("b", "王梓涵", NUMBER, phone="13900000000", birth_date=date(2010, 3, 4), sex="1"),
    )
    assert people(persons) == {frozenset("a"), frozenset("b")}
