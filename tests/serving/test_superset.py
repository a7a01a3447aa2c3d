"""The bundle for Superset: what stands in it is there, means what MetricFlow means, and is the same bytes each time."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from expectations.grains import GRAINS
from orchestration.cli import app
from serving.area_drawings import NO_SHADE, outlines
from serving.library import open_published
from serving.metrics import list_metrics, query_metric
from serving.postgres import publish_postgres
from serving.saved_queries import SavedQuery, list_saved_queries
from serving.superset import (
    CONNECTION,
    NEWEST,
    Dataset,
    bundle_files,
    database_uri,
    datasets_of,
    identifier_of,
    write_bundle,
)
from serving.superset_dashboards import DASHBOARDS
from serving.superset_map import MAP, map_image, map_sql
from sources.errors import UsageError
from sources.workdir import Workdir
from tests.conftest import BuiltCity
from tests.postgres import Database

Publish = Callable[..., Any]

CITY_SCOPES = ["跨省", "区内跨盟市", "市内跨旗县"]
# Conditions of saved queries, as `query_metric` takes them.
CONDITIONS: dict[str, dict[str, str | list[str]]] = {
    "{{ Dimension('person_month__flow_scope') }} <> 'none'": {"flow_scope": CITY_SCOPES},
    "{{ Dimension('entitlement__population_group') }} = 'floating'": {"population_group": "floating"},
    "{{ Dimension('entitlement__is_service') }}": {"is_service": "true"},
    "{{ Dimension('entitlement__is_record_expected') }}": {"is_record_expected": "true"},
}


@pytest.fixture(scope="module")
def datasets(built_city: BuiltCity) -> dict[str, Dataset]:
    return {dataset.name: dataset for dataset in datasets_of(built_city.workdir)}


@pytest.fixture(scope="module")
def files(datasets: dict[str, Dataset]) -> dict[str, dict[str, Any]]:
    written = bundle_files(list(datasets.values()), "duckdb:////x/sijiku.duckdb", impersonate=False)
    return {path: yaml.safe_load(text) for path, text in written.items()}


def test_every_dataset_gives_the_columns_that_it_says(built_city: BuiltCity, files: dict[str, dict[str, Any]]) -> None:
    found = [file for path, file in files.items() if path.startswith("datasets/")]
    assert len(found) == len(list_saved_queries(built_city.workdir)) + 2
    with open_published(built_city.workdir, "analysis") as library:
        for file in found:
            described = library.execute(f"DESCRIBE {file['sql']}").fetchall()
            assert [name for name, *_ in described] == [column["column_name"] for column in file["columns"]]


def test_every_chart_asks_for_what_its_dataset_has_and_stands_on_a_dashboard(files: dict[str, dict[str, Any]]) -> None:
    datasets = {file["uuid"]: file for path, file in files.items() if path.startswith("datasets/")}
    charts = {file["uuid"]: file for path, file in files.items() if path.startswith("charts/")}
    for chart in charts.values():
        dataset, params = datasets[chart["dataset_uuid"]], chart["params"]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        grouped = params.get("groupby", [])
        asked = {params.get("x_axis"), *([grouped] if isinstance(grouped, str) else grouped)} - {None}
        asked |= {item["subject"] for item in params["adhoc_filters"] if item["expressionType"] == "SIMPLE"}
        assert asked <= columns, chart["slice_name"]
        assert {params.get("metric"), *params.get("metrics", [])} - {None} <= metrics, chart["slice_name"]
    placed = [
        item["meta"]["uuid"]
        for path, file in files.items()
        if path.startswith("dashboards/")
        for item in file["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(charts)
    assert len([path for path in files if path.startswith("dashboards/")]) == len(DASHBOARDS) == 4


def test_what_is_certified_is_named_in_chinese_and_says_whose_it_is(
    built_city: BuiltCity, files: dict[str, dict[str, Any]]
) -> None:
    defined = {metric.name for metric in list_metrics(built_city.workdir)}
    for path, file in files.items():
        for metric in file.get("metrics", []):
            assert re.match("[一-鿿]", metric["verbose_name"]), f"{path}: {metric['metric_name']}"
            certification = metric["extra"].get("certification")
            assert bool(certification) == (metric["metric_name"] in defined)
            if certification:
                assert "责任单位 owner" in certification["details"]
                assert "分母 denominator" in metric["description"] and "单位 unit" in metric["description"]
        for column in file.get("columns", []):
            assert re.match("[一-鿿]", column["verbose_name"]), f"{path}: {column['column_name']}"


def asked_of(query: SavedQuery, library: duckdb.DuckDBPyConnection) -> dict[str, str | Sequence[str]]:
    """A saved query's conditions for `query_metric`: where a dimension may not be null, it is one of its values."""
    where: dict[str, str | Sequence[str]] = {}
    for condition in query.where:
        if condition.endswith("is not null"):
            dimension = condition.split("'")[1].rpartition("__")[2]
            column = dimension if dimension in query.dimensions else None
            values = (
                library.execute(f"SELECT DISTINCT {column} FROM metrics.{query.name} ORDER BY 1").fetchall()
                if column
                else [("150200000000",)]
            )
            where[dimension] = [value for (value,) in values]
        else:
            where |= CONDITIONS[condition]
    return where


