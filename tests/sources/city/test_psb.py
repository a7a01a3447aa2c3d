"""The police's household register and temporary registrations say of people what is true of them."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from sources.city.datasets import psb, register
from sources.city.errors import Draws, Profile
from sources.city.places import census_shares
from sources.city.population import City, build_city
from tests.sources.city.conftest import Simulated

DAY = date(2014, 10, 31)
SCALE = 0.02


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, 7, DAY)


def register_of(city: City, profile: Profile) -> pl.DataFrame:
    """The register's true rows, with the people they are about."""
    (delivery,) = register.household_register(city, Draws(city.seed, "psb.household_register", profile))
    rows = pl.concat(delivery.parts)
    about = city.persons.select(
        "person", "group", "home", "household", "hukou_since", "hukou_from", "died_on", "left_on", "is_registered"
    )
    return rows.join(about, left_on="_person_resident", right_on="person", how="left", suffix="_true")


@pytest.fixture(scope="module")
def entries(city: City) -> pl.DataFrame:
    return register_of(city, "clean")


@pytest.fixture(scope="module")
def temporary(city: City) -> pl.DataFrame:
    """Temporary registrations as they stand at the city's date."""
    full, delta = psb.temporary_residence(city, Draws(city.seed, "psb.temporary_residence", "clean"))
    before, changes = (pl.concat(delivery.parts) for delivery in (full, delta))
    untouched = before.join(changes, on="record_key", how="anti")
    now = pl.concat([untouched, changes.filter(pl.col("_change") != "D")])
    about = city.persons.select("person", "group", "hukou_since", "died_on", "left_on")
    return now.join(about, left_on="_person_resident", right_on="person", how="left")


def test_everyone_registered_is_in_the_register_but_some_of_the_newborn(city: City, entries: pl.DataFrame) -> None:
    registered = city.persons.filter("is_registered")
    missing = registered.filter(~pl.col("person").is_in(entries["_person_resident"].implode()))
    assert (missing["birth_date"] > DAY - timedelta(days=60)).all()
    newborn = registered.filter(pl.col("birth_date") > DAY - timedelta(days=60)).height
    assert 0 < missing.height < 0.5 * newborn
    open_ = entries.filter(pl.col("cancelled_on").is_null())
    assert open_["is_registered"].all()
    assert open_.height == registered.height - missing.height


def test_the_dead_and_the_emigrated_are_cancelled_with_their_reason(city: City, entries: pl.DataFrame) -> None:
    cancelled = entries.filter(pl.col("cancelled_on").is_not_null())
    assert (cancelled["cancelled_on"] >= cancelled["left_on"]).all()
    assert (cancelled["cancelled_on"] <= DAY).all()
    reasons = cancelled.group_by("cancel_reason").agg(pl.col("group").unique())
    assert dict(reasons.iter_rows()) == {"1": ["died"], "3": ["emigrated"]}
    dead = city.persons.filter(pl.col("group") == "died").height
    assert (cancelled["cancel_reason"] == "1").sum() == dead


def test_numbers_of_the_register_are_unique_and_nobody_has_two(entries: pl.DataFrame) -> None:
    assert entries["record_key"].is_unique().all()
    assert entries["_person_resident"].is_unique().all()
    assert entries["_entry"].is_unique().all()


def test_dates_of_the_register_are_in_order(entries: pl.DataFrame) -> None:
    assert (entries["birth_date"] <= entries["registered_on"]).all()
    assert (entries["registered_on"] <= entries["cancelled_on"].fill_null(DAY)).all()
    moved = entries.filter(pl.col("moved_in_on").is_not_null())
    assert (moved["moved_in_on"] == moved["hukou_since"]).all()
    assert (moved["moved_in_on"] == moved["registered_on"]).all()
    assert entries["moved_from_division"].is_not_null().equals(entries["moved_in_on"].is_not_null())
    assert moved.height / entries.height == pytest.approx(0.10, abs=0.02)


def test_the_registered_home_is_a_community_of_the_city(city: City, entries: pl.DataFrame) -> None:
    assert entries["hukou_division"].is_in(city.places.communities["community"].implode()).all()
    assert (city.places.communities["community"].gather(entries["home"]) == entries["hukou_division"]).all()


def test_a_registered_household_has_one_head_and_one_home(entries: pl.DataFrame) -> None:
    households = entries.group_by("household_key").agg(
        (pl.col("relationship") == "02").sum().alias("heads"), pl.col("hukou_division").n_unique().alias("homes")
    )
    assert (households["heads"] == 1).all()
    assert (households["homes"] == 1).all()


def test_some_who_live_together_are_registered_apart(entries: pl.DataFrame) -> None:
    together = entries.group_by("household").agg(pl.col("household_key").n_unique(), pl.len().alias("people"))
    apart = (together.filter(pl.col("people") > 1)["household_key"] > 1).mean()
    assert 0.03 < apart < 0.20  # type: ignore[operator]


