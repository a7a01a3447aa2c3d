"""Write the staging models of every active contract, one macro call each and its yml, and the lists of datasets.

    python scripts/make_staging.py

What a column becomes is said by `_staged_columns` in dbt_project/macros/staging.sql; here it is described.
`tests/dbt_project/test_seeds.py` fails when a model is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from sources.contract import Column, Contract, load_contracts

PROJECT = Path(__file__).parents[1] / "dbt_project"
MODELS = PROJECT / "models"
HEADING = "# Made from its contract by `python scripts/make_staging.py`: change that, then run it.\n"

STATUSES: dict[str, tuple[str, ...]] = {
    "id_number": ("valid", "upgraded_15", "cleaned", "checksum_failed", "malformed", "missing"),
    "division12": ("community", "partial", "superseded", "unknown", "missing"),
    "division12 or its unit's": ("community", "partial", "superseded", "from_unit", "unknown", "missing"),
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


def staged_columns(column: Column, *, is_name: bool, has_unit: bool) -> Iterator[tuple[str, str, str]]:
    """What a column of a contract becomes in staging: (name, DuckDB type, description).

    Args:
        column: the column.
        is_name: whether a role keeps a person's name in it.
        has_unit: whether another column's unit stands in for it where it is empty.
    """
    type_, meaning = VALUES[column.type]
    statuses = STATUSES.get("division12 or its unit's" if has_unit else column.type)
    described = f"{column.description}; {meaning}" if column.description else meaning
    yield column.field, type_, f"{column.header}: {described}."
    if is_name:
        yield f"{column.field}_norm", "varchar", f"{column.header}: no blanks, dots and marks, half-width, upper-case."
        yield f"{column.field}_key", "varchar", f"{column.header}: as it sounds, letters without tones."
    if column.type != "text":
        yield f"{column.field}_raw", "varchar", f"{column.header}: as it came."
    if statuses:
        yield f"{column.field}_status", "varchar", f"{column.header}: {', '.join(statuses)}."


def staging_yaml(contract: Contract) -> str:
    """The yml beside a staging model."""
    columns: list[dict[str, Any]] = [
        {"name": name, "data_type": type_, "description": description} for name, type_, description in PROVENANCE
    ]
    names = name_headers(contract)
    stood_in_for = {column.unit_for for column in contract.columns}
    for column in contract.columns:
        if column.field == "record_key":
            continue
        for name, type_, description in staged_columns(
            column, is_name=column.header in names, has_unit=column.field in stood_in_for
        ):
            columns.append({"name": name, "data_type": type_, "description": description})
    model = {
        "name": f"stg_{contract.table}",
        "description": (
            f"{contract.purpose}: the rows in force, typed, each doubtful value beside what came and why. "
            f"One row per record of {contract.dataset}."
        ),
        "data_tests": [{"unique_and_filled": {"arguments": {"columns": ["record_key", "record_ref"]}}}],
        "columns": columns,
    }
    return HEADING + yaml.safe_dump(
        {"version": 2, "models": [model]}, allow_unicode=True, sort_keys=False, width=118, indent=2
    )


def staging_model(contract: Contract) -> str:
    """A staging model, which says itself whether it reads the units: dbt has no contracts at hand when it parses."""
    has_units = any(column.unit_for for column in contract.columns)
    return f"{{{{ stage('{contract.dataset}'{', has_units=true' if has_units else ''}) }}}}\n"


def list_macro(name: str, description: str, datasets: Iterable[str]) -> str:
    """A macro that returns the names of datasets."""
    listed = "".join(f"            '{dataset}',\n" for dataset in datasets)
    return (
        f"{{# {description} #}}\n{{% macro {name}() %}}\n"
        f"    {{{{\n        return([\n{listed}        ])\n    }}}}\n{{% endmacro %}}\n"
    )


def list_macros(contracts: dict[str, Contract]) -> str:
    """The macros that models loop over: dbt wants the names when it parses, before it knows its sources."""
    with_people = [dataset for dataset, contract in contracts.items() if contract.roles]
    return "\n".join(
        [
            "{# Made from the contracts by `python scripts/make_staging.py`. #}",
            list_macro("active_datasets", "The datasets that are read.", contracts),
            list_macro("datasets_with_people", "Those whose records are about people.", with_people),
        ]
    )


def made_files(contracts: dict[str, Contract]) -> dict[Path, str]:
    """Path to content of every model, yml and macro that is made from the given (active) contracts."""
    made = {PROJECT / "macros" / "active_datasets.sql": list_macros(contracts)}
    for contract in contracts.values():
        made[MODELS / "staging" / f"stg_{contract.table}.sql"] = staging_model(contract)
        made[MODELS / "staging" / f"stg_{contract.table}.yml"] = staging_yaml(contract)
    return made


def main() -> None:
    """Write them."""
    for path, content in made_files(load_contracts("active")).items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
