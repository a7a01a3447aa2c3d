"""Questions that are asked again and again, answered in the words of the metrics before the library is published."""

from collections.abc import Iterator

import dagster as dg

from orchestration import dbt
from orchestration.defs.dbt_models import MANIFEST
from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG

GROUP = "metrics"
SAVED_QUERIES = {query["name"]: query for query in MANIFEST["saved_queries"].values()}
SEMANTIC_MODELS = [model["node_relation"] for model in MANIFEST["semantic_models"].values()]
# What every metric may be asked of: a query names divisions and times besides its own leaf.
LEAVES = sorted({dg.AssetKey([table["schema_name"], table["alias"]]) for table in SEMANTIC_MODELS})


def answer_key(name: str) -> dg.AssetKey:
    """The table that keeps a saved query's answer."""
    return dg.AssetKey([GROUP, name])


@dg.multi_asset(
    name="metrics",
    specs=[
        dg.AssetSpec(
            answer_key(name),
            deps=LEAVES,
            description=f"{query['label']}. {query['description']}",
            group_name=GROUP,
            kinds={"metricflow", "duckdb"},
            automation_condition=condition(GROUP),
        )
        for name, query in sorted(SAVED_QUERIES.items())
    ],
    op_tags={LABEL_TAG: "计算常用指标 Answering saved queries"},
)
def metrics(library: LibraryResource) -> Iterator[dg.MaterializeResult[None]]:
    """The saved queries' answers as tables."""
    # MetricFlow takes a second to import; the graph is read more often than it is run.
    from serving.metrics import store_saved_queries

    workdir = library.home()
    with library.step("metrics"):
        rows = store_saved_queries(workdir, dbt.semantic_manifest_of(workdir))
    for name in SAVED_QUERIES:
        yield dg.MaterializeResult(asset_key=answer_key(name), metadata={"dagster/row_count": rows[name]})
