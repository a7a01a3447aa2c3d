"""dbt nodes keep one name, one group and one description in Dagster."""

from __future__ import annotations

from typing import Any

import pytest
from dagster import AssetKey

from orchestration.translator import asset_key, group_name, metadata, tags

MODEL: dict[str, Any] = {
    "resource_type": "model",
    "name": "quality_ledger",
    "alias": "ledger",
    "schema": "quality",
    "fqn": ["sijiku", "quality", "quality_ledger"],
    "tags": ["public"],
    "access": "protected",
    "config": {"meta": {"grain": "build, dataset", "reads": ["raw.delivery", "staging.x"], "rule": {"id": "x"}}},
}
SOURCE = {"resource_type": "source", "source_name": "raw", "name": "psb__temporary_residence", "schema": "raw"}
SEED = {"resource_type": "seed", "schema": "seeds", "alias": "code_ethnicity", "fqn": ["sijiku", "code_ethnicity"]}


@pytest.mark.parametrize(
    ("props", "key"),
    [
        (MODEL, ["quality", "ledger"]),
        (SOURCE, ["raw", "psb__temporary_residence"]),
        (SEED, ["seeds", "code_ethnicity"]),
    ],
)
def test_an_asset_is_named_as_its_table_is(props: dict[str, Any], key: list[str]) -> None:
    assert asset_key(props) == AssetKey(key)


@pytest.mark.parametrize(("props", "group"), [(MODEL, "quality"), (SOURCE, "raw"), (SEED, "seeds")])
def test_an_asset_is_grouped_by_its_layer(props: dict[str, Any], group: str) -> None:
    assert group_name(props) == group


def test_tags_hold_dbts_own_and_who_may_read() -> None:
    assert tags(MODEL) == {"public": "", "access": "protected"}
    assert tags(SEED) == {}


def test_metadata_holds_simple_values_and_lists_of_meta_as_text() -> None:
    assert metadata(MODEL) == {"sijiku/grain": "build, dataset", "sijiku/reads": "raw.delivery, staging.x"}
    assert metadata(SEED) == {}
