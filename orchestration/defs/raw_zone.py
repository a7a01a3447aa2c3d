"""The raw schema of a build. Where it would make the library that is published already, nothing after it runs.

Unless a full build was asked for: then everything is made anew, whatever is published.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration.defs.landing import DELIVERIES, UNCLAIMED, landing_key
from orchestration.layers import condition
from orchestration.plots import bars
from orchestration.resources import LibraryResource
from orchestration.run import AS_OF_TAG, BUILD_TAG, LABEL_TAG, MANNER_TAG, published_build
from sources.code_version import code_version
from sources.contract import load_contracts
from sources.errors import SijikuError
from sources.generate import RAW_TABLES
from sources.landing import DeliveryOutcome
from sources.raw_zone import register

CONTRACTS = load_contracts("active")
DELIVERY = dg.AssetKey(["raw", "delivery"])
PUBLISHED = dg.AssetKey(["published", "current"])


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
    return [
        spec.replace_attributes(
            group_name="raw", kinds={"duckdb"}, skippable=True, automation_condition=condition("raw")
        )
        for spec in (*views, *tables)
    ]


@dg.multi_asset(
    name="raw_zone",
    specs=raw_specs(),
    ins={contract.table: dg.AssetIn(landing_key(contract)) for contract in CONTRACTS.values()}
    | {"unclaimed": dg.AssetIn(UNCLAIMED)},
    op_tags={LABEL_TAG: "登记批次 Registering deliveries"},
)
def raw_zone(
    context: dg.AssetExecutionContext, library: LibraryResource, **landed: list[DeliveryOutcome]
) -> Iterator[dg.MaterializeResult[None]]:
    """Views over the raw zone and state, and what is known of deliveries."""
    outcomes = [outcome for of_dataset in landed.values() for outcome in of_dataset]
    build = register(library.home(), outcomes, library.as_of_date(), code_version(), is_full_wanted=library.full)
    manner = "full" if build.is_full else "incremental"
    context.instance.add_run_tags(
        context.run_id, {BUILD_TAG: build.build_id, AS_OF_TAG: build.as_of.isoformat(), MANNER_TAG: manner}
    )
    if build.build_id == published_build(library.home()) and not library.full:
        return
    selected = context.run.asset_selection
    # A run of a whole job, as the command's, may know of no repository.
    if build.is_full and selected and is_partial(selected, context.repository_def.asset_graph.executable_asset_keys):
        raise SijikuError(
            f"须全部重建({build.reason_zh})，而本次运行只含部分表。"
            f"Everything is to be made anew ({build.reason_en}), and this run holds only some tables.",
            "请运行作业 build。Launch the job build.",
        )
    about: dict[str, Any] = {"build": build.build_id, "full": build.is_full, "why": build.reason_en}
    for spec in raw_specs():
        is_drawn = spec.key == DELIVERY and not context.instance.is_ephemeral
        plot = {"plot": bars("各数据集收到的行数 Rows by dataset", rows_by_dataset(outcomes))} if is_drawn else {}
        yield dg.MaterializeResult(asset_key=spec.key, metadata=about | plot)


def is_partial(selected: Collection[dg.AssetKey], every: Collection[dg.AssetKey]) -> bool:
    """Whether a run would publish a library of which it makes only some tables.

    `selected`: the assets that a run was asked for by name. `every`: all that can be made.
    """
    return PUBLISHED in selected and any(key not in selected and key.path[0] != DELIVERIES for key in every)


def rows_by_dataset(outcomes: Sequence[DeliveryOutcome]) -> list[tuple[str, int]]:
    """Rows in the deliveries that lie in the landing folder and were not refused, by dataset."""
    rows: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.state != "refused":
            rows[outcome.dataset] += outcome.rows_declared
    return sorted(rows.items())
