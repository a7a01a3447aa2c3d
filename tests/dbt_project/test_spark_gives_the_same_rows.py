"""On Spark the project makes the tables that it makes on DuckDB: every row, every value, every type.

The parse gate says that Spark takes a model; this, that it means the same by it. A few models of each kind are made
from DuckDB's own tables whenever tests run; all of them, each from what Spark made of those before it, take minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sources.warehouse import open_warehouse
from tests.dbt_project import on_spark

pytestmark = pytest.mark.spark

# One of each kind: a dataset's staging with names, numbers, codes, dates and divisions; a dimension; a fact; findings;
# marts with contracts, one of them with fractions; what is shown to anyone.
A_FEW = (
    "stg_civil__marriage",
    "dim_division",
    "bridge_division_then",
    "fct_public_funding",
    "rule_id_checksum",
    "mart_flow",
    "mart_equalisation",
    "int_release__cells",
    "meta_build",
)
LAYERS = ("staging", "mentions", "library", "quality", "marts", "release", "meta")


@pytest.fixture(scope="module")
def manifest(built_city: Any) -> dict[str, Any]:
    """The manifest of the city's build."""
    loaded: dict[str, Any] = json.loads(
        (built_city.workdir.scratch / "dbt" / "manifest.json").read_text(encoding="utf-8")
    )
    return loaded


def differences(city: Any, manifest: Mapping[str, Any], models: Mapping[str, str], home: Path) -> list[str]:
    """What Spark makes otherwise of these models, in words."""
    inputs = home / "inputs"
    with open_warehouse(city.workdir, read_only=True) as con:
        on_spark.export(con, on_spark.read_by(manifest, models), inputs)
        names = [manifest["nodes"][name]["name"] for name in models]
        outcome = on_spark.run(inputs, home, "run", "--full-refresh", "--select", *names)
        assert outcome.returncode == 0, outcome.stdout[-6000:] + outcome.stderr[-2000:]
        tables = [
            table for name, table in models.items() if manifest["nodes"][name]["config"]["materialized"] != "view"
        ]
        return [said for table in tables if (said := on_spark.difference(con, table, home / "tables"))]


def test_a_few_models_of_each_kind(built_city: Any, manifest: dict[str, Any], tmp_path: Path) -> None:
    models = on_spark.models_of(manifest, names=A_FEW)
    assert len(models) == len(A_FEW)
    assert not differences(built_city, manifest, models, tmp_path)


@pytest.mark.full
def test_every_model_from_staging_to_what_is_released(
    built_city: Any, manifest: dict[str, Any], tmp_path: Path
) -> None:
    models = on_spark.models_of(manifest, schemas=LAYERS)
    assert len(models) == sum(node["resource_type"] == "model" for node in manifest["nodes"].values())
    assert not differences(built_city, manifest, models, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("people + (division_code = 'a')::int as people, rate", "2 rows on DuckDB, 2 on Spark, 1 not the same"),
        ("people, rate + 1e-6 as rate", "2 rows on DuckDB, 2 on Spark, 2 not the same"),
        ("people, null::double as rate", "2 rows on DuckDB, 2 on Spark, 2 not the same"),
        ("people::integer as people, rate", "columns"),
        ("people, rate + 1e-12 as rate", None),
    ],
)
def test_a_difference_is_seen(change: str, said: str | None, tmp_path: Path) -> None:
    import duckdb

    made = tmp_path / "marts.db" / "t"
    made.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.t as select * from (values ('a', 1::bigint, 0.1::double), ('b', 2, 0.2)) "
            "as v(division_code, people, rate)"
        )
        con.execute(f"copy (select division_code, {change} from marts.t) to '{made}/part.parquet'")
        found = on_spark.difference(con, "marts.t", tmp_path)
    assert found is None if said is None else found is not None and said in found
