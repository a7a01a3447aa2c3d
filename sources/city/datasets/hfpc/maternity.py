"""Births and what is done before and after them: maternal services (孕产服务) and birth certificates (出生医学证明)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.special import ndtr

from sources.city import records
from sources.city.columns import at, days
from sources.city.datasets.hfpc import lives
from sources.city.errors import PERSON, WITHOUT, Draws
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Floats, Ints, whole

CHECK_UP, FOLIC_ACID, CARE, MILK = "1", "2", "3", "4"
_TERM_DAYS = 270
_EARLY_DAYS = 15
_LOOKED_BACK_DAYS = 420  # from conception to the last service, and a month or more
_PREGNANCIES_MONTHS = 60
# Rows of a woman's pregnancy, by number of the visit.
_ROWS_A_PREGNANCY = 16


@dataclass(frozen=True)
class _Visit:
    """One service of a pregnancy: so many days after conception, and how many women come to it."""

    service: str
    from_day: int
    to_day: int
    began: date
    registered: float
    floating: float


# When each service began: 国家免费孕前优生健康检查 2010, 增补叶酸 2009 (report), 国家基本公共卫生服务 2009, the equal
# services of 2012 (包府发【2012】123 号: 一杯奶). Shares are choices. Care: 建册, four more before birth, two after.
_VISITS = (
    _Visit(CHECK_UP, -270, -30, date(2010, 4, 1), 0.45, 0.26),
    _Visit(FOLIC_ACID, -90, -5, date(2009, 6, 1), 0.62, 0.38),
    _Visit(FOLIC_ACID, 0, 60, date(2009, 6, 1), 0.50, 0.30),
    _Visit(CARE, 45, 90, date(2009, 7, 1), 0.96, 0.84),
    _Visit(CARE, 112, 140, date(2009, 7, 1), 0.92, 0.76),
    _Visit(CARE, 147, 168, date(2009, 7, 1), 0.90, 0.72),
    _Visit(CARE, 196, 224, date(2009, 7, 1), 0.90, 0.72),
    _Visit(CARE, 245, 262, date(2009, 7, 1), 0.86, 0.66),
    _Visit(CARE, _TERM_DAYS + 3, _TERM_DAYS + 7, date(2009, 7, 1), 0.93, 0.74),
    _Visit(CARE, _TERM_DAYS + 40, _TERM_DAYS + 48, date(2009, 7, 1), 0.90, 0.66),
    _Visit(MILK, 100, 240, date(2012, 1, 1), 0.26, 0.18),
)
_ROWS_EXPECTED = 7.0
# Women who expect a child now, by age: about as many in nine months as are born in them.
_EXPECTING = ((20, 36, 0.09), (36, 42, 0.015))
_BORN_LATELY_MONTHS = 15

_CERTIFICATES_MONTHS = 120
# Born here and given a certificate, a choice: some floating mothers go home to give birth.
_CERTIFIED, _CERTIFIED_FLOATING = 0.985, 0.80
_UNNAMED = 0.10
_FATHER_NAMED = 0.97
_PARENT_WITHOUT_NUMBER = 0.03


def maternal_service(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.maternal_service: what women were given before and after the births of five years, and those expected."""
    return [Delivery(city.date, "full", _service_parts(_pregnancies(city, draws), city, draws, city.date))]


def planned_services(city: City, draws: Draws, upto: date) -> pl.DataFrame:
    """The rows that hfpc.maternal_service has by a later day, and does not have on the city's: of the same pregnancies,
    in the same columns, entries and keys. Whether the women are still here by then is not looked at."""
    pregnancies = _pregnancies(city, draws).filter(
        pl.col("conceived_on") > city.date - timedelta(days=_LOOKED_BACK_DAYS)
    )
    rows = pl.concat(_service_parts(pregnancies, city, draws, upto))
    return rows.filter(pl.col("served_on") > city.date)


def births_expected(city: City, draws: Draws) -> pl.DataFrame:
    """The births to which the pregnancies of the city's day lead: woman (person), due_on (on term or days before)."""
    women = _expected(city, draws)
    term = pl.col("conceived_on") + pl.duration(days=_TERM_DAYS)
    early = term - days(whole(draws.uniform("early", women["woman"].to_numpy()), _EARLY_DAYS))
    return women.select("woman", pl.when(early > pl.lit(city.date)).then(early).otherwise(term).alias("due_on"))


