"""The one job: everything, in this process, because the warehouse has one writer at a time."""

import dagster as dg

build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="一次建库 From the deliveries in the landing folder to the published library.",
)
