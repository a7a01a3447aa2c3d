"""Every applied row has one fate, and what is in force is what the bureau said last."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from sources.warehouse import open_warehouse

DATASET = "grid.household_visit"
FIRST, SECOND, THIRD, FOURTH = (date(2014, 10, day) for day in (1, 2, 3, 4))

# What has no fate of its own is in force.
FATES = """
    select coalesce(fate.fate, 'staged')
    from raw.grid__household_visit as raw
    inner join raw.delivery as delivery on raw._delivery = delivery.delivery
    left join staging.stg_raw__row_fate as fate using (_delivery, _file, _row)
    order by delivery.apply_order, raw._row
"""


def row(key: str, content: str, change: str | None = None, file: str = "a") -> dict[str, Any]:
    """A visit whose name is its content."""
    return {
        "record_key": key,
        "grid_code": "g",
        "name": content,
        "division": "150202001012",
        "address": "a",
        "collected_on": "20141001",
        "_change": change,
        "_file": file,
    }


@pytest.fixture(scope="module")
def warehouse(small_warehouse: Any, delivery: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    empty = small_warehouse(tmp_path_factory.mktemp("fate"), [])
    empty.build("+stg_grid__household_visit,staging.* resource_type:seed")
    return empty


@pytest.fixture
def fates(warehouse: Any, delivery: Any) -> Any:
    """`fates(*deliveries)`: the fate of every row, in order of delivery and row, and the content in force by key."""

    def run(
        *given: tuple[date, str, list[dict[str, Any]]], as_of: date = date(2014, 12, 31)
    ) -> tuple[list[str], dict[str, str]]:
        warehouse.load(
            [delivery(DATASET, rows, extract_date=on, mode=mode, is_applied=on <= as_of) for on, mode, rows in given]
        )
        warehouse.rebuild("stg_raw__row_fate", "stg_raw__name", "stg_grid__household_visit")
        listed = warehouse.rows(FATES)
        in_force = warehouse.rows("select record_key, name from staging.stg_grid__household_visit")
        assert max(Counter(key for key, _ in in_force).values(), default=1) == 1
        return [fate for (fate,) in listed], dict(in_force)

    return run


def test_a_full_delivery_is_in_force(fates: Any) -> None:
    assert fates((FIRST, "full", [row("1", "a"), row("2", "b")])) == (["staged", "staged"], {"1": "a", "2": "b"})


def test_a_later_full_delivery_replaces_everything_before(fates: Any) -> None:
    said, in_force = fates((FIRST, "full", [row("1", "a"), row("2", "b")]), (SECOND, "full", [row("1", "a")]))
    assert said == ["superseded", "superseded", "staged"]
    assert in_force == {"1": "a"}


def test_the_same_row_again_is_repeated(fates: Any) -> None:
    said, in_force = fates((FIRST, "full", [row("1", "a"), row("1", "a", file="b"), row("2", "b"), row("1", "a")]))
    assert said == ["staged", "repeated", "staged", "repeated"]
    assert in_force == {"1": "a", "2": "b"}


def test_of_different_contents_of_one_key_the_last_wins(fates: Any) -> None:
    said, in_force = fates((FIRST, "full", [row("1", "a", file="b"), row("1", "b"), row("1", "c")]))
    # files come by name: what stands in b comes after what stands in a
    assert said == ["staged", "key_conflict", "key_conflict"]
    assert in_force == {"1": "a"}


def test_a_content_said_again_last_wins_by_its_first_row(fates: Any) -> None:
    said, in_force = fates((FIRST, "full", [row("1", "a"), row("1", "b"), row("1", "a")]))
    assert said == ["staged", "key_conflict", "repeated"]
    assert in_force == {"1": "a"}


def test_a_delta_changes_what_it_names_and_leaves_the_rest(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "full", [row("1", "a"), row("2", "b"), row("3", "c")]),
        (SECOND, "delta", [row("1", "x", "U"), row("2", "b", "D"), row("4", "d", "I")]),
    )
    assert said == ["superseded", "deleted", "staged", "staged", "deleted", "staged"]
    assert in_force == {"1": "x", "3": "c", "4": "d"}


def test_a_deletion_of_an_unknown_key_is_deleted_itself(fates: Any) -> None:
    assert fates((FIRST, "full", [row("1", "a")]), (SECOND, "delta", [row("9", "z", "D")])) == (
        ["staged", "deleted"],
        {"1": "a"},
    )


def test_a_deletion_repeated_is_repeated(fates: Any) -> None:
    said, _ = fates((FIRST, "full", [row("1", "a")]), (SECOND, "delta", [row("1", "a", "D"), row("1", "a", "D")]))
    assert said == ["deleted", "deleted", "repeated"]


def test_a_deletion_removes_earlier_rows_of_its_own_delivery(fates: Any) -> None:
    said, in_force = fates((FIRST, "full", []), (SECOND, "delta", [row("1", "a", "I"), row("1", "a", "D")]))
    assert said == ["deleted", "deleted"]
    assert in_force == {}


def test_what_comes_after_a_deletion_in_its_delivery_is_in_force(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "full", [row("1", "a")]),
        (SECOND, "delta", [row("1", "a", "D"), row("1", "b", "I"), row("1", "c", "U")]),
    )
    assert said == ["deleted", "deleted", "key_conflict", "staged"]
    assert in_force == {"1": "c"}


def test_the_same_row_after_a_deletion_is_no_repetition(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "delta", [row("1", "a", "I"), row("1", "a", "D"), row("1", "a", "I")]),
    )
    assert said == ["deleted", "deleted", "staged"]
    assert in_force == {"1": "a"}


def test_a_key_that_comes_back_is_in_force_again_and_keeps_its_past(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "full", [row("1", "a")]),
        (SECOND, "delta", [row("1", "a", "D")]),
        (THIRD, "delta", [row("1", "b", "I")]),
    )
    assert said == ["deleted", "deleted", "staged"]
    assert in_force == {"1": "b"}


def test_what_was_superseded_is_not_deleted_later(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "full", [row("1", "a")]),
        (SECOND, "delta", [row("1", "b", "U")]),
        (THIRD, "delta", [row("1", "b", "D")]),
    )
    assert said == ["superseded", "deleted", "deleted"]
    assert in_force == {}


def test_a_full_delivery_ends_what_deltas_before_it_said(fates: Any) -> None:
    said, in_force = fates(
        (FIRST, "full", [row("1", "a")]),
        (SECOND, "delta", [row("2", "b", "I"), row("3", "c", "D")]),
        (THIRD, "full", [row("1", "a2")]),
        (FOURTH, "delta", [row("2", "b2", "I"), row("1", "a2", "D")]),
    )
    assert said == ["superseded", "superseded", "deleted", "deleted", "staged", "deleted"]
    assert in_force == {"2": "b2"}


def test_conflicts_and_repetitions_stay_so_when_the_key_is_superseded(fates: Any) -> None:
    said, _ = fates(
        (FIRST, "full", [row("1", "a"), row("1", "b"), row("1", "b")]),
        (SECOND, "full", [row("1", "c")]),
    )
    assert said == ["key_conflict", "superseded", "repeated", "staged"]


def test_a_delivery_after_the_builds_date_says_nothing(fates: Any) -> None:
    given = ((FIRST, "full", [row("1", "a")]), (SECOND, "full", [row("1", "b")]))
    assert fates(*given, as_of=FIRST) == (["staged"], {"1": "a"})


def test_the_order_in_which_rows_stand_in_raw_changes_nothing(fates: Any, warehouse: Any) -> None:
    given = (
        (FIRST, "full", [row("1", "a"), row("1", "b"), row("2", "c"), row("2", "c", file="b")]),
        (SECOND, "delta", [row("1", "x", "U"), row("1", "x", "D"), row("3", "d", "I"), row("3", "e", "U")]),
    )
    before = fates(*given)
    with open_warehouse(warehouse.workdir) as con:
        con.execute(
            "create or replace table raw.grid__household_visit as "
            "select * from raw.grid__household_visit order by _content_hash, _row desc"
        )
    warehouse.rebuild("stg_raw__row_fate", "stg_raw__name", "stg_grid__household_visit")
    assert [said for (said,) in warehouse.rows(FATES)] == before[0]
    assert dict(warehouse.rows("select record_key, name from staging.stg_grid__household_visit")) == before[1]
