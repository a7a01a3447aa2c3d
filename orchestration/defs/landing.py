"""What bureaus deliver, and taking it in: for each dataset its deliveries by extract date, and the step that reads.

`delivery/<dataset>` is what the bureau has delivered and the raw zone has accepted, a partition for each extract date.
Builds report to it. It can be materialised by hand, too, for some dates or all of them, in a single run: what lies in
the landing folder for them is then taken into the raw zone, and the next build finds it there.
"""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from sources.contract import Contract, load_contracts
from sources.landing import DeliveryOutcome, refuse_unclaimed, take_in_dataset

GROUP = "landing"
DELIVERIES = "delivery"
UNCLAIMED = dg.AssetKey([GROUP, "unclaimed"])
# A server that restarts is back within two minutes: asked again after half a minute, three times.
RETRY_SECONDS = 30


def landing_key(contract: Contract) -> dg.AssetKey:
    """A dataset's accepted deliveries in the raw zone."""
    return dg.AssetKey([GROUP, contract.table])


def delivery_key(contract: Contract) -> dg.AssetKey:
    """What a dataset's bureau has delivered, by extract date."""
    return dg.AssetKey([DELIVERIES, contract.table])


def extract_dates(contract: Contract) -> dg.DynamicPartitionsDefinition:
    """The extract dates of a dataset: each bureau delivers when it does."""
    return dg.DynamicPartitionsDefinition(name=f"extract_date/{contract.dataset}")


def freshness(contract: Contract) -> dg.FreshnessPolicy:
    """How long a dataset may go without a delivery, by its contract: a warning when one is due, then its grace."""
    rhythm = contract.rhythm
    return dg.FreshnessPolicy.time_window(
        warn_window=timedelta(days=rhythm.every_days), fail_window=timedelta(days=rhythm.every_days + rhythm.grace_days)
    )


def intake_metadata(outcomes: Sequence[DeliveryOutcome]) -> dict[str, int]:
    """What was taken in, in counts: deliveries by state, rows, quarantined rows, bytes."""
    accepted = [outcome for outcome in outcomes if outcome.state == "accepted"]
    return {
        "deliveries": len(outcomes),
        "accepted": len(accepted),
        "repeated": sum(outcome.state == "repeated" for outcome in outcomes),
        "refused": sum(outcome.state == "refused" for outcome in outcomes),
        "dagster/row_count": sum(outcome.rows_read for outcome in accepted),
        "quarantined": sum(outcome.rows_quarantined for outcome in accepted),
        "bytes": sum(outcome.bytes for outcome in accepted),
    }


def delivery_events(
    contract: Contract, outcomes: Sequence[DeliveryOutcome], known: Sequence[str], run_id: str
) -> list[dg.AssetMaterialization]:
    """What to report of a dataset's deliveries: those accepted now, and those taken in before that Dagster missed."""
    return [
        dg.AssetMaterialization(
            asset_key=delivery_key(contract),
            partition=outcome.extract_date.isoformat(),
            metadata={
                "delivery": outcome.delivery,
                "mode": outcome.mode or "",
                "files": outcome.files,
                "dagster/row_count": outcome.rows_read or outcome.rows_declared,
                "quarantined": outcome.rows_quarantined,
                "bytes": outcome.bytes,
                "run": run_id,
            },
        )
        for outcome in outcomes
        if outcome.extract_date is not None
        and (
            outcome.state == "accepted"
            or (outcome.state == "repeated" and outcome.extract_date.isoformat() not in known)
        )
    ]


def report(context: dg.AssetExecutionContext, contract: Contract, outcomes: Sequence[DeliveryOutcome]) -> None:
    """Tell Dagster of the deliveries that a build has taken in."""
    name = str(extract_dates(contract).name)
    events = delivery_events(contract, outcomes, context.instance.get_dynamic_partitions(name), context.run_id)
    dates = sorted({str(event.partition) for event in events})
    if dates:
        context.instance.add_dynamic_partitions(name, dates)
    for event in events:
        context.instance.report_runless_asset_event(event)


