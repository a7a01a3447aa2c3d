"""The models, in the two steps that stand before and after who is who; their tests are asset checks."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration import dbt
from orchestration.resources import Dbt, LibraryResource
from orchestration.run import LABEL_TAG
from orchestration.translator import Translator

MANIFEST = dbt.load_manifest()
HELD_BY_SUITES = dbt.held_by_suites(MANIFEST)


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
    select=dbt.selection(dbt.AFTER_IDENTITY),
    exclude=" ".join(HELD_BY_SUITES),
    dagster_dbt_translator=Translator(),
    op_tags={LABEL_TAG: "库、质量与指标表 Library, quality and marts"},
)
def library_and_marts(context: dg.AssetExecutionContext, dbt_cli: Dbt, library: LibraryResource) -> Iterator[Any]:
    """Library, quality, marts and what is released."""
    yield from dbt_cli.build(context, library, "library")