def test_each_certified_metric_gives_what_sijiku_metric_gives(
    built_city: BuiltCity, datasets: dict[str, Dataset]
) -> None:
    """Added up over every other dimension, where sums of rates, or of several month-ends, would give something else."""
    wrong = []
    with open_published(built_city.workdir, "analysis") as library:
        for query in list_saved_queries(built_city.workdir):
            dataset = datasets[query.name]
            first = next(name for name in query.dimensions if name != "period")
            measures = {measure.name: measure.expression for measure in dataset.measures}
            chosen = ", ".join(f"{expression} AS {name}" for name, expression in measures.items())
            rows = library.execute(
                f"SELECT {first}, MAX(period), {chosen} FROM ({dataset.sql}) AS d WHERE {NEWEST} GROUP BY 1"
            ).fetchall()
            newest = rows[0][1]
            by = [first, "metric_time__month"] if "year_to_date" in query.name else [first]
            given = query_metric(
                built_city.workdir,
                query.metrics,
                by,
                where=asked_of(query, library),
                start=newest,
                end=newest,
            )
            expected = {row[0]: row[len(by) :] for row in given.rows}
            got = {row[0]: row[2:] for row in rows}
            wrong += [
                f"{query.name}.{name} of {group}: {mine} instead of {its}"
                for group in expected.keys() | got.keys()
                for name, mine, its in zip(
                    query.metrics, got.get(group, [None] * 99), expected.get(group, [None] * 99), strict=False
                )
                if not same(mine, its)
            ]
    assert not wrong, "\n".join(wrong)


def same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-9)


def test_stocks_of_several_months_are_not_added_up(built_city: BuiltCity, datasets: dict[str, Dataset]) -> None:
    dataset = datasets["population_by_district"]
    people = next(measure.expression for measure in dataset.measures if measure.name == "people")
    with open_published(built_city.workdir, "analysis") as library:
        months = library.execute(f"SELECT period, {people} FROM ({dataset.sql}) AS d GROUP BY 1").fetchall()
        assert len(months) > 1 and all(number > 0 for _, number in months)
        assert library.execute(f"SELECT {people} FROM ({dataset.sql}) AS d").fetchall() == [(None,)]


def test_postgresql_gives_the_same(
    built_city: BuiltCity, datasets: dict[str, Dataset], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIJIKU_PG_DSN", database.dsn)
    keys = {name: (grain.columns, grain.may_be_null) for name, grain in GRAINS.items()}
    publish_postgres(built_city.workdir, None, keys=keys, needs_read_log=False)
    with open_published(built_city.workdir, "analysis") as library, psycopg.connect(database.dsn) as server:
        for name, dataset in datasets.items():
            for sql in questions(dataset):
                mine, its = library.execute(sql).fetchall(), server.execute(sql.encode()).fetchall()
                assert len(mine) == len(its) > 0, name
                for one, other in zip(mine, its, strict=True):
                    assert all(
                        str(a) == str(b) if isinstance(a, str) or a is None else same(a, b)
                        for a, b in zip(one, other, strict=True)
                    ), f"{name}: {one} {other}"


def questions(dataset: Dataset) -> Iterator[str]:
    if dataset.name == "district_map":
        for name in MAP:
            image = next(measure.expression for measure in dataset.measures if measure.name == f"map_{name}")
            yield f"SELECT {image} FROM ({dataset.sql}) AS d WHERE measure = '{name}'"
        return
    named = [column.name for column in dataset.columns if column.name.endswith("_name")][:2]
    chosen = ", ".join([*named, *(measure.expression for measure in dataset.measures)])
    asked = f"SELECT {chosen} FROM ({dataset.sql}) AS d WHERE {NEWEST}"
    if named:
        asked += f" GROUP BY {', '.join(named)} ORDER BY " + ", ".join(f'{name} COLLATE "C"' for name in named)
    yield asked


def test_the_map_shades_what_is_there_and_leaves_the_rest_grey() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE SCHEMA metrics; CREATE TABLE metrics.shares AS SELECT DATE '2014-10-31' AS period, "
            "unnest(['150202000000', '150203000000']) AS district, unnest([1, 3]) AS part, 10 AS whole; "
            "CREATE TABLE named AS SELECT '150202000000' AS division_code, '东河<区' AS name"
        )
        sql = map_sql({"share": ("shares", "CAST(SUM(part) AS DOUBLE PRECISION) / SUM(whole)")}, "named")
        shades = dict(connection.execute(f"SELECT district, shade FROM ({sql}) AS d").fetchall())
        (image,) = connection.execute(f"SELECT {map_image('占比 Share')} FROM ({sql}) AS d").fetchone() or ("",)
    assert {code for code, shade in shades.items() if shade is not None} == {"150202000000", "150203000000"}
    assert (shades["150202000000"], shades["150203000000"]) == (0, 4)
    drawing = unquote(image)
    # in the city's map and in that of the urban districts, and once in the legend
    assert drawing.count(f'fill="{NO_SHADE}"') == 2 * (len(outlines()) - 2) + 1
    assert "10.0%" in drawing and "30.0%" in drawing and "东河<区" in drawing
    assert not set(re.findall(r'[<>"#]', image.split("utf-8,")[1].removesuffix('">')))


