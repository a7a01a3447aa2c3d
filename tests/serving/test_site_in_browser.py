"""The audit site in a browser, opened as files: searched, filtered, followed to a finding, switched, printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from serving.audit import PAGES
from serving.audit_site import copy_for, write_site
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.conftest import BuiltCity

CHROMIUM = "/usr/bin/chromium"
PHONE = {"width": 360, "height": 740}


@dataclass
class Visit:
    """A page of a site, and what went wrong on it: console errors, exceptions, requests to anywhere but its files."""

    page: Page
    site: Path
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.trouble.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("request", lambda asked: self.trouble.append(asked.url) if not self.is_own(asked.url) else None)

    def is_own(self, url: str) -> bool:
        return url.startswith(self.site.parent.as_uri())

    def open(self, name: str) -> Page:
        """Open a page and wait until its script has filled it."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.site.as_uri()}/{name}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def follow(self, selector: str) -> None:
        """Click, and wait until the page has been filled anew."""
        before = self.page.evaluate("[location.pathname, document.documentElement.dataset.ready]")
        self.page.locator(selector).first.click()
        self.page.wait_for_function(
            "([path, ready]) => document.documentElement.dataset.ready && "
            "(location.pathname !== path || document.documentElement.dataset.ready !== ready)",
            arg=before,
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1240, "height": 900})
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, built_city: BuiltCity) -> Iterator[Visit]:
    visited = Visit(context.new_page(), (built_city.workdir.current / "site").resolve())
    yield visited
    assert visited.trouble == []


def cube(site: Path) -> list[list[int]]:
    text = (site / "data" / "cube.js").read_text(encoding="utf-8")
    return json.loads(text[text.index(",") + 1 : text.rindex(")")])  # type: ignore[no-any-return]


