"""Cases of the floating population (PADIS 流动人口个案): who came, and who went."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import days
from sources.city.datasets.hfpc import lives
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import choose, whole

IN, OUT = "1", "2"
# Share of people with a case, by stay: a choice, as all below. Family planning looks for women who may bear children.
_COVERAGE = {"under_1m": 0.15, "1m_6m": 0.52, "6m_5y": 0.74, "over_5y": 0.82}
_COVERAGE_LEFT = 0.60
_COVERAGE_WITHIN = 0.6  # of the above
_COVERAGE_CHILDREN = 0.8
_COVERAGE_OUT = 0.70
_MISSED_WOMEN = 0.5  # of the share of others who are missed
_BEARING_YEARS = (15, 50)
_HAS_CERTIFICATE, _HAS_CERTIFICATE_MAN = 0.68, 0.12
_LONGEST_LAG_DAYS = 90
_REASONS_OUT = {"01": 0.62, "03": 0.14, "04": 0.04, "05": 0.04, "06": 0.10, "08": 0.02, "09": 0.02, "99": 0.02}


def padis_case(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.padis_case: in-flow and out-flow, one case a person and flow; those who left have the day they did."""
    cases = pl.concat([_in_flow(city, draws), _out_flow(city, draws)], how="diagonal")
    cases = _updated(cases, city, draws)
    cases = pl.concat([cases, _again(cases, city, draws)])
    twice = pl.col("person").is_duplicated().alias(PLANTED + "person_repeated")
    cases = _with_children(cases.with_columns(twice), city)
    return [Delivery(city.date, "full", [_fields(cases, city, draws)])]


def _in_flow(city: City, draws: Draws) -> pl.DataFrame:
    people = lives.with_lives(city).filter(pl.col("group").is_in(["far", "near", "within", "visitor", "left"]))
    chance = pl.col("stay_band").replace_strict(_COVERAGE, default=_COVERAGE_LEFT)
    chance = chance * pl.when(pl.col("group") == "within").then(_COVERAGE_WITHIN).otherwise(1.0)
    return _found(people, city, draws, chance, began="arrived_on").with_columns(pl.lit(IN).alias("flow"))


def _out_flow(city: City, draws: Draws) -> pl.DataFrame:
    people = lives.with_lives(city).filter(pl.col("group") == "out").with_columns(pl.lit(city.date).alias("until"))
    found = _found(people, city, draws, pl.lit(_COVERAGE_OUT), began="left_on")
    return found.with_columns(pl.lit(OUT).alias("flow"))


def _found(people: pl.DataFrame, city: City, draws: Draws, chance: pl.Expr, began: str) -> pl.DataFrame:
    """Who has a case, since `moved_on`, opened on `opened_on`."""
    age = lives.years_old(pl.lit(city.date))
    is_woman = (pl.col("sex") == "2") & age.is_between(*_BEARING_YEARS)
    chance = (
        pl.when(is_woman)
        .then(1 - (1 - chance) * _MISSED_WOMEN)
        .when(age < _BEARING_YEARS[0])
        .then(chance * _COVERAGE_CHILDREN)
        .otherwise(chance)
    )
    lag = whole(draws.uniform("lag", people["person"].to_numpy()), _LONGEST_LAG_DAYS)
    return people.with_columns(
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        is_woman.alias("is_woman"),
        pl.col(began).alias("moved_on"),
        pl.min_horizontal(pl.max_horizontal(pl.col(began) + days(lag), "birth_date"), "until").alias("opened_on"),
    ).filter(pl.Series(records.covered(people, draws, chance)), pl.col("moved_on") <= pl.col("until"))


