"""`sijiku metric` on a whole library: lists, explains, writes each format, and names what to do when asked wrongly."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from serving.library import query
from sources.errors import UsageError


def metric(built_city: Any, *arguments: str) -> str:
    """What the command prints; its errors are raised."""
    outcome = CliRunner().invoke(app, ["metric", *arguments, "--workdir", str(built_city.workdir.path)])
    if outcome.exception:
        raise outcome.exception
    return outcome.stdout


def test_the_list_has_label_unit_owner_and_type(built_city: Any) -> None:
    rows = list(csv.DictReader(metric(built_city, "--list", "--format", "csv").splitlines()))
    assert len(rows) >= 40
    assert all(row["label"] and row["unit"] and row["owner"] and row["type"] for row in rows)
    assert "floating_share" in metric(built_city, "--list")


def test_an_explanation_goes_from_meaning_to_the_columns_of_the_extracts(built_city: Any) -> None:
    told = metric(built_city, "--explain", "floating_share")
    for words in (
        "流动人口占在本地居住的全部人口的比例",
        "Of everybody who lives in the area",
        "numerator: floating",
        "denominator: people",
        '"fct_person_month"',
        "暂住登记 psb.temporary_residence: ",
        "来本地日期",
    ):
        assert words in told, words


def test_where_rows_are_counted_the_extracts_are_named(built_city: Any) -> None:
    assert "hfpc.padis_case: 按行计数" in metric(built_city, "--explain", "in_flow_year_to_date")


def test_a_rate_is_written_with_its_numerator_and_denominator(built_city: Any) -> None:
    (header, *rows) = metric(built_city, "floating_share", "--by", "district", "--format", "csv").splitlines()
    assert header == "district,floating_share,floating,people"
    counted = [row.split(",") for row in rows if row.split(",")[1]]
    assert all(float(share) == pytest.approx(int(part) / int(whole)) for _, share, part, whole in counted)
    assert len(counted) > 5


def test_files_hold_what_the_library_says(built_city: Any, tmp_path: Path) -> None:
    out = tmp_path / "floating.parquet"
    district = "150203000000"
    metric(
        built_city,
        *("floating", "--by", "township", "--where", f"district={district}", "--format", "parquet"),
        *("--out", str(out)),
    )
    (expected,) = query(
        built_city.workdir,
        "SELECT floating FROM marts.mart_population WHERE dimension_set = 'total' AND division_code = "
        f"'{district}' AND period = (SELECT max(period) FROM marts.mart_population)",
    ).rows
    assert (pl.read_parquet(out)["floating"].sum(),) == expected


def test_a_chart_is_written_with_the_names_of_places(built_city: Any, tmp_path: Path) -> None:
    out = tmp_path / "floating.svg"
    metric(built_city, "floating", "--by", "district", "--format", "chart", "--out", str(out))
    assert "昆都仑区" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("floting",), "Did you mean floating"),
        (("floating", "--by", "stay"), "Did you mean stay_band"),
        (("people", "--by", "ethnicity,community"), "Leave out community"),
        (("in_flow_year_to_date",), "--by metric_time__month"),
        (("floating", "--where", "sex"), "DIM=VALUE"),
        (("floating", "--format", "chart", "--out", "chart.pdf"), "chart.svg"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_to_do(
    built_city: Any, arguments: tuple[str, ...], remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        metric(built_city, *arguments)
    assert remedy in caught.value.remedy


def test_the_site_has_a_page_for_the_city_and_each_district_with_figures_of_the_mart(built_city: Any) -> None:
    site = built_city.workdir.current / "site"
    areas = query(
        built_city.workdir,
        "SELECT division_code, people FROM marts.mart_population WHERE dimension_set = 'total' AND level IN "
        "('city', 'district') AND period = (SELECT max(period) FROM marts.mart_population) AND people >= 10",
    ).rows
    assert len(areas) > 8
    for code, people in areas:
        name = "city.html" if code == "150200000000" else f"district-{code[:6]}.html"
        page = (site / name).read_text(encoding="utf-8")
        assert f"<b>{people:,}</b>" in page, name
    assert 'href="city.html"' in (site / "index.html").read_text(encoding="utf-8")
