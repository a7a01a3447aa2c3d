"""The survey stands for the floating people it is drawn from, and its answers agree with them and with each other."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from sources.city.datasets import survey
from sources.city.errors import Draws, write_down
from sources.city.papers import issue_papers
from sources.city.population import City, build_city
from sources.contract import load_contract

SCALE = 0.02
DAY = date(2014, 10, 31)
SEED = 7
DATASET = "survey.dynamic_monitoring"
CONTRACT = load_contract(DATASET)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, SEED, DAY)


def asked(city: City) -> pl.DataFrame:
    (delivery,) = survey.dynamic_monitoring(city, Draws(city.seed, DATASET, "clean"))
    (part,) = delivery.parts
    return part.with_columns(
        pl.col("weight").cast(pl.Float64), (pl.col("_entry") // 4).alias("person"), month=pl.lit(f"{DAY:%Y%m}")
    )


@pytest.fixture(scope="module")
def answers(city: City) -> pl.DataFrame:
    return asked(city)


@pytest.fixture(scope="module")
def known(city: City, answers: pl.DataFrame) -> pl.DataFrame:
    """Answers beside the truth of whoever gave them."""
    return answers.join(city.persons, on="person", how="left", suffix="_true", maintain_order="left")


def test_every_item_of_the_questionnaire_is_there(answers: pl.DataFrame) -> None:
    items = {column.field for column in CONTRACT.columns}
    assert items <= set(answers.columns)
    assert len([item for item in items if item[1:].isdigit()]) == 67
    for column in CONTRACT.columns:
        assert not column.required or answers[column.field].null_count() == 0, column.header


@pytest.mark.parametrize("scale", [0.002, 0.005, SCALE])
def test_weights_add_up_to_the_eligible_people_of_each_district(scale: float, city: City) -> None:
    one = city if scale == SCALE else build_city(scale, 5, DAY)
    sample, people = asked(one), survey.eligible(one)
    assert sample["weight"].sum() == pytest.approx(people.height, rel=1e-5)
    wanted = dict(people.group_by("district").len().iter_rows())
    district = pl.col("division").str.slice(0, 6)
    for code, weight in sample.group_by(district).agg(pl.col("weight").sum()).iter_rows():
        assert weight == pytest.approx(wanted[code], rel=1e-5)
    assert sample.height <= people.height / 10
    assert not sample["person"].is_duplicated().any()


def test_a_large_city_asks_two_thousand_people_in_a_hundred_places() -> None:
    size = np.array([80_000, 120_000, 95_000, 4_500, 7_000, 48_000, 27_000, 12_000, 18_000, 36_000])
    units, people = survey._allocation(size, 700)
    assert people == 20
    assert units.sum() == 100
    assert units.min() >= 2


def test_everyone_in_a_district_has_the_same_chance_where_communities_are_large() -> None:
    community = np.repeat(np.arange(30), 100)
    hits = np.zeros(len(community))
    for start in range(200):
        position, _, _, taken = survey._two_stages(community, 10, 20, start / 200)
        assert (taken == 20).all()
        assert len(set(position)) == 200
        hits[position] += 1
    by_community = hits.reshape(30, 100).sum(axis=1)
    assert by_community == pytest.approx(200 * 200 / 30, rel=0.02)


def test_a_community_drawn_twice_is_two_units_with_people_of_their_own() -> None:
    community = np.repeat([0, 1], [900, 100])
    position, unit, _, _ = survey._two_stages(community, 4, 20, 0.1)
    assert len(set(unit)) == 4
    assert len(set(position)) == len(position) == 80


def test_each_stratum_has_two_sampling_units_whose_numbers_name_no_place(answers: pl.DataFrame) -> None:
    units = answers.group_by("stratum").agg(pl.col("sampling_unit").n_unique())
    assert units["sampling_unit"].min() >= 2  # type: ignore[operator]
    numbers = sorted(int(unit) for unit in answers["sampling_unit"].unique())
    assert numbers == list(range(1, len(numbers) + 1))
    in_order = answers.unique("sampling_unit").sort(pl.col("sampling_unit").cast(pl.Int64))["division"]
    assert in_order.to_list() != sorted(in_order)
    assert answers["division"].str.ends_with("000000").all()


def test_answers_agree_with_the_truth(known: pl.DataFrame) -> None:
    assert (known["a01"] == known["sex"]).all()
    assert (known["a02"] == known["birth_date"].dt.strftime("%Y%m")).all()
    assert (known["a03"].cast(pl.Int64) == known["ethnicity"].cast(pl.Int64)).all()
    assert (known["a05"] == known["hukou_type"]).all()
    assert (known["a07"] == known["hukou_division"]).all()
    assert (known["a09"] == known["arrived_on"].dt.strftime("%Y%m")).all()
    assert ((known["a06"] == "1") == (known["marital"] == "10")).all()
    assert ((known["b01"] == "1") == known["industry"].is_not_null()).all()
    assert ((known["b15"] == "2") == (known["dwelling"] == "rent")).all()
    letter = pl.col("b04").cast(pl.Int64).replace_strict(dict(enumerate("ABCDEFGHIJKLMNOPQRST", 1)), default=None)
    assert known.select((letter == pl.col("industry")).fill_null(True).all()).item()
    assert (
        known["a08"] == known["flow_scope"].replace_strict({"跨省": "1", "区内跨盟市": "2", "市内跨旗县": "3"})
    ).all()


def test_children_are_those_the_person_has(city: City, known: pl.DataFrame) -> None:
    persons = city.persons
    for parent in ("mother", "father"):
        sex = {"mother": "2", "father": "1"}[parent]
        count = dict(persons.filter(pl.col(parent) >= 0).group_by(parent).len().iter_rows())
        people = known.filter(pl.col("sex") == sex)
        assert people["a13"].to_list() == [count.get(person, 0) for person in people["person"]]
    assert (known["a14"] <= known["a13"]).all()
    assert (known["a12"] <= known["a11"]).all()
    assert (known["d02"] == known["a13"]).all()


@pytest.mark.parametrize(
    ("items", "asked_when"),
    [
        (("b02", "b19"), pl.col("b01") == "2"),
        (("b03", "b04", "b05", "b06", "b08", "b09", "c03"), pl.col("b01") == "1"),
        (("b07",), pl.col("b06") == "1"),
        (("b18",), pl.col("b17") == "1"),
        (("c09", "c11"), pl.col("c08") == "1"),
        (("c10",), pl.col("c09") == "5"),
        (("d01",), pl.col("a06") != "1"),
        (("d03", "d04"), pl.col("d02") > 0),
        (("d05", "d06", "d07", "d08", "d09"), (pl.col("a01") == "2") & (pl.col("d02") > 0)),
    ],
)
def test_questions_are_answered_exactly_where_they_apply(
    items: tuple[str, ...], asked_when: pl.Expr, answers: pl.DataFrame
) -> None:
    applies = answers.select(asked_when.fill_null(False)).to_series()
    assert applies.any()
    for item in items:
        assert (answers[item].is_not_null() == applies).all(), item


def test_months_and_money_are_in_order(answers: pl.DataFrame) -> None:
    asked_in = answers["surveyed_on"].dt.strftime("%Y%m")
    for item in ("a02", "a09", "d01", "d03"):
        assert (answers[item].fill_null("000000") <= asked_in).all(), item
    assert answers.filter(pl.col("a09") < pl.col("a02")).is_empty()
    assert answers.filter(pl.col("d03") <= pl.col("a02")).is_empty()
    assert answers.filter(pl.col("a16") > pl.col("a09").str.slice(0, 4).cast(pl.Int64)).is_empty()
    assert answers.filter(pl.col("b12") + pl.col("b13") > pl.col("b11")).is_empty()
    assert answers.filter(pl.col("b11") > pl.col("b10")).is_empty()
    assert answers.filter(pl.col("b09") > pl.col("b10")).is_empty()


def test_nobody_is_asked_before_they_have_been_here_for_a_month_or_after_the_city_s_date(known: pl.DataFrame) -> None:
    assert (known["surveyed_on"] >= known["arrived_on"].dt.offset_by("1mo")).all()
    assert (known["surveyed_on"] <= DAY).all()


def test_the_office_s_own_columns_are_never_wrong_and_answers_are_missing_or_another_answer(
    city: City,
) -> None:
    draws = Draws(SEED, DATASET, "hard")
    (delivery,) = survey.dynamic_monitoring(city, draws)
    (part,) = delivery.parts
    written = write_down(CONTRACT, "full", part, issue_papers(city, "hard"), city.places, draws)
    assert set(written.planted["kind"]) == {"value_missing", "code_wrong"}
    required = {column.field for column in CONTRACT.columns if column.required}
    assert not required & set(written.planted["field"])
    assert written.cells.height == part.height
    assert written.mentions.is_empty()
    for column in CONTRACT.columns:
        if column.type == "code":
            truly = set(part[column.field].drop_nulls()) | {"1", "2"}
            assert set(written.cells[column.header].drop_nulls()) <= truly, column.header
