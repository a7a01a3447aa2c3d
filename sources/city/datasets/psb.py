"""Public security: who registered a temporary residence, at which police station."""

from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import days, texts
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.places import Places
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import choose, whole

# Share of people who register, by group and stay; children less.
_COVERAGE = {"1m_6m": 0.62, "6m_5y": 0.86, "over_5y": 0.80, "under_1m": 0.35}
_COVERAGE_WITHIN = 0.5
_COVERAGE_CHILDREN = 0.6  # of the above
_REGISTERED_EARLIER = 0.10  # had a registration at another address before, cancelled when they moved
_HOLDS_PERMIT = 0.9  # of those over 16
_RENEWS_PERMIT = 0.9
_CHANGES_PHONE = 0.015  # in the month between full and delta
_REGISTERED_BEFORE_SETTLING = 0.7  # of those whose registration came here in the last years
_SETTLED_IN_YEARS = 5
_SETTLED_AFTER_DAYS = (365, 4 * 365)  # of temporary registration: at least, at most
# Why people had come whom the city does not remember as strangers any more.
_REASONS_OF_THE_SETTLED = {"work": 0.4, "business": 0.25, "service": 0.15, "transfer": 0.1, "marriage": 0.1}
_DELETED_WHEN_LEFT = 0.3  # the others are cancelled
_LONGEST_LAG_DAYS = 60
_ADULT_YEARS = 16
_HOUSEHOLD_FACTOR = 48_271


def temporary_residence(city: City, draws: Draws) -> list[Delivery]:
    """psb.temporary_residence: a full delivery at the end of the month before, and a delta at the city's date."""
    before = records.previous_month_end(city.date)
    entries = _with_permits(_keyed(_entries(city, draws), city), city.date, before, draws)
    entries = _with_changes(entries, city, before, draws)
    earlier, now = _fields(entries, city.places, draws, "before"), _fields(entries, city.places, draws, "now")
    known = entries["registered_on"] <= before
    deleted, changed = entries["is_deleted"], entries["is_changed"]
    full = earlier.filter(known).with_columns(pl.lit(None, pl.String).alias("_change"))
    change = pl.when(~known).then(pl.lit("I")).when(deleted).then(pl.lit("D")).when(changed).then(pl.lit("U"))
    delta = (
        now.with_columns(change.alias("_change"))
        .filter(pl.col("_change").is_not_null())
        .with_columns(pl.lit(f"暂住登记增量_{city.date:%Y%m%d}.csv").alias("_file"))
    )
    full = full.with_columns(pl.lit(f"暂住登记_{before:%Y%m%d}.csv").alias("_file"))
    return [Delivery(before, "full", [full]), Delivery(city.date, "delta", [delta])]


