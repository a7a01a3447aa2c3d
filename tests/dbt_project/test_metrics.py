"""Metrics say what hand-written SQL over the leaf says, by every dimension; none goes missing from the manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from serving.library import open_published, published_folder
from serving.metrics import query_metric

METRICS = {"people", "floating", "floating_share"}
# Dimension asked for: expression over library.fct_person_month.
DIMENSIONS = {
    "city": "city_code",
    "district": "district_code",
    "township": "township_code",
    "community": "division_code",
    "sex": "sex",
    "age_band": "age_band",
    "stay_band": "stay_band",
    "flow_scope": "flow_scope",
    "origin_province": "origin_province",
}
LEAF = "library.fct_person_month"
NEWEST = f"period = (SELECT max(period) FROM {LEAF})"


def by_hand(built_city: Any, keys: list[str], where: str) -> list[tuple[Any, ...]]:
    """people, floating and share by the given expressions, ordered, straight from the leaf."""
    selected = "".join(f"{key}, " for key in keys)
    grouped = f"GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}" if keys else ""
    with open_published(built_city.workdir, "restricted") as connection:
        return connection.execute(
            f"SELECT {selected} count(*) FILTER (lives_here) AS people, count(*) FILTER (is_floating) AS floating, "
            "count(*) FILTER (is_floating) / nullif(count(*) FILTER (lives_here), 0)::DOUBLE AS floating_share "
            f"FROM {LEAF} WHERE {where} {grouped}"
        ).fetchall()


def comparable(rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {tuple(round(value, 12) if isinstance(value, float) else value for value in row) for row in rows}


@pytest.fixture(scope="module")
def semantic_manifest(built_city: Any) -> dict[str, Any]:
    path = published_folder(built_city.workdir) / "docs" / "semantic_manifest.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def test_every_metric_is_in_the_published_manifest(semantic_manifest: dict[str, Any]) -> None:
    assert {metric["name"] for metric in semantic_manifest["metrics"]} == METRICS
    (model,) = semantic_manifest["semantic_models"]
    assert model["node_relation"]["relation_name"] == '"sijiku"."library"."fct_person_month"'
    assert {dimension["name"] for dimension in model["dimensions"]} >= set(DIMENSIONS)


def test_stocks_are_never_added_up_over_time(semantic_manifest: dict[str, Any]) -> None:
    for model in semantic_manifest["semantic_models"]:
        for measure in model["measures"]:
            assert measure["non_additive_dimension"]["window_choice"] == "max", measure["name"]


def test_every_metric_says_in_chinese_and_english_what_it_is_and_of_whom(semantic_manifest: dict[str, Any]) -> None:
    for metric in semantic_manifest["metrics"]:
        chinese, _, english = metric["label"].partition(" ")
        assert any("一" <= character <= "龥" for character in chinese) and english.isascii(), metric["name"]
        assert set(metric["config"]["meta"]) >= {"unit", "owner", "denominator_zh", "denominator_en"}, metric["name"]


def test_without_a_dimension_metrics_are_those_of_the_city_now(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["people", "floating", "floating_share"])
    assert comparable(answer.rows) == comparable(by_hand(built_city, [], NEWEST))
    people, floating, _ = answer.rows[0]
    assert people > floating > 0


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_metrics_equal_hand_written_sql_by(dimension: str, built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["people", "floating", "floating_share"], [dimension])
    assert comparable(answer.rows) == comparable(by_hand(built_city, [DIMENSIONS[dimension]], NEWEST))
    assert len(answer.rows) > 1


def test_metrics_equal_hand_written_sql_by_two_dimensions(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["floating", "people", "floating_share"], ["district", "sex"])
    swapped = [(district, sex, people, floating, share) for district, sex, floating, people, share in answer.rows]
    assert comparable(swapped) == comparable(by_hand(built_city, ["district_code", "sex"], NEWEST))


def test_over_time_each_month_end_stands_for_itself(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["people", "floating", "floating_share"], ["metric_time__month"])
    by_month = by_hand(built_city, ["CAST(date_trunc('month', period) AS DATE)"], "true")
    assert comparable(answer.rows) == comparable(by_month)
    assert len(answer.rows) > 1


def test_metrics_equal_the_mart(built_city: Any) -> None:
    by_district = {
        row[0]: row[1:] for row in query_metric(built_city.workdir, ["people", "floating"], ["district"]).rows
    }
    with open_published(built_city.workdir, "analysis") as connection:
        mart = connection.execute(
            "SELECT division_code, people, floating FROM marts.mart_population WHERE level = 'district' "
            "AND dimension_set = 'total' AND period = (SELECT max(period) FROM marts.mart_population)"
        ).fetchall()
    assert mart
    for district, people, floating in mart:
        assert by_district.get(district, (0, 0)) == (people, floating), district
