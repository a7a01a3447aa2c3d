"""The city in four levels, with a place for everything that is known no further."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def divisions(small_warehouse: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    warehouse = small_warehouse(tmp_path_factory.mktemp("divisions"), [])
    warehouse.build("+bridge_division_then")
    return warehouse


def test_the_city_has_its_published_numbers_of_divisions(divisions: Any) -> None:
    found = divisions.rows(
        "select level, count(*) from library.dim_division where valid_to is null and not is_unallocated group by level"
    )
    assert dict(found) == {"city": 1, "district": 10, "township": 91, "community": 855}


def test_every_division_above_a_community_has_one_unallocated_child(divisions: Any) -> None:
    lacking = divisions.rows(
        "select parent.division_code from library.dim_division as parent "
        "left join library.dim_division as child "
        "on child.parent_code = parent.division_code and child.is_unallocated and child.valid_to is null "
        "where parent.level <> 'community' and parent.valid_to is null "
        "group by parent.division_code having count(child.division_code) <> 1"
    )
    assert lacking == []


def test_unallocated_codes_are_those_that_staging_gives(divisions: Any) -> None:
    found = divisions.rows(
        "select division_code, level, parent_code, name from library.dim_division "
        "where division_code in ('150202001999', '150202999000', '150202999999', '150299000000', '150299999000', "
        "'150299999999') order by division_code"
    )
    assert found == [
        ("150202001999", "community", "150202001000", "和平路街道（未分配）"),
        ("150202999000", "township", "150202000000", "东河区（未分配）"),
        ("150202999999", "community", "150202999000", "东河区（未分配）"),
        ("150299000000", "district", "150200000000", "包头市（未分配）"),
        ("150299999000", "township", "150299000000", "包头市（未分配）"),
        ("150299999999", "community", "150299999000", "包头市（未分配）"),
    ]


def test_every_division_in_force_has_itself_and_one_ancestor_at_each_level_above(divisions: Any) -> None:
    depth = {"city": 1, "district": 2, "township": 3, "community": 4}
    found = divisions.rows(
        "select division_level, count(*), count(distinct ancestor_level) from library.bridge_division_ancestor "
        "group by division_code, division_level"
    )
    assert len(found) == 1 + 11 + 102 + 957
    assert all(rows == levels == depth[level] for level, rows, levels in found)


def test_communities_add_up_to_every_ancestor(divisions: Any) -> None:
    counted = dict(
        divisions.rows(
            "select ancestor_level, count(*) from library.bridge_division_ancestor "
            "where division_level = 'community' group by ancestor_level"
        )
    )
    assert set(counted.values()) == {957}


def test_what_divisions_were_stands_beside_what_they_are(divisions: Any) -> None:
    found = divisions.rows(
        "select division_code, name, valid_from, valid_to, successor_code from library.dim_division "
        "where division_code in ('150205000000', '150207000000', '152633000000') order by division_code, valid_from"
    )
    assert found == [
        ("150205000000", "石拐矿区", date(1983, 1, 1), date(1999, 1, 1), "150205000000"),
        ("150205000000", "石拐区", date(1999, 1, 1), None, None),
        ("150207000000", "郊区", date(1983, 1, 1), date(1999, 1, 1), "150207000000"),
        ("150207000000", "九原区", date(1999, 1, 1), None, None),
        ("152633000000", "达尔罕茂明安联合旗（乌兰察布盟）", date(1981, 1, 1), date(1996, 1, 1), "150223000000"),
    ]


def test_a_past_figure_can_be_had_on_the_divisions_of_then_and_of_today(divisions: Any) -> None:
    """One person lives in each community; in 1995 Damao was no part of the city's codes, Shiguai a mining district."""

    def people(period: str) -> dict[str, tuple[str, int]]:
        found = divisions.rows(
            "select ancestor_code, ancestor_name, count(*) from library.bridge_division_then "
            "join library.dim_division using (division_code) "
            "where level = 'community' and dim_division.valid_to is null and ancestor_level = 'district' "
            f"and date '{period}' >= bridge_division_then.valid_from "
            f"and (date '{period}' < bridge_division_then.valid_to or bridge_division_then.valid_to is null) "
            "group by all"
        )
        return {code: (name, count) for code, name, count in found}

    then, today = people("1995-12-31"), people("2014-10-31")
    assert sum(count for _, count in then.values()) == sum(count for _, count in today.values()) == 957
    for before, after, was, is_ in (
        ("150205000000", "150205000000", "石拐矿区", "石拐区"),
        ("150207000000", "150207000000", "郊区", "九原区"),
        ("152633000000", "150223000000", "达尔罕茂明安联合旗（乌兰察布盟）", "达尔罕茂明安联合旗"),
    ):
        assert then[before] == (was, today[after][1])
        assert today[after][0] == is_
    assert "152633000000" not in today and "150223000000" not in then


def test_what_a_division_lay_in_is_told_for_every_day_once(divisions: Any) -> None:
    for day in ("1950-01-01", "1995-12-31", "1996-01-01", "1999-01-01", "2014-10-31"):
        (counted,) = divisions.rows(
            "select count(*), count(distinct (division_code, ancestor_level)), "
            "(select count(*) from library.bridge_division_ancestor) from library.bridge_division_then "
            f"where date '{day}' >= valid_from and (date '{day}' < valid_to or valid_to is null)"
        )
        assert len(set(counted)) == 1, day


def test_what_divisions_became_is_said_of_all_that_are_no_more(divisions: Any) -> None:
    lacking = divisions.rows(
        "select code from seeds.division_history anti join seeds.division_change "
        "on code = old_code and valid_to = changed_on"
    )
    assert lacking == []


def test_urban_districts_are_the_six_and_the_high_tech_zone_and_all_that_lies_in_them(divisions: Any) -> None:
    found = divisions.rows(
        "select distinct substr(division_code, 1, 6) from library.dim_division where is_urban_district order by 1"
    )
    assert [code for (code,) in found] == ["150202", "150203", "150204", "150205", "150206", "150207", "150271"]


def test_no_former_code_leads_to_another_former_code(project: Path) -> None:
    def read(name: str) -> list[dict[str, str]]:
        with open(project / "seeds" / f"{name}.csv", encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    former = {row["old_code"]: row["new_code"] for row in read("division_successor")}
    in_force = {row["code"] for row in read("division_region")}
    assert set(former.values()) <= in_force
    assert not set(former) & in_force
    assert former["152633"] == "150223"
    assert former["152621"] == "150125"
    ulanqab = {new[:4] for old, new in former.items() if old.startswith("1526")}
    assert ulanqab == {"1501", "1502", "1509"}
