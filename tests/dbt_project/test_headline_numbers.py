"""Headline figures of the marts, each held to its own arithmetic over the simulated truth and the extracts' files.

Nothing here runs SQL of the project but to read the marts: records are read from the delivered files, and whom they are
about from `truth/`. What no bureau lists cannot be in the library: the truth of a figure is what somebody who knew of
every record whom it is about would count. Tolerances are set beforehand, and what is left to them is identity: people
found twice, or two found as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from serving.library import open_published
from tests.dbt_project.reference import AS_OF, day, rows_of

# Who is who is not perfect. Plain rules overcount the people of a city by 2.8%: a figure of people must be nearer.
IDENTITY = 0.02
# Who ask where somebody lives; schools and employers tell where she learns and works, and nobody lives there.
ASK_WHERE = (
    "psb.household_register",
    "psb.temporary_residence",
    "hfpc.padis_case",
    "grid.household_visit",
    "hfpc.health_record",
    "hfpc.immunization",
    "hfpc.maternal_service",
)

# A count that stands in the files and needs nobody to be recognised.
EXACT = 0.0
# A person whose records fall apart is somebody without the other record: of few people, a family more or less.
A_FAMILY = 3


@dataclass(frozen=True)
class Figure:
    """A figure of a mart, the truth of it, and how far apart they may be: a share of the truth, at least a number."""

    found: float
    truth: float
    tolerance: float
    at_least: float = 0.0

    @property
    def is_near(self) -> bool:
        return abs(self.found - self.truth) <= max(self.tolerance * abs(self.truth), self.at_least)


@dataclass(frozen=True)
class City:
    """The simulated city's truth and extracts, read by nothing of the project."""

    landing: Path
    truth: Path

    @cached_property
    def persons(self) -> pl.DataFrame:
        """Everybody, with `lives`: whether she is alive and here on the day; `listed`: whether a record says where."""
        everybody = pl.read_parquet(self.truth / "persons.parquet")
        asked = self.mentions.filter(pl.col("dataset").is_in(ASK_WHERE))
        listed = asked.select("person").unique().with_columns(listed=pl.lit(True))
        return everybody.join(listed, on="person", how="left").with_columns(
            lives=pl.col("division_code").is_not_null() & pl.col("died_on").is_null(),
            listed=pl.col("listed").fill_null(False),
        )

    @cached_property
    def mentions(self) -> pl.DataFrame:
        return pl.read_parquet(self.truth / "mentions.parquet")

    @cached_property
    def planted(self) -> pl.DataFrame:
        return pl.read_parquet(self.truth / "planted.parquet")

    def records(self, dataset: str, key: str) -> pl.DataFrame:
        """A dataset's records in force, as text, with the key's column as `record_key`; the last delivered of each."""
        bureau, name = dataset.split(".")
        in_force = pl.DataFrame()
        for delivery in sorted((self.landing / bureau / name).iterdir()):
            files = [path for path in sorted(delivery.iterdir()) if path.name != "manifest.json"]
            rows = pl.concat([rows_of(path, bureau) for path in files], how="diagonal")
            rows = rows.rename({key: "record_key"}).filter(pl.col("record_key").is_not_null())
            rows = rows.unique("record_key", keep="last", maintain_order=True)
            if "变更类型" in rows.columns:
                kept = in_force.filter(~pl.col("record_key").is_in(rows["record_key"].implode()))
                rows = pl.concat([kept, rows.filter(pl.col("变更类型") != "D")], how="diagonal")
            in_force = rows
        return in_force

    def people(self, records: pl.DataFrame, dataset: str, role: str) -> pl.DataFrame:
        """Records with whom they are truly about, in `person`, and everything about her."""
        about = self.mentions.filter((pl.col("dataset") == dataset) & (pl.col("role") == role))
        return records.join(about.select("record_key", "person"), on="record_key").join(self.persons, on="person")


def months_old(months: int) -> date:
    """The birth date of whoever is so many months old today."""
    years, rest = divmod(AS_OF.month - 1 - months, 12)
    return date(AS_OF.year + years, rest + 1, AS_OF.day if rest + 1 in (1, 3, 5, 7, 8, 10, 12) else 28)


@pytest.fixture(scope="module")
def city(built_city: Any) -> City:
    return City(built_city.landing, built_city.truth)