def _pregnancies(city: City, draws: Draws) -> pl.DataFrame:
    pregnancies = pl.concat([_births(city), _expected(city, draws)]).sort("conceived_on", "_pregnancy")
    return pregnancies.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))


def _births(city: City) -> pl.DataFrame:
    """Pregnancies that ended in a birth: woman, conceived_on, and a number of their own. Twins are one."""
    born = city.persons.filter(
        pl.col("mother") >= 0, pl.col("birth_date") > months_before(city.date, _PREGNANCIES_MONTHS)
    ).unique(["mother", "birth_date"], keep="first", maintain_order=True)
    return born.select(
        pl.col("mother").alias("woman"),
        pl.col("person").alias("_pregnancy"),
        (pl.col("birth_date") - pl.duration(days=_TERM_DAYS)).alias("conceived_on"),
    )


def _expected(city: City, draws: Draws) -> pl.DataFrame:
    """Pregnancies of today, of married women without a baby."""
    babies = city.persons.filter(pl.col("birth_date") > months_before(city.date, _BORN_LATELY_MONTHS))["mother"]
    age = lives.years_old(pl.lit(city.date))
    chance = pl.lit(0.0)
    for from_age, to_age, share in _EXPECTING:
        chance = pl.when((age >= from_age) & (age < to_age)).then(share).otherwise(chance)
    women = city.persons.filter(
        pl.col("sex") == "2",
        pl.col("spouse") >= 0,
        pl.col("division_code").is_not_null(),
        ~pl.col("person").is_in(babies.implode()),
        pl.Series(draws.uniform("expecting", city.persons["person"].to_numpy())) < chance,
    )
    since = 1 + whole(draws.uniform("conceived", women["person"].to_numpy()), _TERM_DAYS - 5)
    return women.select(
        pl.col("person").alias("woman"),
        pl.col("person").alias("_pregnancy"),
        (pl.lit(city.date) - days(since)).alias("conceived_on"),
    )


def _service_parts(pregnancies: pl.DataFrame, city: City, draws: Draws, upto: date) -> Iterator[pl.DataFrame]:
    people = lives.with_lives(replace(city, date=upto))
    people = people.select(
        *("person", "name", "birth_date", "phone", "lives", "previous_community", "moved_house_on", "reach"),
        *("came_on", "until", pl.col("is_floating") | (pl.col("group") == "left")),
    )
    for some in lives.in_parts(pregnancies, _ROWS_EXPECTED):
        women = pl.concat([some, people[some["woman"]]], how="horizontal")
        women = women.with_columns(pl.Series("visibility", records.visibility(women, draws)))
        rows = pl.concat(_visits(women, number, visit, draws) for number, visit in enumerate(_VISITS))
        yield _service_fields(rows.sort("number", "visit"), city)


def _visits(women: pl.DataFrame, number: int, visit: _Visit, draws: Draws) -> pl.DataFrame:
    """The women who came to a visit, and when: while they lived here, since there is such a service."""
    entry = women["_pregnancy"].to_numpy() * _ROWS_A_PREGNANCY + number
    first, last = (pl.col("conceived_on") + pl.duration(days=day) for day in (visit.from_day, visit.to_day))
    chance = pl.when("is_floating").then(visit.floating).otherwise(visit.registered)
    # Half of the visits are the woman's: who is found once is found again. The others are luck of their own.
    own = draws.uniform("visit", entry)
    came = _uniform_of(women["visibility"].to_numpy())
    luck = pl.Series(np.where(own < 0.5, came, draws.uniform("visit.own", entry)))
    return women.with_columns(
        pl.Series("_entry", entry),
        pl.lit(number, pl.Int64).alias("visit"),
        pl.lit(visit.service).alias("service"),
        lives.between(first, last, draws.uniform("visit.when", entry)).alias("served_on"),
    ).filter(
        luck < chance,
        pl.col("served_on") >= visit.began,
        pl.col("came_on").is_null() | (pl.col("served_on") >= pl.col("came_on")),
        pl.col("served_on") <= pl.col("until"),
    )


def _uniform_of(visibility: Floats) -> Floats:
    """Standard normals as uniform numbers: who is seen easily has a small one."""
    return np.asarray(ndtr(-visibility))


