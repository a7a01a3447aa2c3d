"""Grid workers: who was found at home, typed by hand into one workbook per township."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import days
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Ints, whole

# Share of households found at home, by how long they have stayed; and of their members, those who are named.
_HOUSEHOLDS_FOUND = {"over_5y": 0.92, "6m_5y": 0.84, "1m_6m": 0.62, "under_1m": 0.30}
_REGISTERED_FOUND = 0.93
_MEMBERS_NAMED = 0.97
_ROUND_MONTHS = 10
_GRIDS_A_COMMUNITY = 6
_HOUSEHOLD_FACTOR = 69_621


def household_visit(city: City, draws: Draws) -> list[Delivery]:
    """grid.household_visit: everyone found since the round began, one district after the other."""
    here = city.persons.filter(pl.col("division_code").is_not_null())
    districts = (here.filter(pl.col("division_code").str.starts_with(district)) for district in city.places.districts)
    return [Delivery(city.date, "full", (_workbooks(city, draws, persons) for persons in districts))]


def _workbooks(city: City, draws: Draws, persons: pl.DataFrame) -> pl.DataFrame:
    """The rows of a district's townships."""
    visits = _visits(city, draws, persons)
    visits, again = _repeated(visits, city, draws)
    places = city.places.communities
    book = (pl.col("township") + "_" + pl.col("township_name")).alias("book")
    township = places.select(pl.int_range(pl.len()).alias("at"), "township", book)
    rows = (
        pl.concat([visits, again])
        .with_columns(
            records.community_codes(city.places).alias("division"),
            *(
                pl.col("community").replace_strict(township["at"], township[name]).alias(name)
                for name in ("township", "book")
            ),
        )
        .sort("division", "collected_on", "household", "place", "_entry")
    )
    grid = (pl.col("household") % _GRIDS_A_COMMUNITY + 1).cast(pl.String).str.zfill(2)
    return rows.select(
        "_entry",
        pl.col("township").cast(pl.Int64).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        ("入户采集_" + pl.col("book") + ".xlsx").alias("_file"),
        pl.col("person").alias(PERSON + "resident"),
        pl.col(f"^{PLANTED}.*$"),
        ("W" + pl.col("division") + records.serial("division", digits=5)).alias("record_key"),
        (pl.col("division") + grid).alias("grid_code"),
        "name",
        "sex",
        "birth_date",
        records.household_key("J", _HOUSEHOLD_FACTOR).alias("household_key"),
        records.relationship().alias("relationship"),
        "hukou_division",
        "division",
        records.addresses(city.places).alias("address"),
        pl.col("dwelling").replace_strict(records.DWELLING).alias("dwelling"),
        "arrived_on",
        pl.col("reason").replace_strict(records.FLOW_REASON, default=None).alias("flow_reason"),
        "phone",
        "collected_on",
    )


def _visits(city: City, draws: Draws, persons: pl.DataFrame) -> pl.DataFrame:
    """Who was found, where and when; one row per person."""
    household, person = persons["household"].to_numpy(), persons["person"].to_numpy()
    begun = months_before(city.date, _ROUND_MONTHS)
    round_days = (city.date - begun).days
    visited = pl.lit(begun) + days(1 + whole(draws.uniform("visited", household), round_days))
    settled_in = pl.col("arrived_on") + days(1 + whole(draws.uniform("lag", household), 20))
    found = pl.col("stay_band").replace_strict(_HOUSEHOLDS_FOUND, default=_REGISTERED_FOUND)
    visits = persons.with_columns(
        # Not before they came, nor before a child was born.
        pl.max_horizontal(visited, settled_in, pl.col("birth_date") + pl.duration(days=1)).alias("collected_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
    ).filter(
        pl.Series(records.covered(persons, draws, found, "found", by="household")),
        pl.Series(draws.uniform("named", person)) < _MEMBERS_NAMED,
        pl.col("collected_on") <= city.date,
    )
    moved_since = (pl.col("collected_on") < pl.col("moved_house_on")).fill_null(False)
    return visits.with_columns(
        pl.when(moved_since).then("previous_community").otherwise("community").alias("community")
    )


def _repeated(visits: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same person visited twice, once more at the same door or a community further."""
    entry = visits["_entry"].to_numpy()
    visits = visits.with_columns(pl.Series(PLANTED + "person_repeated", draws.hit("person_repeated", entry)))
    next_door = _next_door(city)
    elsewhere = pl.Series(draws.uniform("repeated.where", entry) < 0.4)
    later = pl.col("collected_on") + days(1 + whole(draws.uniform("repeated.when", entry), 60))
    community = visits["community"].to_numpy()
    again = visits.with_columns(
        pl.when(elsewhere).then(pl.Series(next_door[community])).otherwise("community").alias("community"),
        pl.min_horizontal(later, pl.lit(city.date)).alias("collected_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    ).filter(pl.col(PLANTED + "person_repeated"))
    return visits, again


def _next_door(city: City) -> Ints:
    """For each community the next one of its township, or the one before where it is the last."""
    township = city.places.communities["township"].to_numpy()
    order = np.arange(len(township))
    has_next = np.append(township[1:] == township[:-1], False)
    has_previous = np.insert(has_next[:-1], 0, False)
    return order + np.where(has_next, 1, np.where(has_previous, -1, 0))
