"""The grains of the public tables in columns: `interface/public.yml` says them in words.

dbt's models say theirs too, and a test holds both to be the same. What a suite holds, dbt does not hold again in a
build: see `orchestration.dbt.held_by_suites`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grain:
    """What names a row.

    Attributes:
        columns: which.
        may_be_null: of them, where null says something, as a value among others.
        held_by: what holds that no two rows are alike, where that is not the suite.
    """

    columns: tuple[str, ...]
    may_be_null: tuple[str, ...] = ()
    held_by: str | None = None


GRAINS = {
    # every mention against every link: that it is one to one is seen in the same pass
    "identity.person_xref": Grain(("dataset", "record_key", "role"), held_by="serving.checks.mention_problems"),
    "identity.person_event": Grain(("event_id",)),
    "library.dim_person": Grain(("person_id",)),
    "library.fct_residence_spell": Grain(("person_id", "from_on")),
    "library.fct_person_month": Grain(("person_id", "period")),
    "library.fct_service_event": Grain(("dataset", "record_ref")),
    "library.fct_entitlement": Grain(("person_id", "rule_id")),
    "library.fct_collection": Grain(("person_id", "dataset")),
    # a validity that has not ended
    "library.dim_division": Grain(("division_code", "valid_to"), may_be_null=("valid_to",)),
    "library.bridge_division_ancestor": Grain(("division_code", "ancestor_code")),
    # a set of one dimension has no second, the total none
    "marts.mart_population": Grain(
        ("division_code", "period", "dimension_set", "dim_1", "dim_2"), may_be_null=("dim_1", "dim_2")
    ),
    "marts.mart_flow": Grain(("division_code", "period", "direction", "region_code", "reason")),
    "marts.mart_population_estimate": Grain(("division_code", "period", "sex", "age_band", "method")),
    "marts.mart_missing_record": Grain(("division_code", "period", "bureau", "rule_id")),
    "marts.mart_missing_field": Grain(("division_code", "period", "dataset", "field")),
    "marts.mart_repeat_collection": Grain(("division_code", "period", "field", "bureau", "other_bureau")),
    "marts.mart_service_coverage": Grain(("division_code", "period", "service", "population_group")),
    "marts.mart_equalisation": Grain(("division_code", "period", "service")),
    # the year as the bureau wrote it may not be readable: its money is counted all the same
    "marts.mart_funding_per_capita": Grain(
        ("division_code", "year", "funding_service", "beneficiary", "fund_source"), may_be_null=("year",)
    ),
    "marts.mart_permit_services": Grain(("division_code", "period", "permit_kind", "service")),
    "marts.mart_survey_indicator": Grain(("division_code", "round", "indicator", "population_group")),
    "marts.mart_bureau_scorecard": Grain(("division_code", "period", "bureau", "measure")),
    "marts.mart_area_scorecard": Grain(("division_code", "period", "measure")),
    "quality.ledger": Grain(("dataset", "delivery")),
    "quality.rule": Grain(("rule_id", "version")),
    # what has no place, as a refused delivery
    "quality.result": Grain(
        ("build_id", "rule_id", "dataset", "bureau", "division_code"), may_be_null=("division_code",)
    ),
    "quality.finding": Grain(("finding_id",)),
    "quality.case": Grain(("case_event_id",)),
    "meta.build": Grain(("build_id",)),
    "meta.delivery": Grain(("delivery", "state")),
}


def keys_by_table() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What names a row by table, as `serving.postgres` takes it: columns, and those of them that may be null."""
    return {name: (grain.columns, grain.may_be_null) for name, grain in GRAINS.items()}
