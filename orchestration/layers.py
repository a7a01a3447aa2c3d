"""When a layer follows by itself what it stands on.

Layers are not run one by one: a build is one run from raw to published, because what a step may leave as it was hangs
on the steps before it (sources/continuation.py). So each layer asks to be made when what it stands on is new *or will
be in the same run*, and all that ask at once become one run.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

# Takes in what has been delivered: new dates, or dates that were materialised by hand.
INTAKE = dg.AutomationCondition.eager().with_label("follows deliveries")
# Everything from raw to published: made with what it stands on, never while that is missing or being made.
FOLLOWS = dg.AutomationCondition.eager().with_label("follows what it stands on")

LAYERS = (
    *(
        "raw",
        "staging",
        "mentions",
        "identity",
        "library",
        "estimates",
        "quality",
        "marts",
        "release",
        "meta",
        "metrics",
    ),
    *("expectations", "published"),
)


def condition(layer: str) -> dg.AutomationCondition[Any] | None:
    """What makes a layer's assets be made; None for what never changes by itself (seeds) or comes from outside."""
    if layer == "landing":
        return INTAKE
    return FOLLOWS if layer in LAYERS else None
