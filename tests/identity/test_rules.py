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


def home(key: str, household: str, name: str, number: str, **fields: object) -> dict[str, object]:
    """A row of the household register."""
    return mention(key, name, number, dataset="psb.household_register", household_key=household, **fields)


SON = "150202201303030032"


def test_parents_named_without_a_number_are_those_of_the_childs_household(town: Town) -> None:
    born = {"dataset": "hfpc.birth_certificate", "role": "child", "birth_date": date(2013, 3, 3)}
    town.deliver(
        [
            home("h1", "H1", "王伟", NUMBER, **FITS),
            home("h2", "H1", "王小强", SON, birth_date=date(2013, 3, 3), sex="1"),
            home("h3", "H2", "王伟", OTHER_NUMBER),
            mention("b", "王小强", SON, sex="1", **born),
            mention("b", "王伟", dataset="hfpc.birth_certificate", role="father"),
        ]
    )
    persons = town.identify()
    assert persons["b/father"] == persons["h1"] != persons["h3"]
    assert town.query("SELECT evidence FROM identity.person_xref WHERE role = 'father'") == [
        ("name+relative_household",)
    ]


def test_an_unnamed_newborn_is_the_child_of_that_day_in_the_mothers_household(town: Town) -> None:
    record = {"dataset": "hfpc.birth_certificate"}
    town.deliver(
        [
            home("h1", "H1", "李娜", OTHER_NUMBER),
            home("h2", "H1", "王小强", SON, birth_date=date(2013, 3, 3), sex="1"),
            mention("b", None, role="child", birth_date=date(2013, 3, 3), sex="1", **record),
            mention("b", "李娜", OTHER_NUMBER, role="mother", **record),
        ]
    )
    persons = town.identify()
    assert persons["b/child"] == persons["h2"]
    assert persons["b/mother"] == persons["h1"]


def test_a_collective_household_says_nothing_of_who_belongs_to_whom(town: Town) -> None:
    many = [home(f"m{n}", "H1", f"李{chr(0x4E00 + n)}", f"1502021970050500{n}") for n in range(10, 45)]
    record = {"dataset": "edu.student_enrollment"}
    town.deliver(
        [
            *many,
            home("h1", "H1", "王伟", NUMBER, **FITS),
            home("h2", "H1", "王小强", SON, birth_date=date(2013, 3, 3), sex="1"),
            mention("s", "王小强", SON, role="student", **record),
            mention("s", "王伟", role="guardian", **record),
        ]
    )
    persons = town.identify()
    assert persons["s/student"] == persons["h2"]
    assert persons["s/guardian"] != persons["h1"]


@pytest.mark.parametrize("name", ["李那", None])
def test_a_childs_mother_is_one_however_her_name_is_written(town: Town, name: str | None) -> None:
    child = {"id_number": "150202201303030024", "id_number_status": "valid"}
    again = birth("b", "王小雨", "2", **child)
    slip = {"id_number": None, "id_number_status": "missing", "name_norm": name, "name_key": name and "slip"}
    if name is None:
        slip |= {"birth_date": date(1985, 1, 1)}
    town.deliver([*birth("a", "王小雨", "2", **child), again[0], again[1] | slip])
    persons = town.identify()
    assert persons["a/mother"] == persons["b/mother"]


def test_brothers_of_one_mother_stay_two_though_their_names_are_alike(town: Town) -> None:
    one, other = "150202201303030024", "150202201303030040"
    town.deliver(
        [
            *birth("a", "王小雨", "2", id_number=one, id_number_status="valid"),
            *birth("b", "王小雪", "2", id_number=other, id_number_status="valid"),
            *(
                each | ({"name_norm": "王小云", "birth_date": None} if each["role"] == "child" else {})
                for each in birth("c", "王小云", "2")
            ),
        ]
    )
    persons = town.identify()
    assert len({persons[f"{key}/child"] for key in "abc"}) == 3


def test_equal_records_of_somebody_without_a_number_are_one_person_if_a_rule_says_so(town: Town) -> None:
    told = {"phone": "13900000000", "birth_date": BORN}
    bare = {"sex": "1", "division_code": "150202001001", "division_status": "community"}
    persons = town.see(
        mention("a", "王伟", **told),
        mention("b", "王伟", **told),
        mention("c", "李强", **bare),
        mention("d", "李强", **bare),
    )
    assert people(persons) == {frozenset("ab"), frozenset("c"), frozenset("d")}


def test_whom_splink_placed_brings_others_along(town: Town) -> None:
    """A child's cards know the phone, the register does not; one card has a slip in the surname."""
    born = {"birth_date": date(2013, 3, 3), "sex": "2"}
    place = {"division_code": "150202001001", "division_status": "community"}
    persons = town.see(
        mention("a", "景伊艺", "150202201303030024", **born, **place),
        mention("b", "景伊艺", phone="18600000000", **born, **place),
        mention("c", "影伊艺", phone="18600000000", **born, **place),
        *(mention(f"x{n}", f"赵{chr(0x4E00 + n)}", f"1502021970050500{n}") for n in range(10, 40)),
    )
    assert persons["a"] == persons["b"] == persons["c"]
    assert method_of(town, "c") == ("probable", "birth_date+phone+similar_name")


@pytest.mark.parametrize("number", ["150202198001018992", "150202197912230019"])
def test_a_number_given_out_anew_or_with_another_birth_date_is_the_same_persons(town: Town, number: str) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="13900000000", **FITS),
        mention("b", "王伟", number, phone="13900000000"),
    )
    assert people(persons) == {frozenset("ab")}


def test_twins_whose_records_were_mixed_up_stay_two(town: Town) -> None:
    """One's card carries the other's number and phone; their numbers differ in sequence and check digit alone."""
    one, other = "150202201303030032", "150202201303038931"
    told = {"phone": "13900000000", "birth_date": date(2013, 3, 3), "sex": "1", "mother_name_key": "lina"}
    persons = town.see(
        mention("a", "王小雨", one, **told),
        mention("b", "王小雪", other, **told),
        mention("c", "王小雪", other, **told | {"phone": "13800000000"}),
        mention("d", "王小雨", other, **told),
    )
    assert persons["a"] != persons["b"] == persons["c"]
