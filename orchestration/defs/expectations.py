"""What contracts expect of the deliveries. What is not met is a finding: a warning on the table, never a block."""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.checkpoint import validate
from expectations.outcome import ExpectationOutcome
from expectations.suites import claim_of, suite_for
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from sources.contract import Contract, load_contracts

CONTRACTS = load_contracts("active")
DATA_DOCS = dg.AssetKey(["docs", "expectations"])


def raw_key(contract: Contract) -> dg.AssetKey:
    """The view that a dataset's suite looks at."""
    return dg.AssetKey(["raw", contract.table])


def check_specs(contract: Contract) -> list[dg.AssetCheckSpec]:
    """One check a kind of claim that a contract makes; its columns stand in the check's metadata."""
    claims = {claim_of(expectation.configuration).name for expectation in suite_for(contract).expectations}
    return [
        dg.AssetCheckSpec(claim, asset=raw_key(contract), additional_deps=[DATA_DOCS], blocking=False)
        for claim in sorted(claims)
    ]


def check_result(spec: dg.AssetCheckSpec, outcomes: Sequence[ExpectationOutcome]) -> dg.AssetCheckResult:
    """The result of a check: passed if every expectation of its kind is met, with the rows that did not per column."""
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=all(outcome.success for outcome in outcomes),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={outcome.column or "rows": outcome.unexpected or 0 for outcome in outcomes if not outcome.success},
    )


@dg.asset(
    key=DATA_DOCS,
    deps=[raw_key(contract) for contract in CONTRACTS.values()] + [dg.AssetKey(["raw", "build"])],
    group_name="expectations",
    kinds={"greatexpectations"},
    op_tags={LABEL_TAG: "对照合同检查 Deliveries held to their contracts"},
)
def data_docs(library: LibraryResource) -> list[ExpectationOutcome]:
    """What each extract was expected to be, and was, as pages for people."""
    workdir = library.home()
    return validate(workdir, list(CONTRACTS), workdir.scratch / "expectations")


@dg.multi_asset_check(
    name="expectation_checks",
    specs=[spec for contract in CONTRACTS.values() for spec in check_specs(contract)],
    ins={"outcomes": dg.AssetIn(DATA_DOCS)},
    op_tags={LABEL_TAG: "检查结果 Their results"},
)
def expectation_checks(outcomes: list[ExpectationOutcome]) -> Iterator[dg.AssetCheckResult]:
    """The suites' results beside the tables they are about."""
    for contract in CONTRACTS.values():
        for spec in check_specs(contract):
            mine = [item for item in outcomes if item.dataset == contract.dataset and item.expectation == spec.name]
            yield check_result(spec, mine)
