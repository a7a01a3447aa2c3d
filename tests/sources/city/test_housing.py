"""Leases and public housing: who filed, for how long, and who got a flat."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import housing
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, build_city
from sources.city.records import Delivery

SCALE = 0.02
DAY = date(2014, 10, 31)
SEED = 7


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, SEED, DAY)


def rows(deliveries: list[Delivery]) -> pl.DataFrame:
    (delivery,) = deliveries
    return pl.concat(list(delivery.parts))


def filed(city: City, profile: str) -> pl.DataFrame:
    return rows(housing.rental_filing(city, Draws(SEED, "housing.rental_filing", profile)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def leases(city: City) -> pl.DataFrame:
    return filed(city, "clean")


@pytest.fixture(scope="module")
def applications(city: City) -> pl.DataFrame:
    return rows(housing.public_rental(city, Draws(SEED, "housing.public_rental", "clean")))


def with_person(frame: pl.DataFrame, role: str, city: City) -> pl.DataFrame:
    persons = city.persons.drop("name", "phone")
    return frame.join(persons, left_on=PERSON + role, right_on="person")


def test_keys_and_entries_are_unique(leases: pl.DataFrame, applications: pl.DataFrame) -> None:
    for frame in (leases, applications):
        assert not frame["record_key"].is_duplicated().any()
        assert not frame["_entry"].is_duplicated().any()


def test_tenants_are_heads_of_households_that_rent_in_the_workbook_of_their_district(
    city: City, leases: pl.DataFrame
) -> None:
    frame = with_person(leases, "tenant", city)
    assert (frame["dwelling"] == "rent").all()
    assert (frame["place"] == 0).all()
    assert leases["_file"].n_unique() == 10
    assert (leases["_file"].str.slice(5, 6) == leases["division"].str.slice(0, 6)).all()


def test_more_leases_are_filed_the_longer_people_stay(city: City, leases: pl.DataFrame) -> None:
    tenants = leases[PERSON + "tenant"].unique().to_list()
    heads = city.persons.filter(pl.col("place") == 0, pl.col("dwelling") == "rent", "is_floating").with_columns(
        pl.col("person").is_in(tenants).alias("filed")
    )
    share = dict(heads.group_by("stay_band").agg(pl.col("filed").mean()).iter_rows())
    assert 0.15 < share["1m_6m"] < share["6m_5y"] < share["over_5y"] < 0.5


def test_leases_keep_the_order_of_their_dates_and_some_have_expired(city: City, leases: pl.DataFrame) -> None:
    frame = with_person(leases, "tenant", city)
    assert frame.filter(pl.col("started_on") < pl.max_horizontal("arrived_on", "birth_date")).is_empty()
    assert frame.filter(pl.col("started_on") > pl.coalesce("left_on", pl.lit(DAY))).is_empty()
    assert frame.filter(pl.col("ended_on") <= pl.col("started_on")).is_empty()
    assert 0.2 < (leases["ended_on"] < DAY).mean() < 0.7  # type: ignore[operator]


def overlapping(leases: pl.DataFrame) -> pl.DataFrame:
    spells = leases.sort(PERSON + "tenant", "started_on")
    following = pl.col("started_on").shift(-1).over(PERSON + "tenant")
    return spells.filter(following < pl.col("ended_on"))


def test_a_tenant_has_one_lease_at_a_time(leases: pl.DataFrame) -> None:
    assert overlapping(leases).is_empty()
    assert leases[PERSON + "tenant"].is_duplicated().any()


def test_two_leases_at_once_are_planted_on_both(city: City) -> None:
    hard = filed(city, "hard")
    twice = hard.filter(PLANTED + "person_repeated")
    assert twice.height > 0
    assert (twice.group_by(PERSON + "tenant").len()["len"] == 2).all()
    assert set(overlapping(hard)[PERSON + "tenant"]) == set(twice[PERSON + "tenant"])


def test_landlords_are_registered_people(city: City, leases: pl.DataFrame) -> None:
    owners = set(city.persons.filter(pl.col("group") == "stay")["name"])
    assert set(leases["landlord_name"]) <= owners


def test_rents_are_higher_in_the_inner_city_than_in_the_counties(leases: pl.DataFrame) -> None:
    rent = dict(leases.group_by(pl.col("division").str.slice(0, 6)).agg(pl.col("rent_yuan").mean()).iter_rows())
    assert rent["150203"] > rent["150221"] > 0


def test_public_housing_is_for_registered_households_and_few_floating_ones(
    city: City, applications: pl.DataFrame
) -> None:
    frame = with_person(applications, "applicant", city)
    assert 0 < frame["is_floating"].mean() < 0.05  # type: ignore[operator]
    assert set(frame.filter("is_floating")["kind"]) == {"2"}
    assert set(frame["kind"]) == {"1", "2"}
    assert not frame[PERSON + "applicant"].is_duplicated().any()


def test_a_flat_has_a_day_exactly_when_it_was_allotted(city: City, applications: pl.DataFrame) -> None:
    frame = with_person(applications, "applicant", city)
    assert set(frame["status"]) == {"1", "2", "3", "4"}
    assert (frame["allotted_on"].is_not_null() == frame["status"].is_in(["3", "4"])).all()
    assert frame.filter(pl.col("allotted_on") < pl.col("applied_on")).is_empty()
    assert frame.filter(pl.max_horizontal("applied_on", "allotted_on") > pl.coalesce("left_on", pl.lit(DAY))).is_empty()
    assert frame.filter(pl.col("applied_on") < pl.max_horizontal("arrived_on", "hukou_since")).is_empty()
    assert set(frame.filter(pl.col("died_on").is_not_null())["status"]) <= {"4"}


def test_households_have_as_many_people_as_live_together(city: City, applications: pl.DataFrame) -> None:
    here = city.persons.filter(pl.col("division_code").is_not_null())
    size = dict(here.group_by("household").len().iter_rows())
    living = with_person(applications, "applicant", city).filter(pl.col("died_on").is_null())
    assert living["household_size"].to_list() == [size[household] for household in living["household"]]
