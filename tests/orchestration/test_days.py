"""Ten days of a simulated city, each built upon the one before: the campaign of docs/reliability.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.command import write_page
from tests.campaigns.days import Day, follow, prepare, summary

SEED = 2014


@pytest.mark.full
def test_ten_days_running_the_library_is_what_one_from_nothing_is(tmp_path: Path) -> None:
    days = [follow(tmp_path, day) for day in prepare(tmp_path, 10, scale=0.0005, seed=SEED, change=0.02)]
    assert [str(day) for day in days if not day.is_good] == []
    assert len(days) == 10
    assert not any(day.is_full for day in days), "every day goes on from the one before"


def test_a_day_that_differs_is_shown_in_the_summary_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    days = [
        Day("2014-11-01", 3, 3, False, 60.0, 90.0, True, True, 237, []),
        Day(
            "2014-11-02",
            2,
            1,
            True,
            80.0,
            90.0,
            True,
            False,
            237,
            ["warehouse marts.mart_flow: 1 rows only in the one"],
        ),
    ]
    page = tmp_path / "reliability.md"
    page.write_text(
        "<!-- kill campaign: begin -->\nkills\n<!-- kill campaign: end -->\n"
        "<!-- day campaign: begin -->\nold\n<!-- day campaign: end -->\nafter\n",
        encoding="utf-8",
    )
    write_page("day", summary(days, 1, 0.002, 0.01, "abc"), page)
    text = page.read_text(encoding="utf-8")
    assert "kills" in text
    assert "old" not in text
    assert text.endswith("after\n")
    assert "2 days, 1 of them the same in every table" in text
    assert "| 2014-11-01 | 3 | 3 | 增量 incremental | 60.0 | 90.0 | 237 | 0 | 相同 same |" in text
    assert "- 2014-11-02: warehouse marts.mart_flow" in text
