"""The last step: publishing what stands in the working warehouse, if every blocking check holds.

After it the warehouse is marked as whole: the next build may go on from there.
"""

from pathlib import Path
from typing import Any

import dagster as dg

from expectations.outcome import ExpectationOutcome
from identity.pipeline import CHANGED, RENEWED
from orchestration import dbt
from orchestration.defs.dbt_models import MANIFEST, library_models, quality_and_marts
from orchestration.defs.expectations import DATA_DOCS
from orchestration.defs.metrics import SAVED_QUERIES, answer_key
from orchestration.layers import condition
from orchestration.plots import bars
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from serving.interface import RELEASE_TABLES
from serving.library import summary
from serving.publish import publish
from sources.continuation import mark_whole, published_before


@dg.asset(
    key=["published", "current"],
    deps=[
        *library_models.keys,
        *quality_and_marts.keys,
        *map(answer_key, SAVED_QUERIES),
        *(dg.AssetKey([table.schema, table.name]) for table in RELEASE_TABLES),
        dg.AssetKey(["raw", "build"]),
    ],
    ins={"outcomes": dg.AssetIn(DATA_DOCS)},
    group_name="published",
    kinds={"duckdb", "parquet"},
    automation_condition=condition("published"),
    op_tags={LABEL_TAG: "检查并发布 Blocking checks, and publishing"},
)
def published(
    context: dg.AssetExecutionContext, library: LibraryResource, outcomes: list[ExpectationOutcome]
) -> dg.MaterializeResult[None]:
    """已发布的库 What readers open: restricted, analysis, release and docs of one build."""
    workdir = library.home()
    publication = publish(
        workdir,
        library.build_id(),
        data_docs=workdir.scratch / "expectations",
        dbt_manifest=dbt.manifest_of(workdir),
        semantic_manifest=dbt.semantic_manifest_of(workdir),
        published_before=published_before(workdir),
        renewed=dbt.renewed_by(MANIFEST) | RENEWED,
        changed=CHANGED,
        broken=[
            f"{item.suite}: {item.claim}, {item.rows}." for item in outcomes if item.is_blocking and not item.success
        ],
    )
    mark_whole(workdir, is_published_from=publication.is_new)
    metadata: dict[str, Any] = {
        "build": publication.build_id,
        "as_of": publication.as_of.isoformat(),
        "is_new": publication.is_new,
        **bytes_by_part(publication.path),
    }
    if not context.instance.is_ephemeral:
        areas = [(area.name, area.floating) for area in summary(workdir).areas if area.level == "district"]
        metadata["plot"] = bars("各旗县区流动人口 Floating population by district", areas)
    return dg.MaterializeResult(metadata=metadata)


def bytes_by_part(folder: Path) -> dict[str, int]:
    """What a published build weighs, in bytes: as a whole and by part."""
    parts = {
        f"bytes/{part.name}": sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
        for part in sorted(folder.iterdir())
        if part.is_dir()
    }
    return {"bytes": sum(parts.values()), **parts}