def taken_in(
    context: dg.AssetExecutionContext,
    library: LibraryResource,
    contract: Contract,
    dates: Sequence[str] | None = None,
) -> list[DeliveryOutcome]:
    """Take in a dataset's deliveries; what was refused for a while only is tried again, as often as is wanted.

    Raises:
        RetryRequested: a database does not answer, and it was not asked often enough.
    """
    left = library.left_alone(lambda dataset: dataset == contract.dataset)
    outcomes = take_in_dataset(library.home(), library.landing_folder(), contract, left, dates)
    if any(outcome.may_pass for outcome in outcomes) and context.retry_number < library.pull_retries:
        raise dg.RetryRequested(max_retries=library.pull_retries, seconds_to_wait=RETRY_SECONDS)
    return outcomes


def delivery_asset(contract: Contract) -> dg.AssetsDefinition:
    """The asset of what a bureau delivers as one dataset."""

    @dg.asset(
        key=delivery_key(contract),
        description=f"{contract.bureau_zh}报送的{contract.name_zh} What the bureau delivers as {contract.dataset}.",
        group_name=DELIVERIES,
        kinds={contract.format.type},
        tags={"bureau": contract.bureau},
        partitions_def=extract_dates(contract),
        backfill_policy=dg.BackfillPolicy.single_run(),
        freshness_policy=freshness(contract),
        op_tags={LABEL_TAG: f"补收 {contract.name_zh} Taking in {contract.dataset} of some dates"},
    )
    def delivered(context: dg.AssetExecutionContext, library: LibraryResource) -> dg.MaterializeResult[None]:
        outcomes = taken_in(context, library, contract, context.partition_keys)
        refused = [
            f"{outcome.path}: {outcome.reason_zh} {outcome.reason_en}" for outcome in outcomes if outcome.reason_zh
        ]
        return dg.MaterializeResult(
            metadata=intake_metadata(outcomes) | {"said": dg.MetadataValue.md("\n".join(refused))}
        )

    return delivered


def landing_asset(contract: Contract) -> dg.AssetsDefinition:
    """The asset that takes in the deliveries of one dataset."""

    @dg.asset(
        key=landing_key(contract),
        deps=[delivery_key(contract)],
        description=f"{contract.bureau_zh} {contract.name_zh}: {contract.purpose}",
        group_name=GROUP,
        kinds={"parquet"},
        automation_condition=condition(GROUP),
        tags={"bureau": contract.bureau},
        op_tags={LABEL_TAG: f"接收 {contract.name_zh} Taking in {contract.dataset}"},
    )
    def take_in(
        context: dg.AssetExecutionContext, library: LibraryResource
    ) -> dg.MaterializeResult[list[DeliveryOutcome]]:
        outcomes = taken_in(context, library, contract)
        report(context, contract, outcomes)
        return dg.MaterializeResult(value=outcomes, metadata=intake_metadata(outcomes))

    return take_in


@dg.asset(
    key=UNCLAIMED,
    description="不属于任何在用数据集的批次 Deliveries that no active contract claims: all are refused.",
    group_name=GROUP,
    automation_condition=condition(GROUP),
    op_tags={LABEL_TAG: "核对其他批次 Looking for deliveries that nothing claims"},
)
def unclaimed(library: LibraryResource) -> dg.MaterializeResult[list[DeliveryOutcome]]:
    """Refuse by name what lies in the landing folder and belongs to no dataset."""
    left = library.left_alone(lambda dataset: dataset not in load_contracts("active"))
    outcomes = refuse_unclaimed(library.home(), library.landing_folder(), left)
    return dg.MaterializeResult(value=outcomes, metadata=intake_metadata(outcomes))


@dg.definitions
def landing() -> dg.Definitions:
    """For each active contract its deliveries and their intake, and the rest."""
    contracts = load_contracts("active").values()
    return dg.Definitions(assets=[*map(delivery_asset, contracts), *map(landing_asset, contracts), unclaimed])
