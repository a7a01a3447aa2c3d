"""A suite says what its contract says, no more and no less."""

from __future__ import annotations

import pytest

from expectations.suites import Claim, claim_of, suite_for
from sources.contract import load_contract, load_contracts


def claims(dataset: str) -> list[Claim]:
    return [claim_of(item.configuration) for item in suite_for(load_contract(dataset)).expectations]


@pytest.mark.parametrize("dataset", sorted(load_contracts()))
def test_every_claim_of_a_contract_is_one_expectation(dataset: str) -> None:
    contract = load_contract(dataset)
    found = claims(dataset)
    assert len(found) == len(set(found))

    def about(name: str) -> set[str | None]:
        return {claim.column for claim in found if claim.name == name}

    assert about("has_rows") == {None}
    assert about("key_unique") == ({None} if contract.key else set())
    assert about("column_exists") == set(contract.headers)
    assert about("required") == {column.header for column in contract.columns if column.required}
    assert about("code_listed") == {column.header for column in contract.columns if column.code_list}
    assert about("date_readable") == {column.header for column in contract.columns if column.type in ("date", "yyyymm")}
    assert about("number_readable") == {
        column.header for column in contract.columns if column.type in ("integer", "decimal")
    }
    assert about("id_length") == {column.header for column in contract.columns if column.type == "id_number"}


@pytest.mark.parametrize("dataset", sorted(name for name, contract in load_contracts().items() if contract.key))
def test_a_key_is_unique_within_a_delivery_only(dataset: str) -> None:
    contract = load_contract(dataset)
    (unique,) = (item for item in suite_for(contract).expectations if claim_of(item.configuration).name == "key_unique")
    columns = ", ".join(["_delivery", *(f'"{header}"' for header in contract.key)])
    assert f"PARTITION BY {columns})" in unique.configuration.kwargs["unexpected_rows_query"]


@pytest.mark.parametrize("dataset", sorted(load_contracts()))
def test_queries_select_where_a_row_is_and_nothing_of_what_it_says(dataset: str) -> None:
    for item in suite_for(load_contract(dataset)).expectations:
        query = item.configuration.kwargs.get("unexpected_rows_query")
        assert query is None or query.startswith("SELECT _file, _row FROM {batch} WHERE ")
