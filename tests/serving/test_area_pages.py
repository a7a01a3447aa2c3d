"""The pages of areas show what marts say at four levels, name places, hide small counts, and need nothing beside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from serving.area_drawings import choropleth, dumbbells, outlines
from serving.area_pages import area_pages, page_of
from sources.warehouse import open_warehouse

PERIOD = "DATE '2014-10-31'"
MARTS = f"""
DELETE FROM marts.mart_population; DELETE FROM library.dim_division;
INSERT INTO library.dim_division BY NAME SELECT * FROM (VALUES
  ('150200000000', '包头市', 'city', NULL), ('150203000000', '昆都仑区', 'district', '150200000000'),
  ('150222000000', '固阳县', 'district', '150200000000'), ('150203001000', '少先路街道', 'township', '150203000000'),
  ('150203001001', '少先二十一社区', 'community', '150203001000')) AS t (division_code, name, level, parent_code);
INSERT INTO marts.mart_population BY NAME SELECT *, {PERIOD} AS period, 'total' AS dimension_set FROM (VALUES
  ('150200000000', 'city', 1000, 250, 40, 900, 800), ('150203000000', 'district', 900, 246, 30, 800, 700),
  ('150222000000', 'district', 100, 4, 1, 100, 100), ('150203001000', 'township', 500, 123, 10, 400, 300),
  ('150203001001', 'community', 77, 7, 0, 66, 55))
  AS t (division_code, level, people, floating, floating_in_city, registered, resident);
INSERT INTO marts.mart_population BY NAME SELECT *, {PERIOD} AS period, 'sex_age' AS dimension_set FROM (VALUES
  ('150200000000', 'city', '1', '20-24', 200, 300), ('150200000000', 'city', '2', '25-29', 50, 3))
  AS t (division_code, level, dim_1, dim_2, floating, registered);
INSERT INTO marts.mart_population BY NAME SELECT *, {PERIOD} AS period, 'stay_band' AS dimension_set FROM (VALUES
  ('150200000000', 'city', '1m_6m', 111), ('150200000000', 'city', 'over_5y', 6))
  AS t (division_code, level, dim_1, floating);
INSERT INTO marts.mart_flow BY NAME SELECT *, {PERIOD} AS period FROM (VALUES
  ('150200000000', 'city', 'in', '610800000000', 30), ('150200000000', 'city', 'in', '610100000000', 12),
  ('150200000000', 'city', 'in', '110000000000', 9), ('150200000000', 'city', 'out', '150100000000', 21))
  AS t (division_code, level, direction, region_code, people);
INSERT INTO marts.mart_service_coverage BY NAME SELECT *, {PERIOD} AS period FROM (VALUES
  ('150200000000', 'city', 'schooling', 'floating', 50, 40),
  ('150200000000', 'city', 'schooling', 'registered', 80, 76),
  ('150200000000', 'city', 'permit', 'floating', 9, 3), ('150203000000', 'district', 'schooling', 'floating', 50, 40))
  AS t (division_code, level, service, population_group, entitled, covered);
"""


@pytest.fixture
def pages(build: Any) -> dict[str, str]:
    workdir = build("b1", MARTS)
    with open_warehouse(workdir, read_only=True) as connection:
        return area_pages(connection, "b1")


def test_there_is_a_page_for_the_city_and_one_for_each_district(pages: dict[str, str]) -> None:
    assert list(pages) == ["city.html", "district-150203.html", "district-150222.html"]
    assert f'href="{page_of("150203000000")}"' in pages["city.html"]
    assert 'href="city.html"' in pages["district-150203.html"]


def test_a_district_has_its_townships_and_communities_on_its_page(pages: dict[str, str]) -> None:
    page = pages["district-150203.html"]
    for words in ("昆都仑区", "少先路街道", "少先二十一社区", "123", "77"):
        assert words in page, words
    assert "少先路街道" not in pages["district-150222.html"]


def test_figures_of_the_city_are_those_of_the_marts(pages: dict[str, str]) -> None:
    page = pages["city.html"]
    # people, share of the floating, school coverage of both, flows by province, length of stay
    for words in ("1,000", "25.0%", "80.0%", "95.0%", "陕西省", ">42<", "呼和浩特市", "111"):
        assert words in page, words
    assert "社区（村）为 2023 年区划" in page


def test_of_fewer_than_ten_nothing_is_shown_nor_worked_out(pages: dict[str, str]) -> None:
    page = pages["city.html"]
    assert "&lt;10" in page
    # a flow of nine, three of nine permits, four floating of a hundred, three women of 25 to 29, six of long stay
    for hidden in ("北京市", "居住证", "33.3%", "4.0%", "女 25-29: 3", "5 年以上: 6"):
        assert hidden not in page, hidden
    assert "女 25-29: 50" in page


def test_nothing_is_asked_of_another_host_and_no_script_runs_but_the_sites(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"<img|@import|https?:|xlink", page)
        assert re.findall(r'src="([^"]*)"', page) == ["assets/site.js"]


def test_without_figures_there_are_no_pages(build: Any) -> None:
    workdir = build("b1", "DELETE FROM marts.mart_population")
    with open_warehouse(workdir, read_only=True) as connection:
        assert area_pages(connection, "b1") == {}


def test_districts_have_outlines_by_their_codes() -> None:
    assert len(outlines()) == 9
    assert all(code.startswith("1502") and len(code) == 12 for code in outlines())
    # rings of points in the city
    assert all(109 < x < 112 and 40 < y < 43 for rings in outlines().values() for ring in rings for x, y in ring)


def test_a_map_shades_by_share_and_says_what_is_not_shown() -> None:
    drawn = choropleth({"150203000000": 0.2, "150222000000": 0.05}, {"150203000000": "昆都仑区"}, "占比")
    fills = dict(re.findall(r'fill="(#\w+)"[^>]*><title>(\S+)', drawn))
    assert "20.0%" in drawn
    assert "not shown" in drawn
    assert len(fills) == 3


def test_dumbbells_join_two_shares_and_leave_one_alone() -> None:
    drawn = dumbbells([("义务教育", 0.8, 0.95), ("居住证", 0.6, None)], "覆盖率")
    assert drawn.count("<circle") == 1
    assert drawn.count("<path") == 2
    assert drawn.count('stroke-width="3"') == 1
