"""The raw schema of a build. Where it would make the library that is published already, nothing after it runs.

Unless a full build was asked for: then everything is made anew, whatever is published.
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.landing import UNCLAIMED, landing_key
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG, published_build
from sources.code_version import code_version
from sources.contract import load_contracts
from sources.generate import RAW_TABLES
from sources.landing import DeliveryOutcome
from sources.raw_zone import register

CONTRACTS = load_contracts("active")


def raw_specs() -> list[dg.AssetSpec]:
    """The datasets' views, each over its deliveries, and the tables on deliveries and build."""
    deliveries = {contract.table: landing_key(contract) for contract in CONTRACTS.values()}
    everything = [*deliveries.values(), UNCLAIMED]
    views = [
        dg.AssetSpec(
            ["raw", contract.table], deps=[landing_key(contract)], description=f"{contract.name_zh} as it came"
        )
        for contract in CONTRACTS.values()
    ]
    tables = [
        dg.AssetSpec(["raw", name], deps=everything, description=table.description)
        for name, table in RAW_TABLES.items()
    ]
    return [spec.replace_attributes(group_name="raw", kinds={"duckdb"}, skippable=True) for spec in (*views, *tables)]


@dg.multi_asset(
    name="raw_zone",
    specs=raw_specs(),
    ins={contract.table: dg.AssetIn(landing_key(contract)) for contract in CONTRACTS.values()}
    | {"unclaimed": dg.AssetIn(UNCLAIMED)},
    op_tags={LABEL_TAG: "登记批次 Registering deliveries"},
)
def raw_zone(library: LibraryResource, **landed: list[DeliveryOutcome]) -> Iterator[dg.MaterializeResult[None]]:
    """Views over the raw zone and state, and what is known of deliveries."""
    outcomes = [outcome for of_dataset in landed.values() for outcome in of_dataset]
    build = register(library.home(), outcomes, library.as_of_date(), code_version(), is_full_wanted=library.full)
    if build.build_id == published_build(library.home()) and not library.full:
        return
    for spec in raw_specs():
        yield dg.MaterializeResult(
            asset_key=spec.key, metadata={"build": build.build_id, "full": build.is_full, "why": build.reason_en}
        )
