"""The page on linking says what links are worth and for whom, needs nothing beside itself, and shows nobody."""

from __future__ import annotations

import re
from typing import Any

from serving.linkage_page import linkage_page
from sources.warehouse import open_warehouse

REPORT = """
CREATE TABLE quality.linkage_link AS FROM (VALUES
  ('psb.temporary_residence', 'certain', 'number+name', 900, 0.0),
  ('psb.temporary_residence', 'probable', 'name+phone', 107, 5.0),
  ('civil.marriage', 'single', 'none', 4, 0.0)) AS t (dataset, method, evidence, mentions, expected_wrong);
CREATE TABLE quality.linkage_score AS FROM (VALUES
  ('certain', 1.0, 900), ('probable', 0.995, 100), ('probable', 0.98, 7)) AS t (method, confidence_from, mentions);
CREATE TABLE quality.linkage_component AS FROM (VALUES
  (1, 4, 4), (2, 100, 200), (3, 160, 807)) AS t (mentions_from, persons, mentions);
CREATE TABLE quality.linkage_quality AS FROM (VALUES
  ('all', 'all', 1007, 5.0, 0.995, 0.990, 0.999, 4, 0.998, 0.996, 1.0, 0, 'model'),
  ('floating', 'all', 7, 3.0, 0.9123, 0.8, 0.99, 4, 0.7777, 0.6, 1.0, 0, 'model'),
  ('all', 'certain: number+name', 900, 0.0, 1.0, 1.0, 1.0, NULL, NULL, NULL, NULL, 0, 'model'),
  ('all', 'probable: name+phone', 100, 5.0, 0.93, 0.85, 0.97, NULL, NULL, NULL, NULL, 40, 'decisions'),
  ('all', 'probable: name+place', 7, 5.0, 0.4321, 0.3, 0.6, NULL, NULL, NULL, NULL, 0, 'model')
) AS t (population_group, stratum, links, expected_wrong, "precision", precision_low, precision_high, unlinked, recall,
  recall_low, recall_high, reviewed, source);
"""


def page_of(build: Any) -> str:
    workdir = build("b1", REPORT)
    with open_warehouse(workdir, read_only=True) as connection:
        return linkage_page(connection, "b1")


def test_estimates_stand_with_their_intervals_and_what_they_are_from(build: Any) -> None:
    page = page_of(build)
    for words in (
        "0.9950 (0.9900-0.9990)",
        "0.9980 (0.9960)",
        "0.9300 (0.8500-0.9700)",
        "复核 decisions",
        "姓名 + 电话",
    ):
        assert words in page, words


def test_of_fewer_than_ten_nothing_is_shown(build: Any) -> None:
    page = page_of(build)
    assert "&lt;10" in page
    for hidden in ("0.9123", "0.7777", "0.4321", "name+place"):
        assert hidden not in page, hidden
    assert "其他 1 种" in page


def test_it_asks_nothing_of_another_host_and_runs_no_script_but_the_sites(build: Any) -> None:
    page = page_of(build)
    assert not re.search(r"<img|@import|url\(|https?:|xlink", page)
    assert re.findall(r'src="([^"]*)"', page) == ["assets/site.js"]


def test_it_is_published_and_led_to_where_linking_was_reported_on(publish_build: Any) -> None:
    site = publish_build("b1", REPORT).path / "site"
    assert (site / "linkage.html").is_file()
    assert 'href="linkage.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert not (publish_build("b2").path / "site" / "linkage.html").exists()