def test_the_same_library_gives_the_same_bytes(built_city: BuiltCity, tmp_path: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "two" / "other.zip"
    for path in (one, other):
        made = write_bundle(built_city.workdir, path, database="postgresql+psycopg2://reader@db.example/sijiku")
    assert one.read_bytes() == other.read_bytes()
    assert made.dashboards == 4 and made.datasets == 26
    folder = tmp_path / "folder"
    write_bundle(built_city.workdir, folder, database="postgresql+psycopg2://reader@db.example/sijiku")
    with zipfile.ZipFile(one) as archive:
        for name in archive.namelist():
            assert archive.read(name) == (folder / name.removeprefix("sijiku/")).read_bytes()


def test_identifiers_are_those_of_ever() -> None:
    """An import finds what an earlier one brought by these; two connections do not share any."""
    assert identifier_of("dashboard", "how-many") == "40b4eb9c-8a00-50f8-ab1a-1b0839875239"
    assert identifier_of("dashboard", "how-many", "另一连接") != identifier_of("dashboard", "how-many")


def test_two_bundles_under_two_names_stand_side_by_side(datasets: dict[str, Dataset]) -> None:
    """Neither identifiers, nor the names and addresses that Superset lets stand once, are in both."""
    uri = "duckdb:////x/sijiku.duckdb"
    ours, other = (
        [
            yaml.safe_load(text)
            for text in bundle_files(list(datasets.values()), uri, impersonate=False, name=name).values()
        ]
        for name in (CONNECTION, "四级库 东河区")
    )
    for key in ("uuid", "database_name", "table_name", "slug"):
        assert not {file[key] for file in ours if key in file} & {file[key] for file in other if key in file}


def test_a_library_with_few_saved_queries_has_datasets_too(publish_build: Publish, workdir: Workdir) -> None:
    publish_build("b1")
    written = bundle_files(datasets_of(workdir), database_uri(workdir, None), impersonate=False)
    assert set(written) >= {"metadata.yaml", "databases/sijiku.yaml"}
    assert yaml.safe_load(written["databases/sijiku.yaml"])["sqlalchemy_uri"].startswith("duckdb:////")


@pytest.mark.parametrize(
    "uri",
    ["postgresql://zhang:geheim@db.example/sijiku", "postgresql://zhang@db/x?password=geheim", "sqlite:////etc/x"],
)
def test_passwords_and_other_databases_are_refused(uri: str, workdir: Workdir) -> None:
    with pytest.raises(UsageError) as refused:
        database_uri(workdir, uri)
    assert "geheim" not in str(refused.value)


def test_a_folder_with_other_things_is_left_alone(publish_build: Publish, workdir: Workdir, tmp_path: Path) -> None:
    publish_build("b1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    command = ["bi", "bundle", "--workdir", str(workdir.path), "--out"]
    assert CliRunner().invoke(app, [*command, str(tmp_path / "mine")]).exit_code != 0
    assert (tmp_path / "mine" / "letter.txt").exists()
    done = CliRunner().invoke(app, [*command, str(tmp_path / "bundle")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "bundle" / "metadata.yaml").exists()


def test_no_chart_leaves_out_rows_by_a_figure(files: dict[str, dict[str, Any]]) -> None:
    """A rate is null in a row that has nobody to count: leaving the row out would change the others' sums."""
    for path, chart in files.items():
        if path.startswith("charts/"):
            subjects = {item["subject"] for item in chart["params"]["adhoc_filters"] if item["clause"] == "WHERE"}
            assert subjects <= {NEWEST, "measure", "is_retrospective"}, path
