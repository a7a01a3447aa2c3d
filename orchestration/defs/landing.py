"""Deliveries taken in: one asset a dataset, and one for what no dataset claims."""

import dagster as dg

from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from sources.contract import Contract, load_contracts
from sources.landing import DeliveryOutcome, refuse_unclaimed, take_in_dataset

GROUP = "landing"
UNCLAIMED = dg.AssetKey([GROUP, "unclaimed"])


def landing_key(contract: Contract) -> dg.AssetKey:
    """A dataset's accepted deliveries in the raw zone."""
    return dg.AssetKey([GROUP, contract.table])


def intake_metadata(outcomes: list[DeliveryOutcome]) -> dict[str, int]:
    """What was taken in, in counts: deliveries by state, rows, quarantined rows, bytes."""
    accepted = [outcome for outcome in outcomes if outcome.state == "accepted"]
    return {
        "deliveries": len(outcomes),
        "accepted": len(accepted),
        "repeated": sum(outcome.state == "repeated" for outcome in outcomes),
        "refused": sum(outcome.state == "refused" for outcome in outcomes),
        "rows": sum(outcome.rows_read for outcome in accepted),
        "quarantined": sum(outcome.rows_quarantined for outcome in accepted),
        "bytes": sum(outcome.bytes for outcome in accepted),
    }


def landing_asset(contract: Contract) -> dg.AssetsDefinition:
    """The asset that takes in the deliveries of one dataset."""

    @dg.asset(
        key=landing_key(contract),
        description=f"{contract.bureau_zh} {contract.name_zh}: {contract.purpose}",
        group_name=GROUP,
        kinds={"parquet"},
        tags={"bureau": contract.bureau},
        op_tags={LABEL_TAG: f"接收 {contract.name_zh} Taking in {contract.dataset}"},
    )
    def take_in(library: LibraryResource) -> dg.MaterializeResult[list[DeliveryOutcome]]:
        left = library.left_alone(lambda dataset: dataset == contract.dataset)
        outcomes = take_in_dataset(library.home(), library.landing_folder(), contract, left)
        return dg.MaterializeResult(value=outcomes, metadata=intake_metadata(outcomes))

    return take_in


@dg.asset(
    key=UNCLAIMED,
    description="不属于任何在用数据集的批次 Deliveries that no active contract claims: all are refused.",
    group_name=GROUP,
    op_tags={LABEL_TAG: "核对其他批次 Looking for deliveries that nothing claims"},
)
def unclaimed(library: LibraryResource) -> dg.MaterializeResult[list[DeliveryOutcome]]:
    """Refuse by name what lies in the landing folder and belongs to no dataset."""
    left = library.left_alone(lambda dataset: dataset not in load_contracts("active"))
    outcomes = refuse_unclaimed(library.home(), library.landing_folder(), left)
    return dg.MaterializeResult(value=outcomes, metadata=intake_metadata(outcomes))


@dg.definitions
def landing() -> dg.Definitions:
    """One asset for each active contract, and the rest."""
    return dg.Definitions(assets=[*map(landing_asset, load_contracts("active").values()), unclaimed])
