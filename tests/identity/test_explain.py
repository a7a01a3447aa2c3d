"""Why records are one person, or are not, told from what is published and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from identity.explain import Pair, Person, explain_pair, explain_person
from identity.explain_page import pair_page, person_page, write_page
from sources.errors import UsageError
from sources.evidence import words_of
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.identity.test_pipeline import Town, mention
from tests.identity.test_scoring import COMMUNITY, CROWD, at

NUMBER = "150202198001010012"
OTHER = "150202198001010098"
BORN = date(1980, 1, 1)


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


@contextmanager
def published(town: Town) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a published library holds besides what identity makes, as far as explanations look at it."""
    with open_warehouse(town.workdir) as connection:
        connection.execute(
            "CREATE SCHEMA IF NOT EXISTS library; CREATE SCHEMA IF NOT EXISTS meta;"
            "CREATE OR REPLACE TABLE library.dim_person AS SELECT person_id, min(id_number) AS id_number "
            "FROM identity.person_xref JOIN mentions.int_person__mentions USING (record_ref, role) GROUP BY person_id;"
            "CREATE OR REPLACE TABLE meta.delivery AS SELECT 'd' AS delivery, DATE '2014-10-31' AS extract_date;"
            "CREATE OR REPLACE TABLE meta.build AS SELECT build_id, now() AS built_at FROM "
            "(SELECT DISTINCT build_id FROM identity.person_event)"
        )
        yield connection


def person(town: Town, key: str) -> Person:
    with published(town) as connection:
        ((person_id,),) = connection.execute(
            "SELECT person_id FROM identity.person_xref WHERE record_key = ?", [key]
        ).fetchall()
        return explain_person(connection, person_id)


def pair(town: Town, one: str, other: str) -> Pair:
    with published(town) as connection:
        return explain_pair(connection, f"psb.temporary_residence|{one}", f"psb.temporary_residence|{other}")


def at_row(row: int) -> dict[str, object]:
    return {"_delivery": "d", "_file": "暂住人口.csv", "_row": row}


def test_each_record_of_a_person_is_told_with_its_file_its_row_and_its_evidence(town: Town) -> None:
    town.see(
        mention("a", "司马光", NUMBER, phone="13900000000", birth_date=BORN, **at_row(2)),
        mention("b", "司马光", NUMBER, **at_row(3)),
        mention("c", "司马光", phone="13900000000", **at_row(4)),
    )
    found = person(town, "a")
    assert [(item.record_key, item.file, item.row, item.extract_date, item.evidence) for item in found.mentions] == [
        ("a", "暂住人口.csv", 2, "2014-10-31", "number+name"),
        ("b", "暂住人口.csv", 3, "2014-10-31", "number+name"),
        ("c", "暂住人口.csv", 4, "2014-10-31", "name+phone"),
    ]
    keys = {item.mention_id: item.record_key for item in found.mentions}
    links = [({keys[link.one], keys[link.other]}, link.evidence, link.confidence) for link in found.tree]
    assert sorted(links, key=str) == sorted(
        [({"a", "b"}, "number+name", 1.0), ({"a", "c"}, "name+phone", 0.995)], key=str
    )
    assert [(event.kind, event.person_id) for event in found.events] == [("created", found.person_id)]


def test_what_splink_placed_is_weighed_again_and_comes_to_what_the_library_says(town: Town) -> None:
    town.see(*CROWD, mention("a", "司马光", NUMBER, **at(COMMUNITY)), mention("b", "司马光", **at(COMMUNITY)))
    (score,) = person(town, "b").scores
    odds = 2**score.weight
    assert odds / (1 + odds) == pytest.approx(score.probability, abs=1e-6)
    assert {step.comparison: step.level for step in score.steps if step.level not in ("null", "")} == {
        "name": "same",
        "place": "community",
    }


def test_a_finding_s_reference_names_a_person_too_and_an_unknown_one_is_refused(town: Town) -> None:
    town.see(mention("a", "司马光", NUMBER))
    found = person(town, "a")
    with published(town) as connection:
        assert found.person_ref is not None
        assert explain_person(connection, found.person_ref).person_id == found.person_id
        with pytest.raises(UsageError, match="Nobody has this number"):
            explain_person(connection, "nobody")


def test_a_number_that_ended_says_where_it_went(town: Town) -> None:
    before = town.see(mention("a", "司马光", NUMBER), mention("b", "欧阳修"))
    after = town.see(mention("a", "司马光", NUMBER), mention("b", "司马光", NUMBER))
    assert before["b"] != after["b"]
    with published(town) as connection, pytest.raises(UsageError, match=f"merged → {after['b']}"):
        explain_person(connection, before["b"])


