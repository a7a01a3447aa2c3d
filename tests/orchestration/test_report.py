"""What is printed for people can be read where they read it."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from identity.evaluation import Evaluation, Score
from orchestration.report import print_evaluation, print_manner
from sources.continuation import OTHER_CODE, Manner


def score(scope: str, people: int) -> Score:
    return Score(scope, 9 * people, people, people, -0.1234, 0.9996, 0.9973, 0.9998, 0.9964, 0.9821)


@pytest.mark.parametrize("people", [7, 2_712_345])
def test_no_figure_of_an_evaluation_is_cut_at_80_columns(people: int) -> None:
    evaluation = Evaluation(
        score("overall", people), [score("psb.household_register", people)], [score("no valid number", people)], {}
    )
    console = Console(file=StringIO(), width=80)
    print_evaluation(console, evaluation)
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    for scope in ("overall", "psb.household_register", "no valid number"):
        (line,) = [line for line in lines if line.strip().startswith(scope)]
        figures = [f"{people:,}", "-12.34%", "0.9996", "0.9973", "0.9998", "0.9964", "0.9821"]
        assert line.split()[-len(figures) :] == figures


@pytest.mark.parametrize(
    ("manner", "line"),
    [
        (OTHER_CODE, "全量：程序已更新。In full: the code has changed."),
        (
            Manner(False, "新批次 3 个", "3 new deliveries"),
            "增量：新批次 3 个。On top of the build before: 3 new deliveries.",
        ),
    ],
)
def test_a_build_says_in_what_manner_it_was_made_and_why(manner: Manner, line: str) -> None:
    console = Console(file=StringIO(), width=80)
    print_manner(console, manner)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().strip() == line
