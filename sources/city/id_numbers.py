"""Citizen identity numbers (GB 11643-1999): area code, birth date, sequence (odd for men), check digit (ISO 7064)."""

from __future__ import annotations

import polars as pl

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def with_check_digit(seventeen: pl.Series) -> pl.Series:
    """Append the check digit to texts of 17 digits.

    Source: GB 11643-1999, 3.4: sum of digit times weight 2^(18-i) mod 11, modulo 11.
    """
    column = pl.col(seventeen.name)
    total = pl.sum_horizontal(
        column.str.slice(position, 1).cast(pl.Int32) * weight for position, weight in enumerate(_WEIGHTS)
    )
    digit = (total % 11).replace_strict(dict(enumerate(_CHECK_DIGITS)), return_dtype=pl.String)
    return seventeen.to_frame().select(column + digit).to_series()


def first_generation(eighteen: pl.Series) -> pl.Series:
    """The 15-digit number a person born before 2000 held before: no century, no check digit."""
    return eighteen.str.slice(0, 6) + eighteen.str.slice(8, 9)
