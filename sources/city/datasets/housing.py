"""Housing: leases that were filed, and who applied for or got public housing.

The report gives neither count; where no source is named, a number is a choice.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from sources.city import families as fam
from sources.city import records
from sources.city.columns import at
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import Floats, Ints, choose, whole

# Leases filed, of households that rent: more of those who have stayed long.
_FILED = {"under_1m": 0.06, "1m_6m": 0.22, "6m_5y": 0.33, "over_5y": 0.44}
_FILED_GONE = 0.30  # of those who have left again
_FILED_BEFORE = 0.35
_TERMS_MONTHS, _TERM_SHARES = np.array([6, 12, 24, 36]), (0.18, 0.57, 0.15, 0.10)
_FILING_BEGINS = date(2005, 1, 1)
# Yuan a month of an ordinary flat, by district; a lease is 0.6 to 1.7 times that.
_RENT_YUAN = {
    "150202": 700, "150203": 950, "150204": 900, "150205": 450, "150206": 400, "150207": 700,
    "150221": 500, "150222": 380, "150223": 420, "150271": 1000,
}  # fmt: skip
_LANDLORD_YEARS = 25

# Public housing: kind 1 廉租住房 for the poorest, 2 公共租赁住房; floating people only lately and seldom (the report
# asks for the extension to those who have stayed for some years).
_POOR, _POOR_FLOATING = 0.07, 0.15  # of households, by means
_APPLIED, _APPLIED_FLOATING = 0.6, 0.03
_POOREST = 0.6  # of the poor: may have kind 1
_KIND_1_BEGINS, _KIND_2_BEGINS = date(2007, 6, 1), date(2010, 8, 1)
_FLOATING_ADMITTED = date(2013, 1, 1)
_APPLIED_FOR, _WAITING, _ALLOTTED, _GIVEN_UP = "1", "2", "3", "4"
_STATUS_SHARES = {_APPLIED_FOR: 0.10, _WAITING: 0.22, _ALLOTTED: 0.58, _GIVEN_UP: 0.10}
_WAIT_DAYS = (90, 1000)
_ADULT = "18y"

_TAKEN = [
    "person", "group", "household", "place", "name", "phone", "birth_date", "hukou_since", "arrived_on", "left_on",
    "moved_house_on", "community", "home", "reach", "stay_band", "dwelling",
]  # fmt: skip


def rental_filing(city: City, draws: Draws) -> list[Delivery]:
    """housing.rental_filing: one workbook per district; of one tenant no two leases run at once."""
    leases = _leases(city, draws)
    leases, again = _filed_twice(leases, city, draws)
    rows = pl.concat([leases, _leases_before(leases, draws), again], how="diagonal")
    return [Delivery(city.date, "full", [_filing_fields(rows, city, draws)])]


def _leases(city: City, draws: Draws) -> pl.DataFrame:
    """The latest lease of each household that filed one: started_on, ended_on (as agreed, past or not), _entry."""
    heads = (
        city.persons.select(_TAKEN)
        .filter(pl.col("place") == fam.HEAD, pl.col("dwelling") == "rent", pl.col("community") >= 0)
        .with_columns(pl.col("stay_band").replace_strict(_FILED, default=_FILED_GONE).alias("chance"))
    )
    heads = heads.filter(records.covered(heads, draws, pl.col("chance")))
    tenants = records.with_stay(heads, city.seed, city.date)
    # The address is that of today: a lease at the house before the last move is over and gone from the files.
    first = pl.max_horizontal("came_on", "moved_house_on", pl.lit(_FILING_BEGINS))
    tenants = tenants.with_columns(first.alias("first")).filter(pl.col("first") <= pl.col("until"))
    return _with_term(
        tenants.with_columns(
            records.day_between(tenants, draws, "started", pl.col("first"), 0.35).alias("started_on"),
            (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        ),
        draws,
    )


def _with_term(leases: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    months = _TERMS_MONTHS[choose(draws.uniform("term", leases["_entry"].to_numpy()), _TERM_SHARES)]
    term = pl.lit(pl.Series([f"{n}mo" for n in months.tolist()], dtype=pl.String))
    ended = pl.col("started_on").dt.offset_by(term).dt.offset_by("-1d")
    return leases.with_columns(ended.alias("ended_on"))


def _leases_before(leases: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """The lease that ended before the latest began, at the same address, where people had been here long enough."""
    before = leases.filter(draws.uniform("before", leases["person"].to_numpy()) < _FILED_BEFORE)
    entry = before["person"].to_numpy() * records.ENTRIES_A_PERSON + records.EARLIER_ENTRY
    gap = whole(draws.uniform("before.gap", entry), 60)
    begins = pl.col("started_on").dt.offset_by("-1y") - pl.duration(days=pl.lit(pl.Series(gap, dtype=pl.Int64)))
    return (
        before.with_columns(
            pl.Series("_entry", entry, dtype=pl.Int64),
            begins.alias("started_on"),
            pl.lit(False).alias(PLANTED + "person_repeated"),
        )
        .with_columns(pl.col("started_on").dt.offset_by("1y").dt.offset_by("-1d").alias("ended_on"))
        .filter(pl.col("started_on") >= pl.col("first"))
    )


def _filed_twice(leases: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same tenant in a second lease while the first one runs: the old one was not taken back."""
    entry = leases["_entry"].to_numpy()
    hit = pl.lit(pl.Series(draws.hit("person_repeated", entry), dtype=pl.Boolean))
    days = pl.lit(pl.Series(5 + whole(draws.uniform("repeated.when", entry), 120), dtype=pl.Int64))
    later = pl.col("started_on") + pl.duration(days=days)
    runs = (later < pl.col("ended_on")) & (later <= pl.col("until"))
    leases = leases.with_columns((hit & runs).alias(PLANTED + "person_repeated"), later.alias("later"))
    communities = city.places.communities.height
    elsewhere = pl.lit(pl.Series(whole(draws.uniform("repeated.where", entry), communities), dtype=pl.Int64))
    again = leases.with_columns(
        elsewhere.alias("community"),
        pl.col("later").alias("started_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    ).filter(PLANTED + "person_repeated")
    return leases.drop("later"), _with_term(again.drop("later"), draws)


def _filing_fields(leases: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The contract's fields, in the order of filing within each district."""
    communities = city.places.communities
    leases = leases.with_columns(
        at(communities["community"], leases["community"].to_numpy()).alias("division"),
        at(communities["district"], leases["community"].to_numpy()).alias("district"),
        at(communities["district_name"], leases["community"].to_numpy()).alias("district_name"),
    ).sort("district", "started_on", "_entry")
    entry = leases["_entry"].to_numpy()
    level = pl.lit(pl.Series(0.6 + 1.1 * draws.uniform("rent", entry)))
    rent = pl.col("district").replace_strict(_RENT_YUAN, return_dtype=pl.Int64) * level
    year = pl.col("started_on").dt.year().cast(pl.String)
    return leases.select(
        "_entry",
        pl.col("district").cast(pl.Int64).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        ("租赁备案_" + pl.col("district") + "_" + pl.col("district_name") + ".xlsx").alias("_file"),
        pl.col("person").alias(PERSON + "tenant"),
        PLANTED + "person_repeated",
        ("ZL" + pl.col("district") + year + records.serial("district", year, digits=6)).alias("record_key"),
        "name",
        "phone",
        "division",
        records.addresses(city.places).alias("address"),
        at(city.persons["name"], _landlords(city, draws.uniform("landlord", entry))).alias("landlord_name"),
        "started_on",
        "ended_on",
        ((rent / 10).round() * 10).cast(pl.Int64).alias("rent_yuan"),
    )


def _landlords(city: City, draw: Floats) -> Ints:
    """Registered people of age, any of them."""
    born = pl.lit(city.date).dt.offset_by(f"-{_LANDLORD_YEARS}y")
    owners = city.persons.filter(pl.col("group") == "stay", pl.col("birth_date") < born)["person"].to_numpy()
    return np.asarray(owners[whole(draw, len(owners))], dtype=np.int64)


# ---- public housing


def public_rental(city: City, draws: Draws) -> list[Delivery]:
    """housing.public_rental: one workbook; heads of poor registered households, and few floating ones."""
    applicants = _applicants(city, draws)
    rows = _with_status(applicants, city, draws)
    return [Delivery(city.date, "full", [_rental_fields(rows, city)])]


def _applicants(city: City, draws: Draws) -> pl.DataFrame:
    """Who applied, for which kind, since when they could."""
    persons = city.persons.select(_TAKEN).filter(
        pl.col("place") == fam.HEAD, pl.col("group").is_in(["stay", "died", "within", "far", "near"])
    )
    heads = records.with_stay(persons, city.seed, city.date).with_columns(
        pl.Series("means", records.means(persons, city.seed)),
        pl.col("group").is_in(["within", "far", "near"]).alias("floats"),
    )
    long_here = pl.col("stay_band").is_in(["6m_5y", "over_5y"])
    chance = pl.when("floats").then(_APPLIED_FLOATING).otherwise(_APPLIED)
    heads = heads.filter(
        pl.Series(records.covered(heads, draws, chance)),
        pl.when("floats").then((pl.col("means") < _POOR_FLOATING) & long_here).otherwise(pl.col("means") < _POOR),
    )
    poorest = ~pl.col("floats") & (pl.col("means") < _POOR * _POOREST)
    begins = pl.when("floats").then(_FLOATING_ADMITTED).when(poorest).then(_KIND_1_BEGINS).otherwise(_KIND_2_BEGINS)
    half_a_year_here = pl.when("floats").then(pl.col("arrived_on").dt.offset_by("6mo"))
    first = pl.max_horizontal("came_on", half_a_year_here, begins, pl.col("birth_date").dt.offset_by(_ADULT))
    heads = heads.with_columns(
        pl.when(poorest).then(pl.lit("1")).otherwise(pl.lit("2")).alias("kind"), first.alias("first")
    )
    return heads.filter(pl.col("first") < pl.col("until")).join(_household_sizes(city), on="household", how="left")


def _household_sizes(city: City) -> pl.DataFrame:
    """How many live together."""
    here = city.persons.filter(pl.col("division_code").is_not_null())
    return here.group_by("household").agg(pl.len().cast(pl.Int64).alias("living"))


def _with_status(applicants: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Applied for, waiting, allotted or given up, with the dates that go with it."""
    person = applicants["person"].to_numpy()
    drawn = np.array(list(_STATUS_SHARES), dtype=object)[
        choose(draws.uniform("status", person), list(_STATUS_SHARES.values()))
    ]
    wait = pl.Series(
        "wait", _WAIT_DAYS[0] + whole(draws.uniform("wait", person), _WAIT_DAYS[1] - _WAIT_DAYS[0]), dtype=pl.Int64
    )
    rows = applicants.with_columns(
        pl.Series("status", drawn.tolist(), dtype=pl.String),
        wait,
        records.day_between(applicants, draws, "applied", pl.col("first")).alias("applied_on"),
    )
    # Those who wait or have just applied did so lately; the dead have given up what they had.
    recent = pl.col("until") - pl.duration(days=pl.col("wait") % 700)
    has_died = pl.col("group") == "died"
    rows = rows.with_columns(
        pl.when(has_died).then(pl.lit(_GIVEN_UP)).otherwise("status").alias("status"),
        pl.when(pl.col("status").is_in([_APPLIED_FOR, _WAITING]) & ~has_died)
        .then(pl.max_horizontal("first", recent))
        .otherwise("applied_on")
        .alias("applied_on"),
    )
    allotted = pl.col("applied_on") + pl.duration(days="wait")
    has_flat = pl.col("status").is_in([_ALLOTTED, _GIVEN_UP])
    too_late = has_flat & (allotted > pl.col("until"))
    return rows.filter(~(too_late & has_died)).with_columns(
        pl.when(has_flat & ~too_late).then(allotted).alias("allotted_on"),
        pl.when(too_late).then(pl.lit(_WAITING)).otherwise("status").alias("status"),
        (pl.col("living").fill_null(0) + has_died.cast(pl.Int64)).alias("household_size"),
    )


def _rental_fields(rows: pl.DataFrame, city: City) -> pl.DataFrame:
    """The contract's fields, in the order of applications."""
    year = pl.col("applied_on").dt.year().cast(pl.String)
    rows = rows.with_columns((pl.col("person") * records.ENTRIES_A_PERSON).alias("_entry")).sort("applied_on", "_entry")
    return rows.select(
        "_entry",
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"公租房_{city.date:%Y%m%d}.xlsx").alias("_file"),
        pl.col("person").alias(PERSON + "applicant"),
        ("GZ" + year + records.serial(year, digits=6)).alias("record_key"),
        "name",
        "kind",
        "applied_on",
        "allotted_on",
        "status",
        at(city.places.communities["community"], rows["place_here"].to_numpy()).alias("division"),
        "household_size",
        "phone",
    )
