"""Finance: what public services cost, by year, district, service, beneficiary and source; nothing about persons."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.city.errors import Draws
from sources.city.population import City
from sources.city.records import Delivery

_YEARS = 3
# Yuan a head and year in the last year: a choice near the standards of the time (基本公共卫生 35 yuan in 2014).
_STANDARD_YUAN = {"1": 35.0, "2": 620.0, "3": 90.0, "4": 110.0, "5": 75.0, "6": 40.0}
_YEARLY_GROWTH = 0.09
# Shares of central, regional, city and district money.
_SOURCES = {"1": 0.35, "2": 0.20, "3": 0.18, "4": 0.27}
# What is paid for a floating person against the standard, before a district's own luck: the report finds it short.
_FLOATING_PAID = 0.62
_FOR_ALL = {"6"}  # services whose money is not told apart by beneficiary
_YUAN = 10_000.0


def service_funding(city: City, draws: Draws) -> list[Delivery]:
    """finance.service_funding: the years up to the city's, every district, in 10,000 yuan with two decimals."""
    years = pl.DataFrame({"year": range(city.date.year - _YEARS + 1, city.date.year + 1)}, schema={"year": pl.Int64})
    services = pl.DataFrame({"funding_service": list(_STANDARD_YUAN), "standard": list(_STANDARD_YUAN.values())})
    sources = pl.DataFrame({"fund_source": list(_SOURCES), "share": list(_SOURCES.values())})
    # Beneficiaries: 1 registered, 2 floating, 9 not told apart.
    applies = (pl.col("beneficiary") == "9") == pl.col("funding_service").is_in(_FOR_ALL)
    lines = years.join(_beneficiaries(city), how="cross").join(services, how="cross").filter(applies)
    lines = lines.join(sources, how="cross").sort("year", "district", "funding_service", "beneficiary", "fund_source")
    entries = np.arange(lines.height)
    district = lines["district"].cast(pl.Int64).to_numpy()
    generous = pl.Series(0.8 + 0.4 * draws.uniform("district", district))
    noise = pl.Series(0.94 + 0.12 * draws.uniform("budget", entries))
    paid = pl.Series(0.90 + 0.10 * draws.uniform("allocated", entries))
    spent = pl.Series(0.88 + 0.12 * draws.uniform("spent", entries))
    growth = (1 + _YEARLY_GROWTH) ** (pl.col("year") - city.date.year)
    standard = (pl.col("standard") * growth).round(1)
    due = standard * pl.col("people") * pl.col("share") / _YUAN
    short = pl.when(pl.col("beneficiary") == "2").then(_FLOATING_PAID * generous).otherwise(1.0)
    rows = lines.select(
        pl.Series("_entry", entries),
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"公共服务经费_{city.date:%Y%m%d}.csv").alias("_file"),
        "year",
        (pl.col("district") + "000000").alias("division"),
        "funding_service",
        "beneficiary",
        "fund_source",
        standard.alias("standard_yuan"),
        due.round(2).alias("due_10k_yuan"),
        (due * short * noise).round(2).alias("budget_10k_yuan"),
        (due * short * noise * paid).round(2).alias("allocated_10k_yuan"),
        (due * short * noise * paid * spent).round(2).alias("spent_10k_yuan"),
    )
    return [Delivery(city.date, "full", [rows])]


def _beneficiaries(city: City) -> pl.DataFrame:
    """People by district: those who live there registered, floating, and all of them."""
    here = city.persons.filter(pl.col("division_code").is_not_null()).with_columns(
        pl.col("division_code").str.slice(0, 6).alias("district"),
        pl.when("is_floating").then(pl.lit("2")).otherwise(pl.lit("1")).alias("beneficiary"),
    )
    told_apart = here.group_by("district", "beneficiary").agg(pl.len().alias("people"))
    together = here.group_by("district").agg(pl.lit("9").alias("beneficiary"), pl.len().alias("people"))
    return pl.concat([told_apart, together.select(told_apart.columns)])
