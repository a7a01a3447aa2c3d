"""dbt is told exactly what to build, where, and with how much of the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt
from sources.errors import SijikuError
from sources.workdir import Workdir


def test_a_selection_names_whole_schemas_and_seeds_only_if_asked() -> None:
    assert dbt.selection(["staging", "mentions"]) == "config.schema:staging config.schema:mentions"
    assert dbt.selection(["staging"], seeds=True) == "config.schema:staging resource_type:seed"
    assert dbt.selection(["library"], tests=["claim"]) == "config.schema:library claim"


def test_both_steps_together_build_every_schema_of_models() -> None:
    dbt.ensure_manifest()
    models = [node for node in dbt.load_manifest()["nodes"].values() if node["resource_type"] == "model"]
    assert {node["schema"] for node in models} <= {*dbt.BEFORE_IDENTITY, *dbt.AFTER_IDENTITY}


def test_a_build_leaves_unit_tests_to_ci() -> None:
    for is_full in (True, False):
        assert dbt.build_arguments(is_full=is_full)[:3] == ["build", "--exclude-resource-type", "unit_test"]


def test_what_nothing_new_concerns_is_left_out_of_a_daily_build() -> None:
    untouched = set(dbt.untouched_by({"civil.marriage"}))
    assert {"resource_type:seed", "stg_ref__unit", "stg_psb__temporary_residence"} <= untouched
    assert "stg_civil__marriage" not in untouched
    # Where units move, records that take their place from their unit do.
    moved = set(dbt.untouched_by({"ref.unit"}))
    assert not {"stg_ref__unit", "stg_psb__temporary_residence", "stg_edu__student_enrollment"} & moved
    assert "stg_civil__marriage" in moved
    arguments = dbt.build_arguments(is_full=False, untouched=["resource_type:seed"])
    assert arguments[3:5] == ["--exclude", "resource_type:seed"]


def test_models_say_what_a_build_renews_of_their_tables() -> None:
    def node(kind: str, name: str, meta: dict[str, str]) -> dict[str, Any]:
        return {"resource_type": kind, "schema": "library", "alias": name, "config": {"meta": meta}}

    nodes = {
        "a": node("model", "dim_person", {"renewed": "person_id in (select person_id from library.touched)"}),
        "b": node("model", "dim_division", {}),
        "c": node("test", "dim_person_is_one", {"renewed": "true"}),
    }
    assert dbt.renewed_by({"nodes": nodes}) == {
        "library.dim_person": "person_id in (select person_id from library.touched)"
    }


def test_a_full_build_makes_incremental_models_anew() -> None:
    assert "--full-refresh" in dbt.build_arguments(is_full=True)
    assert "--full-refresh" not in dbt.build_arguments(is_full=False)


def test_a_build_that_goes_on_makes_two_models_at_a_time_and_a_full_one_as_the_profile_says() -> None:
    assert dbt.build_arguments(is_full=False)[-2:] == ["--threads", "2"]
    assert "--threads" not in dbt.build_arguments(is_full=True)


def test_the_environment_is_absolute_and_limits_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIJIKU_MEMORY", "2GB")
    told = dbt.environment(Workdir(Path("library")))
    assert told["SIJIKU_WORKDIR"] == str(tmp_path / "library")
    assert told["SIJIKU_MEMORY"] == "2GB"


@pytest.mark.parametrize(
    ("limit", "told"),
    [("6GB", "4.5GB"), ("512 MiB", "384MiB"), ("80%", "60%"), ("a lot", "a lot")],
)
def test_a_step_that_needs_less_is_given_a_share_of_the_memory(
    limit: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIJIKU_MEMORY", limit)
    assert dbt.environment(Workdir(tmp_path), 0.75)["SIJIKU_MEMORY"] == told
    assert dbt.environment(Workdir(tmp_path))["SIJIKU_MEMORY"] == limit


def test_exported_variables_are_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIJIKU_A", "before")
    with pytest.raises(ZeroDivisionError), dbt.exported({"SIJIKU_A": "during", "SIJIKU_B": "during"}):
        assert (os.environ["SIJIKU_A"], os.environ["SIJIKU_B"]) == ("during", "during")
        raise ZeroDivisionError
    assert os.environ["SIJIKU_A"] == "before"
    assert "SIJIKU_B" not in os.environ


def test_the_fingerprint_changes_with_a_file_and_not_with_what_dbt_writes(tmp_path: Path) -> None:
    model = tmp_path / "models" / "a.sql"
    model.parent.mkdir()
    model.write_text("select 1 as a")
    before = dbt.fingerprint(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text("{}")
    assert dbt.fingerprint(tmp_path) == before
    model.write_text("select 2 as a")
    assert dbt.fingerprint(tmp_path) != before


def test_failures_are_named_by_node_without_what_the_engine_quotes_from_rows() -> None:
    results = {
        "results": [
            {"unique_id": "model.sijiku.a", "status": "success", "message": "OK"},
            {
                "unique_id": "test.sijiku.b.123",
                "status": "fail",
                "message": "Got 3 results, configured to fail if != 0",
            },
            {
                "unique_id": "model.sijiku.c",
                "status": "error",
                "message": "Runtime Error in c\n  could not cast '王伟'",
            },
            {"unique_id": "test.sijiku.d.1", "status": "warn", "message": "Got 1 result"},
            {"unique_id": "model.sijiku.e", "status": "skipped", "message": None},
        ]
    }
    failed = ["b: Got 3 results, configured to fail if != 0", "c: Runtime Error in c"]
    assert dbt.failures(results) == failed
    with pytest.raises(SijikuError, match="Got 3 results") as raised:
        dbt.raise_for_failures(results, 1)
    assert "王伟" not in str(raised.value)


def test_a_clean_run_raises_nothing() -> None:
    dbt.raise_for_failures({"results": [{"unique_id": "model.sijiku.a", "status": "success"}]}, 0)


def test_a_dbt_that_broke_off_is_an_error_even_without_results() -> None:
    with pytest.raises(SijikuError, match="dbt exit 2"):
        dbt.raise_for_failures({"results": []}, 2)


def test_a_missing_manifest_says_how_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(SijikuError, match=r"orchestration\.dbt"):
        dbt.load_manifest()


def test_a_manifest_is_made_once_for_a_project_that_does_not_change() -> None:
    dbt.ensure_manifest()
    assert dbt.ensure_manifest() is False
    assert dbt.load_manifest()["metadata"]["project_name"] == "sijiku"


def table(name: str, schema: str) -> dict[str, Any]:
    return {"unique_id": f"model.sijiku.{name}", "name": name, "schema": schema, "resource_type": "model"}


def claim(attached: str | None, *reads: str) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "attached_node": attached and f"model.sijiku.{attached}",
        "depends_on": {"nodes": [f"model.sijiku.{name}" for name in reads]},
        "config": {},
    }


@pytest.mark.parametrize(
    ("test", "attached_to"),
    [
        (claim("int_person__mentions", "int_person__mentions"), "int_person__mentions"),
        (claim("int_person__mentions", "int_person__mentions", "dim_division"), "dim_division"),
        (claim("fct_person_month", "dim_division", "fct_person_month"), "fct_person_month"),
        (claim(None, "mart_population", "dim_division"), "mart_population"),
        (claim(None, "a_source"), None),
    ],
)
def test_a_test_belongs_to_the_table_that_is_made_last(test: dict[str, Any], attached_to: str | None) -> None:
    tables = [
        table("int_person__mentions", "mentions"),
        table("dim_division", "library"),
        table("fct_person_month", "library"),
        table("mart_population", "marts"),
    ]
    nodes = {item["unique_id"]: item for item in tables} | {"test.sijiku.claim": test}
    attached = dbt.attach_tests({"nodes": nodes})["nodes"]["test.sijiku.claim"]["config"].get("meta")
    assert attached == (attached_to and {"dagster": {"ref": {"name": attached_to}}})


def test_a_test_whose_tables_meet_in_no_model_is_taken_along_by_name() -> None:
    def model(name: str, schema: str, *reads: str) -> dict[str, Any]:
        return table(name, schema) | {"depends_on": {"nodes": [f"model.sijiku.{read}" for read in reads]}}

    def claim_of(name: str, home: str, *reads: str) -> dict[str, Any]:
        node = model(name, "checks", *reads) | {"unique_id": f"test.sijiku.{name}", "resource_type": "test"}
        return node | {"config": {"meta": {"dagster": {"ref": {"name": home}}}}}

    items = [
        model("mentions", "mentions"),
        model("places", "staging"),
        model("people", "library", "places"),
        model("mart", "marts", "people"),
        claim_of("people_have_places", "people", "people", "places"),
        claim_of("people_have_mentions", "people", "people", "mentions"),
        claim_of("mart_has_mentions", "mart", "mart", "mentions"),
    ]
    manifest = {"nodes": {item["unique_id"]: item for item in items}}
    assert dbt.stray_tests(manifest, ["library"]) == ["people_have_mentions"]
    assert dbt.stray_tests(manifest, ["mentions"]) == []
