"""The jobs: each in this process, because the warehouse has one writer at a time."""

import dagster as dg

from orchestration.defs.landing import DELIVERIES

# What bureaus deliver is reported on by a build, not made by it.
MADE = dg.AssetSelection.all() - dg.AssetSelection.groups(DELIVERIES)

build = dg.define_asset_job(
    "build",
    selection=MADE,
    executor_def=dg.in_process_executor,
    description="一次建库 From the deliveries in the landing folder to the published library.",
)

intake = dg.define_asset_job(
    "intake",
    selection=dg.AssetSelection.assets(["mentions", "int_person__mentions"])
    .upstream()
    .required_multi_asset_neighbors()
    .without_checks()
    & MADE,
    executor_def=dg.in_process_executor,
    description="接收并规整，不识别、不发布 Takes in and stages what was delivered, and no more.",
)
