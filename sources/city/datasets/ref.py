"""The information centre's catalogue of the bureaus' units."""

from __future__ import annotations

import polars as pl

from sources.city import records
from sources.city.errors import Draws
from sources.city.population import City
from sources.city.records import Delivery


def unit(city: City, draws: Draws) -> list[Delivery]:
    """ref.unit: every unit that serves people, those that closed lately too; one workbook, nothing about persons."""
    rows = city.units.table.select(
        pl.col("unit").alias("_entry"),
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"机构目录_{city.date:%Y%m%d}.xlsx").alias("_file"),
        "unit_code",
        "unit_name",
        "bureau",
        "unit_kind",
        records.community_codes(city.places).alias("division"),
        "capacity",
        "staff",
        "opened_on",
        "closed_on",
    )
    return [Delivery(city.date, "full", [rows])]
