"""What deliveries were found to be is not asked again, and what is said of all of them is the same both ways."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from expectations.checkpoint import validate
from expectations.outcome import ExpectationOutcome
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

Row = dict[str, str | None]
Deliver = Callable[[str, Sequence[Row]], None]

PSB = "psb.temporary_residence"
FUNDING = "finance.service_funding"
DEFECTS: list[Row] = [
    {},
    {"姓名": None},
    {"性别": "男"},
    {"性别": None},
    {"出生日期": "20140230"},
    {"公民身份号码": "无"},
    {"登记编号": "R1"},
    {"_change": "D", "姓名": None, "性别": None, "登记日期": None},
    {"户籍地区划": None},
]


def change(workdir: Workdir, sql: str) -> None:
    with open_warehouse(workdir) as connection:
        connection.execute(sql)


def build(workdir: Workdir, *, is_full: bool = False, code: str = "c1") -> list[ExpectationOutcome]:
    """The outcomes of a build of both datasets, made in full or not."""
    change(workdir, f"UPDATE raw.build SET is_full = {is_full}, code_version = '{code}'")
    return validate(workdir, [PSB, FUNDING], workdir.scratch / "docs")


def rows(chance: random.Random, delivery: str, count: int) -> list[Row]:
    return [
        {"登记编号": f"R{chance.randrange(count)}", "_delivery": delivery} | chance.choice(DEFECTS)
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_deliveries_one_after_another_are_what_all_are_at_once(workdir: Workdir, deliver: Deliver, seed: int) -> None:
    chance = random.Random(seed)
    deliver(PSB, rows(chance, "d1", 20))
    build(workdir, is_full=True)
    for delivery in ("d2", "d3"):
        deliver(PSB, rows(chance, delivery, chance.randrange(1, 8)))
        build(workdir)
    deliver(FUNDING, [{"预算万元": "约12"}, {}])
    assert build(workdir) == build(workdir, is_full=True)


def test_a_delivery_that_was_looked_at_is_not_looked_at_again(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    deliver(FUNDING, [{}])
    before = build(workdir, is_full=True)
    change(workdir, "UPDATE raw.psb__temporary_residence SET \"性别\" = '男'")
    assert build(workdir) == before
    assert build(workdir, is_full=True) != before


def test_only_new_deliveries_are_looked_at(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    build(workdir, is_full=True)
    change(workdir, "UPDATE raw.psb__temporary_residence SET \"性别\" = '男'")
    deliver(PSB, [{"_delivery": "d2", "性别": "女"}, {"_delivery": "d2", "登记编号": "R2"}])
    (sex,) = (item for item in build(workdir) if (item.expectation, item.column) == ("code_listed", "性别"))
    assert (sex.unexpected, sex.total) == (1, 3)


def test_other_code_asks_again(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    before = build(workdir, is_full=True)
    change(workdir, "UPDATE raw.psb__temporary_residence SET \"性别\" = '男'")
    assert build(workdir, code="c2") != before


def test_a_delivery_that_applies_no_more_asks_again(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}, {"_delivery": "d2", "性别": "男"}])
    build(workdir, is_full=True)
    change(workdir, "DELETE FROM raw.psb__temporary_residence WHERE _delivery = 'd2'")
    change(workdir, "UPDATE raw.delivery SET is_applied = false WHERE delivery = 'd2'")
    (sex,) = (item for item in build(workdir) if (item.expectation, item.column) == ("code_listed", "性别"))
    assert (sex.unexpected, sex.total) == (0, 1)


def test_what_could_not_be_evaluated_is_asked_again(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    change(workdir, 'ALTER TABLE raw.psb__temporary_residence RENAME "出生日期" TO "生日"')
    assert any(item.is_error for item in build(workdir, is_full=True))
    change(workdir, 'ALTER TABLE raw.psb__temporary_residence RENAME "生日" TO "出生日期"')
    assert not any(item.is_error for item in build(workdir))


def test_an_error_in_new_deliveries_is_one_of_the_dataset(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    build(workdir, is_full=True)
    change(workdir, 'ALTER TABLE raw.psb__temporary_residence DROP COLUMN "出生日期"')
    change(workdir, "INSERT INTO raw.delivery VALUES ('psb.temporary_residence', 'd2', true)")
    found = {(item.expectation, item.column): item for item in build(workdir)}
    assert found["date_readable", "出生日期"].is_error
    assert not found["date_readable", "出生日期"].success
    assert not found["column_exists", "出生日期"].success


def test_a_first_delivery_after_none_gives_a_dataset_rows(workdir: Workdir, deliver: Deliver) -> None:
    assert {item.suite for item in build(workdir, is_full=True) if not item.success} == {PSB, FUNDING}
    deliver(PSB, [{}])
    assert {item.suite for item in build(workdir) if not item.success} == {FUNDING}


def test_deletions_alone_take_no_rows_from_a_dataset(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    deliver(FUNDING, [{}])
    build(workdir, is_full=True)
    deliver(PSB, [{"_delivery": "d2", "_change": "D"}])
    assert all(item.success for item in build(workdir))


def test_pages_show_all_suites_and_what_was_found_in_all_deliveries(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}, {"登记编号": "R2", "性别": None}])
    deliver(FUNDING, [{}])
    build(workdir, is_full=True)
    deliver(PSB, [{"登记编号": "R2", "姓名": None, "_delivery": "d2"}])
    build(workdir)
    pages = shown(workdir.scratch / "docs")
    build(workdir, is_full=True)
    assert pages == shown(workdir.scratch / "docs")
    assert len(pages) == 5


def shown(docs: Path) -> dict[str, str]:
    """The text of every page, without tags and ids."""
    return {
        path.relative_to(docs).as_posix(): re.sub(
            r"\s+", " ", re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8"))
        )
        for path in sorted(docs.rglob("*.html"))
    }


def test_no_value_of_a_person_is_kept(workdir: Workdir, deliver: Deliver) -> None:
    secret: Row = {"姓名": "欧阳密密", "性别": "欧阳密密", "公民身份号码": "15020219800101999", "登记编号": "SECRET-77"}
    deliver(PSB, [secret])
    build(workdir, is_full=True)
    with open_warehouse(workdir, read_only=True) as connection:
        kept = str(connection.execute("FROM marker.extract_result").fetchall())
    assert PSB in kept
    assert [value for value in secret.values() if value and value in kept] == []
