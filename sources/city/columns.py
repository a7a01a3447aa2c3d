"""Between numpy's arrays and polars' columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.city.streams import Bools, Ints


def texts(values: npt.NDArray[np.object_]) -> pl.Series:
    """Texts and nulls as a column."""
    return pl.Series(values.tolist(), dtype=pl.String)


def dates(values: npt.NDArray[np.datetime64], null: Bools) -> pl.Series:
    """Days as a column, null where `null` is true."""
    days = pl.Series(values.astype("datetime64[D]"))
    return pl.select(pl.when(~pl.Series(null)).then(days)).to_series()


def at(values: pl.Series, positions: Ints) -> pl.Series:
    """The values at positions; null at negative ones."""
    index = pl.Series(positions)
    return values.gather(pl.select(pl.when(index >= 0).then(index)).to_series())


def days(number: Ints) -> pl.Expr:
    """So many days for each row, as a duration."""
    return pl.duration(days=pl.lit(pl.Series(number)))
