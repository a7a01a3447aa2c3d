"""Public security: the household register, of everyone whose registered home is in the city."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from sources.city import families as fam
from sources.city import records
from sources.city.columns import days
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import Ints, whole

# What the report has no figure for is a choice.
_ENTERED_AFTER_DAYS = 60  # a newborn at the latest; most of them much earlier
_TOLD_AFTER_DAYS = {"died": 60, "emigrated": 20}
_CANCEL_REASON = {"died": "1", "emigrated": "3"}
_NOT_TOLD = 0.25  # of the dead and the emigrated, before the profile and the dataset's dirt
# Whose registration is in a household of its own though they live with the others: old parents, wives and husbands
# who never moved it.
_PARENTS_APART = 0.5
_SPOUSES_APART = 0.05
_STATIONS_WITH_FIRST_AND_SECOND = 0.6  # write 21 初婚 and 22 再婚 instead of 20 已婚
_SECOND_MARRIAGES = 0.05
_HOUSEHOLD_FACTOR = 36_583
_NUMBER_FACTOR, _NUMBER_PRIME = 61_483_177, 99_999_989
_PEOPLE_A_PART = 400_000
_NEEDED = [
    "person", "group", "household", "place", "name", "sex", "birth_date", "ethnicity", "marital", "education",
    "hukou_type", "home", "origin", "hukou_since", "hukou_from", "phone", "left_on",
]  # fmt: skip


def household_register(city: City, draws: Draws) -> list[Delivery]:
    """psb.household_register: those registered here, and those cancelled in the years that the city remembers."""
    return [Delivery(city.date, "full", _parts(city, draws))]


def _parts(city: City, draws: Draws) -> Iterator[pl.DataFrame]:
    """Households together, community by community."""
    order = (
        city.persons.lazy()
        .filter(pl.col("home") >= 0)
        .select("person", "home", "household", "place")
        .sort("home", "household", "place")
        .select("person")
        .collect()
        .to_series()
    )
    persons = city.persons.select(_NEEDED)
    for start in range(0, len(order), _PEOPLE_A_PART):
        yield _fields(_entries(persons[order.slice(start, _PEOPLE_A_PART)], city, draws), city, draws)


def _entries(persons: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """One row per entry in the register: which household it is in, when it was made and cancelled."""
    person = persons["person"].to_numpy()
    # Most are entered within days of their birth.
    lag = days(1 + whole(draws.uniform("entered", person) ** 3, _ENTERED_AFTER_DAYS))
    told = draws.uniform("told", person)
    told_after = pl.lit(pl.Series(told)) * pl.col("group").replace_strict(_TOLD_AFTER_DAYS, default=0)
    is_gone = pl.col("group").is_in(list(_CANCEL_REASON))
    forgotten = pl.Series(draws.uniform("not_cancelled", person) < draws.rate(_NOT_TOLD))
    cancelled = pl.min_horizontal(pl.col("left_on") + pl.duration(days=told_after.cast(pl.Int64)), pl.lit(city.date))
    entries = _households(persons, draws).with_columns(
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        pl.coalesce("hukou_since", pl.col("birth_date") + lag).alias("registered_on"),
        pl.when(is_gone & ~forgotten).then(cancelled).alias("cancelled_on"),
        (is_gone & forgotten).alias(PLANTED + "not_cancelled"),
    )
    # A child born to the emigrated after they went, or too late to be entered, never stood in the register.
    entered_by = pl.when(is_gone).then("left_on").otherwise(pl.lit(city.date))
    entries, again = _repeated(entries.filter(pl.col("registered_on") <= entered_by), city, draws)
    return pl.concat([entries, again]).sort("home", "household", "place", "_entry")


def _households(persons: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Households as registered: some who live together are registered apart, as heads of their own.

    `household` becomes twice the number of those who live together, plus one for those apart.
    """
    place = persons["place"].to_numpy()
    luck = draws.uniform("apart", persons["household"].to_numpy())
    parents = np.isin(place, (fam.FATHER, fam.MOTHER)) & (luck < _PARENTS_APART)
    spouses = (place == fam.SPOUSE) & (luck > 1 - _SPOUSES_APART)
    # Of two parents the father heads the household; his wife stands beside him.
    own = np.where(place == fam.MOTHER, fam.SPOUSE, fam.HEAD)
    return persons.with_columns(
        pl.Series("place", np.where(parents | spouses, own, place)),
        (pl.col("household") * 2 + pl.Series((parents | spouses).astype(np.int64))).alias("household"),
    )


