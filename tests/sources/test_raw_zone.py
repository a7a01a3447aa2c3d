"""What a build reads: the applied deliveries' rows, and what landing said about all of them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources.contract import load_contract, load_contracts
from sources.errors import SijikuError, UsageError
from sources.generate import PROVENANCE, RAW_TABLES
from sources.landing import DeliveryOutcome, take_in
from sources.raw_zone import BuildIdentity, register
from sources.state import State
from sources.warehouse import open_engine, open_warehouse
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

FUNDING, RESIDENCE, VISIT = "finance.service_funding", "psb.temporary_residence", "grid.household_visit"
SEPTEMBER, OCTOBER = "2014-09-30", "2014-10-31"


def build(workdir: Workdir, landing: Path, as_of: date | None = None, code: str = "code") -> BuildIdentity:
    return register(workdir, take_in(workdir, landing).outcomes, as_of, code)


def select(workdir: Workdir, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(workdir, read_only=True) as connection:
        return connection.execute(query).fetchall()


def columns(workdir: Workdir, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in select(workdir, f'DESCRIBE raw."{table}"')}


@pytest.fixture
def deltas(landing: Path) -> Path:
    """A full delivery of three rows, and a month later: one updated, one deleted, one new."""
    rows = sample_rows(RESIDENCE, 4)
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows[:3])
    changes = [rows[0] | {"变更类型": "U"}, rows[1] | {"变更类型": "D"}, rows[3] | {"变更类型": "I"}]
    write_delivery(landing, RESIDENCE, OCTOBER, "delta", rows=changes)
    return landing


def test_every_table_and_view_is_as_described(workdir: Workdir, deltas: Path) -> None:
    build(workdir, deltas)
    for name, table in RAW_TABLES.items():
        assert columns(workdir, name) == table.types, name
    for contract in load_contracts("active").values():
        provenance = {name: type_ for name, (type_, _) in PROVENANCE.items()}
        assert columns(workdir, contract.table) == dict.fromkeys(contract.headers, "VARCHAR") | provenance


def test_a_dataset_without_deliveries_is_an_empty_view(workdir: Workdir, deltas: Path) -> None:
    build(workdir, deltas)
    assert select(workdir, "SELECT count(*) FROM raw.civil__marriage") == [(0,)]


def test_a_view_holds_every_row_of_the_applied_deliveries(workdir: Workdir, deltas: Path) -> None:
    build(workdir, deltas)
    rows = select(
        workdir,
        "SELECT apply_order, _row, _change, _record_key, 登记编号, _file FROM raw.psb__temporary_residence "
        "JOIN raw.delivery ON delivery = _delivery ORDER BY 1, 2",
    )
    assert [row[:5] for row in rows] == [
        (1, 2, None, "000001", "000001"),
        (1, 3, None, "000002", "000002"),
        (1, 4, None, "000003", "000003"),
        (2, 2, "U", "000001", "000001"),
        (2, 3, "D", "000002", "000002"),
        (2, 4, "I", "000004", "000004"),
    ]
    assert {row[5] for row in rows} == {"temporary_residence.csv"}


def test_deliveries_apply_by_date_then_by_acceptance(workdir: Workdir, landing: Path) -> None:
    for count in (1, 2):
        write_delivery(landing, FUNDING, OCTOBER, rows=sample_rows(FUNDING, count))
        take_in(workdir, landing)
    write_delivery(landing, FUNDING, SEPTEMBER, rows=sample_rows(FUNDING, 3))
    build(workdir, landing)
    order = select(workdir, "SELECT rows_read, apply_order FROM raw.delivery WHERE is_applied ORDER BY apply_order")
    assert order == [(3, 1), (1, 2), (2, 3)]


def test_no_delivery_after_the_as_of_date_is_applied(workdir: Workdir, deltas: Path) -> None:
    identity = build(workdir, deltas, date(2014, 10, 30))
    assert (identity.as_of, identity.deliveries) == (date(2014, 10, 30), 1)
    assert select(workdir, "SELECT count(*) FROM raw.psb__temporary_residence") == [(3,)]
    states = select(workdir, "SELECT extract_date, state, is_applied FROM raw.delivery ORDER BY 1")
    assert states == [(date(2014, 9, 30), "accepted", True), (date(2014, 10, 31), "accepted", False)]


def test_the_as_of_date_is_that_of_the_newest_delivery(workdir: Workdir, deltas: Path) -> None:
    assert build(workdir, deltas).as_of == date(2014, 10, 31)


def test_an_as_of_date_before_every_delivery_is_wrong_usage(workdir: Workdir, deltas: Path) -> None:
    with pytest.raises(UsageError, match="2014-09-29 lies before the first delivery, 2014-09-30"):
        build(workdir, deltas, date(2014, 9, 29))


def test_without_any_delivery_there_is_nothing_to_build(tmp_path: Path, landing: Path) -> None:
    with pytest.raises(SijikuError, match="No delivery has been accepted"):
        build(Workdir(tmp_path / "new"), landing)


def test_the_landing_folder_is_not_needed_again(workdir: Workdir, deltas: Path) -> None:
    first = build(workdir, deltas)
    rows = select(workdir, "SELECT * FROM raw.psb__temporary_residence ORDER BY _delivery, _row")
    shutil.rmtree(deltas)
    workdir.warehouse.unlink()
    again = register(workdir, [], None, "code")
    assert again.build_id == first.build_id
    assert select(workdir, "SELECT * FROM raw.psb__temporary_residence ORDER BY _delivery, _row") == rows


def test_a_moved_workdir_still_reads(workdir: Workdir, deltas: Path, tmp_path: Path) -> None:
    build(workdir, deltas)
    moved = Workdir(workdir.path.rename(tmp_path / "moved"))
    assert select(moved, "SELECT count(*) FROM raw.psb__temporary_residence") == [(6,)]
    assert select(moved, "SELECT count(*) FROM raw.record_ref") == [(4,)]


def test_a_lost_raw_folder_stops_the_build(workdir: Workdir, deltas: Path) -> None:
    build(workdir, deltas)
    shutil.rmtree(next(workdir.raw.rglob("extract_date=2014-09-30")))
    with pytest.raises(SijikuError, match=r"lacks a delivery that was accepted.*Restore the raw zone"):
        register(workdir, [], None, "code")


def test_refusals_quarantine_and_unknown_columns_are_findings(workdir: Workdir, landing: Path) -> None:
    rows = sample_rows(RESIDENCE, 2)
    rows[1] |= {"登记编号": "", "姓名": "隔离人"}
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows, columns=(*load_contract(RESIDENCE).headers, "备注"))
    write_delivery(landing, VISIT, OCTOBER, rows=sample_rows(VISIT, 1), contract_version="0.9")
    build(workdir, landing)
    findings = select(
        workdir, "SELECT rule_id, dataset, bureau, file, row, detail_zh FROM raw.landing_finding ORDER BY rule_id"
    )
    assert [finding[:5] for finding in findings] == [
        ("column_unknown", RESIDENCE, "psb", "temporary_residence.csv", None),
        ("delivery_refused", VISIT, "grid", None, None),
        ("row_quarantined", RESIDENCE, "psb", "temporary_residence.csv", 3),
    ]
    assert "备注" in findings[0][5]
    assert "合同版本不是 1.0" in findings[1][5]
    assert "主键为空" in findings[2][5]
    assert "隔离人" not in str(findings)
    assert select(workdir, "SELECT dataset, file, row, reason_zh, reason_en FROM raw.quarantine") == [
        (RESIDENCE, "temporary_residence.csv", 3, "主键为空", "a key column is empty")
    ]


def test_findings_on_accepted_deliveries_outlive_their_landing(workdir: Workdir, landing: Path) -> None:
    rows = sample_rows(RESIDENCE, 2)
    rows[1]["登记编号"] = ""
    columns_ = (*load_contract(RESIDENCE).headers, "备注")
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows, columns=columns_)
    build(workdir, landing)
    before = select(workdir, "SELECT * FROM raw.landing_finding ORDER BY rule_id")
    register(workdir, [], None, "code")
    assert select(workdir, "SELECT * FROM raw.landing_finding ORDER BY rule_id") == before
    assert len(before) == 2


def test_a_refused_delivery_stands_in_the_list_with_its_reason(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, FUNDING, SEPTEMBER, rows=sample_rows(FUNDING, 2))
    folder = write_delivery(landing, FUNDING, OCTOBER, rows=sample_rows(FUNDING, 3))
    (folder / "manifest.json").unlink()
    identity = build(workdir, landing)
    assert (identity.deliveries, identity.refused) == (1, 1)
    rows = select(
        workdir, "SELECT state, extract_date, apply_order, is_applied, reason FROM raw.delivery ORDER BY state"
    )
    assert rows[0] == ("accepted", date(2014, 9, 30), 1, True, None)
    assert rows[1][:4] == ("refused", None, None, False)
    assert "manifest.json" in rows[1][4]
    assert select(workdir, "SELECT count(*) FROM raw.finance__service_funding") == [(2,)]


def test_files_apply_by_name(workdir: Workdir, landing: Path) -> None:
    rows = sample_rows(VISIT, 3)
    files = {"c.xlsx": rows[:1], "a.xlsx": rows[1:2], "b.xlsx": rows[2:]}
    write_delivery(landing, VISIT, OCTOBER, files=files)
    build(workdir, landing)
    positions = select(workdir, "SELECT file, position FROM raw.delivery_file ORDER BY position")
    assert positions == [("a.xlsx", 1), ("b.xlsx", 2), ("c.xlsx", 3)]


# The build's identity


def append_build(workdir: Workdir, identity: BuildIdentity) -> None:
    with open_warehouse(workdir) as connection:
        State(workdir.state).append(connection, "build", "SELECT * FROM raw.build", key=identity.build_id)


def test_the_same_input_is_the_same_build_in_another_workdir(workdir: Workdir, deltas: Path, tmp_path: Path) -> None:
    first = build(workdir, deltas)
    other = build(Workdir(tmp_path / "other"), deltas)
    assert first.build_id == other.build_id
    assert first.build_id.startswith("20141031-")
    assert len(first.build_id) == len("20141031-") + 12


def test_nothing_new_is_no_new_build(workdir: Workdir, deltas: Path) -> None:
    first = build(workdir, deltas)
    append_build(workdir, first)
    again = build(workdir, deltas)
    assert again.build_id == first.build_id
    assert again.previous_build_id == first.previous_build_id, "a build does not come before itself"


def test_whatever_counts_changes_the_build(workdir: Workdir, deltas: Path) -> None:
    seen = {build(workdir, deltas).build_id}
    seen.add(build(workdir, deltas, date(2014, 10, 30)).build_id)
    seen.add(build(workdir, deltas, code="other").build_id)
    folder = write_delivery(deltas, FUNDING, OCTOBER, rows=sample_rows(FUNDING, 1), contract_version="9")
    seen.add(build(workdir, deltas).build_id)
    shutil.rmtree(folder)
    write_delivery(deltas, FUNDING, OCTOBER, rows=sample_rows(FUNDING, 1))
    seen.add(build(workdir, deltas).build_id)
    assert len(seen) == 5


def test_a_later_landing_of_old_and_new_lists_the_old_as_repeated_too(workdir: Workdir, deltas: Path) -> None:
    append_build(workdir, build(workdir, deltas))
    write_delivery(deltas, FUNDING, OCTOBER, rows=sample_rows(FUNDING, 1))
    identity = build(workdir, deltas)
    states = select(workdir, "SELECT dataset, state, is_applied, count(*) FROM raw.delivery GROUP BY ALL ORDER BY ALL")
    assert states == [
        (FUNDING, "accepted", True, 1),
        (RESIDENCE, "accepted", True, 2),
        (RESIDENCE, "repeated", False, 2),
    ]
    assert identity.deliveries == 3


def test_the_build_table_says_what_was_returned(workdir: Workdir, deltas: Path) -> None:
    identity = build(workdir, deltas)
    assert select(workdir, "SELECT * FROM raw.build") == [tuple(vars(identity).values())]


def test_earlier_builds_are_the_history(workdir: Workdir, deltas: Path) -> None:
    first = build(workdir, deltas)
    append_build(workdir, first)
    second = build(workdir, deltas, code="other")
    assert select(workdir, "SELECT build_id, as_of FROM raw.build_history") == [(first.build_id, first.as_of)]
    assert second.previous_build_id == first.build_id


def test_outcomes_without_their_order_give_the_same_tables(workdir: Workdir, landing: Path) -> None:
    for day in (SEPTEMBER, OCTOBER):
        write_delivery(landing, FUNDING, day, rows=sample_rows(FUNDING, 1), contract_version="9")
    write_delivery(landing, VISIT, OCTOBER, rows=sample_rows(VISIT, 1))
    outcomes: tuple[DeliveryOutcome, ...] = take_in(workdir, landing).outcomes
    forth = register(workdir, outcomes, None, "code")
    table = select(workdir, "SELECT * FROM raw.delivery ORDER BY delivery")
    back = register(workdir, outcomes[::-1], None, "code")
    assert forth.build_id == back.build_id
    assert select(workdir, "SELECT * FROM raw.delivery ORDER BY delivery") == table


def test_the_engine_keeps_no_lock_on_the_warehouse(workdir: Workdir, deltas: Path) -> None:
    build(workdir, deltas)
    with open_warehouse(workdir) as first:
        first.execute("SELECT 1")
    with open_engine(workdir), open_warehouse(workdir) as second:
        assert second.execute("SELECT count(*) FROM raw.delivery").fetchall() == [(2,)]
