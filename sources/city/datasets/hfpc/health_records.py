"""Health records (居民健康档案): one for everyone who has lived here six months or more, kept by the clinic nearby."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from sources.city import records
from sources.city.datasets.hfpc import lives
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import whole

# Report: 已建立城乡居民规范化电子档案 202 万人, 其中流动人口近 37 万.
RECORDS = 2_020_000
OF_FLOATING = 370_000
# 国家基本公共卫生服务 began in 2009; most records were opened in its first years.
_BEGAN = date(2009, 7, 1)
_MONTHS_HERE = 6
NEWBORN_DAYS = 30
# How likely people are to have one, a choice; the report's figures settle how many have.
_CHANCE_FLOATING = {"6m_5y": 0.86, "over_5y": 0.95}
_CHANCE_REGISTERED = 0.80
_CHANCE_OF_YOUNG_AND_OLD = 0.96  # clinics call them in: below seven, from 65
# Records that stand although their people died or went away: the clinic was not told.
_STALE = {"died": 0.25, "died_away": 0.15, "out": 0.35, "emigrated": 0.30, "left": 0.25}
_NEVER_UPDATED = 0.3


def health_record(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.health_record: every record there is, one file a district."""
    people = _opened(lives.with_lives(city), city, draws)
    files = _numbered(pl.concat([people, _again(people, city, draws)]), city)
    return [Delivery(city.date, "full", _parts(files, city, draws))]


def _opened(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Who has a record: person, _entry, community, created_on, until; the report's numbers are hit exactly."""
    settled = pl.col("came_on").dt.offset_by(f"{_MONTHS_HERE}mo")
    # Who brought their registration here is registered: there are no six months to wait.
    waits = pl.when(pl.col("arrived_on") > pl.col("birth_date")).then(settled).otherwise(pl.col("came_on"))
    first = pl.max_horizontal(pl.lit(_BEGAN), pl.col("birth_date") + pl.duration(days=NEWBORN_DAYS), waits)
    needed = ["person", "birth_date", "reach", "group", "stay_band", "is_floating", "is_resident", "lives", "until"]
    people = people.select(*needed, first.alias("first")).filter(
        pl.col("first") <= pl.col("until"),
        pl.col("is_resident") | pl.col("group").is_in(list(_STALE)),
    )
    people = people.filter(pl.Series(_has_record(people, city, draws)))
    early = draws.uniform("created", people["person"].to_numpy()) ** 2
    return people.with_columns(
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        lives.between(pl.col("first"), pl.col("until"), early).alias("created_on"),
        pl.col("lives").alias("community"),
    ).select("person", "_entry", "community", "created_on", "until", "group")


def _has_record(people: pl.DataFrame, city: City, draws: Draws) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    age = lives.years_old(pl.lit(city.date))
    usual = pl.when("is_floating").then(pl.col("stay_band").replace_strict(_CHANCE_FLOATING, default=None))
    chance = (
        pl.when((age < 7) | (age >= 65)).then(_CHANCE_OF_YOUNG_AND_OLD).otherwise(usual.otherwise(_CHANCE_REGISTERED))
    )
    is_floating = people["is_floating"].to_numpy()
    is_stale = people["group"].is_in(list(_STALE)).to_numpy()
    has = np.zeros(people.height, dtype=bool)
    stale = people.filter(pl.Series(is_stale))
    has[is_stale] = records.covered(stale, draws, pl.col("group").replace_strict(_STALE, return_dtype=pl.Float64))
    floating = records.at_scale(city.persons, OF_FLOATING)
    others = records.at_scale(city.persons, RECORDS) - floating - int(has.sum())
    for mask, count in ((is_floating, floating), (~is_floating & ~is_stale, others)):
        has[mask] = records.most_visible(people.filter(pl.Series(mask)), draws, count, chance=chance)
    return has


def _again(opened: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """A second record of the same person, opened later at a clinic elsewhere in the city."""
    here = ~pl.col("group").is_in(list(_STALE))
    again = opened.filter(here, pl.Series(draws.hit("person_repeated", opened["_entry"].to_numpy())))
    again = again.filter(pl.col("created_on") < city.date)
    entry = again["_entry"].to_numpy()
    step = 1 + whole(draws.uniform("again.where", entry), city.places.communities.height - 1)
    tomorrow = pl.col("created_on") + pl.duration(days=1)
    return again.with_columns(
        (pl.col("_entry") - records.MAIN_ENTRY + records.REPEATED_ENTRY).alias("_entry"),
        ((pl.col("community") + pl.lit(pl.Series(step))) % city.places.communities.height).alias("community"),
        lives.between(tomorrow, pl.col("until"), draws.uniform("again.when", entry)).alias("created_on"),
    )


def _numbered(opened: pl.DataFrame, city: City) -> pl.DataFrame:
    """档案编号: district, then townships and communities by numbers of the clinics' own, then a serial."""
    own = city.places.communities.select(
        pl.int_range(pl.len()).alias("community"),
        pl.concat_str(
            "district",
            pl.col("township").rank("dense").over("district").cast(pl.String).str.zfill(3),
            pl.col("community").rank("dense").over("township").cast(pl.String).str.zfill(3),
        ).alias("area"),
    )
    area = pl.col("community").replace_strict(own["community"], own["area"], return_dtype=pl.String)
    twice = pl.col("person").is_duplicated()
    return (
        opened.with_columns(twice.alias(PLANTED + "person_repeated"))
        .sort("community", "created_on", "_entry")
        .with_columns((area + records.serial("community", digits=5)).alias("record_key"))
    )


def _parts(files: pl.DataFrame, city: City, draws: Draws) -> Iterator[pl.DataFrame]:
    for part in lives.in_parts(files, 1.0):
        yield _fields(part, city, draws)


def _fields(part: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    entry = part["_entry"].to_numpy()
    own = ["name", "sex", "birth_date", "ethnicity", "phone", "household", "home", "moved_house_on"]
    rows = pl.concat(
        [part, city.persons[part["person"]].select(*own, "previous_community", "is_floating")], how="horizontal"
    )
    seen = lives.between(pl.col("created_on"), pl.col("until"), draws.uniform("updated", entry) ** 0.5)
    never = pl.Series(draws.uniform("never_updated", entry) < _NEVER_UPDATED)
    rows = rows.with_columns(
        pl.when(~never).then(seen).alias("updated_on"), pl.col("community").alias("lives")
    ).with_columns(pl.coalesce("updated_on", "created_on").alias("known_on"))
    # Of a second record the place is the other clinic's; of the first, where they lived when it was last opened.
    is_main = pl.col("_entry") % records.ENTRIES_A_PERSON == records.MAIN_ENTRY
    place = pl.when(is_main).then(lives.lived_at("known_on")).otherwise("lives")
    rows = rows.with_columns(place.alias("community"))
    district = lives.district_codes(city, "lives")
    return rows.select(
        "_entry",
        lives.clinic_units(city, "lives").alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        ("居民健康档案_" + district + ".csv").alias("_file"),
        pl.col("person").alias(PERSON + "patient"),
        PLANTED + "person_repeated",
        "record_key",
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        records.community_codes(city.places).alias("division"),
        records.addresses(city.places).alias("address"),
        pl.when((pl.col("home") >= 0) & ~pl.col("is_floating"))
        .then(pl.lit("1"))
        .otherwise(pl.lit("0"))
        .alias("is_registered"),
        "phone",
        lives.clinic_names(city, "lives").alias("institution"),
        "created_on",
        "updated_on",
    )