def _service_fields(rows: pl.DataFrame, city: City) -> pl.DataFrame:
    rows = rows.with_columns(lives.lived_at("served_on").alias("community"))
    return rows.select(
        "_entry",
        lives.clinic_units(city).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"孕产服务_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("woman").alias(PERSON + "woman"),
        (
            pl.lit("YC")
            + pl.col("conceived_on").dt.year().cast(pl.String)
            + (pl.col("number") + 1).cast(pl.String).str.zfill(7)
            + (pl.col("visit") + 1).cast(pl.String).str.zfill(2)
        ).alias("record_key"),
        "name",
        "birth_date",
        records.community_codes(city.places).alias("division"),
        "service",
        "served_on",
        lives.clinic_names(city).alias("institution"),
        "phone",
    )


def birth_certificate(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.birth_certificate: children born in the city in ten years; some before they had a name."""
    born = _certified(city, draws)
    letter = pl.col("issued_on").dt.year() % 26
    born = born.with_columns(
        pl.Series([chr(ord("A") + at_) for at_ in range(26)]).gather(born.select(letter).to_series()).alias("letter")
    ).sort("issued_on", "person")
    return [Delivery(city.date, "full", [_certificate_fields(born, city, draws)])]


def _certified(city: City, draws: Draws) -> pl.DataFrame:
    """Children with a certificate, where they lived at birth, and when it was issued."""
    people = lives.with_lives(city).filter(
        pl.col("mother") >= 0, pl.col("birth_date") > months_before(city.date, _CERTIFICATES_MONTHS)
    )
    here = pl.col("came_on").is_null() | (pl.col("came_on") == pl.col("birth_date"))
    # Who moved within the city was born at the registered home.
    at_home = (pl.col("group") == "within") & ~here
    person = people["person"].to_numpy()
    floating = pl.col("origin") >= 0
    chance = pl.when(floating).then(_CERTIFIED_FLOATING).otherwise(_CERTIFIED)
    lag = 1 + lives.long_tailed_days(draws.uniform("issued", person), np.full(len(person), 12.0))
    return people.with_columns(
        pl.when(at_home).then("home").otherwise(lives.lived_at("birth_date")).alias("community"),
        (pl.col("birth_date") + days(lag)).alias("issued_on"),
    ).filter(
        here | at_home,
        # Who was numbered elsewhere was born there.
        pl.col("hukou_from") < 0,
        pl.col("birth_date") <= pl.col("until"),
        pl.col("issued_on") <= city.date,
        pl.Series(records.covered(people, draws, chance)),
    )


def _certificate_fields(born: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    person = born["person"].to_numpy()
    unnamed = pl.Series(draws.uniform("unnamed", person) < _UNNAMED)
    mother = born["mother"].to_numpy()
    names_father = draws.uniform("father", person) < _FATHER_NAMED
    father = np.where(names_father, born["father"].to_numpy(), -1)
    without = {
        role: pl.Series(draws.uniform(f"no_number.{role}", person) < _PARENT_WITHOUT_NUMBER).alias(
            f"{WITHOUT}{role}_id_number"
        )
        for role in ("mother", "father")
    }
    return born.select(
        pl.col("person").alias("_entry"),
        lives.clinic_units(city).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"出生医学证明_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "child"),
        pl.col("mother").alias(PERSON + "mother"),
        pl.Series(PERSON + "father", father),
        *without.values(),
        (pl.col("letter") + "15" + records.serial("letter", digits=7)).alias("record_key"),
        pl.when(~unnamed).then("name").alias("name"),
        "sex",
        "birth_date",
        at(city.persons["name"], mother).alias("mother_name"),
        _registered_then(born, mother, city).alias("mother_hukou_division"),
        records.community_codes(city.places).alias("division"),
        at(city.persons["name"], father).alias("father_name"),
        "issued_on",
    )


def _registered_then(born: pl.DataFrame, mother: Ints, city: City) -> pl.Series:
    """Where mothers were registered when the certificate was issued."""
    mothers = city.persons[mother].select("hukou_division", "hukou_since", "hukou_from", "home", "group")
    earlier = at(city.places.origins["code"] + "000000", mothers["hukou_from"].to_numpy())
    home = at(city.places.communities["community"], mothers["home"].to_numpy())
    later = (mothers["hukou_since"] > born["issued_on"]).fill_null(False)
    return mothers.select(
        pl.when(later)
        .then(earlier)
        .when(pl.col("group") == "emigrated")
        .then(home)
        .otherwise("hukou_division")
        .alias("mother_hukou_division")
    ).to_series()
