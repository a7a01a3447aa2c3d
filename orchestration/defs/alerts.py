"""Alerts on what a run left behind: that it failed, that publishing was blocked, what was refused, what is overdue.

They watch as soon as Dagster runs, and say nothing where no way is set up (see orchestration/alerts.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from orchestration.alerts import Alert, Kind, channels, masked, tell
from orchestration.resources import LandingResource
from orchestration.run import BUILD_TAG
from serving.library import open_published
from serving.publish import PublicationBlocked
from sources.errors import SijikuError
from sources.workdir import Workdir

RULES: dict[str, Kind] = {"delivery_refused": "refused", "delivery_late": "late"}

# What this build is the first to find.
_NEW = """
    SELECT rule_id, dataset, detail_zh || ' ' || detail_en FROM quality.finding
    WHERE rule_id IN ('delivery_refused', 'delivery_late') AND first_build = ? AND state <> 'verified'
    ORDER BY rule_id, dataset, finding_id
"""


def failure_alert(run_id: str, build: str | None, errors: list[tuple[str, SerializableErrorInfo | None]]) -> Alert:
    """The alert on a run that failed, from its steps' errors.

    Of an error that was raised for people its own words are told; of another only what kind it is, because its words
    may quote a row.
    """
    told = [(step, error, problem) for step, error in errors for problem in [_own(error)]]
    kind: Kind = "blocked" if any(_is(problem, PublicationBlocked) for _, _, problem in told) else "failed"
    lines = tuple(f"{step}: {_said(problem) if problem else _kind(error)}" for step, error, problem in told)
    return Alert(kind, lines or ("运行未能开始或被中断 The run did not start, or was cut off.",), build, run_id)


def delivery_alerts(workdir: Workdir, build: str, run_id: str) -> list[Alert]:
    """The alerts on deliveries that a published build is the first to find refused or overdue."""
    with open_published(workdir) as connection:
        rows = connection.execute(_NEW, [build]).fetchall()
    by_kind: dict[Kind, list[str]] = {}
    for rule_id, dataset, detail in rows:
        by_kind.setdefault(RULES[rule_id], []).append(f"{dataset}: {detail}")
    return [Alert(kind, tuple(lines), build, run_id) for kind, lines in by_kind.items()]


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="失败与发布受阻时提醒 Tells people of a run that failed and of a publication that was blocked.",
)
def tell_of_failures(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a failed run every way that is set up."""
    ways = channels(os.environ)
    if not ways:
        return dg.SkipReason("没有设置提醒方式 No SIJIKU_ALERT_… is set.")
    errors = [(str(event.step_key), event.step_failure_data.error) for event in context.get_step_failure_events()]
    run = context.dagster_run
    # What kept it from its first step, such as a landing folder that is not there, is an error of no step.
    if not errors and (error := context.failure_event.job_failure_data.error) is not None:
        errors = [(run.job_name, error)]
    tell(failure_alert(run.run_id, run.tags.get(BUILD_TAG), errors), ways)
    return None


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="批次被拒收或逾期时提醒 Tells people of deliveries that were refused or are overdue.",
)
def tell_of_deliveries(context: dg.RunStatusSensorContext, landing: LandingResource) -> dg.SkipReason | None:
    """Tell what a build found new about deliveries; a build that was made before is not told of again."""
    ways = channels(os.environ)
    run = context.dagster_run
    build = run.tags.get(BUILD_TAG)
    if not ways or build is None or not landing.home().current.exists():
        return dg.SkipReason("没有可提醒的 Nothing to tell, or nowhere to tell it.")
    same = dg.RunsFilter(tags={BUILD_TAG: build}, statuses=[dg.DagsterRunStatus.SUCCESS])
    if context.instance.get_runs_count(same) > 1:
        return dg.SkipReason("已提醒过 This build was told of before.")
    for alert in delivery_alerts(landing.home(), build, run.run_id):
        tell(alert, ways)
    return None


def _own(error: SerializableErrorInfo | None) -> SerializableErrorInfo | None:
    """The error raised for people that stands behind an error, if one does."""
    names = {SijikuError.__name__, *(kind.__name__ for kind in _kinds(SijikuError))}
    while error is not None:
        if error.cls_name in names:
            return error
        error = error.cause or error.context
    return None


def _kinds(kind: type[SijikuError]) -> Iterator[type[SijikuError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def _is(error: SerializableErrorInfo | None, kind: type[SijikuError]) -> bool:
    return error is not None and error.cls_name == kind.__name__


def _said(error: SerializableErrorInfo) -> str:
    """An error's words, which stand after the name of its class."""
    return masked(error.message.split(": ", 1)[-1].strip())


def _kind(error: SerializableErrorInfo | None) -> str:
    """What kind of error it was that the others were raised for."""
    while error is not None and error.cause is not None:
        error = error.cause
    return (error.cls_name if error else None) or "Error"
