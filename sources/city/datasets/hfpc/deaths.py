"""Death certificates (死亡医学证明): of registered people and of those who died away from home, here."""

from __future__ import annotations

import polars as pl

from sources.city import records
from sources.city.datasets.hfpc import lives
from sources.city.errors import PERSON, Draws
from sources.city.population import City
from sources.city.records import Delivery

# A choice: the others died elsewhere, or at home in a village, and no doctor wrote one.
_CERTIFIED = {"died": 0.93, "died_away": 0.90}


def death_certificate(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.death_certificate: the dead of three years."""
    dead = lives.with_lives(city).filter(pl.col("group").is_in(list(_CERTIFIED)))
    chance = pl.col("group").replace_strict(_CERTIFIED, return_dtype=pl.Float64)
    district = lives.district_codes(city)
    year = pl.col("died_on").dt.year().cast(pl.String)
    dead = (
        dead.filter(pl.Series(records.covered(dead, draws, chance)))
        .with_columns(pl.col("lives").alias("community"))
        .with_columns(district.alias("district"))
        .sort("district", "died_on", "person")
    )
    rows = dead.select(
        pl.col("person").alias("_entry"),
        lives.clinic_units(city).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"死亡医学证明_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "deceased"),
        ("S" + pl.col("district") + year + records.serial("district", year, digits=5)).alias("record_key"),
        "name",
        "sex",
        "birth_date",
        "died_on",
        "hukou_division",
        records.community_codes(city.places).alias("division"),
    )
    return [Delivery(city.date, "full", [rows])]
