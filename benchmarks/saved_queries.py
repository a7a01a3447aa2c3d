"""Saved queries beside the same questions written by hand in SQL, and whether both say the same.

A saved query's answer is a table that the build stored: it was worked out beforehand, and is only read here. That is
the design, and what is compared is what a reader of the published library waits for, not what answering took the build.
By hand the question is asked of the marts for analysis (`by_hand/analysis/`) or, where none of them has what it asks
for, of tables of the restricted library (`by_hand/restricted/`); each such file says why.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from serving.interface import Part
from serving.library import open_published
from serving.saved_queries import explain_saved_query, plan_reading
from sources.errors import SijikuError
from sources.workdir import Workdir

_FOLDER = Path(__file__).parent / "by_hand"
RUNS = 15
# Rates are worked out in another order: they agree to so many parts of themselves.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Question:
    """A saved query's question by hand: its name, the part of the library that has what it asks for, one SELECT.

    The SELECT gives the saved query's columns.
    """

    name: str
    part: Part
    sql: str


@dataclass(frozen=True)
class Asked:
    """A question asked both ways: medians in seconds."""

    name: str
    saved: float
    by_hand: float


def written_by_hand() -> list[Question]:
    """The questions that are written by hand, by name."""
    parts: tuple[Part, ...] = ("analysis", "restricted")
    files = [(part, file) for part in parts for file in (_FOLDER / part).glob("*.sql")]
    questions = [Question(file.stem, part, file.read_text(encoding="utf-8")) for part, file in files]
    return sorted(questions, key=lambda question: question.name)


def ask_both_ways(workdir: Workdir, questions: Sequence[Question], runs: int = RUNS) -> list[Asked]:
    """Ask each question in turn of its saved query's table and by hand, all rows fetched, on connections that are open.

    Args:
        workdir: of a published library.
        questions: what to ask.
        runs: how often each is asked each way, once besides to see that both say the same.

    Raises:
        UsageError: nothing is published, or a question is of no saved query.
        SijikuError: the two answers differ.
    """
    asked = []
    with open_published(workdir, "analysis") as analysis, open_published(workdir, "restricted") as restricted:
        connections = {"analysis": analysis, "restricted": restricted}
        for question in questions:
            query, by_hand = explain_saved_query(workdir, question.name), connections[question.part]
            saved_sql = plan_reading(query)
            same_figures(
                question.name, analysis.execute(saved_sql).pl(), by_hand.execute(question.sql).pl(), [*query.dimensions]
            )
            times = [(_seconds(analysis, saved_sql), _seconds(by_hand, question.sql)) for _ in range(runs)]
            asked.append(Asked(question.name, *map(statistics.median, zip(*times, strict=True))))
    return asked


def _seconds(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    start = time.perf_counter()
    connection.execute(sql).fetchall()
    return time.perf_counter() - start


def same_figures(name: str, saved: pl.DataFrame, by_hand: pl.DataFrame, keys: Sequence[str]) -> None:
    """See that two answers to a question have the same columns and figures, whatever the order of their rows.

    What is nothing in one may be 0 in the other: a metric over no rows is nothing, while a mart has a row for every
    division.

    Raises:
        SijikuError: they differ, or one has two rows of the same keys.
    """
    figures = [column for column in saved.columns if column not in keys]
    if saved.columns != by_hand.columns:
        raise _differ(name, f"columns are {', '.join(by_hand.columns)}, not {', '.join(saved.columns)}")
    for frame in (saved, by_hand):
        if frame.select(keys).is_duplicated().any():
            raise _differ(name, "a row stands there twice")
    both = saved.with_columns(pl.col(figures).cast(pl.Float64)).join(
        by_hand.with_columns(pl.col(figures).cast(pl.Float64)),
        on=list(keys),
        how="full",
        coalesce=True,
        nulls_equal=True,
        suffix=":by hand",
    )
    wrong = both.filter(pl.any_horizontal(_apart(column) for column in figures)).sort(keys)
    if wrong.height:
        where = ", ".join(f"{key} {wrong[key][0]}" for key in keys)
        raise _differ(name, f"{wrong.height} rows, the first at {where}")


def _apart(column: str) -> pl.Expr:
    one, other = pl.col(column).fill_null(0), pl.col(f"{column}:by hand").fill_null(0)
    return (one - other).abs() > _CLOSE * pl.max_horizontal(one.abs(), other.abs())


def _differ(name: str, how: str) -> SijikuError:
    return SijikuError(
        f"The saved query {name} and the same by hand differ: {how}.",
        f"See benchmarks/by_hand/*/{name}.sql and the saved query's conditions: one of them asks something else.",
    )
