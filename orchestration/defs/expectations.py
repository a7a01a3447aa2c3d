"""What is expected of the deliveries and of the public tables.

What a delivery does not meet is a finding: a warning on the table, never a block. What a public table does not meet is
an error, and the build is not published.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.outcome import ExpectationOutcome
from expectations.without_spark import without_spark
from orchestration import dbt
from orchestration.defs.dbt_models import MANIFEST, library_models, quality_and_marts
from orchestration.defs.identity import TABLES, identity
from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG
from sources.continuation import published_before
from sources.contract import Contract, load_contracts
from sources.interface import PublicTable

CONTRACTS = load_contracts("active")
DATA_DOCS = dg.AssetKey(["docs", "expectations"])
CHECK = "meets_contract"
PUBLIC_CHECK = "as_promised"
# What this library makes of the public tables.
PUBLIC = dbt.public_tables_of(MANIFEST, {f"identity.{table}" for table in TABLES})


def raw_key(contract: Contract) -> dg.AssetKey:
    """The view that a dataset's suite looks at."""
    return dg.AssetKey(["raw", contract.table])


def public_key(public: PublicTable) -> dg.AssetKey:
    """The table that a public table's suite looks at."""
    return dg.AssetKey([public.table.schema, public.table.name])


def check_result(
    key: dg.AssetKey, check: str, suite: str, outcomes: Sequence[ExpectationOutcome]
) -> dg.AssetCheckResult:
    """A suite's result: passed if every expectation is met; in its metadata, the rows that did not meet the others."""
    mine = [outcome for outcome in outcomes if outcome.suite == suite]
    unmet = [outcome for outcome in mine if not outcome.success]
    is_blocking = any(outcome.is_blocking for outcome in mine)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check,
        passed=not unmet,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"expectations": len(mine), "unmet": len(unmet)} | {item.claim: item.rows for item in unmet},
    )


@dg.asset(
    key=DATA_DOCS,
    deps=[
        *map(raw_key, CONTRACTS.values()),
        dg.AssetKey(["raw", "build"]),
        *library_models.keys,
        *quality_and_marts.keys,
        *identity.keys,
    ],
    group_name="expectations",
    kinds={"greatexpectations"},
    automation_condition=condition("expectations"),
    op_tags={LABEL_TAG: "对照合同与接口检查 Holding deliveries to contracts, public tables to the interface"},
)
def data_docs(library: LibraryResource) -> list[ExpectationOutcome]:
    """数据检查页 What each extract and public table was expected to be, and was, as pages for people."""
    # Great Expectations takes seconds to import; the graph is read more often than it is run.
    with without_spark():
        from expectations.checkpoint import validate

    workdir = library.home()
    renewed = dbt.renewed_by(MANIFEST) if published_before(workdir) else {}
    return validate(workdir, list(CONTRACTS), workdir.scratch / "expectations", PUBLIC, renewed)


@dg.multi_asset_check(
    name="expectation_checks",
    specs=[
        *(
            dg.AssetCheckSpec(
                CHECK,
                asset=raw_key(contract),
                additional_deps=[DATA_DOCS],
                description=f"符合数据合同 The suite of {contract.dataset}, made from its contract. Never blocks.",
            )
            for contract in CONTRACTS.values()
        ),
        *(
            dg.AssetCheckSpec(
                PUBLIC_CHECK,
                asset=public_key(public),
                additional_deps=[DATA_DOCS],
                description=f"符合接口约定 The suite of {public.table}, made from the interface. Blocks publishing.",
            )
            for public in PUBLIC
        ),
    ],
    ins={"outcomes": dg.AssetIn(DATA_DOCS)},
    # Layers that follow by themselves are not always all tables.
    can_subset=True,
    # Before publishing, which refuses what these say: so they are kept whatever comes of it.
    op_tags={LABEL_TAG: "记录检查结果 Keeping what came of it", "dagster/priority": "1"},
)
def expectation_checks(
    context: dg.AssetCheckExecutionContext, outcomes: list[ExpectationOutcome]
) -> Iterator[dg.AssetCheckResult]:
    """The suites' results beside the tables they are about."""
    suites = [(raw_key(contract), CHECK, contract.dataset) for contract in CONTRACTS.values()]
    suites += [(public_key(public), PUBLIC_CHECK, str(public.table)) for public in PUBLIC]
    for key, check, suite in suites:
        if dg.AssetCheckKey(key, check) in context.selected_asset_check_keys:
            yield check_result(key, check, suite, outcomes)
