"""Citizen identity numbers carry the check digit of GB 11643."""

from __future__ import annotations

import polars as pl
import pytest

from sources.city.id_numbers import first_generation, with_check_digit

VALID = [
    "11010519491231002X",
    "440524188001010014",
    "110101199003077715",
    "15020219800101001X",
    "152633197905050026",
    "810000199408230021",
    "830000199201300022",
]
WRONG_CHECK_DIGIT = ["150202198001010011", "150202198001010013"]
FIRST_GENERATION = {"110105491231002": "11010519491231002X", "610104620927690": "610104196209276908"}


@pytest.mark.parametrize("number", VALID)
def test_the_check_digit_is_that_of_the_standards_examples(number: str) -> None:
    assert with_check_digit(pl.Series("n", [number[:17]])).to_list() == [number]


@pytest.mark.parametrize("number", WRONG_CHECK_DIGIT)
def test_a_wrong_check_digit_is_not_what_is_computed(number: str) -> None:
    assert with_check_digit(pl.Series("n", [number[:17]])).item() != number


@pytest.mark.parametrize(("fifteen", "eighteen"), FIRST_GENERATION.items())
def test_a_first_generation_number_lacks_century_and_check_digit(fifteen: str, eighteen: str) -> None:
    assert first_generation(pl.Series([eighteen])).item() == fifteen
    assert with_check_digit(pl.Series("n", [eighteen[:17]])).item() == eighteen