def _updated(cases: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """When each case was touched last; who left has the day, where the office was told."""
    entry = cases["_entry"].to_numpy()
    # Out-flow people left, which is what their case is about: it is open.
    left = (pl.col("flow") == IN) & pl.col("left_on").is_not_null()
    forgotten = left & pl.Series(draws.hit("not_cancelled", entry))
    told = left & ~forgotten
    told_on = pl.min_horizontal(pl.col("left_on") + days(whole(draws.uniform("told", entry), 30)), pl.lit(city.date))
    looked = lives.between(pl.col("opened_on"), pl.col("until"), draws.uniform("updated", entry) ** 0.4)
    return cases.with_columns(
        forgotten.alias(PLANTED + "not_cancelled"),
        pl.when(told).then("left_on").alias("left_on"),
        pl.when(told).then(told_on).otherwise(looked).alias("updated_on"),
    ).with_columns(
        pl.when(pl.col("flow") == IN).then(lives.lived_at("updated_on")).otherwise("home").alias("office"),
    )


def _again(cases: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The same person's case opened once more, at another office, while the first is open."""
    stays = pl.col("left_on").is_null() & ~pl.col(PLANTED + "not_cancelled") & (pl.col("opened_on") < city.date)
    again = cases.filter(stays, pl.Series(draws.hit("person_repeated", cases["_entry"].to_numpy())))
    entry = again["_entry"].to_numpy()
    other = pl.Series(whole(draws.uniform("again.where", entry), city.places.communities.height))
    tomorrow = pl.col("opened_on") + pl.duration(days=1)
    again = again.with_columns(
        (pl.col("_entry") - records.MAIN_ENTRY + records.REPEATED_ENTRY).alias("_entry"),
        other.alias("office"),
        lives.between(tomorrow, pl.lit(city.date), draws.uniform("again.when", entry)).alias("opened_on"),
    )
    return again.with_columns(
        lives.between(pl.col("opened_on"), pl.lit(city.date), draws.uniform("again.updated", entry)).alias("updated_on")
    )


def _with_children(cases: pl.DataFrame, city: City) -> pl.DataFrame:
    """子女数: the children born when the case was last touched."""
    born = pl.concat(
        city.persons.filter(pl.col(parent) >= 0).select(pl.col(parent).alias("person"), pl.col("birth_date"))
        for parent in ("mother", "father")
    )
    counted = (
        cases.select("_entry", "person", "updated_on")
        .join(born, on="person")
        .filter(pl.col("birth_date") <= pl.col("updated_on"))
        .group_by("_entry")
        .agg(pl.len().cast(pl.Int64).alias("children"))
    )
    of_age = lives.years_old(pl.col("updated_on")) >= _BEARING_YEARS[0]
    return cases.join(counted, on="_entry", how="left", maintain_order="left").with_columns(
        pl.when(of_age).then(pl.col("children").fill_null(0)).alias("children")
    )


def _fields(cases: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    entry = cases["_entry"].to_numpy()
    is_in = pl.col("flow") == IN
    township = city.places.communities["township"]
    at_ = pl.int_range(township.len(), eager=True)
    cases = cases.with_columns(
        pl.col("office").replace_strict(at_, township, return_dtype=pl.String).alias("township"),
        pl.col("office").alias("community"),
    ).sort("flow", "township", "opened_on", "_entry")
    entry = cases["_entry"].to_numpy()
    destinations = city.places.origins["code"]
    reasons_out = pl.Series(list(_REASONS_OUT))[choose(draws.uniform("reason", entry), list(_REASONS_OUT.values()))]
    is_child = lives.years_old(pl.col("moved_on")) < _BEARING_YEARS[0]
    reason_out = pl.when(is_child).then(pl.lit("06")).otherwise(reasons_out)
    return cases.select(
        "_entry",
        pl.col("township").cast(pl.Int64).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"PADIS个案_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "migrant"),
        pl.col(f"^{PLANTED}.*$"),
        (pl.col("flow") + pl.col("township").str.head(9) + records.serial("flow", "township", digits=6)).alias(
            "record_key"
        ),
        "flow",
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        "marital",
        "hukou_division",
        pl.when(is_in).then(records.community_codes(city.places)).alias("division"),
        pl.when(~is_in)
        .then(
            pl.col("destination").replace_strict(
                pl.int_range(destinations.len(), eager=True), destinations, default=None, return_dtype=pl.String
            )
        )
        .alias("destination"),
        pl.when(is_in).then(records.addresses(city.places)).alias("address"),
        "moved_on",
        pl.when(is_in)
        .then(pl.col("reason").replace_strict(records.FLOW_REASON, default=None))
        .otherwise(reason_out)
        .alias("flow_reason"),
        pl.when(is_in).then(pl.col("dwelling").replace_strict(records.DWELLING)).alias("dwelling"),
        pl.when(is_in).then("left_on").alias("left_on"),
        "industry",
        _certificates(entry, draws).alias("certificate_number"),
        "children",
        "phone",
        "updated_on",
    )


def _certificates(entry: np.ndarray[tuple[int], np.dtype[np.int64]], draws: Draws) -> pl.Expr:
    """婚育证明: issued where people are registered, before they went; women have one mostly."""
    luck = pl.Series(draws.uniform("certificate", entry))
    share = pl.when("is_woman").then(_HAS_CERTIFICATE).otherwise(_HAS_CERTIFICATE_MAN)
    grown = lives.years_old(pl.col("moved_on")) >= _BEARING_YEARS[0]
    number = pl.Series(whole(draws.uniform("certificate.number", entry), 10**6)).cast(pl.String).str.zfill(6)
    issued = pl.col("moved_on").dt.year().cast(pl.String)
    return pl.when(grown & (luck < share)).then(pl.col("hukou_division").str.head(6) + issued + number)
