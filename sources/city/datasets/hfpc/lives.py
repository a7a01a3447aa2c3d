"""What the records of health and family planning have in common: who lived where, from when, until when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from sources.city.population import City
from sources.city.streams import Floats, Ints

# Rows that are written down together.
PART_ROWS = 400_000


def with_lives(city: City) -> pl.DataFrame:
    """Everyone, with where and when they lived in the city.

    Adds `lives` (position of the community; of those who went away, of the registered home they lived in), `came_on`
    (arrived, or brought their registration here; null if always here) and `until` (the last day here, or the city's
    date).
    """
    return city.persons.with_columns(
        pl.when(pl.col("community") >= 0).then("community").otherwise("home").alias("lives"),
        pl.coalesce("arrived_on", "hukou_since").alias("came_on"),
        pl.min_horizontal(pl.col("left_on") - pl.duration(days=1), pl.lit(city.date)).alias("until"),
    )


def lived_at(day: str) -> pl.Expr:
    """The community in which people lived on a day: of those who moved house since, the earlier one."""
    moved_since = (pl.col("moved_house_on") > pl.col(day)).fill_null(False)
    return pl.when(moved_since).then("previous_community").otherwise("lives")


def clinic_names(city: City, column: str = "community") -> pl.Expr:
    """The clinic that serves a community (position)."""
    names = city.units.table["unit_name"].gather(city.units.clinic_of)
    return _by_community(city, names, column)


def clinic_units(city: City, column: str = "community") -> pl.Expr:
    """The number of the clinic that serves a community (position)."""
    return _by_community(city, pl.Series(city.units.clinic_of), column)


def district_codes(city: City, column: str = "community") -> pl.Expr:
    """The six-digit code of the district of a community (position)."""
    return _by_community(city, city.places.district_of, column)


def _by_community(city: City, values: pl.Series, column: str) -> pl.Expr:
    at_ = pl.int_range(city.places.communities.height, eager=True)
    return pl.col(column).replace_strict(at_, values, default=None, return_dtype=values.dtype)


def years_old(on: pl.Expr) -> pl.Expr:
    """Age in years, as a fraction."""
    return (on - pl.col("birth_date")).dt.total_days() / 365.25


def between(first: pl.Expr, last: pl.Expr, draw: Floats) -> pl.Expr:
    """A day from the first to the last."""
    days = ((last - first).dt.total_days() + 1) * pl.lit(pl.Series(draw))
    return first + pl.duration(days=days.floor().cast(pl.Int64))


def long_tailed_days(draw: Floats, mean: Floats) -> Ints:
    """Days of delay with a mean: most short, a few long (exponential)."""
    return np.floor(-np.log1p(-draw) * mean).astype(np.int64)


def in_parts(frame: pl.DataFrame, rows_of_each: float) -> Iterator[pl.DataFrame]:
    """Ranges of a frame whose rows give about so many records each."""
    yield from frame.iter_slices(max(1, int(PART_ROWS / rows_of_each)))
