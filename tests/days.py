"""Days in the life of a library: deliveries that change, remove and add records of what it holds, for tests."""

from __future__ import annotations

from sources.contract import CHANGE_HEADER, Contract, load_contract
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.deliveries import Row


def changes(workdir: Workdir, dataset: str, day: str, per_mille: int = 10) -> list[Row]:
    """Rows of a delta that a bureau might send on a day, made of what the library holds.

    Of every thousand records so many are updated in one column, as many removed, as many added under a new key; and
    besides some are sent again as they are, removed and added again, added and removed, and removed without having
    been there. Which they are depends on key and day alone.
    """
    contract = load_contract(dataset)
    rows = in_force(workdir, dataset, day)
    changed: list[Row] = []
    for number, row in enumerate(rows[: per_mille * len(rows) // 200]):
        new_key = {contract.key[0]: f"{row[contract.key[0]]}{day[-2:]}"}
        other = rows[-number - 1]
        changed += [
            [_marked(row | _moved(contract, row, other), "U")],
            [_marked(row, "D")],
            [_marked(row | new_key, "I")],
            [_marked(row, "U")],
            [_marked(row, "D"), _marked(row | _moved(contract, row, other), "I"), _marked(row, "U")],
            [_marked(row | new_key, "I"), _marked(row | new_key, "D")],
            [_marked(row | new_key, "D")],
        ][number % 7]
    return changed


def in_force(workdir: Workdir, dataset: str, day: str) -> list[dict[str, str]]:
    """The rows in force as they came, in an order that differs from day to day."""
    contract = load_contract(dataset)
    headers = ", ".join(f'coalesce(raw."{header}", \'\') AS "{header}"' for header in contract.headers)
    with open_warehouse(workdir, read_only=True) as connection:
        found = connection.execute(
            f"SELECT {headers} FROM raw.{contract.table} AS raw JOIN staging.stg_{contract.table} AS staged "
            "USING (_delivery, _file, _row) ORDER BY md5(raw._record_key || ?), raw._record_key",
            [day],
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _marked(row: dict[str, str], change: str) -> Row:
    return row | {CHANGE_HEADER: change}


def _moved(contract: Contract, row: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Something that another record says instead: who it is, or where."""
    columns = [column.header for column in contract.columns if column.header not in contract.key and row[column.header]]
    header = columns[sum(map(ord, row[contract.key[0]])) % len(columns)]
    return {header: other[header]}
