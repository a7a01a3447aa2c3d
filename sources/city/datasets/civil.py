"""Civil affairs: marriages and divorces registered in the city, and social assistance."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from sources.city import families as fam
from sources.city import records
from sources.city.columns import at
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Ints, whole

_REGISTER_BEGINS = date(2000, 1, 1)
_DIVORCES_BEGIN = date(2004, 1, 1)
# Share of marriages that were registered here, by whether both or one are registered residents of the city.
_BOTH, _ONE = 0.92, 0.55
_DIVORCES_FOUND = 0.8

# Assistance: a choice, near the 3 to 4% of registered people who were assisted at the time.
_CITY_ALLOWANCE, _RURAL_ALLOWANCE, _DESTITUTE, _MEDICAL, _TEMPORARY = "1", "2", "3", "4", "5"
_POOR = {"2": 0.037, "1": 0.051}  # of households by means and hukou type: 城市低保, 农村低保
_TAKE_UP = 0.9
_DESTITUTE_MEANS = 0.12  # old people alone below this, and above the allowance, are 特困供养
_DESTITUTE_AGE = 60
_ENDED_EARLIER = 0.15
_RELIEVED, _RELIEVED_FLOATING = 0.004, 0.0012  # 医疗救助 and 临时救助 in three years, registered and floating
_RELIEF_YEARS, _RELIEF_MEDICAL = 3, 0.55
_ASSISTANCE_BEGINS = {
    _CITY_ALLOWANCE: date(2000, 1, 1),
    _RURAL_ALLOWANCE: date(2007, 7, 1),
    _DESTITUTE: date(2006, 3, 1),
}
# Yuan a month, lowest and highest.
_MONTHLY_YUAN = {
    _CITY_ALLOWANCE: (180, 510),
    _RURAL_ALLOWANCE: (100, 320),
    _DESTITUTE: (450, 900),
    _MEDICAL: (300, 3000),
    _TEMPORARY: (200, 1500),
}


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


# ---- assistance


def assistance(city: City, draws: Draws) -> list[Delivery]:
    """civil.assistance: one row per person and period; the poorest registered households, the old who are alone, and
    those who were helped once, a few floating people among them."""
    everyone = city.persons.select(_TAKEN).with_columns(pl.Series("means", records.means(city.persons, city.seed)))
    people = everyone.filter(pl.col("group") != "visitor")
    helped = pl.concat([_allowances(people, city, draws), _relief(people, city, draws)])
    return [Delivery(city.date, "full", [_assistance_fields(helped, city, draws)])]


def _allowances(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Monthly allowances: kind, started_on, end_on (null while it is paid)."""
    registered = people.filter(pl.col("group").is_in(["stay", "died", "emigrated"]))
    alone = (pl.col("place") == fam.HEAD) & (pl.col("spouse") < 0) & (pl.len().over("household") == 1)
    registered = registered.with_columns(alone.alias("alone"))
    registered = registered.filter(pl.col("means") < max(*_POOR.values(), _DESTITUTE_MEANS))
    poor = pl.col("means") < pl.col("hukou_type").replace_strict(_POOR, return_dtype=pl.Float64)
    registered = records.with_stay(registered, city.seed, city.date).with_columns(poor.alias("poor"))
    is_old = pl.col("age") >= _DESTITUTE_AGE
    destitute = pl.col("alone") & is_old & (pl.col("means") < _DESTITUTE_MEANS) & ~pl.col("poor")
    kind = (
        pl.when(destitute)
        .then(pl.lit(_DESTITUTE))
        .when(pl.col("poor") & (pl.col("hukou_type") == "1"))
        .then(pl.lit(_RURAL_ALLOWANCE))
        .when("poor")
        .then(pl.lit(_CITY_ALLOWANCE))
    )
    begins = pl.col("kind").replace_strict(_ASSISTANCE_BEGINS, return_dtype=pl.Date)
    of_age = pl.when(pl.col("kind") == _DESTITUTE).then(pl.col("birth_date").dt.offset_by(f"{_DESTITUTE_AGE}y"))
    first = pl.max_horizontal("came_on", begins, "birth_date", of_age)
    helped = registered.with_columns(kind.alias("kind")).filter(pl.col("kind").is_not_null())
    helped = helped.with_columns(first.alias("first")).filter(pl.col("first") < pl.col("until"))
    helped = helped.filter(records.covered(helped, draws, _TAKE_UP, "allowance", by="household"))
    helped = helped.with_columns(
        records.day_between(helped, draws, "started", pl.col("first")).alias("started_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
    )
    # Households that earn more lose it together; old people alone keep it.
    household = helped["household"].to_numpy()
    loses = pl.lit(pl.Series(draws.uniform("lost", household) < _ENDED_EARLIER)) & (pl.col("kind") != _DESTITUTE)
    paid = (pl.col("until") - pl.col("started_on")).dt.total_days()
    after = pl.lit(pl.Series(0.3 + 0.7 * draws.uniform("lost.when", household))) * paid
    lost = pl.col("started_on") + pl.duration(days=after.cast(pl.Int64))
    return helped.with_columns(pl.when(loses).then(lost).otherwise("told_on").alias("end_on")).select(_HELP)


_TAKEN = [
    "person", "group", "household", "place", "spouse", "name", "birth_date", "hukou_type", "hukou_since", "arrived_on",
    "left_on", "community", "home", "reach",
]  # fmt: skip
_HELP = ["_entry", "person", "group", "name", "kind", "started_on", "end_on", "told_on", "place_here"]


def _relief(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Help for illness or need that lasts a month or some: it has ended, or is paid just now."""
    floats = pl.col("group").is_in(["within", "far", "near", "left", "died_away"])
    chance = pl.when(floats).then(_RELIEVED_FLOATING).otherwise(_RELIEVED)
    people = people.filter(pl.col("group") != "out")
    helped = records.with_stay(people.filter(records.covered(people, draws, chance, "relief")), city.seed, city.date)
    entry = helped["person"].to_numpy() * records.ENTRIES_A_PERSON + records.EARLIER_ENTRY
    months = 1 + whole(draws.uniform("relief.months", entry), 5)
    since = pl.lit(months_before(city.date, 12 * _RELIEF_YEARS))
    lasts = pl.lit(pl.Series([f"{n}mo" for n in months.tolist()], dtype=pl.String))
    helped = helped.with_columns(
        pl.Series("_entry", entry, dtype=pl.Int64),
        pl.Series("is_medical", draws.uniform("relief.kind", entry) < _RELIEF_MEDICAL, dtype=pl.Boolean),
        pl.max_horizontal("came_on", since, "birth_date").alias("first"),
        lasts.alias("lasts"),
    ).filter(pl.col("first") <= pl.col("until"))
    helped = helped.with_columns(
        records.day_between(helped, draws, "relief.started", pl.col("first")).alias("started_on")
    )
    over = pl.min_horizontal(pl.col("started_on").dt.offset_by(pl.col("lasts")), "told_on")
    return helped.with_columns(
        pl.when("is_medical").then(pl.lit(_MEDICAL)).otherwise(pl.lit(_TEMPORARY)).alias("kind"),
        pl.when(over <= pl.lit(city.date)).then(over).alias("end_on"),
    ).select(_HELP)


def _assistance_fields(helped: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The contract's fields, in the order of beginning within each district."""
    communities = city.places.communities
    entry = helped["_entry"].to_numpy()
    lasted = (pl.col("end_on") == pl.col("told_on")).fill_null(False)
    forgotten = records.not_cancelled(helped, draws, entry) & lasted
    lowest, highest = (
        pl.col("kind").replace_strict({kind: pair[end] for kind, pair in _MONTHLY_YUAN.items()}, return_dtype=pl.Int64)
        for end in (0, 1)
    )
    amount = lowest + pl.lit(pl.Series(draws.uniform("amount", entry))) * (highest - lowest)
    helped = helped.with_columns(
        pl.Series("division", at(communities["community"], helped["place_here"].to_numpy())),
        pl.Series("district", at(communities["district"], helped["place_here"].to_numpy())),
        forgotten.alias("open"),
        ((amount / 10).round() * 10).cast(pl.Int64).alias("monthly_yuan"),
    ).sort("district", "started_on", "_entry")
    year = pl.col("started_on").dt.year().cast(pl.String)
    return helped.select(
        "_entry",
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"shjz_{city.date:%Y%m%d}.jsonl").alias("_file"),
        pl.col("person").alias(PERSON + "recipient"),
        pl.col("open").alias(PLANTED + "not_cancelled"),
        ("JZ" + pl.col("district") + year + records.serial("district", year, digits=6)).alias("record_key"),
        "name",
        pl.col("kind").alias("assistance"),
        "division",
        "started_on",
        pl.when(~pl.col("open")).then("end_on").alias("ended_on"),
        "monthly_yuan",
    )