def _entries(city: City, draws: Draws) -> pl.DataFrame:
    """One row per registration: person, where, when it began and was cancelled."""
    persons = city.persons.filter(pl.col("group").is_in(["within", "far", "near", "visitor", "left", "died_away"]))
    person = persons["person"].to_numpy()
    is_child = pl.col("birth_date") > pl.lit(date(city.date.year - _ADULT_YEARS, city.date.month, 1))
    coverage = (
        pl.when(pl.col("group") == "within")
        .then(_COVERAGE_WITHIN)
        .otherwise(pl.col("stay_band").replace_strict(_COVERAGE, default=_COVERAGE["6m_5y"]))
    ) * pl.when(is_child).then(_COVERAGE_CHILDREN).otherwise(1.0)
    lag = 1 + whole(draws.uniform("lag", person), _LONGEST_LAG_DAYS)
    main = persons.with_columns(
        pl.Series("lag", lag),
        pl.Series("is_covered", records.covered(persons, draws, coverage)),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        pl.lit(False).alias(PLANTED + "person_repeated"),
    ).filter("is_covered")
    main = main.with_columns(
        pl.min_horizontal(pl.col("arrived_on") + pl.duration(days="lag"), "left_on").alias("registered_on")
    )
    main, earlier = _moved(main, city, draws)
    main = main.filter(pl.col("registered_on") <= city.date)
    main, again = _repeated(main, city, draws)
    told = pl.min_horizontal(pl.col("left_on") + pl.duration(days=pl.col("lag") % 20), pl.lit(city.date))
    main = main.with_columns(pl.when(pl.col("left_on").is_not_null()).then(told).alias("cancelled_on"))
    forgotten = pl.Series(draws.hit("not_cancelled", main["_entry"].to_numpy())) & main["cancelled_on"].is_not_null()
    main = main.with_columns(
        forgotten.alias(PLANTED + "not_cancelled"),
        pl.when(~forgotten).then(pl.col("cancelled_on")).alias("cancelled_on"),
    )
    # 1 died; 3 went away, or to another address.
    reason = pl.when(pl.col("died_on").is_not_null()).then(pl.lit("1")).otherwise(pl.lit("3")).alias("cancel_reason")
    main, earlier = main.with_columns(reason), earlier.with_columns(reason)
    settled = _settled(city, draws)
    return pl.concat([main, earlier, again, settled], how="diagonal").with_columns(
        pl.col(f"^{PLANTED}.*$").fill_null(False)
    )


def _settled(city: City, draws: Draws) -> pl.DataFrame:
    """Registrations of those whose household registration came here since: they had lived here for years before."""
    since = pl.lit(months_before(city.date, 12 * _SETTLED_IN_YEARS))
    persons = city.persons.filter(pl.col("group").is_in(["stay", "died", "emigrated"]), pl.col("hukou_since") > since)
    person = persons["person"].to_numpy()
    shortest, longest = _SETTLED_AFTER_DAYS
    # Households came and settled together.
    stayed = shortest + whole(draws.uniform("settled.stayed", persons["household"].to_numpy()), longest - shortest)
    came = pl.col("hukou_since") - days(stayed)
    lag = 1 + whole(draws.uniform("lag", person), _LONGEST_LAG_DAYS)
    grown = pl.col("birth_date").dt.offset_by(f"{_ADULT_YEARS}y")
    reasons = np.array(list(_REASONS_OF_THE_SETTLED), dtype=object)
    reason = reasons[choose(draws.uniform("settled.reason", person), list(_REASONS_OF_THE_SETTLED.values()))]
    chance = pl.when(grown > came).then(_REGISTERED_BEFORE_SETTLING * _COVERAGE_CHILDREN)
    origins = city.places.origins["code"] + "000000"
    return persons.with_columns(
        (pl.col("person") * records.ENTRIES_A_PERSON + records.EARLIER_ENTRY).alias("_entry"),
        pl.Series("lag", lag),
        came.alias("registered_on"),
        (pl.col("hukou_since") - days(stayed + lag)).alias("arrived_on"),
        pl.col("hukou_since").alias("cancelled_on"),
        pl.lit("4").alias("cancel_reason"),
        pl.col("home").alias("community"),
        # They were registered elsewhere then.
        pl.col("hukou_from").alias("origin"),
        origins.gather(persons["hukou_from"]).alias("hukou_division"),
        pl.when(grown > came).then(pl.lit("follow")).otherwise(texts(reason)).alias("reason"),
    ).filter(
        pl.Series(records.covered(persons, draws, chance.otherwise(_REGISTERED_BEFORE_SETTLING), "settled")),
        pl.col("arrived_on") > pl.col("birth_date"),
    )


