"""When a build starts by itself: when a delivery has arrived whole, once a night, and when a layer can follow.

All are off until somebody switches them on in the UI. All leave alone what is still being written. The third is for
those who materialise deliveries by hand: it makes what stands on them (see orchestration/layers.py).
"""

from __future__ import annotations

import hashlib
import json
import time

import dagster as dg

from orchestration.defs.jobs import MADE, build
from orchestration.resources import LandingResource
from sources.arrivals import Arrival, Waiting, arrivals

ARRIVED_TAG = "sijiku/arrived"
Known = dict[str, tuple[str, str]]


def run_key(new: list[Arrival]) -> str:
    """One key for a set of deliveries, in whatever order they came."""
    return hashlib.sha256("\n".join(sorted(arrival.delivery for arrival in new)).encode()).hexdigest()


def read_cursor(cursor: str | None) -> Known:
    """The deliveries that runs were requested for: path to (mark, delivery)."""
    return {path: (mark, delivery) for path, (mark, delivery) in json.loads(cursor or "{}").items()}


@dg.sensor(
    job=build,
    minimum_interval_seconds=30,
    description="报送到齐即建库 A build when a delivery has arrived whole; what is half-written is left alone.",
)
def arrived(context: dg.SensorEvaluationContext, landing: LandingResource) -> dg.SensorResult | dg.SkipReason:
    """Request a build for deliveries that are complete and that no run was requested for yet."""
    known = read_cursor(context.cursor)
    found = arrivals(landing.folder(), time.time(), Waiting(), known)
    half = [arrival.path for arrival in found if arrival.standing == "half_written"]
    there = [arrival for arrival in found if arrival.standing != "half_written"]
    seen = {delivery for _, delivery in known.values()}
    new = [arrival for arrival in there if arrival.delivery not in seen]
    # What is being sent again is known until it is there: the very same asks for nothing.
    kept = {path: known[path] for path in half if path in known}
    cursor = json.dumps(kept | {arrival.path: (arrival.mark, arrival.delivery) for arrival in there}, sort_keys=True)
    left = f"还在传输 still being written: {', '.join(half)}。" if half else ""
    if not new:
        return dg.SensorResult(skip_reason=f"没有新到齐的批次 No new delivery is complete. {left}", cursor=cursor)
    if landing.home().is_locked():
        return dg.SkipReason("正在建库，稍后再看 A build is running: looked at again when it has ended.")
    if half:
        context.log.info(left)
    named = sorted(f"{arrival.dataset} {arrival.date}" for arrival in new)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key(new), tags={ARRIVED_TAG: ", ".join(named)[:255]})], cursor=cursor
    )


nightly = dg.ScheduleDefinition(
    name="nightly",
    job=build,
    cron_schedule="0 2 * * *",
    execution_timezone="Asia/Shanghai",
    description="每夜建库 A build every night: what is read from databases comes in, and what was missed by day.",
)

by_layer = dg.AutomationConditionSensorDefinition(
    "by_layer",
    target=MADE,
    minimum_interval_seconds=60,
    description="逐层跟进 Makes what stands on deliveries that were taken in by hand, layer by layer, in one run.",
)
