"""What contracts expect of the deliveries. What is not met is a finding: a warning on the table, never a block."""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.outcome import ExpectationOutcome
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from sources.contract import Contract, load_contracts

CONTRACTS = load_contracts("active")
DATA_DOCS = dg.AssetKey(["docs", "expectations"])
CHECK = "meets_contract"


def raw_key(contract: Contract) -> dg.AssetKey:
    """The view that a dataset's suite looks at."""
    return dg.AssetKey(["raw", contract.table])


def check_result(contract: Contract, outcomes: Sequence[ExpectationOutcome]) -> dg.AssetCheckResult:
    """A suite's result: passed if every expectation is met; in its metadata, the rows that did not meet the others."""
    mine = [outcome for outcome in outcomes if outcome.dataset == contract.dataset]
    unmet = [outcome for outcome in mine if not outcome.success]
    return dg.AssetCheckResult(
        asset_key=raw_key(contract),
        check_name=CHECK,
        passed=not unmet,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"expectations": len(mine), "unmet": len(unmet)}
        | {claim_text(item): rows_text(item) for item in unmet},
    )


def claim_text(outcome: ExpectationOutcome) -> str:
    """An expectation in a word or two: its claim, and the column that it is about."""
    return f"{outcome.expectation} {outcome.column}" if outcome.column else outcome.expectation


def rows_text(outcome: ExpectationOutcome) -> str:
    """How many rows an expectation found wanting."""
    if outcome.is_error:
        return "could not be evaluated"
    return f"{outcome.unexpected or 0} of {outcome.total} rows"


@dg.asset(
    key=DATA_DOCS,
    deps=[*map(raw_key, CONTRACTS.values()), dg.AssetKey(["raw", "build"])],
    group_name="expectations",
    kinds={"greatexpectations"},
    op_tags={LABEL_TAG: "对照合同检查 Holding deliveries to their contracts"},
)
def data_docs(library: LibraryResource) -> list[ExpectationOutcome]:
    """数据检查页 What each extract was expected to be, and was, as pages for people."""
    # Great Expectations takes seconds to import; the graph is read more often than it is run.
    from expectations.checkpoint import validate

    workdir = library.home()
    return validate(workdir, list(CONTRACTS), workdir.scratch / "expectations")


@dg.multi_asset_check(
    name="expectation_checks",
    specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=raw_key(contract),
            additional_deps=[DATA_DOCS],
            description=f"符合数据合同 The suite of {contract.dataset}, made from its contract. Never blocks.",
        )
        for contract in CONTRACTS.values()
    ],
    ins={"outcomes": dg.AssetIn(DATA_DOCS)},
    op_tags={LABEL_TAG: "记录检查结果 Keeping what came of it"},
)
def expectation_checks(outcomes: list[ExpectationOutcome]) -> Iterator[dg.AssetCheckResult]:
    """The suites' results beside the tables they are about."""
    for contract in CONTRACTS.values():
        yield check_result(contract, outcomes)