@pytest.fixture(scope="module")
def mart(built_city: Any) -> Callable[[str], float]:
    """One figure of the marts of the whole city."""

    def figure(sql: str) -> float:
        with open_published(built_city.workdir, "analysis") as connection:
            row = connection.execute(sql).fetchone()
        assert row is not None and row[0] is not None, sql
        return float(row[0])

    return figure


def total(column: str) -> str:
    """A column of the population now."""
    return (
        f"SELECT {column} FROM marts.mart_population WHERE level = 'city' AND dimension_set = 'total' "
        "ORDER BY period DESC LIMIT 1"
    )


def away_unseen(city: City) -> pl.DataFrame:
    """The registered who have gone, and neither PADIS nor the register says so: by all records they are at home."""
    gone = city.people(city.records("hfpc.padis_case", "个案编号"), "hfpc.padis_case", "migrant").filter(
        pl.col("流向") == "2"
    )
    register = city.people(
        city.records("psb.household_register", "人员编号"), "psb.household_register", "resident"
    ).filter(pl.col("注销日期").is_null())
    return (
        register.filter(~pl.col("lives") & pl.col("died_on").is_null())
        .join(gone, on="person", how="anti")
        .unique("person")
    )


def check(figures: dict[str, Figure]) -> None:
    """All figures near their truth; those that are not are named with both."""
    far = {name: figure for name, figure in figures.items() if not figure.is_near}
    assert not far, "\n".join(f"{name}: {figure.found} found, {figure.truth} true" for name, figure in far.items())


def test_people_floating_and_residents_are_those_whom_the_records_tell_of(
    city: City, mart: Callable[[str], float]
) -> None:
    here = city.persons.filter(pl.col("lives") & pl.col("listed"))
    at_home = away_unseen(city).height
    check(
        {
            "people": Figure(mart(total("people")), here.height + at_home, IDENTITY),
            "floating": Figure(mart(total("floating")), here.filter("is_floating").height, IDENTITY),
            "residents": Figure(mart(total("resident")), here.filter("is_resident").height + at_home, IDENTITY),
            "floating_in_city": Figure(
                mart(total("floating_in_city")),
                here.filter(pl.col("is_floating") & (pl.col("flow_scope") == "市内跨旗县")).height,
                IDENTITY,
                A_FAMILY,
            ),
        }
    )


def test_the_unseen_are_estimated_from_the_floating_who_are_alive_and_here(built_city: Any) -> None:
    with open_published(built_city.workdir, "restricted") as connection:
        rows = connection.execute(
            "SELECT (SELECT sum(listed) FROM marts.mart_population_estimate WHERE level = 'city' AND sex = 'all' "
            "AND age_band = 'all' AND method = 'chapman'), count(*), count(*) FILTER (is_deceased), "
            "count(*) FILTER (NOT is_current OR is_current IS NULL) FROM library.fct_person_month AS month "
            "JOIN library.dim_person USING (person_id) LEFT JOIN library.fct_residence_spell AS spell "
            "ON spell.person_id = month.person_id AND spell.is_current WHERE month.is_floating "
            "AND period = (SELECT max(period) FROM library.fct_person_month)"
        ).fetchall()
    ((listed, floating, dead, gone),) = rows
    assert listed == floating > 0
    assert (dead, gone) == (0, 0)


def test_the_registered_are_those_on_the_register(city: City, mart: Callable[[str], float]) -> None:
    register = city.people(city.records("psb.household_register", "人员编号"), "psb.household_register", "resident")
    on_it = register.filter(pl.col("注销日期").is_null())["person"].n_unique()
    check({"registered": Figure(mart(total("registered")), on_it, IDENTITY / 2)})


# The mart looks back 24 months, the build's included.
WINDOW = date(2012, 11, 1)
MOVES = "SELECT sum(people) FROM marts.mart_flow WHERE level = 'city' AND direction = '{}'"


def test_in_flow_is_who_came_from_outside_and_stayed_a_month(city: City, mart: Callable[[str], float]) -> None:
    gone_on = pl.coalesce("left_on", "died_on")
    came = city.persons.filter(
        pl.col("listed")
        & (pl.col("arrived_on") >= WINDOW)
        & pl.col("group").is_in(["far", "near", "visitor", "left", "died_away"])
        & (gone_on.is_null() | (gone_on >= pl.col("arrived_on").dt.offset_by("1mo")))
    )
    check({"in_flow": Figure(mart(MOVES.format("in")), came.height, IDENTITY)})