def test_every_page_opens_without_trouble_and_fits_a_phone(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    districts = sorted(path.name for path in visit.site.glob("district-*.html"))[:1]
    for name in [*(file for file, _, _ in PAGES), "city.html", "linkage.html", *districts]:
        page = visit.open(name)
        assert page.locator("h1").first.inner_text().strip(), name
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than a phone"
        assert "缺少数据文件" not in visit.text(), name


def test_the_start_page_says_if_it_is_fit_for_use_and_leads_on(visit: Visit) -> None:
    visit.open("index.html")
    for words in ("可用", "阻断性检查全部通过", "部门评分", "区域评分", "数据对账表", "尚无变化可看"):
        assert words in visit.text(), words
    visit.follow("#bureaus tbody a")
    assert "问题最多的规则" in visit.text()


def test_from_the_start_to_a_rule_an_area_at_each_level_a_bureau_and_a_finding(visit: Visit) -> None:
    visit.open("rules.html")
    visit.follow("tbody a")
    for words in ("依据", "可披露给", "按部门和数据集", "按区域", "历次建库", "查询与血缘"):
        assert words in visit.text(), words
    visit.follow("text=逐条查看")
    visit.page.wait_for_selector("tbody code")
    visit.follow("tbody a:has(code)")
    for words in ("人员代号", "来源文件", "报送批次", "经过", "血缘", "quality.finding"):
        assert words in visit.text(), words
    visit.open("areas.html")
    for level in ("旗县区", "乡镇、街道", "社区、村"):
        visit.follow("section:has(h2:text('下级区域')) tbody a")
        assert level in visit.page.locator("header").inner_text()


def test_findings_are_filtered_by_what_there_is_and_counted_like_the_library(visit: Visit) -> None:
    visit.open("findings.html")
    total = sum(count for *_, count in cube(visit.site))
    assert f"共 {total:,} 条" in visit.text()
    visit.page.select_option("#bureau", "psb")
    visit.page.wait_for_function("!document.querySelector('[role=status]').textContent.includes('…')")
    assert "bureau=psb" in visit.page.url
    datasets = visit.page.locator("#dataset option").evaluate_all("options => options.map(option => option.value)")
    assert set(datasets) == {"", "psb.household_register", "psb.temporary_residence"}
    visit.open("findings.html#rule=id_missing&severity=info")
    visit.page.wait_for_selector("main :text('无。')")
    visit.open("findings.html#rule=id_missing&area=150203000000&state=open")
    visit.page.wait_for_selector("tbody tr")
    places = visit.page.locator("tbody tr td:nth-child(5) a").evaluate_all("links => links.map(link => link.href)")
    assert places and all("area=150203" in place for place in places)
    assert f"共 {len(places)} 条" in visit.text() or "列出 100 条" in visit.text()


def test_more_findings_are_listed_on_demand(visit: Visit) -> None:
    visit.open("findings.html")
    visit.page.wait_for_selector(".more button")
    visit.page.locator(".more button").click()
    visit.page.wait_for_function("document.querySelectorAll('tbody tr').length === 200")


def test_a_finding_is_found_by_the_beginning_of_its_id(visit: Visit) -> None:
    visit.open("findings.html#rule=id_missing")
    visit.page.wait_for_selector("tbody tr")
    wanted = visit.page.locator("tbody a:has(code)").first.get_attribute("href") or ""
    finding = wanted.rsplit("%2F", 1)[1]
    visit.open("findings.html")
    visit.page.fill("#id", finding[:12])
    visit.page.press("#id", "Enter")
    visit.page.wait_for_function("document.querySelectorAll('tbody tr').length === 1")
    assert visit.page.locator("tbody code").first.inner_text() == finding[:8]


def test_where_bureaus_disagree_it_is_told_who_and_on_what_but_no_value(visit: Visit) -> None:
    visit.open("findings.html#rule=field_conflict&dataset=hfpc.health_record")
    visit.page.wait_for_selector("tbody tr")
    visit.follow("tbody a:has(code)")
    visit.page.set_viewport_size(PHONE)
    assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    table = visit.page.locator("section:has(h2:text('各部门记载')) tbody")
    assert table.locator("tr").count() > 1
    assert table.locator("[data-field].bad").count() >= 1
    assert set(
        "".join(table.locator("td.c > span").evaluate_all("marks => marks.map(mark => mark.firstChild.data)"))
    ) <= set("✓✗?–")


def test_the_language_is_switched_and_kept(visit: Visit) -> None:
    visit.open("index.html")
    assert visit.page.locator("h1").inner_text() == "四级流动人口综合信息库"
    visit.page.locator("#lang").click()
    assert visit.page.locator("h1").inner_text() == "Four-level population library"
    assert visit.page.evaluate("document.documentElement.lang") == "en"
    visit.follow("nav a[href*='rules.html']")
    assert visit.page.locator("h1").inner_text() == "Rules"
    visit.page.locator("#lang").click()
    visit.page.wait_for_selector("h1:text('规则')")


def test_it_prints_with_what_was_folded_and_without_its_controls(visit: Visit, tmp_path: Path) -> None:
    visit.open("rules.html#rule=id_missing")
    visit.page.evaluate("window.print = () => {}")
    visit.page.locator("#print").click()
    assert visit.page.locator("details:not([open])").count() == 0
    visit.page.emulate_media(media="print")
    assert not visit.page.locator(".bar").is_visible()
    paper = visit.page.pdf(path=tmp_path / "rule.pdf", format="A4")
    assert paper.startswith(b"%PDF")


def test_it_is_used_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open("findings.html")
    page.wait_for_selector("tbody tr")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    for control in ("rule", "bureau", "dataset", "severity", "state", "district", "id"):
        assert control in reached, control
    unnamed = page.locator("select, input").evaluate_all(
        "all => all.filter(one => !one.labels.length).map(one => one.id)"
    )
    assert unnamed == []
    page.focus("#severity")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash.includes('severity=error')")
    page.wait_for_function("document.activeElement.id === 'severity'")
    page.focus("tbody a")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


LIVED = """
UPDATE meta.build SET previous_build_id = 'b0';
INSERT INTO meta.build BY NAME SELECT 'b0' AS build_id, TIMESTAMP '2014-10-01 08:00:00' AS built_at,
  DATE '2014-09-30' AS as_of;
UPDATE quality.finding SET bureau = 'psb', last_build = 'b1', detail_en = 'no ID number: id_number';
UPDATE quality.finding SET last_build = 'b0' WHERE state = 'verified';
INSERT INTO quality.case BY NAME
  SELECT 'e1' AS case_event_id, 'f1' AS finding_id, TIMESTAMP '2014-11-02 09:00:00' AS at,
  'acknowledged' AS kind, 'acknowledged' AS state, '户政科' AS "by", '<b>已转派出所</b>' AS reason;
CREATE TABLE quality.rule_change AS SELECT 'id_missing' AS rule_id, 'threshold_rate' AS field, '0.1' AS old_value,
  '0.4' AS new_value, '信息中心' AS "by", '试行' AS reason, TIMESTAMP '2014-10-05 08:00:00' AS at, true AS is_in_force,
  'fail' AS status_before, 'pass_with_violations' AS status_after, 1 AS datasets_changed, 3 AS datasets;
ALTER TABLE marts.mart_area_scorecard ADD COLUMN previous_period DATE;
INSERT INTO marts.mart_area_scorecard BY NAME
  SELECT '150200000000' AS division_code, 'city' AS level, DATE '2014-10-31' AS period, 'missing_rate' AS measure,
  0.03 AS value, 0.02 AS target, 0.04 AS previous, DATE '2014-09-30' AS previous_period;
"""


def test_the_life_of_a_finding_and_the_changes_of_a_rule_are_told(
    context: BrowserContext, build: Callable[..., Workdir], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    with open_warehouse(build("b1", LIVED), read_only=True) as connection:
        write_site(connection, "b1", site)
    visit = Visit(context.new_page(), site)
    visit.open("index.html")
    assert "新出现 1，已消除 1，重新出现 0" in visit.text()
    for page in ("index.html", "areas.html"):
        visit.open(page)
        assert "箭头为与上期（2014-09）相比" in visit.text()
        assert visit.page.locator("span.ok:text('↓1.00%')").first.get_attribute("title") == "上期 2014-09：4.00%"
    visit.open("index.html")
    visit.follow("section#changes tbody a")
    assert "超过阈值 → △ 有问题，未超阈值" in visit.text()
    assert visit.page.locator("section:has(h2:text('历次建库')) svg circle").count() == 2
    visit.follow("text=逐条查看")
    visit.page.wait_for_selector("tbody tr")
    visit.follow("tbody a:has(code)")
    life = visit.page.locator("section:has(h2:text('经过'))").inner_text()
    assert "户政科" in life
    assert "<b>已转派出所</b>" in life, "what people wrote is text, no HTML"
    assert "身份证号码" in visit.text() or "公民身份号码" in visit.text()
    assert visit.trouble == []


def test_a_bureaus_copy_says_what_it_leaves_out(context: BrowserContext, built_city: BuiltCity, tmp_path: Path) -> None:
    whole = built_city.workdir.current / "site"
    copy_for(whole, "psb", tmp_path / "site")
    visit = Visit(context.new_page(), tmp_path / "site")
    visit.open("findings.html#rule=field_conflict")
    visit.page.wait_for_selector("main :text('不在本副本内')")
    assert visit.page.locator("tbody tr").count() == 0
    visit.open("findings.html#rule=id_missing")
    visit.page.wait_for_selector("tbody tr")
    visit.follow("tbody a:has(code)")
    assert "信息中心的副本" in visit.text()
    assert visit.trouble == []
