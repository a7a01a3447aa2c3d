"""dbt nodes as Dagster assets: one name for a table in both, groups by folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import AssetCheckSpec, AssetKey, AssetSpec, AutomationCondition
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.layers import condition

Props = Mapping[str, Any]


def asset_key(props: Props) -> AssetKey:
    """A node's asset key: the schema and name of its table, so that `quality/ledger` is `quality.ledger`."""
    if props["resource_type"] == "source":
        return AssetKey([props["source_name"], props["name"]])
    return AssetKey([props["schema"], props["alias"]])


def group_name(props: Props) -> str:
    """A node's group: the layer it belongs to, which is its folder; seeds are one group."""
    if props["resource_type"] == "model":
        return str(props["fqn"][1])
    return "seeds" if props["resource_type"] == "seed" else str(props["source_name"])


def tags(props: Props) -> dict[str, str]:
    """A node's dbt tags, and who may read it."""
    access = props.get("config", {}).get("access") or props.get("access")
    return {str(tag): "" for tag in props.get("tags", [])} | ({"access": str(access)} if access else {})


def metadata(props: Props) -> dict[str, str]:
    """What `meta` says about a node, as text: simple values as they are, lists comma-separated."""
    meta = props.get("config", {}).get("meta") or props.get("meta") or {}
    simple = {key: value for key, value in meta.items() if isinstance(value, str | int | float | bool)}
    lists = {key: ", ".join(map(str, value)) for key, value in meta.items() if isinstance(value, list)}
    return {f"sijiku/{key}": str(value) for key, value in (simple | lists).items()}


class Translator(DagsterDbtTranslator):
    """The functions of this module, as dagster-dbt asks for them."""

    def get_asset_key(self, dbt_resource_props: Props) -> AssetKey:
        return asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Props) -> str | None:
        return group_name(dbt_resource_props)

    def get_tags(self, dbt_resource_props: Props) -> Mapping[str, str]:
        return tags(dbt_resource_props)

    def get_metadata(self, dbt_resource_props: Props) -> Mapping[str, Any]:
        return {**super().get_metadata(dbt_resource_props), **metadata(dbt_resource_props)}

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        # A test that fails fails its step (dbt.raise_for_failures), and nothing comes after it. Were it to block once
        # more by itself, Dagster would wait for its result from steps that it skips because nothing is new, and warn.
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec._replace(blocking=False) if spec else None

    def get_automation_condition(self, dbt_resource_props: Props) -> AutomationCondition[AssetKey] | None:
        return condition(group_name(dbt_resource_props))

    def get_description(self, dbt_resource_props: Props) -> str:
        return str(dbt_resource_props.get("description") or "")