def test_out_flow_is_who_left_as_padis_or_the_register_says(city: City, mart: Callable[[str], float]) -> None:
    cases = city.people(city.records("hfpc.padis_case", "个案编号"), "hfpc.padis_case", "migrant")
    register = city.people(city.records("psb.household_register", "人员编号"), "psb.household_register", "resident")
    moved_out = register.filter(pl.col("注销原因").is_in(["3", "迁出或离开本地"]))
    gone = pl.concat([cases.filter(pl.col("流向") == "2").select("person"), moved_out.select("person")]).unique()
    left = city.persons.join(gone, on="person", how="semi").filter(pl.col("left_on") >= WINDOW)
    check({"out_flow": Figure(mart(MOVES.format("out")), left.height, IDENTITY)})


def test_permit_holders_are_the_floating_with_a_permit_in_force(city: City, mart: Callable[[str], float]) -> None:
    permits = city.people(city.records("psb.temporary_residence", "登记编号"), "psb.temporary_residence", "resident")
    in_force = permits.filter(
        pl.col("is_floating")
        & pl.col("lives")
        & (day("签发日期") <= AS_OF)
        & (day("居住证有效期至").is_null() | (day("居住证有效期至") >= AS_OF))
        & (day("注销日期").is_null() | (day("注销日期") > AS_OF))
    )
    found = mart(
        "SELECT sum(holders) FROM (SELECT DISTINCT permit_kind, holders FROM marts.mart_permit_services "
        "WHERE level = 'city')"
    )
    check({"permit holders": Figure(found, in_force["person"].n_unique(), IDENTITY)})


def covered(service: str, group: str, column: str = "covered") -> str:
    """Who of a group is covered by a service in the city."""
    return (
        f"SELECT {column} FROM marts.mart_service_coverage WHERE level = 'city' AND service = '{service}' "
        f"AND population_group = '{group}'"
    )


def of_group(city: City, persons: pl.DataFrame, group: str) -> pl.DataFrame:
    """The floating who live here, or the registered who are not floating, as far as records tell."""
    if group == "floating":
        return persons.filter("lives", "listed", "is_floating")
    at_home = pl.col("lives") | pl.col("person").is_in(away_unseen(city)["person"].implode())
    return persons.filter(at_home, "is_registered", ~pl.col("is_floating"))


@pytest.mark.parametrize("group", ["floating", "registered"])
def test_pupils_are_children_of_school_age_on_a_schools_list(
    city: City, mart: Callable[[str], float], group: str
) -> None:
    lists = city.people(city.records("edu.student_enrollment", "学籍号"), "edu.student_enrollment", "student").filter(
        (day("离校日期").is_null() | (day("离校日期") > AS_OF)) & (day("入学日期") <= AS_OF)
    )
    # six by 31 August (义务教育法第十一条), for nine years
    at_school = of_group(city, lists, group).filter(
        pl.col("birth_date").is_between(date(1999, 9, 1), date(2008, 8, 31))
    )
    found = mart(covered("schooling", group))
    check({f"{group} pupils": Figure(found, at_school["person"].n_unique(), IDENTITY, A_FAMILY)})


@pytest.mark.parametrize("group", ["floating", "registered"])
def test_children_covered_by_a_dose_are_those_to_whom_it_was_given(
    city: City, mart: Callable[[str], float], group: str
) -> None:
    doses = city.people(city.records("hfpc.immunization", "接种编号"), "hfpc.immunization", "child")
    given = doses.filter(
        (pl.col("疫苗代码") == "MR")
        & (pl.col("剂次") == "1")
        & (pl.col("接种类型") == "1")
        & pl.col("实种日期").is_not_null()
    )
    # at eight months, where the child lives by then, until the seventh birthday
    due = of_group(city, given, group).filter(
        (pl.col("birth_date") <= months_old(8))
        & (pl.col("birth_date") > months_old(84))
        & (
            pl.col("arrived_on").is_null()
            | (pl.col("arrived_on") <= pl.col("birth_date").dt.offset_by("8mo"))
            | (group == "registered")
        )
    )
    found = mart(covered("vaccine_MR_1", group))
    check({f"{group} vaccinated": Figure(found, due["person"].n_unique(), IDENTITY, A_FAMILY)})


