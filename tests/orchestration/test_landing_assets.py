"""Deliveries by extract date: reported by a build, taken in for some dates in a single run, asked for again where a
database does not answer for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs.landing import delivery_asset, delivery_events, delivery_key, extract_dates, landing_asset
from orchestration.resources import LibraryResource
from sources.contract import load_contract
from sources.landing import DeliveryOutcome
from tests.deliveries import sample_rows, write_delivery
from tests.postgres import free_port

MARRIAGE = load_contract("civil.marriage")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DATES = ("2014-08-31", "2014-09-30", "2014-10-31")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    for number, day in enumerate(DATES):
        write_delivery(tmp_path / "landing", MARRIAGE.dataset, day, rows=sample_rows(MARRIAGE.dataset, 2 + number))
    return tmp_path / "landing"


def definitions(landing: Path, **options: Any) -> dg.Definitions:
    library = LibraryResource(workdir=str(landing.parent / "library"), landing=str(landing), **options)
    return dg.Definitions(
        assets=[delivery_asset(MARRIAGE), landing_asset(MARRIAGE)],
        resources={"library": library},
        executor=dg.in_process_executor,
    )


def materialize(made: dg.Definitions, instance: dg.DagsterInstance, key: dg.AssetKey, **tags: str) -> Any:
    job = made.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance, asset_selection=[key], tags=tags, run_config=QUIET, raise_on_error=False
    )


def intake(result: Any) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()[-1:]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_a_build_reports_each_accepted_delivery_under_its_extract_date(
    landing: Path, instance: dg.DagsterInstance
) -> None:
    key = dg.AssetKey(["landing", MARRIAGE.table])
    assert materialize(definitions(landing), instance, key).success
    assert set(instance.get_dynamic_partitions(str(extract_dates(MARRIAGE).name))) == set(DATES)
    assert instance.get_materialized_partitions(delivery_key(MARRIAGE)) == set(DATES)
    event = instance.get_latest_materialization_event(delivery_key(MARRIAGE))
    assert event is not None and event.asset_materialization is not None
    assert event.asset_materialization.metadata["dagster/row_count"].value == 4


def test_some_dates_are_taken_in_by_a_single_run_and_no_other(landing: Path, instance: dg.DagsterInstance) -> None:
    made = definitions(landing)
    instance.add_dynamic_partitions(str(extract_dates(MARRIAGE).name), list(DATES))
    span = {"dagster/asset_partition_range_start": DATES[0], "dagster/asset_partition_range_end": DATES[1]}
    result = materialize(made, instance, delivery_key(MARRIAGE), **span)
    assert result.success
    assert instance.get_materialized_partitions(delivery_key(MARRIAGE)) == set(DATES[:2])
    assert (intake(result)["accepted"], intake(result)["dagster/row_count"]) == (2, 5)
    assert len(list((landing.parent / "library" / "raw").rglob("*.parquet"))) == 2


def test_a_database_that_does_not_answer_is_asked_again_and_then_refused(
    landing: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVIL_DSN", f"postgresql://reader@127.0.0.1:{free_port()}/civil")
    monkeypatch.setattr("orchestration.defs.landing.RETRY_SECONDS", 0)
    folder = landing / "civil" / "marriage"
    (folder / "connection.yml").write_text("dsn_env: CIVIL_DSN\ntable: public.marriage\nmode: full\n", encoding="utf-8")
    result = materialize(definitions(landing, pull_retries=2), instance, dg.AssetKey(["landing", MARRIAGE.table]))
    assert result.success
    assert [event.event_type_value for event in result.all_events].count("STEP_RESTARTED") == 2
    assert (intake(result)["refused"], intake(result)["accepted"]) == (1, 3)


def test_what_is_refused_for_good_is_not_tried_again(landing: Path, instance: dg.DagsterInstance) -> None:
    (landing / "civil" / "marriage" / DATES[0] / "manifest.json").unlink()
    result = materialize(definitions(landing, pull_retries=2), instance, dg.AssetKey(["landing", MARRIAGE.table]))
    assert "STEP_RESTARTED" not in [event.event_type_value for event in result.all_events]
    assert intake(result)["refused"] == 1


def test_a_delivery_of_an_earlier_build_is_reported_once() -> None:
    outcome = DeliveryOutcome(MARRIAGE.dataset, "civil", "p", "hash", "repeated", date(2014, 10, 31), rows_declared=7)
    (event,) = delivery_events(MARRIAGE, [outcome], [], "run")
    assert event.metadata["dagster/row_count"].value == 7
    assert delivery_events(MARRIAGE, [outcome], ["2014-10-31"], "run") == []