def _moved(main: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Some had registered elsewhere in the city before; that was cancelled before the present one began."""
    person = main["person"].to_numpy()
    stayed = (pl.lit(city.date) - pl.col("registered_on")).dt.total_days()
    moved = pl.Series(draws.uniform("moved", person) < _REGISTERED_EARLIER)
    after = (pl.Series(0.2 + 0.6 * draws.uniform("moved.when", person)) * stayed).cast(pl.Int64)
    moves = main.with_columns(
        after.alias("days"), (moved & (stayed > 400) & pl.col("left_on").is_null()).alias("moves")
    )
    cancelled = pl.col("registered_on") + pl.duration(days="days")
    communities = city.places.communities.height
    other = pl.Series(whole(draws.uniform("moved.where", person), communities))
    earlier = moves.with_columns(
        other.alias("community"),
        pl.lit(-1, pl.Int64).alias("previous_community"),
        cancelled.alias("cancelled_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.EARLIER_ENTRY).alias("_entry"),
    ).filter("moves")
    after_that = cancelled + pl.duration(days=1 + pl.col("lag") % 10)
    begins = pl.when("moves").then(after_that).otherwise(pl.col("registered_on"))
    return moves.with_columns(begins.alias("registered_on")).drop("days", "moves"), earlier.drop("days", "moves")


def _repeated(main: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same person registered once more while the first registration is open, some at another station."""
    entry = main["_entry"].to_numpy()
    later = pl.col("registered_on") + days(10 + whole(draws.uniform("repeated.when", entry), 200))
    before = records.previous_month_end(city.date)
    # Those whose first registration changes between the deliveries are left alone: then only one may be open.
    is_hit = (
        pl.Series(draws.hit("person_repeated", entry))
        & pl.col("left_on").is_null()
        & (pl.col("previous_community") < 0)
        & (later <= before)
    )
    main = main.with_columns(is_hit.alias(PLANTED + "person_repeated"))
    elsewhere = pl.Series(draws.uniform("repeated.where", entry) < 0.5)
    anywhere = pl.Series(whole(draws.uniform("repeated.community", entry), city.places.communities.height))
    again = main.with_columns(
        later.alias("registered_on"),
        pl.when(elsewhere).then(anywhere).otherwise(pl.col("community")).alias("community"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    ).filter(pl.col(PLANTED + "person_repeated"))
    return main, again


def _keyed(entries: pl.DataFrame, city: City) -> pl.DataFrame:
    """Station and registration number: station, year, serial in order of registration."""
    station = city.units.table[city.units.station_of]
    # The station of first registration keeps the record.
    first = pl.when(pl.col("previous_community") >= 0).then("previous_community").otherwise("community")
    at_ = entries.select(first).to_series().clip(0)
    entries = entries.with_columns(
        station["unit_code"].gather(at_).alias("station"),
        station["township"].cast(pl.Int64).gather(at_).alias("township"),
    )
    year = pl.col("registered_on").dt.year().cast(pl.String)
    return entries.sort("registered_on", "station", "_entry").with_columns(
        ("Z" + pl.col("station").str.slice(0, 8) + year + records.serial("station", year, digits=6)).alias("record_key")
    )


def _with_permits(entries: pl.DataFrame, day: date, before: date, draws: Draws) -> pl.DataFrame:
    """Temporary permits (暂住证, a year each), as issued last before each of the two dates."""
    entry = entries["_entry"].to_numpy()
    grown = pl.col("birth_date") <= pl.col("registered_on").dt.offset_by(f"-{_ADULT_YEARS}y")
    holds = (pl.Series(draws.uniform("permit", entry) < _HOLDS_PERMIT) & grown).alias("has_permit")
    renews = pl.Series(draws.uniform("renews", entry) < _RENEWS_PERMIT) | pl.col(PLANTED + "person_repeated")
    first = pl.col("registered_on") + days(whole(draws.uniform("permit.lag", entry), 15))

    def last_issued(on: date) -> pl.Expr:
        """Null where there is no permit yet, or never."""
        until = pl.min_horizontal(pl.lit(on), "cancelled_on")
        years = pl.max_horizontal((until - first).dt.total_days() // 366, 0)
        return pl.when(pl.col("has_permit") & (first <= on)).then(
            pl.when(renews).then(first.dt.offset_by(years.cast(pl.String) + "y")).otherwise(first)
        )

    return entries.with_columns(holds).with_columns(
        last_issued(before).alias("issued_before"), last_issued(day).alias("issued_now")
    )


def _with_changes(entries: pl.DataFrame, city: City, before: date, draws: Draws) -> pl.DataFrame:
    """What differs between the two dates, and who was deleted rather than cancelled."""
    entry = entries["_entry"].to_numpy()
    known = pl.col("registered_on") <= before
    open_ = pl.col("cancelled_on").is_null()
    cancelled = pl.col("cancelled_on") > before
    is_main = pl.col("_entry") % records.ENTRIES_A_PERSON == records.MAIN_ENTRY
    phone = known & open_ & is_main & pl.Series(draws.uniform("phone_change", entry) < _CHANGES_PHONE)
    house = known & (pl.col("moved_house_on") > before) & is_main
    renewed = known & pl.col("issued_before").ne_missing(pl.col("issued_now"))
    others = pl.Series(np.roll(entries["phone"].to_numpy(), 1))
    return entries.with_columns(
        (known & cancelled & pl.Series(draws.uniform("deleted", entry) < _DELETED_WHEN_LEFT)).alias("is_deleted"),
        (cancelled | phone | house | renewed).fill_null(False).alias("is_changed"),
        pl.when(phone).then(others.cast(pl.String)).otherwise(pl.col("phone")).alias("phone_before"),
        pl.when(house).then("previous_community").otherwise(pl.col("community")).alias("community_before"),
        pl.when(cancelled).then(None).otherwise(pl.col("cancelled_on")).alias("cancelled_before"),
    ).with_columns(pl.col("is_deleted").fill_null(False))


def _fields(entries: pl.DataFrame, places: Places, draws: Draws, when: Literal["before", "now"]) -> pl.DataFrame:
    """The contract's fields as they stood on one of the two dates."""
    if when == "before":
        entries = entries.with_columns(
            pl.col("community_before").alias("community"),
            pl.col("phone_before").alias("phone"),
            pl.col("cancelled_before").alias("cancelled_on"),
        )
    issued = pl.col(f"issued_{when}")
    empty = pl.Series(draws.hit("station_without_division", entries["township"].to_numpy()))
    return entries.select(
        "_entry",
        pl.col("township").alias("_style"),
        pl.col("person").alias(PERSON + "resident"),
        pl.col(f"^{PLANTED}.*$"),
        empty.alias(PLANTED + "station_without_division"),
        "record_key",
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        "hukou_division",
        records.home_addresses(places).alias("hukou_address"),
        pl.when(~empty).then(records.community_codes(places)).alias("division"),
        records.addresses(places).alias("address"),
        pl.col("dwelling").replace_strict(records.DWELLING_PSB).alias("dwelling"),
        pl.col("reason").replace_strict(records.STAY_REASON_PSB, default=None).alias("stay_reason"),
        records.household_key("H", _HOUSEHOLD_FACTOR).alias("household_key"),
        records.relationship().alias("relationship"),
        pl.col("station").alias("unit_code"),
        "arrived_on",
        "registered_on",
        pl.when(issued.is_not_null()).then(pl.lit("1")).alias("permit_kind"),
        pl.when(issued.is_not_null()).then(permit_number()).alias("permit_number"),
        issued.alias("permit_issued_on"),
        issued.dt.offset_by("1y").dt.offset_by("-1d").alias("permit_valid_to"),
        "phone",
        "cancelled_on",
        pl.when(pl.col("cancelled_on").is_not_null()).then("cancel_reason").alias("cancel_reason"),
    )


def permit_number() -> pl.Expr:
    """居住证号, from `_entry`."""
    return "ZZ1502" + pl.col("_entry").cast(pl.String).str.zfill(9)
