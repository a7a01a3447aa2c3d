"""`sijiku metric` on a whole library: lists, explains, writes each format, and names what to do when asked wrongly."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from serving.labels import QUESTIONS
from serving.library import query
from serving.metrics import plan_saved_query
from serving.saved_queries import answer_saved_query, list_saved_queries
from sources.errors import UsageError

ROOT = Path(__file__).parents[2]


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
        ((), "--saved"),
        (("population_by_district",), "--query population_by_district"),
        (("--query", "floating", "people"), "Leave out metrics and --by"),
        (("--query", "flow_by_region", "--by", "district"), "Leave out metrics and --by"),
        (("--query", "population_by_distrct"), "Did you mean population_by_district"),
        (("--query", "flow_by_district", "--where", "distrct=150203000000"), "Its dimensions: district, "),
        (("--query", "flow_by_district", "--where", "district="), "DIM=VALUE"),
        (("--query", "flow_by_district", "--format", "parquet"), "--out metric.parquet"),
        (("--query", "flow_by_district", "--format", "chart", "--out", "c.svg"), "keep one value with --where"),
        (("--saved", "--list"), "one at a time"),
        (("--saved", "--format", "chart", "--out", "c.svg"), "table, csv, json or parquet"),
        (("--explain", "population_by_distrct"), "Did you mean population_by_district"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_to_do(
    built_city: Any, arguments: tuple[str, ...], remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        metric(built_city, *arguments)
    assert remedy in caught.value.remedy


def test_saved_queries_are_listed_by_question(built_city: Any) -> None:
    rows = list(csv.DictReader(metric(built_city, "--saved", "--format", "csv").splitlines()))
    assert len(rows) == len(list_saved_queries(built_city.workdir)) >= 20
    assert all("\u4e00" <= row["label"][0] <= "\u9fff" and row["dimensions"] and row["metrics"] for row in rows)
    asked = [row["question"] for row in rows]
    assert list(dict.fromkeys(asked)) == list(QUESTIONS)
    told = metric(built_city, "--saved")
    assert all(title in told for title in QUESTIONS.values())
    assert all(row["name"] in told for row in rows)


def test_a_saved_query_is_no_metric_of_the_same_name(built_city: Any) -> None:
    metrics = {row["name"] for row in csv.DictReader(metric(built_city, "--list", "--format", "csv").splitlines())}
    assert not metrics & {saved.name for saved in list_saved_queries(built_city.workdir)}


def test_every_stored_answer_is_what_metricflow_says_of_the_published_library(built_city: Any) -> None:
    for saved in list_saved_queries(built_city.workdir):
        planned = query(built_city.workdir, plan_saved_query(built_city.workdir, saved.name), "restricted").rows
        stored = answer_saved_query(built_city.workdir, saved.name).rows
        assert len(stored) > 1, saved.name
        assert comparable(stored) == comparable(planned), saved.name
        keys = [row[: len(saved.dimensions)] for row in stored]
        assert keys == sorted(keys, key=lambda key: [(value is None, value) for value in key]), saved.name


def comparable(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows in one order; times are days, and fractions have twelve digits."""
    shown = (
        tuple(
            value.date() if isinstance(value, datetime) else float(f"{value:.12g}") if is_number(value) else value
            for value in row
        )
        for row in rows
    )
    return sorted(map(str, shown))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def test_a_saved_query_is_written_in_each_form_as_the_marts_have_it(built_city: Any, tmp_path: Path) -> None:
    district = "150203000000"
    asked = ("--query", "population_by_township", "--where", f"district={district}")
    (expected,) = query(
        built_city.workdir,
        "SELECT people FROM marts.mart_population WHERE dimension_set = 'total' AND division_code = "
        f"'{district}' AND period = (SELECT max(period) FROM marts.mart_population)",
    ).rows[0]
    (newest,) = query(built_city.workdir, "SELECT max(period) FROM marts.mart_population").rows[0]
    asked = (*asked, "--from", str(newest), "--to", str(newest))
    for form in ("csv", "json", "parquet"):
        metric(built_city, *asked, "--format", form, "--out", str(tmp_path / f"out.{form}"))
    frames = [
        pl.read_csv(tmp_path / "out.csv"),
        pl.read_json(tmp_path / "out.json"),
        pl.read_parquet(tmp_path / "out.parquet"),
    ]
    assert all(frame["people"].sum() == expected for frame in frames)
    assert len({tuple(frame.columns) for frame in frames}) == 1
    printed = json.loads(metric(built_city, *asked, "--format", "json"))
    assert sum(row["people"] for row in printed) == expected


READING = """
import sys
from orchestration.cli import app
app(["metric", *sys.argv[1:]], standalone_mode=False)
print({"metricflow", "dbt", "dagster"} & sys.modules.keys() or "none of them", file=sys.stderr)
"""


def test_who_reads_a_stored_answer_waits_for_neither_metricflow_nor_dbt_nor_dagster(built_city: Any) -> None:
    for asked in (("--query", "permit_use", "--format", "csv"), ("--saved",)):
        arguments = (*asked, "--workdir", str(built_city.workdir.path))
        done = subprocess.run(
            [sys.executable, "-c", READING, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert (done.returncode, done.stderr.strip()) == (0, "none of them")
        assert "permit_use" in done.stdout, "a column of the answer, a line of the list"


def test_a_table_of_a_saved_query_has_names_beside_codes(built_city: Any) -> None:
    told = metric(built_city, "--query", "funding_by_district", "--where", "district=150203000000")
    assert "昆都仑区" in "".join(told.split())


def test_a_saved_query_is_drawn_with_its_one_place_told(built_city: Any, tmp_path: Path) -> None:
    out = tmp_path / "coverage.svg"
    district = ("--where", "district=150203000000")
    metric(built_city, "--query", "coverage_by_service", *district, "--format", "chart", "--out", str(out))
    drawn = out.read_text(encoding="utf-8")
    assert "昆都仑区" in drawn
    assert "义务教育" in drawn


def test_an_explanation_of_a_saved_query_says_what_its_metrics_mean_and_where_its_answer_stands(
    built_city: Any,
) -> None:
    told = metric(built_city, "--explain", "floating_by_stay_band")
    for words in (
        "分居住时长流动人口",
        QUESTIONS["how_many"],
        "stay_band 居住时长",
        "metrics.floating_by_stay_band, analysis/sijiku.duckdb",
        "floating_in_city",
        "人 persons",
        "flow_scope",
        '"fct_person_month"',
    ):
        assert words in told, words


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
