"""Insurance, employment and training: who has them, since when, and how far floating people are behind."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import hrss
from sources.city.errors import PERSON, PLANTED, Draws
from sources.city.population import City, build_city
from sources.city.records import Delivery

SCALE = 0.02
DAY = date(2014, 10, 31)
SEED = 7
FLOATING = ["within", "far", "near"]


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, SEED, DAY)


def rows(deliveries: list[Delivery]) -> pl.DataFrame:
    (delivery,) = deliveries
    return pl.concat(list(delivery.parts))


@pytest.fixture(scope="module")
def insured(city: City) -> pl.DataFrame:
    return rows(hrss.social_insurance(city, Draws(SEED, "hrss.social_insurance", "clean")))


@pytest.fixture(scope="module")
def registered(city: City) -> pl.DataFrame:
    return rows(hrss.employment(city, Draws(SEED, "hrss.employment", "clean")))


@pytest.fixture(scope="module")
def trained(city: City) -> pl.DataFrame:
    return rows(hrss.training(city, Draws(SEED, "hrss.training", "clean")))


def with_person(frame: pl.DataFrame, role: str, city: City) -> pl.DataFrame:
    columns = [
        "person", "group", "birth_date", "arrived_on", "hukou_since", "left_on", "died_on", "is_floating",
        "stay_band", "hukou_type", "employer",
    ]  # fmt: skip
    return frame.join(
        city.persons.select(columns).rename({"employer": "works_at"}), left_on=PERSON + role, right_on="person"
    )


def never_early(frame: pl.DataFrame, day: str) -> bool:
    known = pl.max_horizontal("birth_date", "arrived_on", "hukou_since")
    return frame.filter(pl.col(day) < known).is_empty()


def test_keys_and_entries_are_unique(insured: pl.DataFrame, registered: pl.DataFrame, trained: pl.DataFrame) -> None:
    for frame in (insured, registered, trained):
        assert not frame["record_key"].is_duplicated().any()
        assert not frame["_entry"].is_duplicated().any()
        assert frame["division"].null_count() == 0


def test_records_are_as_many_as_a_city_of_this_size_has(insured: pl.DataFrame, registered: pl.DataFrame) -> None:
    assert 4_000_000 * SCALE < insured.height < 5_200_000 * SCALE
    assert 500_000 * SCALE < registered.height < 900_000 * SCALE


def test_insured_work_is_a_package_and_far_rarer_among_the_floating(city: City, insured: pl.DataFrame) -> None:
    of_work = insured.filter(pl.col("employer").is_not_null(), pl.col("active") == "1")
    schemes = of_work.group_by(PERSON + "insured").agg(pl.col("insurance").sort())
    assert schemes["insurance"].list.len().unique().to_list() == [5]
    firsts = set(schemes["insurance"].list.first())
    assert firsts == {"110", "120"}
    workers = city.persons.filter(pl.col("employer") >= 0, pl.col("division_code").is_not_null()).with_columns(
        pl.col("person").is_in(schemes[PERSON + "insured"].to_list()).alias("has")
    )
    share = dict(workers.filter("is_floating").group_by("stay_band").agg(pl.col("has").mean()).iter_rows())
    assert 0.2 < share["1m_6m"] < share["6m_5y"] < share["over_5y"] < 0.5
    assert 0.78 < workers.filter(pl.col("group") == "stay")["has"].mean() < 0.9  # type: ignore[operator]


def test_half_of_public_work_is_under_the_scheme_of_public_institutions(city: City, insured: pl.DataFrame) -> None:
    section = dict(city.persons.select("person", "industry").iter_rows())
    pensions = insured.filter(pl.col("insurance").is_in(["110", "120"]), pl.col("employer").is_not_null())
    public = [
        scheme
        for person, scheme, active in pensions.select(PERSON + "insured", "insurance", "active").iter_rows()
        if active == "1" and section[person] in {"P", "Q", "S"}
    ]
    assert public.count("120") / len(public) == pytest.approx(0.5, abs=0.06)
    others = pensions.filter(pl.col("active") == "1", pl.col("insurance") == "120")[PERSON + "insured"]
    assert {section[person] for person in others} <= {"P", "Q", "S"}


def test_insurance_keeps_the_order_of_its_dates(city: City, insured: pl.DataFrame) -> None:
    frame = with_person(insured, "insured", city)
    assert never_early(frame, "enrolled_on")
    assert frame.filter(pl.col("ended_on") < pl.col("enrolled_on")).is_empty()
    assert frame.filter(pl.max_horizontal("enrolled_on", "ended_on") > DAY).is_empty()
    assert frame.filter(pl.col("paid_to") < pl.col("enrolled_on").dt.strftime("%Y%m")).is_empty()
    assert frame.filter(pl.col("paid_to") > pl.coalesce("ended_on", pl.lit(DAY)).dt.strftime("%Y%m")).is_empty()
    assert (frame["ended_on"].is_null() == (frame["active"] == "1")).all()


def test_nobody_who_left_or_died_stays_insured_in_a_clean_city(city: City, insured: pl.DataFrame) -> None:
    gone = with_person(insured, "insured", city).filter(
        pl.col("group").is_in(["left", "emigrated", "died", "died_away"])
    )
    assert gone.height > 0
    assert gone["ended_on"].null_count() == 0


def test_only_those_over_sixty_draw_pensions(city: City, insured: pl.DataFrame) -> None:
    drawing = with_person(insured, "insured", city).filter(pl.col("paid_to").is_null())
    assert set(drawing["insurance"]) == {"110", "170", "310"}
    assert (drawing["birth_date"].dt.offset_by("60y") <= pl.Series([date(2014, 11, 1)]).item()).all()


def test_one_person_holds_one_scheme_at_a_time(insured: pl.DataFrame) -> None:
    spells = insured.sort(PERSON + "insured", "insurance", "enrolled_on")
    same = [PERSON + "insured", "insurance"]
    following = pl.col("enrolled_on").shift(-1).over(same)
    assert spells.filter(
        following.is_not_null() & (pl.col("ended_on").is_null() | (pl.col("ended_on") > following))
    ).is_empty()
    assert spells.select(same).is_duplicated().any()


def test_one_registration_of_a_person_is_open_at_a_time(city: City, registered: pl.DataFrame) -> None:
    spells = registered.sort(PERSON + "worker", "registered_on")
    following = pl.col("registered_on").shift(-1).over(PERSON + "worker")
    assert spells.filter(
        following.is_not_null() & (pl.col("ended_on").is_null() | (pl.col("ended_on") > following))
    ).is_empty()
    frame = with_person(registered, "worker", city)
    assert never_early(frame, "registered_on")
    assert frame.filter(pl.max_horizontal("registered_on", "ended_on") > DAY).is_empty()
    assert frame.filter(pl.col("employment") == "2", pl.col("industry").is_not_null()).is_empty()
    assert set(registered["employment"]) == {"1", "2"}


def test_registration_of_work_falls_with_shorter_stay(city: City, registered: pl.DataFrame) -> None:
    workers = city.persons.filter(pl.col("industry").is_not_null(), pl.col("division_code").is_not_null()).with_columns(
        pl.col("person").is_in(registered[PERSON + "worker"].to_list()).alias("has")
    )
    share = dict(workers.filter("is_floating").group_by("stay_band").agg(pl.col("has").mean()).iter_rows())
    assert share["1m_6m"] < share["6m_5y"] < share["over_5y"]
    assert share["over_5y"] < workers.filter(pl.col("group") == "stay")["has"].mean()


def test_people_registered_twice_are_both_named(city: City) -> None:
    hard = rows(hrss.employment(city, Draws(SEED, "hrss.employment", "hard")))
    twice = hard.filter(PLANTED + "person_repeated")
    assert twice.height > 0
    assert twice["ended_on"].null_count() == twice.height
    assert (twice.group_by(PERSON + "worker").len()["len"] == 2).all()


def test_forgotten_records_are_of_people_who_left_and_have_no_end(city: City) -> None:
    insured = rows(hrss.social_insurance(city, Draws(SEED, "hrss.social_insurance", "hard")))
    registered = rows(hrss.employment(city, Draws(SEED, "hrss.employment", "hard")))
    for frame, role in ((insured, "insured"), (registered, "worker")):
        forgotten = with_person(frame, role, city).filter(PLANTED + "not_cancelled")
        assert forgotten.height > 0
        assert forgotten["ended_on"].null_count() == forgotten.height
        assert forgotten["left_on"].null_count() == 0


def test_everyone_trained_is_subsidised_and_who_passed_gets_a_hundred_yuan_more(trained: pl.DataFrame) -> None:
    finished = trained.filter(pl.col("finished_on").is_not_null())
    assert finished["subsidy_yuan"].null_count() == 0
    by_trade = finished.group_by("trade", "certified").agg(pl.col("subsidy_yuan").unique())
    assert (by_trade["subsidy_yuan"].list.len() == 1).all()
    paid = {(trade, certified): amounts[0] for trade, certified, amounts in by_trade.iter_rows()}
    for trade in {trade for trade, _ in paid}:
        if {(trade, "0"), (trade, "1")} <= set(paid):
            assert paid[trade, "1"] - paid[trade, "0"] == 100


def test_courses_were_given_by_the_fifty_four_institutions_in_three_years(city: City, trained: pl.DataFrame) -> None:
    frame = with_person(trained, "trainee", city)
    assert trained["institution"].n_unique() == 54
    assert frame.filter(pl.col("finished_on") <= pl.col("started_on")).is_empty()
    assert frame.filter(pl.col("started_on") < date(2011, 10, 31)).is_empty()
    assert frame.filter(pl.coalesce("finished_on", "started_on") > pl.coalesce("left_on", pl.lit(DAY))).is_empty()
    assert never_early(frame, "started_on")
    assert frame["is_floating"].mean() > 0.2  # type: ignore[operator]
