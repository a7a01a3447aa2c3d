"""What others rely on: every published table has the columns and types of interface/public.yml, and adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations.grains import GRAINS
from serving.interface import Part
from serving.library import open_published
from sources.interface import Table, public_tables

PUBLIC = Path(__file__).parents[2] / "interface" / "public.yml"
LEVELS = ("city", "district", "township", "community")

# The public tables of this library so far; later ones join by being built.
EXPECTED = {
    "identity.person_xref",
    "identity.person_event",
    "library.dim_person",
    "library.fct_person_month",
    "library.fct_residence_spell",
    "library.fct_service_event",
    "library.fct_entitlement",
    "library.fct_collection",
    "library.dim_division",
    "library.bridge_division_ancestor",
    "marts.mart_population",
    "marts.mart_population_estimate",
    "marts.mart_survey_indicator",
    "marts.mart_service_coverage",
    "marts.mart_equalisation",
    "marts.mart_missing_record",
    "marts.mart_permit_services",
    "marts.mart_flow",
    "marts.mart_missing_field",
    "marts.mart_bureau_scorecard",
    "marts.mart_area_scorecard",
    "marts.mart_repeat_collection",
    "marts.mart_funding_per_capita",
    "quality.ledger",
    "quality.rule",
    "quality.finding",
    "meta.build",
    "meta.delivery",
}


@pytest.fixture(scope="module")
def manifest(dbt: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("interface")
    outcome = dbt(home, "parse", "--quiet")
    assert outcome.returncode == 0, outcome.stdout[-4000:]
    loaded: dict[str, Any] = json.loads((home / "scratch" / "target" / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def models_of(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Models by schema.table."""
    return {
        f"{node['schema']}.{node['alias']}": node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def published_columns(built_city: Any, part: Part) -> dict[Table, dict[str, str]]:
    """Column types of every published table of a part."""
    found: dict[Table, dict[str, str]] = {}
    with open_published(built_city.workdir, part) as connection:
        for schema, table, column, type_ in connection.execute(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = 'sijiku'"
        ).fetchall():
            found.setdefault(Table(schema, table), {})[column] = type_
    return found


def test_every_public_table_has_every_column_in_its_type(built_city: Any) -> None:
    parts: dict[bool, dict[Table, dict[str, str]]] = {
        True: published_columns(built_city, "restricted"),
        False: published_columns(built_city, "analysis"),
    }
    seen = set()
    for public in public_tables():
        columns = parts[public.is_personal].get(public.table)
        if columns is None:
            continue
        seen.add(str(public.table))
        for name, type_ in public.columns.items():
            assert columns.get(name) == type_, f"{public.table}.{name} is {columns.get(name)}, not {type_}"
    assert seen >= EXPECTED


def test_what_is_for_analysis_is_in_the_restricted_part_too(built_city: Any) -> None:
    everything = published_columns(built_city, "restricted")
    for table, columns in published_columns(built_city, "analysis").items():
        assert everything.get(table) == columns, str(table)


def additive_columns() -> Iterator[tuple[Table, str]]:
    """Every column that the interface calls additive."""
    document = yaml.safe_load(PUBLIC.read_text(encoding="utf-8"))
    for name, entry in document["analysis"].items():
        for column, text in entry.get("columns", {}).items():
            if text.split("#")[0].strip().endswith("additive"):
                yield Table(*name.split(".")), column


def test_no_additive_column_violates_additivity(built_city: Any) -> None:
    columns = published_columns(built_city, "analysis")
    checked = []
    with open_published(built_city.workdir, "analysis") as connection:
        for table, column in additive_columns():
            if table not in columns:
                continue
            checked.append(f"{table}.{column}")
            cells = [name for name in GRAINS[str(table)].columns if name != "division_code"]
            cell = ", ".join(f"child.{name}" for name in cells)
            same = " AND ".join(f"parent.{name} IS NOT DISTINCT FROM summed.{name}" for name in cells)
            wrong = connection.execute(
                f"""
                WITH summed AS (
                    SELECT division.parent_code, {cell}, sum(child.{column}) AS total
                    FROM {table.quoted} AS child
                    JOIN library.dim_division AS division
                      ON division.division_code = child.division_code AND division.valid_to IS NULL
                    WHERE child.level <> 'city'
                    GROUP BY ALL
                )
                SELECT count(*)
                FROM summed LEFT JOIN {table.quoted} AS parent
                  ON parent.division_code = summed.parent_code AND {same}
                WHERE abs(coalesce(summed.total, 0) - coalesce(parent.{column}, 0)) > 0.01
                """
            ).fetchone()
            assert wrong == (0,), f"{table}.{column}"
    assert {"marts.mart_population.people", "marts.mart_funding_per_capita.spent_yuan"} <= set(checked)


def test_every_level_has_the_same_people(built_city: Any) -> None:
    with open_published(built_city.workdir, "analysis") as connection:
        rows = connection.execute(
            "SELECT period, count(DISTINCT people), count(DISTINCT floating), count(DISTINCT registered), count(*) "
            "FROM ("
            "  SELECT period, level, sum(people) AS people, sum(floating) AS floating, sum(registered) AS registered"
            "  FROM marts.mart_population WHERE dimension_set = 'total' GROUP BY ALL) GROUP BY period"
        ).fetchall()
    assert rows
    for period, people, floating, registered, levels in rows:
        assert (people, floating, registered, levels) == (1, 1, 1, len(LEVELS)), period


def test_public_models_are_contracted_described_and_additive_where_the_interface_says_so(
    manifest: dict[str, Any],
) -> None:
    models = models_of(manifest)
    for public in public_tables():
        node = models.get(str(public.table))
        if node is None:
            continue
        assert node["contract"]["enforced"], f"{public.table} has no contract"
        for column in public.columns:
            assert node["columns"][column]["description"], f"{public.table}.{column}"
    for table, column in additive_columns():
        if str(table) in models:
            declared = models[str(table)]["columns"][column]["config"]["meta"].get("class")
            assert declared == "additive", f"{table}.{column} is not tested to add up"


def test_marts_are_contracted_and_described_to_the_last_column(manifest: dict[str, Any]) -> None:
    marts = {name: node for name, node in models_of(manifest).items() if name.startswith("marts.")}
    assert marts
    for name, node in marts.items():
        assert node["contract"]["enforced"], name
        assert node["description"].rstrip(".").rpartition(". ")[2].startswith("One row per"), name
        assert all(column["description"] and column["data_type"] for column in node["columns"].values()), name
        for column in node["columns"].values():
            meta = column["config"]["meta"]
            if meta.get("class") == "ratio":
                assert {meta["numerator"], meta["denominator"]} <= set(node["columns"]), name
