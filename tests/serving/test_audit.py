"""The audit page says whether a build is fit for use, needs nothing beside itself, and shows nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from serving.audit import audit_page
from sources.warehouse import open_warehouse

JUDGED = """
UPDATE quality.rule SET severity = 'error', threshold_rate = 0.1, dimension = '完整性';
CREATE TABLE quality.verdict AS SELECT '{build}' AS build_id, 'id_missing' AS rule_id,
  'psb.temporary_residence' AS dataset, 'psb' AS bureau, 1 AS violated, 3 AS denominator, '{status}' AS status;
"""


def page_of(build: Any, change: str = "") -> str:
    workdir = build("b1", change)
    with open_warehouse(workdir, read_only=True) as connection:
        return audit_page(connection, "b1")


def test_a_severe_rule_past_its_threshold_puts_a_reservation_on_the_build(build: Any) -> None:
    page = page_of(build, JUDGED.format(build="b1", status="fail"))
    assert "可用，但须说明" in page
    assert "33.33%" in page
    assert "10.00%" in page


def test_a_refused_delivery_is_named_with_its_reason(build: Any) -> None:
    page = page_of(build, JUDGED.format(build="b1", status="pass"))
    assert "Fit for use, but deliveries were refused" in page
    assert "文件哈希不符" in page
    assert "civil.marriage" in page


def test_without_refusals_and_failures_it_is_fit_for_use(build: Any) -> None:
    page = page_of(build, JUDGED.format(build="b1", status="pass") + "UPDATE meta.build SET refused = 0;")
    assert "可用 Fit for use<" in page


def test_the_ledger_and_findings_by_rule_bureau_and_district_stand_on_it(build: Any) -> None:
    change = "UPDATE quality.finding SET bureau = 'psb', division_code = '150202001001' WHERE finding_id = 'f1';"
    page = page_of(build, change)
    for words in ("数据对账表", "无身份号码", "公安局 psb", "东河区", "规则尚未评判"):
        assert words in page, words


def test_it_needs_nothing_beside_itself(build: Any) -> None:
    page = page_of(build)
    assert not re.search(r"(src|href)=|@import|url\(|https?:", page)


@pytest.mark.parametrize("value", ["密甲", "密乙", "150202198001010000", "13800001111", "13900002222", "K1", "K3"])
def test_it_shows_nobody(build: Any, value: str) -> None:
    assert value not in page_of(build, JUDGED.format(build="b1", status="fail"))


def test_it_is_published_with_the_build_and_twice_the_same(publish_build: Any, build: Any) -> None:
    published = publish_build("b1")
    page: Path = published.path / "site" / "index.html"
    assert page.read_text(encoding="utf-8") == page_of(build)
