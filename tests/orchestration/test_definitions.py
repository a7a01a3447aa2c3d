"""The graph from delivery to published library, as it was agreed on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from expectations.grains import GRAINS
from expectations.outcome import ExpectationOutcome
from orchestration import dbt
from orchestration.run import steps
from sources.contract import load_contracts
from sources.interface import public_tables

ACTIVE = load_contracts("active")


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    dbt.ensure_manifest()
    from orchestration.definitions import defs

    return defs()


def graph(definitions: dg.Definitions) -> dict[str, Any]:
    """Every asset with its group, what it stands on, and how many checks look at it."""
    resolved = definitions.resolve_asset_graph()
    return {
        key.to_user_string(): {
            "group": resolved.get(key).group_name,
            "stands_on": sorted(parent.to_user_string() for parent in resolved.get(key).parent_keys),
            "checks": len(resolved.get(key).check_keys),
        }
        for key in sorted(resolved.get_all_asset_keys())
    }


def test_the_graph_is_the_one_that_was_agreed_on(definitions: dg.Definitions, snapshot: SnapshotAssertion) -> None:
    assert graph(definitions) == snapshot(extension_class=JSONSnapshotExtension)


def test_the_definitions_can_be_loaded_and_validated(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_definitions_only_compose() -> None:
    lines = (Path(dbt.PROJECT).parent / "orchestration" / "definitions.py").read_text().splitlines()
    assert len(lines) < 30


def test_the_one_job_makes_every_asset_in_this_process(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("build")
    assert job.executor_def is dg.in_process_executor
    made = set(job.asset_layer.executable_asset_keys)
    rest = set(definitions.resolve_asset_graph().executable_asset_keys) - made
    assert {key.path[0] for key in rest} == {"delivery"}


@pytest.mark.parametrize("dataset", sorted(ACTIVE))
def test_every_datasets_deliveries_stand_by_extract_date_fresh_as_its_contract_says(
    definitions: dg.Definitions, dataset: str
) -> None:
    contract = ACTIVE[dataset]
    node = definitions.resolve_asset_graph().get(dg.AssetKey(["delivery", contract.table]))
    assert isinstance(node.partitions_def, dg.DynamicPartitionsDefinition)
    assert node.partitions_def.name == f"extract_date/{dataset}"
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    policy = node.freshness_policy_or_from_metadata if hasattr(node, "freshness_policy_or_from_metadata") else None
    policy = policy or node.freshness_policy
    assert policy is not None
    assert policy.fail_window.to_timedelta().days == contract.rhythm.every_days + contract.rhythm.grace_days


def test_nothing_stands_on_an_asset_that_nobody_makes(definitions: dg.Definitions) -> None:
    assert not definitions.resolve_asset_graph().external_asset_keys


@pytest.mark.parametrize("dataset", sorted(ACTIVE))
def test_every_dataset_is_landed_checked_and_staged(definitions: dg.Definitions, dataset: str) -> None:
    table = ACTIVE[dataset].table
    drawn = graph(definitions)
    assert drawn[f"raw/{table}"]["stands_on"] == [f"landing/{table}"]
    assert drawn[f"raw/{table}"]["checks"] >= 1
    assert f"raw/{table}" in drawn[f"staging/stg_{table}"]["stands_on"]


def test_every_dbt_model_and_seed_is_an_asset(definitions: dg.Definitions) -> None:
    nodes = dbt.load_manifest()["nodes"].values()
    tables = {f"{node['schema']}/{node['alias']}" for node in nodes if node["resource_type"] in ("model", "seed")}
    assert tables <= set(graph(definitions))


def test_a_test_that_fails_stops_a_build_by_its_step_alone(definitions: dg.Definitions) -> None:
    resolved = definitions.resolve_asset_graph()
    assert not [str(key) for key in resolved.asset_check_keys if resolved.get_check_spec(key).blocking]


def test_publishing_comes_after_everything_that_is_published(definitions: dg.Definitions) -> None:
    resolved = definitions.resolve_asset_graph()
    before = resolved.get_ancestor_asset_keys(dg.AssetKey(["published", "current"]))
    groups = {resolved.get(key).group_name for key in before}
    assert {"landing", "raw", "staging", "identity", "library", "quality", "marts", "meta", "expectations"} <= groups
    after_identity = {key for key in resolved.get_all_asset_keys() if key.path[0] in dbt.AFTER_IDENTITY}
    assert after_identity <= before


def test_every_step_says_what_it_does_in_words(definitions: dg.Definitions) -> None:
    unlabelled = [name for name, step in steps(definitions).items() if step.label == name]
    assert not unlabelled


def test_paths_have_no_default_and_come_from_the_environment(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SIJIKU_WORKDIR", raising=False)
    monkeypatch.delenv("SIJIKU_LANDING", raising=False)
    job = definitions.resolve_job_def("build")
    with pytest.raises(Exception, match="SIJIKU_WORKDIR"), dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance)


def test_an_unmet_expectation_on_a_delivery_warns_and_never_blocks() -> None:
    from orchestration.defs.expectations import check_result

    met = ExpectationOutcome("civil.marriage", "has_rows", None, True, None, 10)
    unmet = ExpectationOutcome("civil.marriage", "required", "登记日期", False, 3, 10)
    broken = ExpectationOutcome("civil.marriage", "key_unique", None, False, None, 10, is_error=True)
    other = ExpectationOutcome("grid.household_visit", "required", "姓名", False, 1, 5)
    key = dg.AssetKey(["raw", "civil__marriage"])
    result = check_result(key, "meets_contract", "civil.marriage", [met, unmet, broken, other])
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    shown = {name: value.value for name, value in result.metadata.items()}
    assert shown == {
        "expectations": 3,
        "unmet": 2,
        "required 登记日期": "3 of 10 rows",
        "key_unique": "could not be evaluated",
    }
    assert check_result(key, "meets_contract", "civil.marriage", [met]).passed


def test_an_unmet_promise_of_a_public_table_is_an_error() -> None:
    from orchestration.defs.expectations import check_result

    unmet = ExpectationOutcome("marts.mart_flow", "grain", None, False, 1, 10, is_blocking=True)
    result = check_result(dg.AssetKey(["marts", "mart_flow"]), "as_promised", "marts.mart_flow", [unmet])
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)


def test_each_public_table_has_its_suite_as_a_check(definitions: dg.Definitions) -> None:
    checked = {
        key.asset_key.to_user_string()
        for key in definitions.resolve_asset_graph().asset_check_keys
        if key.name == "as_promised"
    }
    made = set(graph(definitions))
    promised = {f"{public.table.schema}/{public.table.name}" for public in public_tables()}
    assert checked == promised & made
    assert {"identity/person_xref", "library/dim_person", "marts/mart_population", "quality/finding"} <= checked


def test_what_a_suite_holds_dbt_does_not_hold_again_in_a_build(definitions: dg.Definitions) -> None:
    manifest = dbt.load_manifest()
    held = set(dbt.held_by_suites(manifest))
    checks = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert checks & tests == tests - held
    mark = dbt.HELD_BY_SUITES.removeprefix("tag:")
    assert held == {node["name"] for node in manifest["nodes"].values() if mark in node.get("tags", ())}
    assert "unique_combination_fct_person_month_person_id__period" in held
    assert not [name for name in held if "adds_up" in name or "relationships" in name or "int_" in name]


def test_dbt_and_the_suites_say_one_grain_of_a_public_table() -> None:
    nodes = dbt.load_manifest()["nodes"]
    for node in nodes.values():
        if node.get("test_metadata") and node["test_metadata"]["name"] == "unique_combination":
            model = nodes[node["attached_node"]]
            grain = GRAINS.get(f"{model['schema']}.{model['alias']}")
            assert grain is None or set(node["test_metadata"]["kwargs"]["columns"]) == set(grain.columns), model["name"]
