"""How good who-is-who must be, on a small city of each profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.accuracy import City, link, summary


@pytest.fixture(scope="module", params=["normal", "hard"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> City:
    work: Path = tmp_path_factory.mktemp("accuracy")
    return link(work, seed=5, profile=request.param, scale=0.003)


def test_pairs_and_people_are_found_as_well_as_a_statistics_office_finds_them(city: City) -> None:
    overall, *groups = city.scores
    precision, recall = (0.9995, 0.9975) if city.profile == "normal" else (0.9993, 0.992)
    assert overall["precision"] >= precision
    assert overall["recall"] >= recall
    if city.profile == "normal":
        assert abs(overall["miscounted"]) <= 0.005
        assert overall["exact"] >= 0.97
        floating = next(group for group in groups if group["scope"] == "floating")
        assert abs(floating["miscounted"]) <= 0.01


def test_no_group_is_found_much_worse_than_all(city: City) -> None:
    overall, *groups = city.scores
    assert {group["scope"] for group in groups} >= {"floating", "children", "female", "long names", "no valid number"}
    for group in groups:
        allowed = 0.03 if group["scope"] == "no valid number" else 0.005
        assert group["recall"] >= overall["recall"] - allowed, group["scope"]


def test_the_page_names_seed_scale_and_threshold(city: City) -> None:
    text = summary([city], "code")
    assert f"| 5 | {city.profile} | 0.003 |" in text
    assert "阈值 threshold 0.8" in text
