"""The audit page says whether a build is fit for use, needs nothing beside itself, and shows nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from serving.audit import PAGES, audit_page
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
    assert "✓ 可用<" in page
    assert "✓ Fit for use<" in page


def test_the_ledger_and_findings_by_rule_bureau_and_district_stand_on_it(build: Any) -> None:
    change = "UPDATE quality.finding SET bureau = 'psb', division_code = '150202001001' WHERE finding_id = 'f1';"
    page = page_of(build, change)
    for words in ("数据对账表", "无身份号码", "公安局 psb", "东河区", "规则尚未评判"):
        assert words in page, words


def test_it_asks_nothing_of_another_host_and_runs_no_script_but_the_sites(build: Any) -> None:
    page = page_of(build, JUDGED.format(build="b1", status="fail"))
    assert not re.search(r"<img|@import|url\(|https?:|xlink", page)
    assert re.findall(r"<(?:script src|link rel=\"stylesheet\" href)=\"([^\"]*)\"", page) == [
        "assets/style.css",
        "assets/site.js",
    ]
    within = {f"#{anchor}" for anchor in ("todo", "ledger", "verdicts", "findings", "trend", "deliveries", "reading")}
    links = set(re.findall(r'<a[^>]* href="([^"]*)"', page))
    assert links == within | {"#main"} | {file for file, _, _ in PAGES}


def test_what_to_do_names_who_has_to_put_how_many_right(build: Any) -> None:
    change = (
        JUDGED.format(build="b1", status="fail") + "UPDATE quality.rule SET owner_bureau = 'psb', threshold_rate = 0.4;"
    )
    page = page_of(build, change + "UPDATE quality.verdict SET violated = 3, denominator = 5;")
    (row,) = re.findall(r"<tr><td>[^<]*psb.temporary_residence</td>.*?</tr>", page.split('id="ledger"')[0])
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row)[2:] == ["公安局 psb", "3", "5", "60.00%", "40.00%", "1"]


def test_charts_stand_in_the_page_and_say_what_they_show(build: Any) -> None:
    charts = re.findall(r"<svg .*?</svg>", page_of(build, JUDGED.format(build="b1", status="fail")), flags=re.DOTALL)
    assert len(charts) == 5
    for chart in charts:
        assert re.match(r'<svg role="img" aria-label="[^"]+ [A-Z][^"]+" viewBox=', chart)
        assert "currentColor" in chart, "its text would not be seen on a dark ground"
    assert "✗" in charts[1]


def test_findings_are_drawn_from_build_to_build_where_there_are_several(build: Any) -> None:
    change = """
        INSERT INTO meta.build BY NAME SELECT 'b0' AS build_id, TIMESTAMP '2014-10-01 08:00:00' AS built_at,
          DATE '2014-09-30' AS as_of;
        UPDATE quality.finding SET last_build = coalesce(last_build, 'b1');
        UPDATE quality.finding SET last_build = 'b0' WHERE finding_id = 'f0';
        INSERT INTO quality.finding BY NAME SELECT 'f2' AS finding_id, 'id_missing' AS rule_id, 'open' AS state,
          'b0' AS first_build, 'b1' AS last_build;
    """
    trend = page_of(build, change).split('id="trend"')[1].split("</section>")[0]
    assert "<svg" in trend
    assert re.findall(r"<td[^>]*>([^<]*)</td>", trend) == ["1. 2014-09-30", "2", "2. 2014-10-31", "2"]
    assert "<svg" not in page_of(build).split('id="trend"')[1].split("</section>")[0]


def test_the_start_page_leads_to_pages_that_are_there(publish_build: Any) -> None:
    site = publish_build("b1").path / "site"
    links = re.findall(r'href="([^"#]+)"', (site / "index.html").read_text(encoding="utf-8"))
    assert {"audit.html", "rules.html", "bureaus.html", "areas.html", "findings.html"} <= set(links)
    assert [link for link in links if not (site / link).is_file()] == []


def test_the_start_page_says_whether_the_build_is_fit_for_use_why_and_where_its_rows_went(publish_build: Any) -> None:
    change = JUDGED.format(build="b1", status="fail")
    page = (publish_build("b1", change).path / "site" / "index.html").read_text(encoding="utf-8")
    for words in ("可用，但须说明", "文件哈希不符", "33.33%", "数据对账表", "部门评分", "区域评分", "与上次相比"):
        assert words in page, words


@pytest.mark.parametrize("value", ["密甲", "密乙", "150202198001010000", "13800001111", "13900002222", "K1", "K3"])
def test_it_shows_nobody(build: Any, value: str) -> None:
    assert value not in page_of(build, JUDGED.format(build="b1", status="fail"))


def test_it_is_published_with_the_build_and_twice_the_same(publish_build: Any, build: Any) -> None:
    published = publish_build("b1")
    page: Path = published.path / "site" / "audit.html"
    assert page.read_text(encoding="utf-8") == page_of(build)
