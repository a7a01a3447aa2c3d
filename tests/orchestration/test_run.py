"""What the command hears of a run: steps in words, seconds, tables made; and the problem behind an error."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG, Step, StepEvent, Watcher, log_file, problem_behind, published_build, steps
from sources.errors import SijikuError, UsageError
from sources.workdir import Workdir


@dg.multi_asset(
    name="two_tables",
    specs=[dg.AssetSpec(["a", "one"]), dg.AssetSpec(["a", "two"])],
    op_tags={LABEL_TAG: "两张表 Two tables"},
)
def two_tables() -> Iterator[dg.MaterializeResult[Any]]:
    yield dg.MaterializeResult(asset_key=["a", "one"])
    yield dg.MaterializeResult(asset_key=["a", "two"])


@dg.asset(deps=[["a", "two"]])
def broken() -> None:
    raise SijikuError("文件坏了 The file is broken.", "Send it again.")


def run(*assets: dg.AssetsDefinition) -> tuple[list[StepEvent], Exception | None]:
    heard: list[StepEvent] = []
    definitions = dg.Definitions(assets=list(assets))
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = "11111111-1111-4111-8111-111111111111"
        instance.add_event_listener(run_id, Watcher(steps(definitions), heard.append))
        job = definitions.resolve_implicit_global_asset_job_def()
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        try:
            job.execute_in_process(instance=instance, run_id=run_id, run_config=quiet)
        except Exception as error:
            return heard, error
    return heard, None


def test_a_step_is_heard_from_start_over_each_table_to_finish() -> None:
    heard, error = run(two_tables)
    assert error is None
    assert [(event.kind, event.asset) for event in heard] == [
        ("start", None),
        ("asset", "a/one"),
        ("asset", "a/two"),
        ("finish", None),
    ]
    assert {event.label for event in heard} == {"两张表 Two tables"}
    assert {event.total for event in heard} == {2}
    assert heard[-1].seconds is not None


def test_a_step_that_fails_is_heard_and_its_problem_comes_through() -> None:
    heard, error = run(two_tables, broken)
    assert heard[-1].kind == "failure"
    assert heard[-1].step == "broken"
    assert error is not None
    problem = problem_behind(error)
    assert problem is not None
    assert problem.remedy == "Send it again."


def test_a_step_without_a_label_is_called_by_its_name() -> None:
    assert steps(dg.Definitions(assets=[broken, two_tables])) == {
        "broken": Step("broken", 1),
        "two_tables": Step("两张表 Two tables", 2),
    }


def test_an_error_of_another_kind_has_no_problem_behind_it() -> None:
    assert problem_behind(ValueError("x")) is None


def test_the_log_of_a_build_holds_the_projects_lines_and_ends_with_it(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    with log_file(log):
        logging.getLogger("sijiku.sources").info("taken in")
    logging.getLogger("sijiku.sources").info("too late")
    assert "taken in" in log.read_text(encoding="utf-8")
    assert "too late" not in log.read_text(encoding="utf-8")


def test_nothing_is_published_in_a_new_workdir(tmp_path: Path) -> None:
    assert published_build(Workdir(tmp_path)) is None


def enter(resource: LibraryResource) -> None:
    with dg.build_init_resource_context() as context, resource.yield_for_execution(context):
        pass


def test_a_run_holds_the_workdir_and_a_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    library = LibraryResource(workdir=str(tmp_path / "library"), landing=str(tmp_path / "landing"))
    with Workdir(tmp_path / "library").lock(), pytest.raises(SijikuError, match="Another build is running"):
        enter(library)
    enter(library)


def test_a_run_without_a_landing_folder_does_not_start(tmp_path: Path) -> None:
    library = LibraryResource(workdir=str(tmp_path / "library"), landing=str(tmp_path / "nowhere"))
    with pytest.raises(SijikuError, match="no landing folder"):
        enter(library)
    assert not (tmp_path / "library").exists()


def test_a_date_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    library = LibraryResource(workdir="w", landing="l", as_of="October")
    with pytest.raises(UsageError, match="October"):
        library.as_of_date()
    assert LibraryResource(workdir="w", landing="l").as_of_date() is None
