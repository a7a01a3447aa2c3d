"""Each saved query has its question by hand, and both say the same; a difference raises. No time is tested."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from benchmarks.saved_queries import Question, ask_both_ways, same_figures, written_by_hand
from serving.saved_queries import list_saved_queries
from sources.errors import SijikuError, UsageError

QUESTIONS = {question.name: question for question in written_by_hand()}


def test_every_saved_query_is_written_by_hand_and_says_the_same(built_city: Any) -> None:
    assert set(QUESTIONS) == {query.name for query in list_saved_queries(built_city.workdir)}
    asked = ask_both_ways(built_city.workdir, written_by_hand(), runs=1)
    assert [each.name for each in asked] == list(QUESTIONS)
    assert all(each.saved > 0 and each.by_hand > 0 for each in asked)


@pytest.mark.parametrize("question", written_by_hand(), ids=lambda question: question.name)
def test_by_hand_nothing_is_read_that_was_answered_beforehand(question: Question) -> None:
    read = set(re.findall(r"\b(?:from|join) ([a-z]+\.\w+)", question.sql))
    assert read
    if question.part == "analysis":
        assert all(table.startswith("marts.") or table == "library.bridge_division_ancestor" for table in read)
    else:
        assert not any(table.startswith("metrics.") for table in read)
        assert question.sql.startswith("-- "), "why no mart for analysis will do"


DOUBLED = "union all select period, region_code, is_retrospective, 1, 1, 0 from marts.mart_flow order by"


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        (
            "missing_records_by_community",
            "sum(mart.missing) as",
            "sum(mart.missing) + 1 as",
            "rows, the first at period",
        ),
        ("coverage_by_service", "'district'", "'township'", "rows, the first at"),
        ("flow_by_region", "= 'out'", "= 'in'", "differ"),
        ("flow_by_region", "as net_flow", "as net", "columns are .* net, not "),
        ("flow_by_region", "order by", DOUBLED, "twice"),
    ],
)
def test_a_difference_raises(built_city: Any, name: str, old: str, new: str, problem: str) -> None:
    question = QUESTIONS[name]
    assert old in question.sql
    with pytest.raises(SijikuError, match=problem):
        ask_both_ways(built_city.workdir, [replace(question, sql=question.sql.replace(old, new))], runs=1)


def test_a_question_of_no_saved_query_is_named(built_city: Any) -> None:
    with pytest.raises(UsageError, match="There is no saved query flow_by_planet"):
        ask_both_ways(built_city.workdir, [replace(QUESTIONS["flow_by_region"], name="flow_by_planet")], runs=1)


def rows(*figures: tuple[str | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(figures, schema={"place": pl.String, "people": pl.Float64}, orient="row")


def test_order_nothing_for_nought_and_the_last_digits_make_no_difference() -> None:
    one = rows(("a", 1 / 3), ("b", None), (None, 5))
    other = rows((None, 5), ("c", 0), ("a", 1 / 3 + 1e-13), ("b", 0))
    same_figures("q", one, other, ["place"])
    same_figures("q", other, one, ["place"])


@pytest.mark.parametrize(
    "other",
    [rows(("a", 1)), rows(("a", 1), (None, 6)), rows(("a", 1), (None, 5), ("c", 2)), rows(("a", 1.0001), (None, 5))],
)
def test_a_row_or_a_figure_more_less_or_other_is_a_difference(other: pl.DataFrame) -> None:
    with pytest.raises(SijikuError, match="q and the same by hand differ"):
        same_figures("q", rows(("a", 1), (None, 5)), other, ["place"])
    with pytest.raises(SijikuError, match="q and the same by hand differ"):
        same_figures("q", other, rows(("a", 1), (None, 5)), ["place"])
