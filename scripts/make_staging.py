"""Write the staging models of every active contract, and the lists of them: one macro call each, and its yml.

    python scripts/make_staging.py

What a column becomes is said by `_staged_columns` in dbt_project/macros/staging.sql; here it is described.
`tests/dbt_project/test_staging_models.py` fails when a model is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sources.contract import Column, Contract, load_contracts

MODELS = Path(__file__).parents[1] / "dbt_project" / "models"
HEADING = "# Made from its contract by `python scripts/make_staging.py`: change that, then run it.\n"

STATUSES: dict[str, tuple[str, ...]] = {
    "id_number": ("valid", "upgraded_15", "cleaned", "checksum_failed", "malformed", "missing"),
    "division12": ("community", "partial", "superseded", "unknown", "missing"),
    "division6": ("known", "superseded", "province_only", "unknown", "missing"),
    "code": ("ok", "missing", "unknown_code"),
    "date": ("ok", "missing", "unreadable"),
    "yyyymm": ("ok", "missing", "unreadable"),
    "integer": ("ok", "missing", "unreadable"),
    "decimal": ("ok", "missing", "unreadable"),
}

VALUES: dict[str, tuple[str, str]] = {
    "text": ("varchar", "trimmed"),
    "id_number": ("varchar", "18 places where usable, else null"),
    "phone": ("varchar", "digits, null unless there are 7 to 12"),
    "code": ("varchar", "code of the one list, null outside it"),
    "date": ("date", "null where unreadable"),
    "yyyymm": ("date", "first day of the month"),
    "integer": ("bigint", "null where unreadable"),
    "decimal": ("decimal(18,4)", "null where unreadable"),
    "division12": ("varchar", "community, the unallocated one under the lowest level that is known"),
    "division6": ("varchar", "12 digits: unallocated community in the city, six digits and zeros elsewhere"),
}

PROVENANCE: tuple[tuple[str, str, str], ...] = (
    ("record_key", "varchar", "The key columns' text joined with |. Can be personal."),
    ("record_ref", "varchar", "Random surrogate of the record, for use outside raw, staging and identity."),
    ("_delivery", "varchar", "Delivery hash."),
    ("_file", "varchar", "File name within the delivery."),
    ("_row", "bigint", "Physical line or sheet row."),
)


def name_headers(contract: Contract) -> set[str]:
    """Headers of the columns in which a role keeps a person's name."""
    return {
        header
        for role in contract.roles
        for field, header in role.fields.items()
        if field == "name" or field.endswith("_name")
    }


def staged_columns(column: Column, *, is_name: bool) -> Iterator[tuple[str, str, str]]:
    """What a column of a contract becomes in staging: (name, DuckDB type, description)."""
    type_, meaning = VALUES[column.type]
    described = f"{column.description}; {meaning}" if column.description else meaning
    yield column.field, type_, f"{column.header}: {described}."
    if is_name:
        yield f"{column.field}_norm", "varchar", f"{column.header}: no blanks, dots and marks, half-width, upper-case."
        yield f"{column.field}_key", "varchar", f"{column.header}: as it sounds, letters without tones."
    if column.type != "text":
        yield f"{column.field}_raw", "varchar", f"{column.header}: as it came."
    if column.type in STATUSES:
        yield f"{column.field}_status", "varchar", f"{column.header}: {', '.join(STATUSES[column.type])}."


def staging_yaml(contract: Contract) -> str:
    """The yml beside a staging model."""
    columns: list[dict[str, Any]] = [
        {"name": name, "data_type": type_, "description": description} for name, type_, description in PROVENANCE
    ]
    columns[0]["data_tests"] = ["unique", "not_null"]
    columns[1]["data_tests"] = ["unique", "not_null"]
    names = name_headers(contract)
    for column in contract.columns:
        if column.field == "record_key":
            continue
        for name, type_, description in staged_columns(column, is_name=column.header in names):
            columns.append({"name": name, "data_type": type_, "description": description})
    model = {
        "name": f"stg_{contract.table}",
        "description": (
            f"{contract.purpose}: the rows in force, typed, each doubtful value beside what came and why. "
            f"One row per record of {contract.dataset}."
        ),
        "columns": columns,
    }
    return HEADING + yaml.safe_dump(
        {"version": 2, "models": [model]}, allow_unicode=True, sort_keys=False, width=118, indent=2
    )


def union_of(calls: list[str]) -> str:
    """A model that is a UNION ALL of macro calls."""
    return "\nunion all\n".join(f"{{{{ {call} }}}}" for call in calls) + "\n"


def made_models(contracts: dict[str, Contract]) -> dict[Path, str]:
    """Path to content of every model and yml that is made from the given (active) contracts."""
    made: dict[Path, str] = {}
    for dataset, contract in contracts.items():
        made[MODELS / "staging" / f"stg_{contract.table}.sql"] = f"{{{{ stage('{dataset}') }}}}\n"
        made[MODELS / "staging" / f"stg_{contract.table}.yml"] = staging_yaml(contract)
    made[MODELS / "staging" / "stg_raw__row_fate.sql"] = union_of([f"row_fate('{dataset}')" for dataset in contracts])
    made[MODELS / "mentions" / "int_person__mentions.sql"] = union_of(
        [f"mentions('{dataset}')" for dataset, contract in contracts.items() if contract.roles]
    )
    return made


def main() -> None:
    """Write them."""
    for path, content in made_models(load_contracts("active")).items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
