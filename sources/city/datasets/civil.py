"""Civil affairs: marriages and divorces registered in the city."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from sources.city import records
from sources.city.errors import PERSON, Draws
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import Ints

_REGISTER_BEGINS = date(2000, 1, 1)
_DIVORCES_BEGIN = date(2004, 1, 1)
# Share of marriages that were registered here, by whether both or one are registered residents of the city.
_BOTH, _ONE = 0.92, 0.55
_DIVORCES_FOUND = 0.8


def marriage(city: City, draws: Draws) -> list[Delivery]:
    """civil.marriage: what stands in the register since it is kept by machine, one row per event, two people a row."""
    events = pl.concat([_marriages(city, draws), _divorces(city, draws)])
    home = pl.when(pl.col("home_husband") >= 0).then("home_husband").otherwise("home_wife")
    districts = city.places.district_of
    events = events.with_columns(
        home.replace_strict(pl.int_range(len(districts), eager=True), districts, return_dtype=pl.String).alias("office")
    ).sort("registered_on", "office", "_entry")
    letter = pl.when(pl.col("kind") == "1").then(pl.lit("J")).otherwise(pl.lit("L"))
    year = pl.col("registered_on").dt.year().cast(pl.String)
    number = records.serial("kind", "office", year, digits=6)
    rows = events.select(
        "_entry",
        pl.col("office").cast(pl.Int64).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"hydj_{city.date:%Y%m%d}.jsonl").alias("_file"),
        (letter + pl.col("office") + "-" + year + "-" + number).alias("record_key"),
        "kind",
        "registered_on",
        *(
            pl.col(f"{field}_{role}").alias(f"{role}_{field}")
            for role in ("husband", "wife")
            for field in ("name", "birth_date")
        ),
        *(pl.col(f"person_{role}").alias(PERSON + role) for role in ("husband", "wife")),
        # The office is a district's: its code ends above township level, and that is no error.
        (pl.col("office") + "000000").alias("division"),
    )
    return [Delivery(city.date, "full", [rows])]


def _marriages(city: City, draws: Draws) -> pl.DataFrame:
    persons = city.persons
    husbands = persons.filter(
        pl.col("sex") == "1",
        pl.col("spouse") >= 0,
        pl.col("married_on").is_between(_REGISTER_BEGINS, city.date),
    )
    pairs = _pairs(city, husbands["person"].to_numpy(), husbands["spouse"].to_numpy())
    homes = (pl.col("home_husband") >= 0).cast(pl.Int8) + (pl.col("home_wife") >= 0).cast(pl.Int8)
    share = pl.when(homes == 2).then(_BOTH).when(homes == 1).then(_ONE).otherwise(0.0)
    luck = pl.Series(draws.uniform("registered", pairs["person_husband"].to_numpy()))
    return (
        pairs.with_columns(pl.lit("1").alias("kind"), pl.col("married_on_husband").alias("registered_on"))
        .filter(luck < share, pl.col("registered_on") <= _last_day(city))
        .select(_EVENT)
    )


def _divorces(city: City, draws: Draws) -> pl.DataFrame:
    """Divorced men and women of the city, paired by age: nobody's former partner is known otherwise."""
    divorced = city.persons.filter(pl.col("marital") == "40", pl.col("home") >= 0).sort("birth_date", "person")
    men, women = (divorced.filter(pl.col("sex") == sex)["person"].to_numpy() for sex in ("1", "2"))
    n = min(len(men), len(women))
    pairs = _pairs(city, *(people[np.arange(n) * len(people) // max(n, 1)] for people in (men, women)))
    person = pairs["person_husband"].to_numpy()
    of_age = pl.max_horizontal("birth_date_husband", "birth_date_wife").dt.offset_by("22y")
    begins = pl.max_horizontal(of_age, pl.lit(_DIVORCES_BEGIN))
    days = pl.Series(draws.uniform("divorced.when", person)) * (_last_day(city) - begins).dt.total_days()
    found = pl.Series(draws.uniform("divorced", person) < _DIVORCES_FOUND)
    return (
        pairs.with_columns(
            pl.lit("2").alias("kind"), (begins + pl.duration(days=days.floor().cast(pl.Int64))).alias("registered_on")
        )
        .filter(found, begins <= _last_day(city))
        .select(_EVENT)
    )


def _last_day(city: City) -> pl.Expr:
    """Until when both could stand at a counter of the city: neither had died or taken the registration elsewhere."""
    return pl.min_horizontal("gone_on_husband", "gone_on_wife", pl.lit(city.date))


_SIDES = ("person", "name", "birth_date", "home")
_EVENT = ["_entry", "kind", "registered_on", *(f"{field}_{role}" for role in ("husband", "wife") for field in _SIDES)]


def _pairs(city: City, husbands: Ints, wives: Ints) -> pl.DataFrame:
    columns = [*_SIDES, "married_on", "gone_on"]
    gone = pl.col("group").is_in(["died", "emigrated"])
    persons = city.persons.with_columns(pl.when(gone).then("left_on").alias("gone_on")).select(columns)
    sides = [
        persons[people].rename({column: f"{column}_{role}" for column in columns})
        for role, people in (("husband", husbands), ("wife", wives))
    ]
    entry = (pl.col("person_husband") * records.ENTRIES_A_PERSON).alias("_entry")
    return pl.concat(sides, how="horizontal").with_columns(entry)
