"""What bureaus have in common when they write about people: deliveries, addresses, codes, household numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl
from scipy.special import ndtri

from sources.city import families as fam
from sources.city.errors import Draws
from sources.city.places import Places
from sources.city.population import IN_FLOW_FAR, IN_FLOW_NEAR
from sources.city.streams import Bools, Floats, Ints, uniform, whole

# Several entries of one person in one dataset: the entry's number is the person's times this, plus its kind.
ENTRIES_A_PERSON = 4
MAIN_ENTRY, EARLIER_ENTRY, REPEATED_ENTRY = 0, 1, 2

# Neutral words of the population to the bureaus' codes.
DWELLING_PSB = {"rent": "1", "unit": "2", "site": "3", "own": "4", "relatives": "5", "other": "9"}
DWELLING = {"rent": "02", "unit": "05", "site": "06", "own": "01", "relatives": "04", "other": "99"}
STAY_REASON_PSB = {
    "work": "01",
    "farm": "02",
    "business": "03",
    "service": "04",
    "study": "06",
    "medical": "07",
    "relatives": "09",
    "marriage": "09",
    "follow": "09",
    "visit": "10",
    "transfer": "99",
    "other": "99",
}
FLOW_REASON = {
    "work": "01",
    "service": "01",
    "farm": "02",
    "business": "03",
    "study": "04",
    "marriage": "05",
    "follow": "06",
    "medical": "07",
    "relatives": "08",
    "visit": "08",
    "transfer": "09",
    "other": "99",
}
_RELATIONSHIP = {  # GB/T 4761 by place in the household and sex
    (fam.HEAD, "1"): "02",
    (fam.HEAD, "2"): "02",
    (fam.SPOUSE, "1"): "11",
    (fam.SPOUSE, "2"): "12",
    (fam.FATHER, "1"): "51",
    (fam.MOTHER, "2"): "52",
    **{(place, "1"): "20" for place in fam.CHILDREN},
    **{(place, "2"): "30" for place in fam.CHILDREN},
}
_LARGE_PRIME = 99_999_989
_LONGEST_TELLING_DAYS = 40  # until bureaus hear that somebody left or died: a choice
GONE_FOR_GOOD = ("left", "emigrated", "died", "died_away")


# Correlation of whether a bureau knows a person with the person's reach, which all bureaus share.
_SHARED = 0.5


@dataclass(frozen=True)
class Delivery:
    """True records of one delivery.

    `parts`: frames as errors.write_down takes them, in the order of writing, each with the rows that follow those of
    the one before. A large dataset makes them one by one, so that they are never all in memory.
    """

    extract_date: date
    mode: Literal["full", "delta"]
    parts: Iterable[pl.DataFrame]


def visibility(persons: pl.DataFrame, draws: Draws, name: str = "covered", by: str = "person") -> Floats:
    """How easily this bureau finds each person: standard normal, correlated with every other bureau's.

    Args:
        persons: with `person` and `reach`.
        name: another draw of the same bureau has another name.
        by: household, where those who live together are found together.
    """
    own = ndtri(np.clip(draws.uniform(name, persons[by].to_numpy()), 1e-12, 1 - 1e-12))
    return np.asarray(_SHARED * persons["reach"].to_numpy() + np.sqrt(1 - _SHARED**2) * own)


def covered(
    persons: pl.DataFrame, draws: Draws, chance: pl.Expr | float, name: str = "covered", by: str = "person"
) -> Bools:
    """Whether the bureau has each person on its list, with a chance (column or number) that is kept exactly on average.

    Lists depend on each other through `visibility`: who is missing in one is likelier to be missing in the next.
    """
    frame = persons.select((pl.lit(chance) if isinstance(chance, float) else chance).alias("chance"))
    wanted = np.clip(frame["chance"].fill_null(0.0).to_numpy(), 0.0, 1.0)
    if len(wanted) == 1:
        wanted = np.repeat(wanted, persons.height)
    return np.asarray(visibility(persons, draws, name, by) > ndtri(1.0 - wanted))


def most_visible(
    persons: pl.DataFrame, draws: Draws, count: int, name: str = "covered", chance: pl.Expr | float = 0.5
) -> Bools:
    """The `count` people that the bureau finds most easily: where the report gives the number itself.

    Args:
        chance: how likely each would be found if no number were given; only how they differ matters.
    """
    frame = persons.select((pl.lit(chance) if isinstance(chance, float) else chance).alias("chance"))
    threshold = ndtri(1.0 - np.clip(frame["chance"].fill_null(0.0).to_numpy(), 1e-9, 1 - 1e-9))
    order = np.argsort(threshold - visibility(persons, draws, name), kind="stable")
    mask = np.zeros(persons.height, dtype=bool)
    mask[order[:count]] = True
    return mask


def at_scale(persons: pl.DataFrame, figure: int) -> int:
    """A figure of the report for a city of this size, known by its in-flow people."""
    in_flow = persons.filter(pl.col("group").is_in(["far", "near"])).height
    return round(figure * in_flow / (IN_FLOW_FAR + IN_FLOW_NEAR))


def with_stay(persons: pl.DataFrame, seed: int, day: date) -> pl.DataFrame:
    """Add what a bureau must know of people to date its records of them.

    Adds:
        place_here: position of the community where they live or lived, else of their registered home.
        came_on: since when they are here or registered here, the later; null if since birth.
        until: the day they left or died, else the city's.
        age: in whole years on that day.
        told_on: the day on which bureaus hear that they left or died; null for who is here.
    """
    # The day is a person's own: whoever tells one bureau tells all.
    lag = pl.lit(pl.Series(whole(uniform(seed, "told", persons["person"].to_numpy()), _LONGEST_TELLING_DAYS)))
    until = pl.min_horizontal("left_on", pl.lit(day))
    told = pl.min_horizontal(pl.col("left_on") + pl.duration(days=lag), pl.lit(day))
    return persons.with_columns(
        pl.when(pl.col("community") >= 0).then("community").otherwise("home").alias("place_here"),
        pl.max_horizontal("arrived_on", "hukou_since").alias("came_on"),
        until.alias("until"),
        ((until - pl.col("birth_date")).dt.total_days() / 365.25).floor().cast(pl.Int64).alias("age"),
        pl.when(pl.col("left_on").is_not_null()).then(told).alias("told_on"),
    )


def day_between(people: pl.DataFrame, draws: Draws, name: str, first: pl.Expr, power: float = 1.0) -> pl.Expr:
    """A day from the first possible one up to `until`; a power over 1 leans to the first, one under it to the last."""
    luck = pl.lit(pl.Series(draws.uniform(name, people["person"].to_numpy()) ** power))
    span = (pl.col("until") - first).dt.total_days()
    return first + pl.duration(days=(luck * span).floor().cast(pl.Int64))


def not_cancelled(people: pl.DataFrame, draws: Draws, entries: Ints) -> pl.Expr:
    """Records of people who left or died that nobody ended; `told_on` as with_stay has it."""
    hit = pl.lit(pl.Series(draws.hit("not_cancelled", entries), dtype=pl.Boolean))
    return hit & pl.col("group").is_in(GONE_FOR_GOOD) & pl.col("told_on").is_not_null()


def means(persons: pl.DataFrame, seed: int) -> Floats:
    """What a household has to live on, from 0 (the poorest) to 1: the same whichever bureau asks."""
    return uniform(seed, "means", persons["household"].to_numpy())


def previous_month_end(day: date) -> date:
    """The last day of the month before: when the full delivery before a delta was made."""
    return day.replace(day=1) - timedelta(days=1)


def relationship() -> pl.Expr:
    """与户主关系 from `place` and `sex`."""
    key = pl.col("place").cast(pl.String) + pl.col("sex")
    codes = {f"{place}{sex}": code for (place, sex), code in _RELATIONSHIP.items()}
    return key.replace_strict(codes, return_dtype=pl.String)


def household_key(letter: str, factor: int) -> pl.Expr:
    """A bureau's own number of a household; another factor (prime) for each bureau."""
    number = (pl.col("household") * factor + factor) % _LARGE_PRIME
    return pl.lit(letter) + number.cast(pl.String).str.zfill(8)


