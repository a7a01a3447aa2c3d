"""Runs whose process is gone, ended in Dagster's books: while one seems to go on, Dagster starts no other.

A run holds the workdir for as long as it lasts. One that has started while nobody holds the workdir, at two looks five
minutes apart, was cut off: by a restart, by the machine, by hand. Dagster's own run monitoring does not see that of
runs in processes of the same machine.
"""

from __future__ import annotations

import json

import dagster as dg

from orchestration.resources import LandingResource

SECONDS_BETWEEN_LOOKS = 300


@dg.sensor(
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="进程已不在的运行记为失败 Marks runs as failed whose process is gone, so that the next can start.",
)
def cut_off(context: dg.SensorEvaluationContext, landing: LandingResource) -> dg.SensorResult:
    """Mark as failed what was without a process at the look before, too."""
    if landing.home().is_locked():
        return dg.SensorResult(skip_reason="正在建库 A build is running.", cursor="[]")
    before = set(json.loads(context.cursor or "[]"))
    started = context.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    gone = [run for run in started if run.run_id in before]
    for run in gone:
        context.instance.report_run_failed(
            run, "运行的进程已不在，记为失败。The run's process is gone: it counts as failed."
        )
    waiting = sorted(run.run_id for run in started if run.run_id not in before)
    return dg.SensorResult(
        skip_reason=f"记为失败 counted as failed: {len(gone)}; 再看一次 looked at again: {len(waiting)}",
        cursor=json.dumps(waiting),
    )
