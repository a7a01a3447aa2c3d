"""Education: which child is enrolled at which school of the city, one workbook per district."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import at, days
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.families import NOBODY
from sources.city.population import City
from sources.city.records import Delivery
from sources.city.streams import Floats, Ints, whole
from sources.city.units import JUNIOR, PRIMARY, SENIOR

# A child of six by 31 August enters grade 1 of primary school. 学段 stands beside 年级, so grades are counted within
# the stage, as the national student register names them: 小学 1 to 6, 初中 1 to 3, 高中 1 to 3.
_FIRST_AGE, _LAST_AGE = 6, 17
STAGES = {PRIMARY: (6, 11), JUNIOR: (12, 14), SENIOR: (15, 17)}  # ages by 31 August
_STAGE_NAMES = {PRIMARY: "小", JUNIOR: "初", SENIOR: "高"}
_YEAR_BEGINS = 9  # September

# Shares of children enrolled: a choice, as the report gives none. Schooling is compulsory up to junior high.
_ENROLLED_REGISTERED = 0.995
_ENROLLED_FLOATING = {"1m_6m": 0.75, "6m_5y": 0.90, "over_5y": 0.96}
_ENROLLED_AND_LEFT = 0.80  # of floating children who have left again
_SENIOR_REGISTERED = 0.85
_SENIOR_FLOATING = 0.55  # of those of the compulsory ages: the entrance examination is sat at home
# Numbers that are temporary (L) until the register of the province gives one, by whether they entered this school year.
_TEMPORARY = {
    ("floating", True): 0.40,
    ("floating", False): 0.08,
    ("registered", True): 0.04,
    ("registered", False): 0.0,
}
_TRANSFERRED_WITHIN_DAYS = 20
_FATHER_IS_GUARDIAN = 0.55
_GRANDPARENT_IS_GUARDIAN = 0.15  # where one lives in the household
_CLASSES = 4
_NUMBER_FACTOR, _NUMBER_PRIME = 52_361_917, 99_999_989
_NEEDED = [
    "person", "group", "household", "name", "sex", "birth_date", "ethnicity", "id_number", "father", "mother",
    "community", "previous_community", "home", "origin", "destination", "hukou_division", "division_code", "arrived_on",
    "left_on", "is_floating", "stay_band", "industry", "reach", "place",
]  # fmt: skip


def student_enrollment(city: City, draws: Draws) -> list[Delivery]:
    """edu.student_enrollment: children enrolled this school year, and those of the last two who moved away."""
    students = _enrolled(_of_school_age(city), city, draws)
    students, again = _repeated(_at_school(students, city, draws), city, draws)
    rows = _fields(pl.concat([students, again]), city, draws)
    return [Delivery(city.date, "full", [rows.sort("_file", "unit_code", "stage", "grade", "class_name", "_entry")])]


def _school_year(day: pl.Expr) -> pl.Expr:
    """The year in which the school year of a day began."""
    return day.dt.year() - (day.dt.month() < _YEAR_BEGINS).cast(pl.Int32)


def _of_school_age(city: City) -> pl.DataFrame:
    """Children who live here, or went away and were of age then: with the school year in question, stage and grade."""
    gone = pl.col("group").is_in(["left", "emigrated"])
    children = city.persons.lazy().filter(
        (pl.col("division_code").is_not_null() & (pl.col("group") != "visitor")) | gone,
        pl.col("birth_date") > date(city.date.year - _LAST_AGE - 4, 1, 1),
    )
    until = pl.when(gone).then("left_on").otherwise(pl.lit(city.date))
    born = pl.col("birth_date")
    born_late = (born.dt.month() >= _YEAR_BEGINS).cast(pl.Int32)
    age = pl.col("school_year") - born.dt.year() - born_late
    stage = pl.coalesce(pl.when(pl.col("age").is_between(*ages)).then(pl.lit(code)) for code, ages in STAGES.items())
    first_age = pl.col("stage").replace_strict({code: ages[0] for code, ages in STAGES.items()}, return_dtype=pl.Int32)
    return (
        children.select(_NEEDED)
        .with_columns(until.alias("until"), gone.alias("is_gone"))
        .with_columns(_school_year(pl.col("until")).alias("school_year"))
        .with_columns(age.alias("age"))
        .filter(pl.col("age").is_between(_FIRST_AGE, _LAST_AGE))
        .with_columns(stage.alias("stage"))
        .with_columns((pl.col("age") - first_age + 1).alias("grade"))
        .collect()
    )


def _enrolled(children: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Those whom a school has on its list: where they came from, since when, until when."""
    is_floating = pl.col("is_floating") | pl.col("group").is_in(["left"])
    compulsory = (
        pl.when(pl.col("group") == "left")
        .then(_ENROLLED_AND_LEFT)
        .when("is_floating")
        .then(pl.col("stay_band").replace_strict(_ENROLLED_FLOATING, default=None, return_dtype=pl.Float64))
        .otherwise(_ENROLLED_REGISTERED)
    )
    senior = pl.when(is_floating).then(compulsory * _SENIOR_FLOATING).otherwise(_SENIOR_REGISTERED)
    chance = pl.when(pl.col("stage") == SENIOR).then(senior).otherwise(compulsory)
    person = children["person"].to_numpy()
    lag = 1 + whole(draws.uniform("transferred", children["household"].to_numpy()), _TRANSFERRED_WITHIN_DAYS)
    stage_begins = pl.date(pl.col("school_year") - pl.col("grade").cast(pl.Int32) + 1, _YEAR_BEGINS, 1)
    transferred = (pl.col("arrived_on") > stage_begins).fill_null(False)
    this_year = pl.col("enrolled_on") >= pl.date(pl.col("school_year"), _YEAR_BEGINS, 1)
    forgotten = pl.Series(draws.hit("not_cancelled", person * records.ENTRIES_A_PERSON))
    return (
        children.with_columns(
            is_floating.alias("is_migrant"),
            transferred.alias("is_transferred"),
            pl.when(transferred).then(pl.col("arrived_on") + days(lag)).otherwise(stage_begins).alias("enrolled_on"),
            pl.when(pl.col("is_gone") & ~forgotten).then("left_on").alias("school_left_on"),
            (pl.col("is_gone") & forgotten).alias(PLANTED + "not_cancelled"),
            (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
        )
        .with_columns(this_year.alias("is_new"))
        .filter(
            pl.Series(records.covered(children, draws, chance)),
            pl.col("enrolled_on") <= pl.col("until"),
            # Who works is at no school.
            pl.col("industry").is_null(),
        )
    )


def _at_school(students: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The school near home; those who moved house lately are still at the one they went to before."""
    lived = (
        students.select(
            pl.when(pl.col("previous_community") >= 0)
            .then("previous_community")
            .when(pl.col("community") >= 0)
            .then("community")
            .otherwise("home")
        )
        .to_series()
        .to_numpy()
    )
    school = _schools(students, city, draws.uniform("school", students["household"].to_numpy()), lived)
    floats = np.where(students["is_migrant"].to_numpy(), "floating", "registered")
    is_new = students["is_new"].to_numpy()
    share = np.zeros(students.height)
    for (kind, new), chance in _TEMPORARY.items():
        share[(floats == kind) & (is_new == new)] = chance
    temporary = draws.uniform("temporary", students["person"].to_numpy()) < share
    return students.with_columns(
        pl.Series("school", school),
        pl.Series("is_temporary", temporary),
        pl.Series("guardian", _guardians(students, city, draws)),
    )


def _schools(students: pl.DataFrame, city: City, draw: Floats, community: Ints) -> Ints:
    """A school of each child's stage for a community each."""
    school = np.empty(students.height, dtype=np.int64)
    for stage in STAGES:
        of_stage = (students["stage"] == stage).to_numpy()
        school[of_stage] = city.units.school_of(stage, draw[of_stage], community[of_stage])
    return school


def _guardians(students: pl.DataFrame, city: City, draws: Draws) -> Ints:
    """Father or mother, the same for brothers and sisters; a grandparent here and there; nobody where none is here."""
    luck, other = (draws.uniform(name, students["household"].to_numpy()) for name in ("guardian", "grandparent"))
    father, mother = students["father"].to_numpy(), students["mother"].to_numpy()
    first = np.where(luck < _FATHER_IS_GUARDIAN, father, mother)
    parent = np.where(first != NOBODY, first, np.maximum(father, mother))
    grandmothers = city.persons["mother"].to_numpy()
    of_parents = [np.where(one == NOBODY, NOBODY, grandmothers[one]) for one in (father, mother)]
    grandmother = np.maximum(*of_parents)
    chosen = np.where((grandmother != NOBODY) & (other < _GRANDPARENT_IS_GUARDIAN), grandmother, parent)
    return np.asarray(chosen, dtype=np.int64)


def _repeated(students: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same child enrolled at a second school under a temporary number, while the first has not let go."""
    entry = students["_entry"].to_numpy()
    anywhere = whole(draws.uniform("repeated.where", entry), city.places.communities.height)
    second = pl.Series(_schools(students, city, draws.uniform("repeated.school", entry), anywhere))
    since = (pl.col("until") - pl.col("enrolled_on")).dt.total_days()
    after = (pl.Series(draws.uniform("repeated.when", entry)) * since).floor().cast(pl.Int64)
    is_hit = (
        pl.Series(draws.hit("person_repeated", entry))
        & ~pl.col("is_gone")
        & ~pl.col("is_temporary")
        & (pl.col("stage") != SENIOR)
        & (pl.col("school") != second)
    )
    kind = PLANTED + "person_repeated"
    students = students.with_columns(is_hit.alias(kind))
    again = students.with_columns(
        second.alias("school"),
        (pl.col("enrolled_on") + pl.duration(days=after)).alias("enrolled_on"),
        pl.lit(True).alias("is_temporary"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    ).filter(kind)
    return students, again


def _fields(students: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The contract's fields."""
    schools = city.units.table.join(
        city.places.communities.select("district", "district_name").unique(), on="district", how="left"
    ).sort("unit")[students["school"]]
    guardians = students["guardian"].to_numpy()
    origins = city.places.origins["code"] + "000000"
    communities = city.places.communities["community"]
    home = at(communities, students["home"].to_numpy())
    # The registration that the school was shown: of the emigrated, the one they gave up since.
    shown = pl.when(pl.col("group") == "emigrated").then(home).otherwise("hukou_division")
    number = 1 + whole(draws.uniform("class", students["household"].to_numpy()), _CLASSES)
    grade = pl.col("grade").cast(pl.String)
    district = schools["district"]
    return students.select(
        "_entry",
        schools["unit"].alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.select(pl.lit("学籍_") + district + pl.lit("_") + schools["district_name"] + ".xlsx")
        .to_series()
        .alias("_file"),
        pl.col("person").alias(PERSON + "student"),
        pl.col("guardian").alias(PERSON + "guardian"),
        pl.col(f"^{PLANTED}.*$"),
        pl.when("is_temporary")
        .then(_temporary_number(district))
        .otherwise("G" + pl.col("id_number"))
        .alias("record_key"),
        "name",
        "sex",
        "birth_date",
        "ethnicity",
        schools["unit_code"],
        schools["unit_name"].alias("school"),
        schools["is_private"].replace_strict({True: "2", False: "1"}, return_dtype=pl.String).alias("school_kind"),
        (
            pl.col("stage").replace_strict(_STAGE_NAMES, return_dtype=pl.String)
            + grade
            + "（"
            + pl.Series(number).cast(pl.String)
            + "）班"
        ).alias("class_name"),
        at(communities, schools["community"].to_numpy()).alias("division"),
        "stage",
        pl.col("grade").cast(pl.Int64),
        "enrolled_on",
        shown.alias("hukou_division"),
        pl.when("is_migrant").then(pl.lit("1")).otherwise(pl.lit("0")).alias("is_migrant_child"),
        pl.when("is_transferred").then("hukou_division").alias("transferred_from"),
        *(
            at(city.persons[field], guardians).alias(name)
            for field, name in (("name", "guardian_name"), ("phone", "phone"))
        ),
        pl.col("school_left_on").alias("left_on"),
        pl.when(pl.col("school_left_on").is_not_null())
        .then(at(origins, students["destination"].to_numpy()))
        .alias("transferred_to"),
    )


def _temporary_number(district: pl.Series) -> pl.Expr:
    """L, then as many digits as an ID number has: district, school year, a number that says nothing."""
    return pl.lit("L") + district + pl.col("school_year").cast(pl.String) + last_digits()


def last_digits() -> pl.Expr:
    """The last eight digits of a temporary number, from `_entry`."""
    number = (pl.col("_entry") * _NUMBER_FACTOR + _NUMBER_FACTOR) % _NUMBER_PRIME
    return number.cast(pl.String).str.zfill(8)
