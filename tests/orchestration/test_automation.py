"""A build starts by itself when a delivery is whole, once for each set of them, and not before."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration import dbt
from orchestration.resources import LandingResource
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

DATASET = "civil.marriage"


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    dbt.ensure_manifest()
    from orchestration.definitions import defs

    return defs()


class Landing:
    """A landing folder and the sensor's memory of it."""

    def __init__(self, root: Path, definitions: dg.Definitions) -> None:
        self.landing, self.workdir = root / "landing", Workdir(root / "library")
        self.landing.mkdir()
        self.cursor: str | None = None
        self._definitions = definitions

    def deliver(self, day: str, seconds_ago: float = 120, start: int = 1) -> Path:
        folder = write_delivery(self.landing, DATASET, day, rows=sample_rows(DATASET, 3, start))
        then = time.time() - seconds_ago
        for path in (*folder.iterdir(), folder):
            os.utime(path, (then, then))
        return folder

    def look(self) -> list[dg.RunRequest]:
        from orchestration.defs.automation import arrived

        resource = LandingResource(landing=str(self.landing), workdir=str(self.workdir.path))
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(
                instance=instance,
                cursor=self.cursor,
                resources={"landing": resource},
                definitions=self._definitions,
            )
            result = arrived.evaluate_tick(context)
        self.cursor = result.cursor
        return list(result.run_requests or [])


@pytest.fixture
def landing(tmp_path: Path, definitions: dg.Definitions) -> Landing:
    return Landing(tmp_path, definitions)


def test_a_whole_delivery_asks_for_one_build(landing: Landing) -> None:
    landing.deliver("2014-09-30")
    (request,) = landing.look()
    assert request.tags["sijiku/arrived"] == "civil.marriage 2014-09-30"
    assert landing.look() == []
    landing.deliver("2014-10-31", start=5)
    (second,) = landing.look()
    assert second.run_key != request.run_key
    assert landing.look() == []


def test_a_delivery_on_its_way_asks_for_nothing_until_it_is_there(landing: Landing) -> None:
    folder = landing.deliver("2014-09-30")
    manifest = folder / "manifest.json"
    kept = manifest.read_bytes()
    manifest.unlink()
    assert landing.look() == []
    manifest.write_bytes(kept)
    assert landing.look() == []
    then = time.time() - 61
    for path in (manifest, folder):
        os.utime(path, (then, then))
    assert len(landing.look()) == 1


def test_a_delivery_that_is_sent_again_as_it_was_asks_for_nothing(landing: Landing) -> None:
    folder = landing.deliver("2014-09-30")
    assert len(landing.look()) == 1
    os.utime(folder / "manifest.json")
    assert landing.look() == []
    then = time.time() - 61
    os.utime(folder / "manifest.json", (then, then))
    assert landing.look() == []


def test_the_same_deliveries_have_one_run_key_whoever_looks(tmp_path: Path, definitions: dg.Definitions) -> None:
    keys = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        landing = Landing(tmp_path / name, definitions)
        for day in ("2014-10-31", "2014-09-30"):
            landing.deliver(day)
        keys |= {request.run_key for request in landing.look()}
    assert len(keys) == 1


def test_while_a_build_runs_the_sensor_waits_and_forgets_nothing(landing: Landing) -> None:
    landing.deliver("2014-09-30")
    with landing.workdir.lock():
        assert landing.look() == []
    assert len(landing.look()) == 1


def test_a_build_is_asked_for_every_night(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Asia/Shanghai")
    assert schedule.job_name == "build"


def test_nothing_starts_by_itself_until_it_is_switched_on(definitions: dg.Definitions) -> None:
    starting = [
        sensor
        for sensor in definitions.sensors or []
        if not isinstance(sensor, dg.RunStatusSensorDefinition) and sensor.name != "cut_off"
    ]
    assert {sensor.default_status.value for sensor in starting} == {"STOPPED"}
    assert {schedule.default_status.value for schedule in definitions.schedules or []} == {"STOPPED"}


def test_whatever_is_materialised_by_hand_runs_in_one_process(definitions: dg.Definitions) -> None:
    assert definitions.resolve_implicit_global_asset_job_def().executor_def is dg.in_process_executor


def test_deliveries_that_were_taken_in_by_hand_are_followed_to_what_is_published_in_one_run(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    made = {key for key in graph.executable_asset_keys if key.path[0] != "delivery"}
    delivery = dg.AssetKey(["delivery", "civil__marriage"])
    with dg.DagsterInstance.ephemeral() as instance:
        for key in made:
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
        first = dg.evaluate_automation_conditions(definitions, instance)
        instance.add_dynamic_partitions("extract_date/civil.marriage", ["2014-10-31"])
        instance.report_runless_asset_event(dg.AssetMaterialization(delivery, partition="2014-10-31"))
        second = dg.evaluate_automation_conditions(definitions, instance, cursor=first.cursor)
        asked = {key for key in made if second.get_num_requested(key)}
        third = dg.evaluate_automation_conditions(definitions, instance, cursor=second.cursor)
    assert first.total_requested == 0
    checks = {check for key in asked for check in graph.get(key).check_keys}
    run = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=asked, asset_check_selection=checks
    )
    assert asked <= set(run.asset_layer.selected_asset_keys)
    assert {"landing", "raw", "staging", "identity", "library", "marts", "published"} <= {key.path[0] for key in asked}
    assert dg.AssetKey(["landing", "hrss__training"]) not in asked
    assert third.total_requested == 0


def test_every_layer_but_seeds_and_deliveries_follows(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    without = {
        graph.get(key).group_name for key in graph.executable_asset_keys if not graph.get(key).automation_condition
    }
    assert without == {"seeds", "delivery"}


def test_only_a_run_that_makes_every_table_may_publish_when_everything_is_to_be_made_anew(
    definitions: dg.Definitions,
) -> None:
    from orchestration.defs.raw_zone import PUBLISHED, is_partial

    every = definitions.resolve_asset_graph().executable_asset_keys
    some = {PUBLISHED, dg.AssetKey(["marts", "mart_population"])}
    assert is_partial(some, every)
    assert not is_partial(some - {PUBLISHED}, every)
    assert not is_partial({key for key in every if key.path[0] != "delivery"}, every)


def look_for_cut_off(workdir: Workdir, instance: dg.DagsterInstance, cursor: str | None) -> str | None:
    from orchestration.defs.cut_off import cut_off

    resource = LandingResource(landing=str(workdir.path), workdir=str(workdir.path))
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"landing": resource})
    return cut_off.evaluate_tick(context).cursor


def test_a_run_whose_process_is_gone_counts_as_failed_at_the_second_look(tmp_path: Path) -> None:
    workdir = Workdir(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.add_run(dg.DagsterRun(job_name="build", status=dg.DagsterRunStatus.STARTED))

        def status() -> dg.DagsterRunStatus:
            (found,) = instance.get_runs(dg.RunsFilter(run_ids=[run.run_id]))
            return found.status

        cursor = look_for_cut_off(workdir, instance, None)
        with workdir.lock():
            cursor = look_for_cut_off(workdir, instance, cursor)
        cursor = look_for_cut_off(workdir, instance, cursor)
        assert status() is dg.DagsterRunStatus.STARTED
        look_for_cut_off(workdir, instance, cursor)
        assert status() is dg.DagsterRunStatus.FAILURE
