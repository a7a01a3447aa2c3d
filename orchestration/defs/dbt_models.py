"""The models, in three steps: before who is who, after it, and after the estimates; their tests are asset checks."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration import dbt
from orchestration.resources import Dbt, LibraryResource
from orchestration.run import LABEL_TAG
from orchestration.translator import Translator

MANIFEST = dbt.load_manifest()
# The engine's memory is not all that dbt's process takes: a share is left for the rest. Quality and marts count what
# the library has grouped already: they need less.
OF_LIBRARY, OF_MARTS = 0.9, 0.6


@dbt_assets(
    name="staging",
    manifest=MANIFEST,
    select=dbt.selection(dbt.BEFORE_IDENTITY, seeds=True),
    dagster_dbt_translator=Translator(),
    op_tags={LABEL_TAG: "规整与人员记录 Staging and mentions"},
)
def staging(context: dg.AssetExecutionContext, dbt_cli: Dbt, library: LibraryResource) -> Iterator[Any]:
    """Seeds, staging and mentions."""
    yield from dbt_cli.build(context, library, "staging")


@dbt_assets(
    name="library",
    manifest=MANIFEST,
    select=dbt.selection(dbt.BEFORE_ESTIMATES, tests=dbt.stray_tests(MANIFEST, dbt.BEFORE_ESTIMATES)),
    exclude=dbt.HELD_BY_SUITES,
    dagster_dbt_translator=Translator(),
    op_tags={LABEL_TAG: "综合信息库 Library"},
)
def library_models(context: dg.AssetExecutionContext, dbt_cli: Dbt, library: LibraryResource) -> Iterator[Any]:
    """The library: people, where they live, what they are entitled to and get."""
    yield from dbt_cli.build(context, library, "library", memory=OF_LIBRARY)


@dbt_assets(
    name="marts",
    manifest=MANIFEST,
    select=dbt.selection(dbt.AFTER_ESTIMATES),
    exclude=dbt.HELD_BY_SUITES,
    dagster_dbt_translator=Translator(),
    op_tags={LABEL_TAG: "质量与指标表 Quality and marts"},
)
def quality_and_marts(context: dg.AssetExecutionContext, dbt_cli: Dbt, library: LibraryResource) -> Iterator[Any]:
    """Quality, marts and what is released."""
    yield from dbt_cli.build(context, library, "marts", memory=OF_MARTS)
