"""When deliveries arrive, and how: most on the day of their extract, some late, some twice, some put right later."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from sources.city.errors import Draws
from sources.city.streams import whole
from sources.errors import UsageError
from sources.manifest import MANIFEST

ARRIVALS = "arrivals"
# Of all deliveries; a choice.
_LATE, _SENT_AGAIN, _PUT_RIGHT = 0.08, 0.05, 0.06
_LATE_BY_DAYS, _AGAIN_AFTER_DAYS, _RIGHT_AFTER_DAYS = 3, 3, 2


@dataclass(frozen=True)
class Fate:
    """Days after the extract on which a delivery arrives, arrives once more the very same, or put right; else None."""

    late_by: int = 0
    again_after: int | None = None
    right_after: int | None = None


def fate(draws: Draws, number: int) -> Fate:
    """What becomes of the delivery that is extracted on a day."""
    luck, days = (draws.uniform(f"days.{number}.{name}", np.zeros(1, dtype=np.int64)) for name in ("fate", "fate.days"))
    if luck[0] < _LATE:
        return Fate(late_by=1 + int(whole(days, _LATE_BY_DAYS)[0]))
    if luck[0] < _LATE + _SENT_AGAIN:
        return Fate(again_after=1 + int(whole(days, _AGAIN_AFTER_DAYS)[0]))
    if luck[0] < _LATE + _SENT_AGAIN + _PUT_RIGHT:
        return Fate(right_after=1 + int(whole(days, _RIGHT_AFTER_DAYS)[0]))
    return Fate()


def deliver(out: Path, day: date, landing: Path) -> int:
    """Lay what arrived on a day of a simulated city into a landing folder, as `cp -r` of its folder would.

    A delivery put right replaces the files of the one before it, which has been taken in by then, or never is.

    Args:
        out: a folder that `simulate` made with days.
        day: one of them.
        landing: a landing folder, made where it is absent: a copy of `<out>/landing`, say.

    Returns:
        How many deliveries arrived.

    Raises:
        UsageError: that day was not simulated.
    """
    arrived = out / ARRIVALS / day.isoformat()
    if not arrived.is_dir():
        raise UsageError(
            f"{out} 没有 {day} 的到达批次。Nothing was simulated for {day} in {out}.",
            "用 --days 模拟更多天。Simulate more days: sijiku simulate --days N.",
        )
    manifests = sorted(arrived.rglob(MANIFEST))
    for manifest in manifests:
        target = landing / manifest.parent.relative_to(arrived)
        target.mkdir(parents=True, exist_ok=True)
        # The manifest last: a folder without one is an upload in progress.
        for file in [*(path for path in sorted(manifest.parent.iterdir()) if path != manifest), manifest]:
            shutil.copyfile(file, target / file.name)
    return len(manifests)
