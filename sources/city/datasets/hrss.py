"""Labour and social security: who is insured, who is registered as employed or not, who was trained.

The report gives no coverage of insurance or registration, only that floating people are far behind; where no source is
named below, a number is a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import at, days
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Bools, Ints, choose, whole
from sources.city.units import TRAINING

_PEOPLE_A_PART = 260_000
# Numbers of records follow no order of people: neighbours in a file are no family.
_KEYS, _KEY_STEP = 999_999_937, 48_271_013

_FLOATING_GROUPS = ("within", "far", "near", "visitor", "left", "died_away")

# Insurance. Entries: the package of the present work, that of work before, then those of residents and pensioners.
INSURANCE_ENTRIES = 16
_PRESENT, _BEFORE, _RESIDENTS_PENSION, _RESIDENTS_CARE, _PENSION, _RETIRED_CARE = 0, 5, 10, 11, 12, 13
_PACKAGE = ("110", "210", "310", "410", "510")
_PUBLIC_SECTIONS = ("P", "Q", "S")  # half of them under the scheme of public institutions, 120
_PACKAGE_FLOATING = {"under_1m": 0.05, "1m_6m": 0.27, "6m_5y": 0.38, "over_5y": 0.46}
_PACKAGE_REGISTERED = 0.81
# Where fewer are insured than elsewhere; of registered people half the difference.
_PACKAGE_BY_SECTION = {"A": 0.75, "E": 0.8, "F": 0.95, "H": 0.9, "O": 0.85, "B": 1.15, "C": 1.15, "D": 1.2, "J": 1.2}
_LEAST, _MOST_FLOATING, _MOST_REGISTERED = 0.03, 0.6, 0.93
_CHANGED_WORK = 0.10
_WORKED_BEFORE = 0.07  # registered people of working age who do not work now
_RESIDENTS_PENSION_SHARES = {"1": 0.50, "2": 0.20}  # by hukou type
_RESIDENTS_CARE_SHARES = {"1": 0.06, "2": 0.60}  # farmers are in 新农合, which is not delivered here
_RESIDENTS_FLOATING = 0.08
_RETIRED_EMPLOYEES = {"1": 0.12, "2": 0.78}
_PENSION_AGE_YEARS = 60
_FUNDS_BEGIN, _CARE_BEGINS, _PENSIONS_BEGIN = date(1995, 1, 1), date(2007, 10, 1), date(2009, 12, 1)
_MONTHS_BEHIND = (0.62, 0.28, 0.04, 0.03, 0.02, 0.01)  # shares of those who have paid up to so many months ago

# Registration of employment.
_EMPLOYED_REGISTERED = 0.50
_EMPLOYED_FLOATING = {"under_1m": 0.02, "1m_6m": 0.13, "6m_5y": 0.26, "over_5y": 0.36}
_UNEMPLOYED_REGISTERED, _UNEMPLOYED_FLOATING = 0.14, 0.04  # of those of working age who do not work
_REGISTERED_BEFORE = 0.28
_UNEMPLOYED_BEFORE = 0.45  # of those registrations
_REGISTRATION_BEGINS = date(2003, 1, 1)
_WORKING_AGE = (17, 60)

# Training: 54 institutions (report), everyone subsidised, 100 yuan more for who passes (report).
_TRAINED_REGISTERED = 0.025
_TRAINED_FLOATING = {"under_1m": 0.0, "1m_6m": 0.02, "6m_5y": 0.05, "over_5y": 0.055}
_TRAINED_TWICE = 0.12
_TRAINING_YEARS = 3
_COURSE_DAYS = (10, 90)
PASS_SHARE = 0.72
PASS_BONUS_YUAN = 100
TRADES = {  # 工种 and subsidy in yuan
    "家政服务员": 600,
    "中式烹调师": 1000,
    "中式面点师": 900,
    "餐厅服务员": 500,
    "电焊工": 1200,
    "砌筑工": 900,
    "维修电工": 1100,
    "汽车修理工": 1200,
    "计算机操作员": 700,
    "美容师": 800,
    "育婴员": 800,
    "养老护理员": 800,
    "挖掘机驾驶员": 1500,
    "缝纫工": 600,
}


def social_insurance(city: City, draws: Draws) -> list[Delivery]:
    """hrss.social_insurance: one row per person and scheme, those that ended too."""
    return [Delivery(city.date, "full", _parts(city, draws, _insurance))]


def employment(city: City, draws: Draws) -> list[Delivery]:
    """hrss.employment: registrations as employed or unemployed; of one person one is open, the others have ended."""
    return [Delivery(city.date, "full", _parts(city, draws, _employment))]


def training(city: City, draws: Draws) -> list[Delivery]:
    """hrss.training: who was trained at the city's institutions in the last three years."""
    people = _prepared(city.persons, city)
    chance = _chance(_TRAINED_REGISTERED, _TRAINED_FLOATING)
    works = pl.col("industry").is_not_null() & (pl.col("group") != "died")
    trained = people.filter(works).filter(records.covered(people.filter(works), draws, chance))
    again = trained.filter(draws.uniform("again", trained["person"].to_numpy()) < _TRAINED_TWICE)
    courses = pl.concat([_course(trained, 0, city, draws), _course(again, 1, city, draws)])
    rows = courses.sort("record_key")
    return [Delivery(city.date, "full", [rows])]


