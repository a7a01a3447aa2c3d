"""Marriages and divorces agree with who died and who left."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import civil
from sources.city.errors import Draws
from sources.city.population import City, build_city

DAY = date(2014, 10, 31)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(0.03, 7, DAY)


@pytest.fixture(scope="module")
def events(city: City) -> pl.DataFrame:
    """A row for each person in a marriage or divorce."""
    (delivery,) = civil.marriage(city, Draws(city.seed, "civil.marriage", "clean"))
    rows = pl.concat(delivery.parts)
    sides = [
        rows.select("record_key", "kind", "registered_on", pl.col(f"_person_{role}").alias("person"))
        for role in ("husband", "wife")
    ]
    return pl.concat(sides).join(city.persons, on="person", how="left")


def test_who_died_with_a_partner_in_the_house_was_married_and_leaves_a_widow_or_widower(city: City) -> None:
    married = city.persons.filter(pl.col("group") == "died", pl.col("place") == 1)
    left_behind = city.persons.filter(
        pl.col("household").is_in(married["household"].implode()), pl.col("group") != "died"
    )
    assert married.height > 50
    assert left_behind.height == married.height
    assert (married["marital"] == "20").all()
    assert (left_behind["marital"] == "30").all()
    assert left_behind["spouse"].eq(-1).all()


def test_the_living_are_married_exactly_if_they_have_a_spouse(city: City) -> None:
    living = city.persons.filter(pl.col("died_on").is_null())
    assert ((living["marital"] == "20") == (living["spouse"] >= 0)).all()


def test_nobody_marries_or_divorces_here_after_dying_or_leaving(events: pl.DataFrame) -> None:
    gone = events.filter(pl.col("group").is_in(["died", "emigrated"]))
    assert gone.height > 0
    assert (gone["registered_on"] <= gone["left_on"]).all()
    assert (events["registered_on"] <= DAY).all()


def test_divorces_are_of_the_divorced_and_marriages_of_the_married(events: pl.DataFrame) -> None:
    assert (events.filter(pl.col("kind") == "2")["marital"] == "40").all()
    assert (events.filter(pl.col("kind") == "1")["marital"] == "20").all()
    assert not events["group"].is_in(["died_away", "visitor"]).any()
