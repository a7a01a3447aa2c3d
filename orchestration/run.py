"""A build from the command line: the job that Dagster's UI shows, run in this process."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sources.continuation import Manner, manner_of
from sources.errors import SijikuError
from sources.trouble import trouble_behind
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

if TYPE_CHECKING:
    from dagster import DagsterEvent, Definitions, EventLogEntry, JobDefinition

logger = logging.getLogger("sijiku.orchestration")

# Under this name dagster-dbt says how many seconds a node took.
DURATION = "Execution Duration"

# The tag of an op that says what the step does, for the eye.
LABEL_TAG = "sijiku/label"

# Tags of a run: the build that it made, its as-of date, and full or incremental.
BUILD_TAG, AS_OF_TAG, MANNER_TAG = "sijiku/build", "sijiku/as_of", "sijiku/manner"


@dataclass(frozen=True)
class StepEvent:
    """What is shown of a build as it goes on.

    `kind`: start, asset (a table was made), finish, failure. `seconds`: of a step that has finished, and of a table
    that dbt made. `total`: tables that the step makes. `label`: the step in words, Chinese first.
    """

    kind: str
    step: str
    label: str
    asset: str | None = None
    seconds: float | None = None
    total: int = 0


@dataclass
class Outcome:
    """What became of a build.

    `is_new`: another library is published than before. `manner`: how it was made; None where there was nothing new to
    build. `log`: where the run's log lies.
    """

    is_new: bool
    manner: Manner | None
    log: Path


def run_build(
    workdir: Workdir,
    landing: Path,
    as_of: date | None,
    listener: Callable[[StepEvent], None],
    job: str = "build",
    *,
    is_full: bool = False,
) -> Outcome:
    """Build the library of a workdir from a landing folder and publish it.

    Args:
        workdir: where the library lives; made if it is not there.
        landing: the folder that bureaus deliver into.
        as_of: the date to build for; None for that of the newest delivery.
        listener: called for every step that starts or ends and every table made.
        job: the job to run: build, or intake, which publishes nothing (see defs/jobs.py).
        is_full: make everything anew, whatever the working warehouse holds and whatever is published.

    Raises:
        SijikuError: the workdir is taken, or a model or a blocking check failed: nothing new was published.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"dagster.*")
    with _for_good():
        from orchestration import dbt

        dbt.ensure_manifest()
        from orchestration.definitions import defs

        definitions = defs()
        to_run = definitions.resolve_job_def(job)
    before = published_build(workdir)
    workdir.logs.mkdir(parents=True, exist_ok=True)
    log = workdir.logs / f"build-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    config: dict[str, str | int] = {
        "workdir": str(workdir.path.resolve()),
        "landing": str(landing.resolve()),
        "spares_uploads": False,
        "pull_retries": 0,
    }
    if as_of:
        config["as_of"] = as_of.isoformat()
    if is_full:
        config["full"] = True
    began: set[str] = set()

    def listen(event: StepEvent) -> None:
        began.add(event.step)
        listener(event)

    with log_file(log):
        _execute(to_run, config, Watcher(steps(definitions), listen))
    after = published_build(workdir)
    return Outcome(is_new=after != before, manner=_manner(workdir) if "staging" in began else None, log=log)


@contextlib.contextmanager
def _for_good() -> Iterator[None]:
    """What is made here stays to the end: no garbage is looked for meanwhile, nor among it afterwards (as in
    `orchestration.dbt_process`)."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _manner(workdir: Workdir) -> Manner:
    with open_warehouse(workdir, read_only=True) as connection:
        return manner_of(connection)


def published_build(workdir: Workdir) -> str | None:
    """The id of the build that is published; None if there is none."""
    return os.readlink(workdir.current) if workdir.current.is_symlink() else None


@dataclass(frozen=True)
class Step:
    """A step of a build: its label, Chinese first, and how many tables it makes."""

    label: str
    tables: int


def steps(definitions: Definitions) -> dict[str, Step]:
    """The steps of the graph by name."""
    from dagster import AssetsDefinition

    parts = [*(definitions.assets or []), *(definitions.asset_checks or [])]
    return {
        part.op.name: Step(str(part.op.tags.get(LABEL_TAG, part.op.name)), len(part.keys))
        for part in parts
        if isinstance(part, AssetsDefinition) and part.is_executable
    }


class Watcher:
    """Tells a listener, in its own words, what Dagster reports; and writes it to the build's log."""

    KINDS: ClassVar = {
        "STEP_START": "start",
        "ASSET_MATERIALIZATION": "asset",
        "STEP_SUCCESS": "finish",
        "STEP_FAILURE": "failure",
    }

    def __init__(self, known: Mapping[str, Step], listener: Callable[[StepEvent], None]) -> None:
        self._steps = known
        self._listener = listener

    def __call__(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None or event.step_key is None or event.event_type_value not in self.KINDS:
            return
        kind = self.KINDS[event.event_type_value]
        step = self._steps[event.step_key]
        seconds = event.step_success_data.duration_ms / 1000 if kind == "finish" else seconds_of_table(event)
        asset = event.asset_key.to_user_string() if kind == "asset" and event.asset_key else None
        if kind != "asset":
            logger.debug("%s: %s%s", event.step_key, kind, "" if seconds is None else f" after {seconds:.1f} s")
        self._listener(StepEvent(kind, event.step_key, step.label, asset, seconds, step.tables))


def seconds_of_table(event: DagsterEvent) -> float | None:
    """How long dbt worked on the table that was made; None for other events, and for tables that are not dbt's."""
    if event.event_type_value != "ASSET_MATERIALIZATION":
        return None
    duration = event.step_materialization_data.materialization.metadata.get(DURATION)
    return None if duration is None else float(str(duration.value))


@contextlib.contextmanager
def log_file(path: Path) -> Iterator[None]:
    """Keep the project's log lines of a build in a file."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    project = logging.getLogger("sijiku")
    project.setLevel(logging.DEBUG)
    project.addHandler(handler)
    try:
        yield
    finally:
        project.removeHandler(handler)
        handler.close()


def _execute(job: JobDefinition, config: Mapping[str, str | int], watcher: Watcher) -> None:
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
            cause = problem_behind(error) or trouble_behind(error)
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