def addresses(places: Places) -> pl.Expr:
    """An address from `community` (position) and `household`; null where there is no community."""
    names = places.communities.select(
        (
            pl.lit("包头市")
            + pl.col("district_name")
            + pl.col("township_name")
            + pl.col("community_name").str.replace("社区居委会|居委会|村委会|嘎查委员会|委员会", "")
        ).alias("name")
    ).to_series()
    community, household = pl.col("community"), pl.col("household")
    name = community.replace_strict(pl.int_range(len(names), eager=True), names, default=None, return_dtype=pl.String)
    building = (household * 31 % 60 + 1).cast(pl.String)
    unit = (household * 7 % 5 + 1).cast(pl.String)
    room = (household * 13 % 18 + 1).cast(pl.String) + "0" + (household * 3 % 4 + 1).cast(pl.String)
    return name + building + "号楼" + unit + "单元" + room


def home_addresses(places: Places) -> pl.Expr:
    """The registered home's address in a word, from `origin` (position), `home` (position) and `household`."""
    origins = (places.origins["province_name"] + places.origins["county_name"]).rename("name")
    homes = "内蒙古自治区包头市" + places.communities["district_name"] + places.communities["township_name"]
    town = pl.Series(["城关镇", "东关村", "西沟村", "新华街", "北梁村", "团结路"])
    away = pl.col("origin").replace_strict(
        pl.int_range(len(origins), eager=True), origins, default=None, return_dtype=pl.String
    )
    here = pl.col("home").replace_strict(
        pl.int_range(len(homes), eager=True), homes, default=None, return_dtype=pl.String
    )
    street = (pl.col("household") % len(town)).replace_strict(
        pl.int_range(len(town), eager=True), town, return_dtype=pl.String
    )
    number = (pl.col("household") * 17 % 240 + 1).cast(pl.String)
    return pl.coalesce(away, here) + street + number + "号"


def community_codes(places: Places, column: str = "community") -> pl.Expr:
    """The 12-digit code of a community's position."""
    codes = places.communities["community"]
    return pl.col(column).replace_strict(
        pl.int_range(len(codes), eager=True), codes, default=None, return_dtype=pl.String
    )


def serial(*within: str | pl.Expr, digits: int) -> pl.Expr:
    """1, 2, 3 … in the order of rows within groups, with leading zeros."""
    return pl.int_range(1, pl.len() + 1).over(*within).cast(pl.String).str.zfill(digits)