def test_two_records_are_one_by_the_chain_of_links_between_them(town: Town) -> None:
    town.see(
        mention("a", "司马光", phone="13900000000"),
        mention("b", "司马光", NUMBER, phone="13900000000", birth_date=BORN),
        mention("c", "司马光", NUMBER),
    )
    found = pair(town, "a", "c")
    assert found.is_one
    assert [link.evidence for link in found.chain] == ["name+phone", "number+name"]
    assert found.verdict[1] == "one person, by 2 links, the weakest 0.9950"
    assert found.against == ()
    assert (found.fields["name"], found.fields["phone"]) == ("same", "absent")


def test_two_who_bear_numbers_of_their_own_are_two(town: Town) -> None:
    town.see(
        mention("a", "司马光", NUMBER, birth_date=BORN, sex="1"),
        mention("b", "司马光", OTHER, birth_date=BORN, sex="1"),
    )
    found = pair(town, "a", "b")
    assert not found.is_one
    assert "valid number of their own" in found.verdict[1]
    assert found.fields["birth_date"] == "same"


def test_namesakes_who_share_the_key_are_counted(town: Town) -> None:
    shared = {"phone": "13900000000"}
    town.see(
        mention("a", "司马光", NUMBER, birth_date=BORN, **shared),
        mention("b", "司马光", "150202199002020023", birth_date=date(1990, 2, 2), **shared),
        mention("c", "司马光", **shared),
    )
    found = pair(town, "c", "a")
    assert not found.is_one
    assert [(rule.evidence, rule.people) for rule in found.rules] == [("name+phone", 3)]
    assert any("tells nobody apart" in en for _, en in found.against)
    assert found.score is not None
    assert found.score.candidates == 2


def test_relatives_in_the_same_record_are_a_reason(town: Town) -> None:
    family = [
        mention("birth", "王小明", role="child", birth_date=date(2010, 1, 2), sex="1"),
        mention("birth", "李娜", NUMBER, role="mother"),
        mention("shot", None, role="child", birth_date=date(2010, 1, 2), sex="1"),
        mention("shot", "李娜", NUMBER, role="mother"),
    ]
    town.see(*family, mention("school", "王小明", "150202201001020019", birth_date=date(2010, 1, 2), sex="1"))
    with published(town) as connection:
        found = explain_pair(connection, "psb.temporary_residence|birth:child", "psb.temporary_residence|shot:child")
        with pytest.raises(UsageError, match="several people"):
            explain_pair(connection, "psb.temporary_residence|birth", "psb.temporary_residence|shot:child")
    assert [rule.evidence for rule in found.rules] == ["birth_date+sex+relative"]


@pytest.mark.parametrize("name", ["nothing", "psb.temporary_residence|nothing", "psb.temporary_residence|a:mother"])
def test_a_mention_that_is_not_there_is_refused(town: Town, name: str) -> None:
    town.see(mention("a", "司马光", NUMBER), mention("b", "司马光", NUMBER))
    with published(town) as connection, pytest.raises(UsageError):
        explain_pair(connection, name, "psb.temporary_residence|b")


def test_a_mention_is_not_held_against_itself(town: Town) -> None:
    town.see(mention("a", "司马光", NUMBER))
    with pytest.raises(UsageError, match="one and the same"):
        pair(town, "a", "a")


def test_pages_are_masked_alone_and_their_owner_s(town: Town, tmp_path: Path) -> None:
    town.see(
        mention("a", "司马光", NUMBER, phone="13900001234", birth_date=BORN),
        mention("b", "司马光", phone="13900001234"),
    )
    names = {"psb.temporary_residence": "暂住人口"}
    pages = {
        is_revealed: [
            person_page(person(town, "a"), names, is_revealed=is_revealed),
            pair_page(pair(town, "a", "b"), names, is_revealed=is_revealed),
        ]
        for is_revealed in (False, True)
    }
    for page in pages[False]:
        assert "司*" in page
        assert [value for value in ("司马光", NUMBER, "13900001234", "1980-01-01", "://") if value in page] == []
        assert not any(tag in page for tag in ("<script", "<link", "<img"))
    assert all("司马光" in page and NUMBER in page for page in pages[True])
    file = tmp_path / "page.html"
    write_page(pages[False][0], file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_evidence_is_told_in_chinese() -> None:
    assert words_of("name+birth_date+phone") == "姓名 + 出生日期 + 电话"
    assert words_of(None) == ""


def test_a_library_of_an_earlier_version_says_what_to_do(town: Town) -> None:
    town.see(mention("a", "司马光", NUMBER))
    with published(town) as connection:
        connection.execute("DROP VIEW identity.mention")
        with pytest.raises(UsageError, match="build once more"):
            explain_person(connection, "anybody")
