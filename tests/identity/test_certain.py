"""When names are one name, and whose a number is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

import identity.certain
from identity.certain import look_alike, names_agree, one_character_apart, sound_alike
from sources.workdir import Workdir
from tests.identity.test_pipeline import NUMBER, Town, mention, people

FITS = {"birth_date": date(1980, 1, 1), "sex": "1"}


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def says(sql: Callable[[str, str], str], one: str, other: str) -> object:
    row = duckdb.execute(f"SELECT {sql('one', 'other')} FROM (SELECT ? AS one, ? AS other)", [one, other]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("王小明", "王小亮", True),
        ("唐慧?", "唐慧颖", True),
        ("那顺巴雅尔", "巴雅尔", True),
        ("陈艳", "阵艳", True),
        ("景?", "景佳", True),
        ("阿拉腾吉如嘎拉", "阿拉坦吉日嘎拉", True),
        ("王明", "王朋", True),
        ("杨波", "杨坡", True),
        ("孟克巴特尔", "巴特尔孟克", True),
        ("张小明", "小明张", True),
        ("王明", "明王", False),
        ("刘洋", "刘涛", False),
        ("王伟", "王强", False),
        ("王明", "王小明", False),
        ("王大明", "王小亮", False),
        ("乌云其木格", "萨仁其木格", False),
    ],
)
def test_names_agree_by_characters_not_by_bytes(one: str, other: str, agree: bool) -> None:
    assert says(names_agree, one, other) is agree
    assert says(names_agree, other, one) is agree


def test_of_the_pairs_that_look_alike_each_is_found_whichever_stands_first_and_no_other() -> None:
    """A pair stands on the shelf of its first character; characters of two pairs are no third one."""
    pairs = (Path(identity.certain.__file__).parent / "lookalikes.txt").read_text(encoding="utf-8").split()
    said = {pair: pair[0] < pair[1] for pair in pairs}
    assert all(said.values()), "the smaller character first"
    # Every first character with what looks like the next one, and with itself.
    others = {one[0] + other[1] for one, other in zip(pairs, pairs[1:] + pairs[:1], strict=True)}
    others |= {one[0] * 2 for one in pairs}
    asked = [*pairs, *(pair[::-1] for pair in pairs), *others]
    found = duckdb.execute(
        f"SELECT pair FROM (SELECT unnest(?) AS pair) WHERE {look_alike('left(pair, 1)', 'right(pair, 1)')}", [asked]
    ).fetchall()
    known = set(pairs) | {pair[::-1] for pair in pairs}
    assert {pair for (pair,) in found} == known
    assert len(others - known) > 1000


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("王伟", "王强", True), ("王明", "王小明", True), ("王伟", "李强", False), ("王明", "李小明", False)],
)
def test_one_character_may_be_wrong_or_lost(one: str, other: str, apart: bool) -> None:
    assert says(one_character_apart, one, other) is apart


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("narigaowa", "narengaowa", True),
        ("baohedalai", "buhedalai", True),
        ("wuyunqimuge", "sarenqimuge", False),
        ("zhangwei", "zhangli", False),
        ("liwei", "liwen", False),
    ],
)
def test_long_names_are_one_name_in_two_transliterations(one: str, other: str, alike: bool) -> None:
    assert says(sound_alike, one, other) is alike


def test_another_transliteration_under_the_same_number_is_the_same_person(town: Town) -> None:
    persons = town.see(
        mention("a", "娜仁高娃", NUMBER, name_key="narengaowa", **FITS),
        mention("b", "那日高瓦", NUMBER, name_key="narigaowa"),
    )
    assert people(persons) == {frozenset("ab")}


def test_a_number_that_fits_two_people_with_records_of_their_own_is_of_both(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="13900000000", **FITS),
        mention("b", "王伟", NUMBER, phone="13900000000"),
        mention("c", "刘强东", NUMBER, phone="13711112222", **FITS),
        mention("d", "刘强东", NUMBER, phone="13711112222"),
    )
    assert people(persons) == {frozenset("ab"), frozenset("cd")}


def test_who_has_a_new_name_and_the_old_phone_is_the_same_person(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER, phone="13900000000", **FITS),
        mention("b", "王伟", NUMBER),
        mention("c", "刘强东", NUMBER, phone="13900000000", **FITS),
        mention("d", "刘强东", NUMBER),
    )
    assert people(persons) == {frozenset("abcd")}


def test_a_brothers_number_does_not_make_brothers_one(town: Town) -> None:
    persons = town.see(
        mention("a", "王小明", NUMBER, **FITS),
        mention("b", "王小亮", NUMBER, birth_date=date(1984, 7, 9), sex="1"),
    )
    assert people(persons) == {frozenset("a"), frozenset("b")}