def has_package(persons: pl.DataFrame, seed: int) -> pl.Series:
    """Who is insured with an employer (true), or was until they left: the same for everyone who asks.

    Args:
        persons: rows of the city's persons.
    """
    draws = Draws(seed, "hrss.social_insurance", "clean")
    floating = pl.col("group").is_in(_FLOATING_GROUPS)
    section = pl.col("industry").replace_strict(_PACKAGE_BY_SECTION, default=1.0, return_dtype=pl.Float64)
    by_stay = pl.col("stay_band").replace_strict(_PACKAGE_FLOATING, default=_PACKAGE_FLOATING["6m_5y"])
    chance = (
        pl.when(floating)
        .then((by_stay * section).clip(_LEAST, _MOST_FLOATING))
        .otherwise((_PACKAGE_REGISTERED * (1 + section) / 2).clip(_LEAST, _MOST_REGISTERED))
    )
    covered = records.covered(persons, draws, chance, "package")
    return pl.Series(covered & (persons["employer"].to_numpy() >= 0))


def _parts(
    city: City, draws: Draws, rows: Callable[[pl.DataFrame, City, Draws], pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """The rows of the city's people, so many at a time and in no order of theirs."""
    persons = city.persons.select(_TAKEN)
    order = np.argsort(draws.uniform("order", persons["person"].to_numpy()), kind="stable")
    for chunk in np.array_split(order, max(1, round(len(order) / _PEOPLE_A_PART))):
        yield rows(_prepared(persons[chunk], city), city, draws).sort("record_key")


_TAKEN = (
    "person", "group", "name", "sex", "birth_date", "phone", "reach", "community", "home", "previous_community",
    "moved_house_on", "hukou_type", "hukou_since", "arrived_on", "left_on", "stay_band", "industry", "employer",
)  # fmt: skip


def _prepared(persons: pl.DataFrame, city: City) -> pl.DataFrame:
    """People with what every record here needs: see records.with_stay; `floats` of those registered elsewhere."""
    return records.with_stay(persons.select(_TAKEN), city.seed, city.date).with_columns(
        pl.col("group").is_in(_FLOATING_GROUPS).alias("floats")
    )


def _chance(registered: float, floating: dict[str, float]) -> pl.Expr:
    by_stay = pl.col("stay_band").replace_strict(floating, default=floating["6m_5y"])
    return pl.when(pl.col("floats")).then(by_stay).otherwise(registered)


def record_key(prefix: str) -> pl.Expr:
    """A number that says nothing, from `_entry`."""
    return prefix + (pl.col("_entry") * _KEY_STEP % _KEYS).cast(pl.String).str.zfill(9)


# ---- insurance


def is_present_work() -> pl.Expr:
    """Entries of the schemes that come with the present work, by `_entry`."""
    return pl.col("_entry") % INSURANCE_ENTRIES < len(_PACKAGE)


def _insurance(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """All rows of some people."""
    people = people.with_columns(has_package(people, city.seed).alias("has_package"))
    work = _work(people, city, draws)
    return _insurance_fields(pl.concat([_schemes(work, draws), *_without_work(people, city, draws)]), city, draws)


_SPELL = ("person", "entry", "scheme", "enrolled_on", "end_on", "at", "employer", "paying")


def _spell(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(*_SPELL, "name", "sex", "phone", "group", "left_on", "told_on")


def _work(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Spells of insured work: person, enrolled_on, end_on (null: goes on), employer, entry of the first scheme."""
    first = pl.max_horizontal("came_on", pl.lit(_FUNDS_BEGIN), pl.col("birth_date").dt.offset_by("16y"))
    people = people.with_columns(first.alias("first"))
    insured = people.filter(pl.col("has_package") & (pl.col("first") < pl.col("until")))
    present = insured.with_columns(
        records.day_between(insured, draws, "enrolled", pl.col("first"), 0.7).alias("enrolled_on"),
        pl.col("told_on").alias("end_on"),
        pl.lit(_PRESENT).alias("entry"),
    )
    changed = pl.lit(pl.Series(draws.uniform("changed", insured["person"].to_numpy()) < _CHANGED_WORK))
    enough = (pl.col("enrolled_on") - pl.col("first")).dt.total_days() > 400
    before = present.filter(changed & enough).with_columns((pl.col("enrolled_on") - pl.duration(days=1)).alias("until"))
    of_age = pl.col("age").is_between(25, _PENSION_AGE_YEARS - 1) & pl.col("industry").is_null()
    idle = people.filter(of_age & ~pl.col("floats") & (pl.col("first") < pl.col("until")))
    idle = idle.filter(draws.uniform("worked", idle["person"].to_numpy()) < _WORKED_BEFORE)
    return pl.concat([present, _former(before, city, draws), _former(idle, city, draws)], how="diagonal")


def _former(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Work that began after `first` and ended before `until`, with another employer."""
    person = people["person"].to_numpy()
    u, v = (draws.uniform(name, person) for name in ("former.from", "former.to"))
    span = (pl.col("until") - pl.col("first")).dt.total_days()
    start = pl.col("first") + pl.duration(days=(0.6 * pl.lit(pl.Series(u)) * span).cast(pl.Int64))
    left = (pl.col("until") - pl.col("enrolled_on")).dt.total_days()
    other = whole(draws.uniform("former.where", person), city.employers.table.height)
    return people.with_columns(start.alias("enrolled_on")).with_columns(
        (pl.col("enrolled_on") + pl.duration(days=(pl.lit(pl.Series(0.2 + 0.75 * v)) * left).cast(pl.Int64))).alias(
            "end_on"
        ),
        pl.Series("employer", other, dtype=pl.Int64),
        pl.lit(_BEFORE).alias("entry"),
    )


def _schemes(work: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Five rows of each spell of work, one for each insurance."""
    public = pl.lit(pl.Series(draws.uniform("public", work["person"].to_numpy()) < 0.5))
    is_public = public & pl.col("industry").is_in(_PUBLIC_SECTIONS)
    work = work.with_columns(
        is_public.fill_null(False).alias("public"), pl.lit(-1, pl.Int64).alias("at"), pl.lit(True).alias("paying")
    )
    pension = pl.when("public").then(pl.lit("120")).otherwise(pl.lit("110"))
    return pl.concat(
        _spell(
            work.with_columns(
                (pension if code == "110" else pl.lit(code)).alias("scheme"), (pl.col("entry") + step).alias("entry")
            )
        )
        for step, code in enumerate(_PACKAGE)
    )


def _without_work(people: pl.DataFrame, city: City, draws: Draws) -> list[pl.DataFrame]:
    """Residents' and pensioners' insurance, of those who have no insured work."""
    person = people["person"].to_numpy()
    old = pl.col("age") >= _PENSION_AGE_YEARS
    was_employed = pl.lit(pl.Series(draws.uniform("retired", person))) < pl.col("hukou_type").replace_strict(
        _RETIRED_EMPLOYEES, return_dtype=pl.Float64
    )
    away = pl.when(pl.col("group") == "out").then(0.5).otherwise(1.0)
    others = people.with_columns((old & was_employed & ~pl.col("floats")).alias("retired")).filter(
        ~pl.col("has_package")
    )
    frames = []
    for entry, scheme, wanted, begins, at_age, floating, shares in (
        (_PENSION, "110", "retired", _FUNDS_BEGIN, "16y", 0.0, {"1": 1.0, "2": 1.0}),
        (_RETIRED_CARE, "310", "retired", _FUNDS_BEGIN, "16y", 0.0, {"1": 1.0, "2": 1.0}),
        (_RESIDENTS_PENSION, "170", "adult", _PENSIONS_BEGIN, "16y", _RESIDENTS_FLOATING, _RESIDENTS_PENSION_SHARES),
        (_RESIDENTS_CARE, "390", "any", _CARE_BEGINS, "0d", _RESIDENTS_FLOATING, _RESIDENTS_CARE_SHARES),
    ):
        is_wanted = {"retired": pl.col("retired"), "adult": ~pl.col("retired") & (pl.col("age") >= 18)}
        first = pl.max_horizontal("came_on", pl.lit(begins), pl.col("birth_date").dt.offset_by(at_age))
        some = others.filter(is_wanted.get(wanted, ~pl.col("retired"))).with_columns(first.alias("first"))
        chance = pl.col("hukou_type").replace_strict(shares, return_dtype=pl.Float64) * away
        chance = pl.when("floats").then(floating).otherwise(chance)
        some = some.filter(pl.Series(records.covered(some, draws, chance, f"resident.{scheme}")))
        some = some.filter(pl.col("first") < pl.col("until"))
        frames.append(
            _spell(
                some.with_columns(
                    records.day_between(some, draws, f"enrolled.{scheme}", pl.col("first"), 2.0).alias("enrolled_on"),
                    pl.when(pl.col("group") != "out").then("told_on").alias("end_on"),
                    pl.lit(entry).alias("entry"),
                    pl.lit(scheme).alias("scheme"),
                    pl.lit(-1, pl.Int64).alias("employer"),
                    pl.col("place_here").alias("at"),
                    # Pensions are drawn, and retired people's care is free.
                    (~(old & (scheme != "390"))).alias("paying"),
                )
            )
        )
    return frames


def _insurance_fields(spells: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The contract's fields."""
    spells = spells.with_columns((pl.col("person") * INSURANCE_ENTRIES + pl.col("entry")).alias("_entry"))
    person = spells["person"].to_numpy()
    # Who was not told of one scheme's end was told of none: a person's luck, of what lasted until they left.
    lasted = (pl.col("end_on") == pl.col("told_on")).fill_null(False) & (pl.col("entry") != _BEFORE)
    spells = spells.with_columns((records.not_cancelled(spells, draws, person) & lasted).alias("open"))
    behind = pl.lit(pl.Series(choose(draws.uniform("behind", person), _MONTHS_BEHIND)))
    ended = pl.when("open").then(None).otherwise(pl.col("end_on"))

    def month(day: pl.Expr) -> pl.Expr:
        return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - 1

    today = city.date.year * 12 + city.date.month - 1
    until = month(pl.min_horizontal("end_on", pl.coalesce("left_on", "end_on")))
    last = pl.max_horizontal(
        pl.when(pl.col("end_on").is_null()).then(today - behind).otherwise(until), month(pl.col("enrolled_on"))
    )
    paid_to = (last // 12 * 100 + last % 12 + 1).cast(pl.String)
    communities, employers = city.places.communities["community"], city.employers.table
    platform = city.units.table["community"].gather(city.units.platform_of).to_numpy()
    employer, lives = spells["employer"].to_numpy(), spells["at"].to_numpy()
    where = np.where(
        employer >= 0, employers["community"].to_numpy()[np.maximum(employer, 0)], platform[np.maximum(lives, 0)]
    )
    return spells.select(
        "_entry",
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"shbx_{city.date:%Y%m%d}.parquet").alias("_file"),
        pl.col("person").alias(PERSON + "insured"),
        pl.col("open").alias(PLANTED + "not_cancelled"),
        record_key("SB").alias("record_key"),
        "name",
        "sex",
        pl.col("scheme").alias("insurance"),
        pl.when(ended.is_null()).then(pl.lit("1")).otherwise(pl.lit("0")).alias("active"),
        "enrolled_on",
        pl.when("paying").then(paid_to).alias("paid_to"),
        ended.alias("ended_on"),
        at(employers["name"], employer).alias("employer"),
        at(communities, where).alias("division"),
        "phone",
    )


# ---- employment


def _employment(people: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """All registrations of some people."""
    first = pl.max_horizontal("came_on", pl.lit(_REGISTRATION_BEGINS), pl.col("birth_date").dt.offset_by("16y"))
    works = pl.col("industry").is_not_null()
    people = people.with_columns(first.alias("first"), works.alias("works")).filter(
        works | pl.col("age").is_between(_WORKING_AGE[0], _WORKING_AGE[1] - 1), pl.col("first") < pl.col("until")
    )
    employed = _chance(_EMPLOYED_REGISTERED, _EMPLOYED_FLOATING)
    not_employed = pl.when("floats").then(_UNEMPLOYED_FLOATING).otherwise(_UNEMPLOYED_REGISTERED)
    people = people.filter(
        pl.Series(records.covered(people, draws, pl.when("works").then(employed).otherwise(not_employed)))
    )
    person = people["person"].to_numpy()
    main = people.with_columns(
        records.day_between(people, draws, "registered", pl.col("first"), 0.7).alias("registered_on"),
        pl.when("works").then(pl.lit("1")).otherwise(pl.lit("2")).alias("employment"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.MAIN_ENTRY).alias("_entry"),
    )
    main = main.with_columns(records.not_cancelled(main, draws, main["_entry"].to_numpy()).alias("open"))
    main = main.with_columns(pl.when(~pl.col("open")).then("told_on").alias("ended_on"))
    main, again = _registered_again(main, city, draws)
    earlier = _registered_before(main, draws.uniform("before", person) < _REGISTERED_BEFORE, draws)
    return _employment_fields(pl.concat([main, earlier, again], how="diagonal"), city)


def _registered_before(main: pl.DataFrame, luck: Bools, draws: Draws) -> pl.DataFrame:
    """A registration that ended before the present one began."""
    gap = (pl.col("registered_on") - pl.col("first")).dt.total_days()
    earlier = main.filter(pl.Series(luck) & (gap > 200))
    person = earlier["person"].to_numpy()
    u, v, kind = (draws.uniform(f"before.{name}", person) for name in ("from", "to", "kind"))
    start = pl.col("first") + pl.duration(days=(0.6 * pl.lit(pl.Series(u)) * gap).cast(pl.Int64))
    length = (pl.lit(pl.Series(0.2 + 0.78 * v)) * (pl.col("registered_on") - start).dt.total_days()).cast(pl.Int64)
    jobless = pl.lit(pl.Series(kind < _UNEMPLOYED_BEFORE))
    return earlier.with_columns(
        start.alias("registered_on"),
        (start + pl.duration(days=length)).alias("ended_on"),
        pl.when(jobless).then(pl.lit("2")).otherwise(pl.lit("1")).alias("employment"),
        # What people did before is not known of those who do nothing now.
        pl.lit(-1, pl.Int64).alias("employer"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.EARLIER_ENTRY).alias("_entry"),
        pl.lit(False).alias("open"),
        pl.lit(False).alias("repeated"),
    )


def _registered_again(main: pl.DataFrame, city: City, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same person registered once more while the first registration is open."""
    entry = main["_entry"].to_numpy()
    later = pl.col("registered_on") + days(10 + whole(draws.uniform("repeated.when", entry), 300))
    hit = pl.lit(pl.Series(draws.hit("person_repeated", entry), dtype=pl.Boolean))
    main = main.with_columns(
        (hit & pl.col("ended_on").is_null() & (later <= pl.col("until"))).alias("repeated"), later.alias("later")
    )
    again = main.filter("repeated").with_columns(
        pl.col("later").alias("registered_on"),
        (pl.col("person") * records.ENTRIES_A_PERSON + records.REPEATED_ENTRY).alias("_entry"),
    )
    return main.drop("later"), again.drop("later")


def _employment_fields(entries: pl.DataFrame, city: City) -> pl.DataFrame:
    """The contract's fields."""
    moved_since = (pl.col("registered_on") < pl.col("moved_house_on")).fill_null(False)
    lived = entries.select(pl.when(moved_since).then("previous_community").otherwise("place_here")).to_series()
    works = pl.col("employment") == "1"
    employer = pl.lit(at(city.employers.table["name"], entries["employer"].to_numpy()))
    return entries.select(
        "_entry",
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"就业失业登记_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "worker"),
        pl.col("repeated").alias(PLANTED + "person_repeated"),
        pl.col("open").alias(PLANTED + "not_cancelled"),
        record_key("JY").alias("record_key"),
        "name",
        "sex",
        "employment",
        "registered_on",
        at(city.places.communities["community"], lived.to_numpy()).alias("division"),
        pl.when(works).then("industry").alias("industry"),
        pl.when(works).then(employer).alias("employer"),
        "ended_on",
        "phone",
    )


# ---- training


def _course(people: pl.DataFrame, number: int, city: City, draws: Draws) -> pl.DataFrame:
    """One course of each; `number` 0 or 1: the second begins in another window than the first."""
    entry = people["person"].to_numpy() * records.ENTRIES_A_PERSON + number
    length = _COURSE_DAYS[0] + whole(draws.uniform("length", entry), _COURSE_DAYS[1] - _COURSE_DAYS[0])
    since = months_before(city.date, 12 * _TRAINING_YEARS)
    first = pl.max_horizontal("came_on", pl.lit(since), pl.col("birth_date").dt.offset_by("16y"))
    # Who left had finished; who is here may be at it.
    last = pl.when(pl.col("left_on").is_null()).then(pl.lit(city.date)).otherwise(pl.col("left_on") - days(length))
    half = 0.5 * (draws.uniform("when", entry) + number)  # a second course comes in the later half
    span = (last - first).dt.total_days()
    courses = people.with_columns(
        pl.Series("_entry", entry, dtype=pl.Int64),
        (first + pl.duration(days=(pl.lit(pl.Series(half)) * span).cast(pl.Int64))).alias("started_on"),
        pl.Series("length", length, dtype=pl.Int64),
        pl.Series("trade", whole(draws.uniform("trade", entry), len(TRADES)), dtype=pl.Int64),
        pl.Series("passes", draws.uniform("passes", entry) < PASS_SHARE, dtype=pl.Boolean),
        (span > 2).alias("fits"),
    ).filter("fits")
    finished = pl.col("started_on") + pl.duration(days="length")
    finished = pl.when(finished <= pl.lit(city.date)).then(finished)
    certified = pl.when(finished.is_not_null()).then(pl.when("passes").then(pl.lit("1")).otherwise(pl.lit("0")))
    amount = pl.col("trade").replace_strict(dict(enumerate(TRADES.values())), return_dtype=pl.Int64)
    amount = pl.when(finished.is_not_null()).then(amount + pl.col("passes").cast(pl.Int64) * PASS_BONUS_YUAN)
    trainer = _trainers(courses, city, draws)
    return courses.select(
        "_entry",
        pl.Series("_style", trainer, dtype=pl.Int64),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"职业培训_{city.date:%Y%m%d}.csv").alias("_file"),
        pl.col("person").alias(PERSON + "trainee"),
        record_key("PX").alias("record_key"),
        "name",
        at(city.units.table["unit_name"], trainer).alias("institution"),
        pl.col("trade").replace_strict(dict(enumerate(TRADES)), return_dtype=pl.String).alias("trade"),
        at(city.places.communities["community"], courses["place_here"].to_numpy()).alias("division"),
        "started_on",
        finished.alias("finished_on"),
        certified.alias("certified"),
        amount.alias("subsidy_yuan"),
        "phone",
    )


def _trainers(courses: pl.DataFrame, city: City, draws: Draws) -> Ints:
    """An institution for each course (position in units), one that was open until the course's end."""
    units = city.units.table
    trainers = city.units.of_kind(TRAINING)
    still_open = trainers[units["closed_on"].gather(trainers).is_null().to_numpy()]
    entry = courses["_entry"].to_numpy()
    chosen = trainers[whole(draws.uniform("trainer", entry), len(trainers))]
    instead = still_open[whole(draws.uniform("trainer.open", entry), len(still_open))]
    ended = courses.select(pl.col("started_on") + pl.duration(days="length")).to_series()
    closed = pl.DataFrame({"closed": units["closed_on"].gather(chosen), "ended": ended})
    was_open = closed.select((pl.col("closed") >= pl.col("ended")).fill_null(True)).to_series().to_numpy()
    return np.where(was_open, chosen, instead)