def test_police_stations_go_to_different_depths_about_marriages(entries: pl.DataFrame) -> None:
    stations = entries.filter(pl.col("marital").str.starts_with("2")).group_by("_style").agg(pl.col("marital").unique())
    depths = {tuple(sorted(codes)) for codes in stations["marital"].to_list()}
    assert ("20",) in depths
    assert ("21", "22") in depths
    assert not any("20" in codes and len(codes) > 1 for codes in depths)


def test_the_register_is_the_same_in_parts_of_any_size(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = register_of(city, "hard").sort("_entry")
    monkeypatch.setattr(register, "_PEOPLE_A_PART", 1_000)
    assert register_of(city, "hard").sort("_entry").equals(whole)


def test_who_is_registered_twice_is_so_in_two_households(city: City) -> None:
    entries = register_of(city, "hard")
    twice = (
        entries.filter("_planted_person_repeated")
        .group_by("_person_resident")
        .agg(
            pl.len(),
            pl.col("household_key").n_unique(),
            pl.col("record_key").n_unique(),
            pl.col("cancelled_on").count(),
        )
    )
    assert twice.height > 20
    assert (twice["len"] == 2).all()
    assert (twice["household_key"] == 2).all()
    assert (twice["record_key"] == 2).all()
    assert (twice["cancelled_on"] == 0).all()
    others = entries.filter(~pl.col("_planted_person_repeated"))
    assert others["_person_resident"].is_unique().all()


def test_some_of_the_dead_stay_in_the_register_for_years(city: City) -> None:
    left_open = register_of(city, "hard").filter("_planted_not_cancelled")
    assert left_open["group"].is_in(["died", "emigrated"]).all()
    assert left_open["cancelled_on"].is_null().all()
    assert (left_open["died_on"] < DAY - timedelta(days=700)).any()


def test_the_register_has_the_published_sexes_ethnicities_and_districts(entries: pl.DataFrame) -> None:
    """Published are residents of 2010: sex within 1.5 points, ethnicity within 1.

    Districts within 4 points: the register counts at home, in the counties, whom the census counted in the town.
    """
    open_ = entries.filter(pl.col("cancelled_on").is_null())

    def share(condition: pl.Expr) -> float:
        return open_.filter(condition).height / open_.height

    assert share(pl.col("sex") == "1") == pytest.approx(1368696 / 2650364, abs=0.015)
    assert share(pl.col("ethnicity") == "01") == pytest.approx(2499508 / 2650364, abs=0.01)
    assert share(pl.col("ethnicity") == "02") == pytest.approx(85121 / 2650364, abs=0.01)
    for district, expected in census_shares().items():
        assert share(pl.col("hukou_division").str.starts_with(district)) == pytest.approx(expected, abs=0.04), district


def test_a_temporary_registration_ends_by_death_departure_or_registration_here(temporary: pl.DataFrame) -> None:
    ended = temporary.filter(pl.col("cancelled_on").is_not_null())
    assert set(ended["cancel_reason"].to_list()) == {"1", "3", "4"}
    assert temporary.filter(pl.col("cancelled_on").is_null())["cancel_reason"].is_null().all()
    of = {reason: ended.filter(pl.col("cancel_reason") == reason) for reason in ("1", "3", "4")}
    assert (of["1"]["group"] == "died_away").all()
    assert (of["1"]["cancelled_on"] >= of["1"]["died_on"]).all()
    assert (ended["cancelled_on"] <= DAY).all()
    assert (ended["registered_on"] <= ended["cancelled_on"]).all()
    assert of["4"]["group"].is_in(["stay", "died", "emigrated"]).all()


def test_those_who_settled_had_been_registered_as_strangers_for_one_to_four_years(
    city: City, temporary: pl.DataFrame
) -> None:
    settled = temporary.filter(pl.col("cancel_reason") == "4")
    assert (settled["cancelled_on"] == settled["hukou_since"]).all()
    assert (settled["hukou_since"] > date(2009, 10, 31)).all()
    years = (settled["cancelled_on"] - settled["registered_on"]).dt.total_days() / 365.25
    assert years.is_between(0.99, 4.01).all()
    assert (settled["arrived_on"] > settled["birth_date"]).all()
    assert not settled["hukou_division"].str.starts_with("1502").any()
    could = city.persons.filter(pl.col("group") == "stay", pl.col("hukou_since") > date(2009, 10, 31)).height
    assert 0.4 < settled.height / could < 0.8


def test_nobody_registered_here_has_a_temporary_registration_open_at_home(temporary: pl.DataFrame) -> None:
    open_ = temporary.filter(pl.col("cancelled_on").is_null())
    assert not open_["group"].is_in(["stay", "died", "emigrated", "died_away", "left"]).any()
    assert open_["_person_resident"].is_unique().all()


def test_police_stations_and_schools_are_units_of_the_catalogue(normal: Simulated) -> None:
    units = {row.cells["机构代码"] for row in normal.rows if row.dataset == "ref.unit"}
    for dataset, header in (("psb.temporary_residence", "派出所代码"), ("edu.student_enrollment", "学校标识码")):
        named = {row.cells[header] for row in normal.rows if row.dataset == dataset} - {""}
        assert len(named) > 50
        assert named <= units, dataset
