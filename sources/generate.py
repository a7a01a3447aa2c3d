"""Write dbt's sources from the contracts: `python -m sources.generate`.

The tables of the raw schema are described once, here in RAW_TABLES, for dbt and for `sources/raw_zone.py`, which makes
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sources.contract import Contract, load_contracts

TARGET = Path(__file__).parent.parent / "dbt_project" / "models" / "staging" / "_sources.yml"
HEADING = "# Generated from sources/contracts by `python -m sources.generate`: change those, then run it.\n"


@dataclass(frozen=True)
class Table:
    """A table: its description (ending in its grain) and column name to (DuckDB type, description)."""

    description: str
    columns: dict[str, tuple[str, str]]

    @property
    def types(self) -> dict[str, str]:
        """Column name to DuckDB type."""
        return {name: type_ for name, (type_, _) in self.columns.items()}


# What every raw row says about where it comes from.
PROVENANCE: dict[str, tuple[str, str]] = {
    "_change": ("VARCHAR", "I, U or D in a delta delivery; null in a full one."),
    "_file": ("VARCHAR", "File name within the delivery."),
    "_row": ("BIGINT", "Physical line, or sheet row, where the record starts, counted from 1."),
    "_delivery": ("VARCHAR", "Delivery hash, 64 hexadecimal digits."),
    "_record_key": ("VARCHAR", "The key columns' text joined with |. Can be personal."),
    "_content_hash": ("VARCHAR", "Hash of the text of all contract columns as it came."),
}

RAW_TABLES: dict[str, Table] = {
    "delivery": Table(
        "Every delivery that was seen, accepted or not. One row per delivery and state.",
        {
            "delivery": ("VARCHAR", "Delivery hash; of a delivery that was refused, a hash of what could be read."),
            "dataset": ("VARCHAR", "Dataset, bureau.name."),
            "bureau": ("VARCHAR", "Bureau."),
            "extract_date": ("DATE", "Date of the extract; null where the manifest could not be read."),
            "mode": ("VARCHAR", "full or delta."),
            "contract_version": ("VARCHAR", "Contract version that the manifest names."),
            "apply_order": (
                "BIGINT",
                "Order among the dataset's accepted deliveries, by extract date, then acceptance; null for others.",
            ),
            "files": ("BIGINT", "Number of files."),
            "rows_declared": ("BIGINT", "Data rows that the manifest declares."),
            "rows_read": ("BIGINT", "Rows taken into raw."),
            "rows_quarantined": ("BIGINT", "Rows that could not be read or had no key."),
            "rows_erased": ("BIGINT", "Of the rows read, those that were erased: kept out of raw, or taken out of it."),
            "sha256": ("VARCHAR", "SHA-256 of the delivery: over dataset, date, mode and its files' hashes."),
            "state": ("VARCHAR", "accepted, refused or repeated."),
            "reason": ("VARCHAR", "Why it was refused or skipped, in Chinese and English; null if accepted."),
            "is_applied": ("BOOLEAN", "Accepted, and its extract date not after the build's as-of date."),
        },
    ),
    "delivery_file": Table(
        "The files of accepted deliveries in the order in which they apply. One row per delivery and file.",
        {
            "delivery": ("VARCHAR", "Delivery hash."),
            "file": ("VARCHAR", "File name."),
            "position": ("BIGINT", "Order within the delivery, by name, from 1."),
        },
    ),
    "quarantine": Table(
        "Rows of accepted deliveries that could not be taken, without their content. One row per file and line.",
        {
            "dataset": ("VARCHAR", "Dataset."),
            "delivery": ("VARCHAR", "Delivery hash."),
            "file": ("VARCHAR", "File name."),
            "row": ("BIGINT", "Physical line or sheet row."),
            "reason_zh": ("VARCHAR", "Why, in Chinese."),
            "reason_en": ("VARCHAR", "Why, in English."),
        },
    ),
    "landing_finding": Table(
        "What landing found: refused deliveries, unknown columns, quarantined rows. One row per finding.",
        {
            "rule_id": ("VARCHAR", "delivery_refused, column_unknown or row_quarantined."),
            "dataset": ("VARCHAR", "Dataset."),
            "bureau": ("VARCHAR", "Bureau."),
            "delivery": ("VARCHAR", "Delivery hash."),
            "file": ("VARCHAR", "File name; null where the whole delivery is meant."),
            "row": ("BIGINT", "Physical line or sheet row; null where not one row is meant."),
            "detail_zh": ("VARCHAR", "What is wrong, in Chinese, without personal values."),
            "detail_en": ("VARCHAR", "What is wrong, in English, without personal values."),
        },
    ),
    "record_ref": Table(
        "The random surrogate that names a record outside raw, staging and identity. One row per record key.",
        {
            "dataset": ("VARCHAR", "Dataset."),
            "record_key": ("VARCHAR", "The key columns' text joined with |."),
            "record_ref": ("VARCHAR", "Random surrogate, the same in every delivery."),
        },
    ),
    "build": Table(
        "The build that is being made. One row per build, and only this one.",
        {
            "build_id": ("VARCHAR", "As-of date and a hash of deliveries, authored state and code."),
            "built_at": ("TIMESTAMP", "When the build began, UTC."),
            "as_of": ("DATE", "The build's date: no delivery after it is applied."),
            "code_version": ("VARCHAR", "Short hash over the project's code."),
            "deliveries": ("BIGINT", "Deliveries accepted and applied."),
            "refused": ("BIGINT", "Deliveries refused."),
            "previous_build_id": ("VARCHAR", "The published build before this one; null for the first."),
            "is_full": ("BOOLEAN", "Made from nothing, and not on top of what the build before left."),
            "ordinal": ("BIGINT", "On top of how many builds it is made: 0 where it began from nothing."),
            "reason_zh": ("VARCHAR", "Why it is made so, in Chinese."),
            "reason_en": ("VARCHAR", "Why it is made so, in English."),
        },
    ),
    "new_delivery": Table(
        "Applied deliveries that the working warehouse does not hold yet; in a full build, all. One row per delivery.",
        {
            "dataset": ("VARCHAR", "Dataset."),
            "delivery": ("VARCHAR", "Delivery hash."),
        },
    ),
    "build_history": Table(
        "Builds that were published before. One row per build.",
        {
            "build_id": ("VARCHAR", "As-of date and a hash of deliveries, authored state and code."),
            "built_at": ("TIMESTAMP", "When the build began, UTC."),
            "as_of": ("DATE", "The build's date."),
            "code_version": ("VARCHAR", "Short hash over the project's code."),
            "deliveries": ("BIGINT", "Deliveries accepted and applied."),
            "refused": ("BIGINT", "Deliveries refused."),
            "previous_build_id": ("VARCHAR", "The published build before; null for the first."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
    "scorecard_history": Table(
        "What scorecards of builds published before said. One row per build, division, bureau and measure.",
        {
            "build_id": ("VARCHAR", "Build whose scorecards they are."),
            "period": ("DATE", "Month-end of that build's date."),
            "division_code": ("VARCHAR", "Division, 12 digits."),
            "bureau": ("VARCHAR", "Bureau that delivers the records; null for the area as a whole."),
            "measure": ("VARCHAR", "missing_rate, duplicate_rate, findings_per_1000 or timeliness."),
            "value": ("DOUBLE", "The measure: a fraction of 1, or records with findings per 1000."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
    "finding_event": Table(
        "Changes in a finding's life that earlier builds saw. One row per event.",
        {
            "finding_id": ("VARCHAR", "Stable id of the finding."),
            "build_id": ("VARCHAR", "Build that saw it."),
            "kind": ("VARCHAR", "opened, verified or reopened."),
            "rule_id": ("VARCHAR", "Rule that found it."),
            "dataset": ("VARCHAR", "Dataset."),
            "bureau": ("VARCHAR", "Bureau that owns the record."),
            "record_ref": ("VARCHAR", "Random surrogate of the record."),
            "role": ("VARCHAR", "Role of the person in the record."),
            "person_ref": ("VARCHAR", "Random surrogate of the person."),
            "division_code": ("VARCHAR", "Division, 12 digits."),
            "file": ("VARCHAR", "File of the delivery."),
            "row": ("BIGINT", "Physical line or sheet row."),
            "detail_zh": ("VARCHAR", "What was wrong, in Chinese, without personal values."),
            "detail_en": ("VARCHAR", "What was wrong, in English, without personal values."),
            "cases_seen": ("BIGINT", "Newest segment of case_event that the build knew; null before there was any."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
    "case_event": Table(
        "What people did about findings. One row per event.",
        {
            "case_event_id": ("VARCHAR", "Id of the event."),
            "finding_id": ("VARCHAR", "Finding that it is about."),
            "at": ("TIMESTAMP", "When, UTC."),
            "kind": ("VARCHAR", "assigned, answered, acknowledged, fixed, waived or reopened."),
            "state": ("VARCHAR", "State of the finding from then on."),
            "by": ("VARCHAR", "Who, as an account or an office."),
            "reason": ("VARCHAR", "Why, without personal values."),
            "until_on": ("DATE", "Until when a waiver holds; null without end."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
    "rule_change": Table(
        "How people changed what rules are judged by. One row per change of one value.",
        {
            "change_id": ("VARCHAR", "Id of the change."),
            "rule_id": ("VARCHAR", "Rule."),
            "rule_version": ("BIGINT", "Version of the rule when it was said."),
            "field": ("VARCHAR", "severity, threshold_rate or threshold_count."),
            "kind": ("VARCHAR", "set, or back: to the catalogue's own value."),
            "old_value": ("VARCHAR", "Value that held when it was said, as text; null for no threshold."),
            "new_value": ("VARCHAR", "Value from then on, as text; null for no threshold."),
            "by": ("VARCHAR", "Who, as an account or an office."),
            "reason": ("VARCHAR", "Why, without personal values."),
            "at": ("TIMESTAMP", "When, UTC."),
            "until_on": ("DATE", "Last day on which it holds; null without end."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
    "rule_event": Table(
        "Changes of what rules are judged by as earlier builds first saw them. One row per change and kind.",
        {
            "change_id": ("VARCHAR", "Id of the change; of what the catalogue says, a hash."),
            "build_id": ("VARCHAR", "Build that saw it first."),
            "rule_id": ("VARCHAR", "Rule."),
            "field": ("VARCHAR", "severity, threshold_rate or threshold_count."),
            "kind": ("VARCHAR", "introduced or catalogue (what the catalogue says), set, back or ended."),
            "old_value": ("VARCHAR", "Value before, as text; null for no threshold."),
            "new_value": ("VARCHAR", "Value after, as text; null for no threshold."),
            "status_before": ("VARCHAR", "Gravest verdict on a dataset in that build under the value before."),
            "status_after": ("VARCHAR", "The same under the value after."),
            "datasets": ("BIGINT", "Datasets with a verdict, count."),
            "datasets_changed": ("BIGINT", "Of them, those whose verdict is another one, count."),
            "divisions": ("BIGINT", "Rows of quality.result, count: one per dataset and division."),
            "divisions_changed": ("BIGINT", "Of them, those whose verdict is another one, count."),
            "_segment": ("BIGINT", "Order of writing."),
        },
    ),
}

IDENTITY_TABLES: dict[str, Table] = {
    "person_xref": Table(
        "Which person a mention belongs to. One row per (dataset, record_key, role).",
        {
            "dataset": ("VARCHAR", "Dataset."),
            "record_key": ("VARCHAR", "Key of the record. Can be personal."),
            "role": ("VARCHAR", "Role of the person in the record."),
            "record_ref": ("VARCHAR", "Random surrogate of the record."),
            "person_id": ("VARCHAR", "Random number of the person."),
            "method": ("VARCHAR", "certain, probable, decided or single."),
            "confidence": ("DOUBLE", "Probability that the link is right, 0 to 1."),
            "evidence": ("VARCHAR", "What the surest link of the mention stands on; null where it is the only one."),
        },
    ),
    "person_event": Table(
        "What happened to person numbers. One row per event.",
        {
            "event_id": ("VARCHAR", "Id of the event."),
            "build_id": ("VARCHAR", "Build in which it happened."),
            "person_id": ("VARCHAR", "Person number."),
            "kind": ("VARCHAR", "created, merged, split, retired or revived."),
            "other_person_id": ("VARCHAR", "The other person number of a merge or split."),
            "reason": ("VARCHAR", "Why."),
        },
    ),
    "person_ref": Table(
        "The random surrogate under which findings name a person. One row per person.",
        {
            "person_id": ("VARCHAR", "Person number."),
            "person_ref": ("VARCHAR", "Random surrogate."),
        },
    ),
    "touched_person": Table(
        "Of whom the mentions, or what they say, are not what they were in the build before; none in a full build. "
        "One row per person.",
        {"person_id": ("VARCHAR", "Random number of the person.")},
    ),
    "relinked_record": Table(
        "Records in which somebody else is meant than in the build before; none in a full build. One row per record.",
        {
            "dataset": ("VARCHAR", "Dataset, bureau.name."),
            "record_ref": ("VARCHAR", "Random surrogate of the record."),
        },
    ),
}

ESTIMATE_TABLES: dict[str, Table] = {
    "unseen": Table(
        "How many floating people no bureau has, as far as districts. One row per division, sex, age band and method.",
        {
            "division_code": ("VARCHAR", "City or district, 12 digits."),
            "sex": ("VARCHAR", "GB/T 2261.1: 1 男, 2 女, 0 未知; or all."),
            "age_band": ("VARCHAR", "Age in bands of five years, 00-04 to 85+, or unknown; or all."),
            "method": ("VARCHAR", "chapman or log_linear."),
            "unseen": ("DOUBLE", "Estimate, persons; null where too few are known to tell."),
            "unseen_low": ("DOUBLE", "Lower end of the 95% interval, persons."),
            "unseen_high": ("DOUBLE", "Upper end of the 95% interval, persons."),
            "is_pooled": ("BOOLEAN", "Whether people besides those of the row were looked at."),
            "pairs": (
                "VARCHAR",
                "Pairs of lists that depend on each other in the best model, each with the share of the row's listed "
                "people whose group has it; none; null where there is no model.",
            ),
            "pair_weights": (
                "VARCHAR",
                "Pairs of lists, each with the weight of the models in which they depend on each other, 0 to 1.",
            ),
        },
    ),
    "survey_figure": Table(
        "Indicators of the survey, weighted. One row per city or district, round, indicator and population group.",
        {
            "division_code": ("VARCHAR", "City or district, 12 digits."),
            "level": ("VARCHAR", "city or district."),
            "round": ("DATE", "Month-end of the last interview of the survey's year."),
            "indicator": ("VARCHAR", "Indicator, of seed survey_indicator."),
            "population_group": (
                "VARCHAR",
                "all, sex_1, sex_2, scope_1, scope_2 or scope_3: the answers to A01 and A08.",
            ),
            "respondents": ("BIGINT", "Who answered."),
            "estimate": ("DOUBLE", "Weighted share or mean, in the indicator's unit."),
            "standard_error": ("DOUBLE", "Of the estimate, in its unit; null where a stratum has one sampling unit."),
            "low": ("DOUBLE", "Lower end of the 95% interval; null with the error."),
            "high": ("DOUBLE", "Upper end of the 95% interval; null with the error."),
        },
    ),
}


def sources_yaml(contracts: dict[str, Contract]) -> str:
    """The text of `_sources.yml` for the given (active) contracts: the same text for the same contracts."""
    raw = [_dataset_table(contract) for contract in contracts.values()]
    raw += [_plain_table("raw", name, table) for name, table in RAW_TABLES.items()]
    identity = [_plain_table("identity", name, table) for name, table in IDENTITY_TABLES.items()]
    estimates = [_plain_table("estimates", name, table) for name, table in ESTIMATE_TABLES.items()]
    document = {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "Accepted deliveries as they came, and what landing says about them. Made by sources/.",
                "tables": raw,
            },
            {
                "name": "identity",
                "schema": "identity",
                "description": "Who is who. Written by identity/.",
                "tables": identity,
            },
            {
                "name": "estimates",
                "schema": "estimates",
                "description": "What is estimated from the library. Written by serving/estimates.py and survey.py.",
                "tables": estimates,
            },
        ],
    }
    return HEADING + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=10_000)


def _dataset_table(contract: Contract) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {
            "name": column.header,
            "quote": True,
            "data_type": "varchar",
            "description": column.description or column.label,
            "config": {
                "meta": {
                    "field": column.field,
                    "type": column.type,
                    "list": column.code_list,
                    "required": column.required,
                }
                | ({"unit_for": column.unit_for} if column.unit_for else {})
                | ({"level": column.level} if column.level else {})
            },
        }
        for column in contract.columns
    ]
    rhythm = contract.rhythm
    return {
        "name": contract.table,
        "description": f"{contract.purpose}. Applied deliveries' rows as they came. One row per row of a delivery.",
        "config": {
            # Overdue as the contract says; an error when a whole delivery is. `dbt source freshness` asks the clock.
            "freshness": {
                "warn_after": {"count": rhythm.every_days + rhythm.grace_days, "period": "day"},
                "error_after": {"count": 2 * rhythm.every_days + rhythm.grace_days, "period": "day"},
            },
            "loaded_at_query": (
                "select max(cast(extract_date as timestamp)) "
                "from {{ this.incorporate(path={'identifier': 'delivery'}) }} "
                f"where dataset = '{contract.dataset}' and is_applied"
            ),
            "meta": {
                "dataset": contract.dataset,
                "bureau": contract.bureau,
                "key": list(contract.key),
                "roles": {role.name: role.fields for role in contract.roles},
                "dagster": {"asset_key": ["raw", contract.table]},
            },
        },
        "columns": columns + _plain_columns(PROVENANCE),
    }


def _plain_table(source: str, name: str, table: Table) -> dict[str, Any]:
    return {
        "name": name,
        "description": table.description,
        "config": {"meta": {"dagster": {"asset_key": [source, name]}}},
        "columns": _plain_columns(table.columns),
    }


def _plain_columns(columns: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "data_type": type_.lower(), "description": description}
        for name, (type_, description) in columns.items()
    ]


def main() -> None:
    """Write the sources of the active contracts into the dbt project."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(sources_yaml(load_contracts("active")), encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
