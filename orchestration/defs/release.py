"""What may be shown to anyone: small counts left out, and others with them, so that none can be worked out."""

from collections.abc import Iterator

import dagster as dg

from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from serving.interface import RELEASE_TABLES

CELLS = [dg.AssetKey(["release", "int_release__cells"]), dg.AssetKey(["release", "int_release__sums"])]

# Counts by month that a run's page shows.
TOLD = ("listed", "hidden", "unprotected")


@dg.multi_asset(
    name="released",
    specs=[
        dg.AssetSpec(
            dg.AssetKey([table.schema, table.name]),
            deps=CELLS,
            description=description,
            group_name="release",
            kinds={"python", "duckdb"},
            automation_condition=condition("release"),
        )
        for table, description in RELEASE_TABLES.items()
    ],
    op_tags={LABEL_TAG: "隐去小计数 Leaving out small counts"},
)
def released(library: LibraryResource) -> Iterator[dg.MaterializeResult[None]]:
    """The tables of release/."""
    # scipy's solvers take a second to import; the graph is read more often than it is run.
    from serving.release import store_release

    with library.step("release"):
        report = store_release(library.home())
    metadata = {f"{what}/{month}": n for what in TOLD for month, n in getattr(report, what).items()}
    for table in RELEASE_TABLES:
        yield dg.MaterializeResult(asset_key=dg.AssetKey([table.schema, table.name]), metadata=metadata)
