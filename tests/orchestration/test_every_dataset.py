"""One delivery after another of every dataset, in its bureau's own format, through the real command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.library import open_published
from sources.contract import CHANGE_HEADER, Contract, load_contracts
from sources.workdir import Workdir
from tests.conftest import run_sijiku
from tests.deliveries import sample_rows, write_delivery

pytestmark = pytest.mark.city

CONTRACTS = load_contracts("active")
FULL, DELTA = "2014-09-30", "2014-10-31"
PUPIL = "G150202200501010015"

# declared, repeated, superseded, deleted, key_conflicts, staged
EXPECTED = {FULL: (8, 1, 1, 1, 1, 4), DELTA: (4, 0, 0, 2, 0, 2)}


def altered(contract: Contract, row: dict[str, str]) -> dict[str, str]:
    """The row with another content."""
    other = {"text": "乙", "date": "2014-10-02", "decimal": "2.5"}
    column = next(item for item in contract.columns if item.header not in contract.key and item.type in other)
    return row | {column.header: other[column.type]}


def deliver(landing: Path, contract: Contract) -> None:
    """A full delivery of six keys, one repeated and one contradicted; then one changed, one deleted, one new, one that
    was never there deleted."""
    rows = sample_rows(contract.dataset, 8)
    if contract.dataset == "edu.student_enrollment":
        rows[0] = rows[0] | {"学籍号": PUPIL}
    write_delivery(landing, contract.dataset, FULL, rows=[*rows[:6], rows[0], altered(contract, rows[1])])
    changes = [("U", altered(contract, rows[2])), ("D", rows[3]), ("I", rows[6]), ("D", rows[7])]
    write_delivery(
        landing,
        contract.dataset,
        DELTA,
        "delta",
        rows=[row | {CHANGE_HEADER: change} for change, row in changes],
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("every")
    for contract in CONTRACTS.values():
        deliver(root / "landing", contract)
    outcome = run_sijiku("build", "--landing", root / "landing", "--workdir", root / "library")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return Workdir(root / "library"), outcome.stdout


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_the_ledger_balances_row_by_row(built: Any, dataset: str) -> None:
    with open_published(built[0]) as library:
        rows = library.execute(
            "SELECT CAST(delivery.extract_date AS VARCHAR), declared, repeated, superseded, deleted, key_conflicts, "
            "staged, balance, quarantined FROM quality.ledger JOIN meta.delivery USING (delivery) "
            "WHERE ledger.dataset = ? ORDER BY 1",
            [dataset],
        ).fetchall()
    assert rows == [(day, *counts, 0, 0) for day, counts in EXPECTED.items()]


@pytest.mark.parametrize("dataset", [name for name, contract in CONTRACTS.items() if contract.roles])
def test_every_record_in_force_is_somebodys(built: Any, dataset: str) -> None:
    with open_published(built[0]) as library:
        counted = library.execute(
            "SELECT sum(mentions) - sum(linked), (SELECT count(DISTINCT record_key) FROM identity.person_xref AS xref "
            "WHERE xref.dataset = ledger.dataset) FROM quality.ledger WHERE dataset = ? GROUP BY dataset",
            [dataset],
        ).fetchone()
    assert counted == (0, 6)


def test_a_key_that_is_personal_leaves_the_restricted_part_nowhere(built: Any) -> None:
    workdir, said = built
    logs = "".join(path.read_text(encoding="utf-8") for path in workdir.logs.iterdir())
    assert PUPIL[1:] not in said + logs
    with open_published(workdir, "analysis") as library:
        texts = library.execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            "WHERE table_catalog = 'sijiku' AND data_type = 'VARCHAR'"
        ).fetchall()
        assert texts
        for schema, table, column in texts:
            assert column not in ("record_key", "_record_key"), f"{schema}.{table}.{column}"
            found = library.execute(
                f'SELECT count(*) FROM "{schema}"."{table}" WHERE contains("{column}", ?)', [PUPIL[1:]]
            ).fetchone()
            assert found == (0,), f"{schema}.{table}.{column}"
    with open_published(workdir, "restricted") as library:
        assert library.execute("SELECT count(*) FROM quality.record_ref WHERE record_key = ?", [PUPIL]).fetchone() == (
            1,
        )


def test_the_survey_is_shown_nowhere_outside_the_restricted_part(built: Any) -> None:
    workdir, _ = built
    with open_published(workdir, "analysis") as library:
        columns = {name for (name,) in library.execute("SELECT column_name FROM information_schema.columns").fetchall()}
    assert not columns & {"sampling_unit", "stratum", "a02", "b09", "d03"}
