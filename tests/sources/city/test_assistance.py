"""Social assistance: how many get it, of what kind, and from when to when."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import civil
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, build_city

SCALE = 0.02
DAY = date(2014, 10, 31)
SEED = 7


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, SEED, DAY)


def assisted(city: City, profile: str) -> pl.DataFrame:
    (delivery,) = civil.assistance(city, Draws(SEED, "civil.assistance", profile))  # type: ignore[arg-type]
    own = city.persons.drop("name", "phone")
    return pl.concat(list(delivery.parts)).join(own, left_on=PERSON + "recipient", right_on="person")


@pytest.fixture(scope="module")
def helped(city: City) -> pl.DataFrame:
    return assisted(city, "clean")


def test_three_to_four_percent_of_registered_people_are_assisted_and_hardly_any_floating(
    city: City, helped: pl.DataFrame
) -> None:
    now = helped.filter(pl.col("ended_on").is_null())[PERSON + "recipient"].to_list()
    registered = city.persons.filter("is_registered", ~pl.col("is_floating"))
    assert 0.03 < registered["person"].is_in(now).mean() < 0.04  # type: ignore[operator]
    ever = helped.filter("is_floating")
    assert 0 < ever.height < 0.003 * city.persons.filter("is_floating").height
    assert set(ever["assistance"]) <= {"4", "5"}


def test_allowances_follow_the_registration_and_the_old_who_are_alone_have_their_own(helped: pl.DataFrame) -> None:
    assert set(helped["assistance"]) == {"1", "2", "3", "4", "5"}
    assert set(helped.filter(pl.col("assistance") == "1")["hukou_type"]) == {"2"}
    assert set(helped.filter(pl.col("assistance") == "2")["hukou_type"]) == {"1"}
    destitute = helped.filter(pl.col("assistance") == "3")
    assert (destitute["spouse"] < 0).all()
    assert (destitute["started_on"] >= destitute["birth_date"].dt.offset_by("60y")).all()


def test_assistance_keeps_the_order_of_its_dates(helped: pl.DataFrame) -> None:
    known = pl.max_horizontal("birth_date", "arrived_on", "hukou_since")
    assert helped.filter(pl.col("started_on") < known).is_empty()
    assert helped.filter(pl.col("ended_on") < pl.col("started_on")).is_empty()
    assert helped.filter(pl.max_horizontal("started_on", "ended_on") > DAY).is_empty()
    assert helped.filter(pl.col("left_on").is_not_null())["ended_on"].null_count() == 0
    relief = helped.filter(pl.col("assistance").is_in(["4", "5"]))
    assert relief["ended_on"].null_count() < 0.3 * relief.height


def test_keys_are_unique_and_amounts_those_of_the_time(helped: pl.DataFrame) -> None:
    assert not helped["record_key"].is_duplicated().any()
    assert not helped["_entry"].is_duplicated().any()
    assert helped["monthly_yuan"].is_between(100, 3000).all()


def test_forgotten_allowances_are_of_people_who_left_or_died(city: City) -> None:
    forgotten = assisted(city, "hard").filter(PLANTED + "not_cancelled")
    assert forgotten["ended_on"].null_count() == forgotten.height
    assert forgotten["left_on"].null_count() == 0
