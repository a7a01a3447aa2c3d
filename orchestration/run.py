"""A build from the command line: the job that Dagster's UI shows, run in this process."""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sources.errors import SijikuError
from sources.workdir import Workdir

if TYPE_CHECKING:
    from dagster import EventLogEntry, JobDefinition

LABEL_TAG = "sijiku/label"


@dataclass(frozen=True)
class StepEvent:
    """What is shown of a build as it goes on.

    `kind`: start, asset (a table was made), finish, failure. `seconds`: of a step that has finished. `total`: tables
    that the step makes. `label`: the step in words, Chinese first.
    """

    kind: str
    step: str
    label: str
    asset: str | None = None
    seconds: float | None = None
    total: int = 0


@dataclass
class Outcome:
    """What became of a build: whether there was anything new to build, and where its log lies."""

    is_new: bool
    log: Path
    failed_checks: list[str] = field(default_factory=list)


def run_build(workdir: Workdir, landing: Path, as_of: date | None, listener: Callable[[StepEvent], None]) -> Outcome:
    """Build the library of a workdir from a landing folder and publish it.

    Args:
        workdir: where the library lives; made if it is not there.
        landing: the folder that bureaus deliver into.
        as_of: the date to build for; None for that of the newest delivery.
        listener: called for every step that starts or ends and every table made.

    Raises:
        SijikuError: the workdir is taken, or a model or a blocking check failed: nothing new was published.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"dagster.*")
    from orchestration import dbt

    dbt.ensure_manifest()
    from orchestration.definitions import defs

    job = defs().resolve_job_def("build")
    before = published_build(workdir)
    workdir.logs.mkdir(parents=True, exist_ok=True)
    log = workdir.logs / f"build-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    config = {"workdir": str(workdir.path.resolve()), "landing": str(landing.resolve())}
    if as_of:
        config["as_of"] = as_of.isoformat()
    with log_file(log):
        _execute(job, config, Watcher(job, listener))
    after = published_build(workdir)
    return Outcome(is_new=after != before, log=log)


def published_build(workdir: Workdir) -> str | None:
    """The id of the build that is published; None if there is none."""
    return os.readlink(workdir.current) if workdir.current.is_symlink() else None


class Watcher:
    """Tells a listener, in its own words, what Dagster reports; and writes it to the build's log."""

    def __init__(self, job: JobDefinition, listener: Callable[[StepEvent], None]) -> None:
        self._job = job
        self._listener = listener
        self._log = logging.getLogger("sijiku.orchestration")

    def __call__(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event if entry.is_dagster_event else None
        if event is None or event.step_key is None:
            return
        kinds = {
            "STEP_START": "start",
            "STEP_SUCCESS": "finish",
            "STEP_FAILURE": "failure",
            "ASSET_MATERIALIZATION": "asset",
        }
        kind = kinds.get(event.event_type_value)
        if kind is None:
            return
        node = self._job.get_node_named(event.step_key)
        seconds = event.step_success_data.duration_ms / 1000 if kind == "finish" else None
        asset = event.asset_key.to_user_string() if kind == "asset" and event.asset_key else None
        label = str(node.tags.get(LABEL_TAG, event.step_key))
        if kind != "asset":
            self._log.debug("%s %s%s", event.step_key, kind, f" {seconds:.1f} s" if seconds else "")
        self._listener(StepEvent(kind, event.step_key, label, asset, seconds, len(node.output_defs)))


@contextlib.contextmanager
def log_file(path: Path):  # type: ignore[no-untyped-def]
    """Keep the project's log lines of a build in a file."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("sijiku")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def _execute(job: JobDefinition, config: dict[str, str], watcher: Watcher) -> None:
    import dagster as dg

    run_id = str(uuid.uuid4())
    with contextlib.ExitStack() as stack:
        instance = stack.enter_context(
            dg.DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else dg.DagsterInstance.ephemeral()
        )
        instance.add_event_listener(run_id, watcher)
        # dbt's process and Dagster print for a machine; what a person reads is the listener's.
        stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        try:
            job.execute_in_process(
                run_config={
                    "resources": {"library": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                instance=instance,
                run_id=run_id,
            )
        except Exception as error:
            cause = problem_behind(error)
            if cause is None:
                raise
            raise cause from None


def problem_behind(error: BaseException) -> SijikuError | None:
    """The SijikuError that an error was raised for, however often it was wrapped."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if isinstance(current, SijikuError):
            return current
        seen.add(id(current))
        current = getattr(current, "user_exception", None) or current.__cause__ or current.__context__
    return None