def _repeated(entries: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same person registered a second time, earlier, in another household of another community."""
    entry = entries["_entry"].to_numpy()
    kind = PLANTED + "person_repeated"
    is_hit = pl.Series(draws.hit("person_repeated", entry)) & ~pl.col("group").is_in(list(_CANCEL_REASON))
    entries = entries.with_columns(is_hit.alias(kind))
    hit = entries.filter(kind)
    at_ = hit["_entry"].to_numpy()
    last_household = int(city.persons["household"].to_numpy().max()) * 2 + 2
    share = pl.Series(draws.uniform("repeated.when", at_))
    lived = (pl.col("registered_on") - pl.col("birth_date")).dt.total_days()
    again = hit.with_columns(
        pl.Series("home", whole(draws.uniform("repeated.where", at_), city.places.communities.height)),
        (pl.col("household") + last_household).alias("household"),
        pl.lit(fam.HEAD, pl.Int64).alias("place"),
        (pl.col("birth_date") + pl.duration(days=(share * lived).floor().cast(pl.Int64))).alias("registered_on"),
        pl.lit(None, pl.Date).alias("hukou_since"),
        pl.lit(-1, pl.Int64).alias("hukou_from"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    )
    return entries, again


def _fields(entries: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The contract's fields."""
    townships = city.places.communities["township"].cast(pl.Int64)
    style = townships.gather(entries["home"])
    origins = city.places.origins["code"] + "000000"
    return entries.select(
        "_entry",
        style.alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"户籍人口_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "resident"),
        pl.col(f"^{PLANTED}.*$"),
        record_key().alias("record_key"),
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        records.household_key("HH", _HOUSEHOLD_FACTOR).alias("household_key"),
        records.relationship().alias("relationship"),
        marital(entries, style.to_numpy(), draws).alias("marital"),
        "education",
        "hukou_type",
        records.community_codes(city.places, "home").alias("hukou_division"),
        records.home_addresses(city.places).alias("hukou_address"),
        "phone",
        "registered_on",
        pl.col("hukou_since").alias("moved_in_on"),
        pl.col("hukou_from")
        .replace_strict(pl.int_range(len(origins), eager=True), origins, default=None, return_dtype=pl.String)
        .alias("moved_from_division"),
        "cancelled_on",
        pl.when(pl.col("cancelled_on").is_not_null())
        .then(pl.col("group").replace_strict(_CANCEL_REASON, default=None))
        .alias("cancel_reason"),
    )


def record_key() -> pl.Expr:
    """人员编号: a number of the register's own that says nothing."""
    number = (pl.col("_entry") * _NUMBER_FACTOR + _NUMBER_FACTOR) % _NUMBER_PRIME
    return pl.lit("RY1502") + number.cast(pl.String).str.zfill(8)


def marital(entries: pl.DataFrame, style: Ints, draws: Draws) -> pl.Expr:
    """GB/T 2261.2 as deep as the police station goes."""
    deep = pl.Series(draws.uniform("marital", style) < _STATIONS_WITH_FIRST_AND_SECOND)
    second = pl.Series(draws.uniform("second_marriage", entries["person"].to_numpy()) < _SECOND_MARRIAGES)
    married = pl.when(second).then(pl.lit("22")).otherwise(pl.lit("21"))
    return pl.when(deep & (pl.col("marital") == "20")).then(married).otherwise("marital")