@pytest.mark.parametrize("group", ["floating", "registered"])
def test_health_records_cover_the_share_of_people_who_have_one(
    city: City, mart: Callable[[str], float], group: str
) -> None:
    records = city.people(city.records("hfpc.health_record", "档案编号"), "hfpc.health_record", "patient")
    # half a year of stay is asked of the floating (2011 规范: 常住居民)
    due = of_group(city, city.persons, group)
    if group == "floating":
        due = due.filter(pl.col("arrived_on") <= months_old(6))
    having = due.join(records, on="person", how="semi")
    found = mart(covered("health_record", group, "coverage_rate"))
    check({f"{group} coverage": Figure(found, having.height / due.height, IDENTITY)})


def test_missing_registrations_of_stay_are_of_the_floating_whom_the_police_do_not_have(
    city: City, mart: Callable[[str], float]
) -> None:
    records = city.people(city.records("psb.temporary_residence", "登记编号"), "psb.temporary_residence", "resident")
    in_force = records.filter(day("注销日期").is_null() | (day("注销日期") > AS_OF))
    due = city.persons.filter(
        pl.col("birth_date") <= date(AS_OF.year - 16, AS_OF.month, AS_OF.day), "lives", "listed", "is_floating"
    )
    rule = "FROM marts.mart_missing_record WHERE level = 'city' AND rule_id = 'record_temporary_residence'"
    missing = due.join(in_force, on="person", how="anti").height
    check(
        {
            "expected": Figure(mart(f"SELECT expected {rule}"), due.height, IDENTITY),
            # whose records fall apart has one part without the record: an error among all who should have it
            "missing": Figure(mart(f"SELECT missing {rule}"), missing, IDENTITY, IDENTITY * due.height),
        }
    )


def test_phones_asked_for_by_police_and_grid_are_of_people_whom_both_have_with_one(
    city: City, mart: Callable[[str], float]
) -> None:
    def with_phone(dataset: str, key: str) -> pl.DataFrame:
        return city.people(city.records(dataset, key), dataset, "resident").filter(
            pl.col("联系电话").str.count_matches(r"\d") >= 7
        )

    police = pl.concat(
        [
            with_phone("psb.household_register", "人员编号").select("person"),
            with_phone("psb.temporary_residence", "登记编号").select("person"),
        ]
    )
    both = police.join(with_phone("grid.household_visit", "采集编号"), on="person", how="semi")
    here = city.persons.filter("lives").join(both, on="person", how="semi")
    found = mart(
        "SELECT people FROM marts.mart_repeat_collection WHERE level = 'city' AND field = 'phone' "
        "AND least(bureau, other_bureau) = 'grid' AND greatest(bureau, other_bureau) = 'psb'"
    )
    check({"asked twice": Figure(found, here.height, IDENTITY)})


@pytest.mark.parametrize(
    ("service", "beneficiary", "column"), [("2", "1", "registered"), ("2", "2", "floating"), ("6", "9", "people")]
)
def test_spending_per_person_is_the_finance_bureaus_money_over_those_it_is_for(
    city: City, mart: Callable[[str], float], service: str, beneficiary: str, column: str
) -> None:
    money = pl.concat(rows_of(path, "finance") for path in (city.landing / "finance").rglob("*.csv"))
    spent = money.filter(
        (pl.col("年度") == "2014") & (pl.col("服务项目") == service) & (pl.col("受益对象") == beneficiary)
    )["决算万元"].cast(pl.Decimal(18, 4))
    yuan = float(spent.sum() or 0) * 10_000
    here = city.persons.filter("lives", "listed")
    people = {
        "registered": city.persons.filter(pl.col("is_registered")).height,
        "floating": here.filter("is_floating").height,
        "people": here.height + away_unseen(city).height,
    }[column]
    rows = (
        "FROM marts.mart_funding_per_capita WHERE level = 'city' AND year = 2014 "
        f"AND funding_service = '{service}' AND beneficiary = '{beneficiary}'"
    )
    check(
        {
            "spent": Figure(mart(f"SELECT sum(spent_yuan) {rows}"), yuan, EXACT, at_least=0.01),
            "per person": Figure(mart(f"SELECT sum(spent_per_capita_yuan) {rows}"), yuan / people, IDENTITY),
        }
    )


def test_rows_delivered_twice_are_found_as_they_were_planted(city: City, mart: Callable[[str], float]) -> None:
    planted = city.planted.filter(pl.col("kind") == "row_repeated")
    found = mart("SELECT count(*) FROM quality.finding WHERE rule_id = 'row_repeated' AND state = 'open'")
    check({"repeated rows": Figure(found, planted.height, EXACT)})
