"""Schools enrol the children who are there, and know them by the right names."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import edu
from sources.city.errors import Draws, Profile
from sources.city.population import City, build_city
from tests.sources.city.conftest import Simulated

DAY = date(2014, 10, 31)
SCALE = 0.03
COMPULSORY = ("1", "2")


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, 7, DAY)


def students_of(city: City, profile: Profile) -> pl.DataFrame:
    """The true rows, with the children they are about."""
    (delivery,) = edu.student_enrollment(city, Draws(city.seed, "edu.student_enrollment", profile))
    about = city.persons.select(
        "person", "group", "is_floating", "arrived_on", "id_number", "industry", "father", "mother", "stay_band",
        pl.col("left_on").alias("went_on"),
    )  # fmt: skip
    return pl.concat(delivery.parts).join(about, left_on="_person_student", right_on="person", how="left")


@pytest.fixture(scope="module")
def students(city: City) -> pl.DataFrame:
    return students_of(city, "clean")


def of_compulsory_age(city: City) -> pl.DataFrame:
    """Who lives here and was six to fourteen on 31 August."""
    born = pl.col("birth_date").is_between(date(1999, 9, 1), date(2008, 8, 31))
    return city.persons.filter(pl.col("division_code").is_not_null(), born)


def test_grades_are_those_of_the_age_on_31_august(students: pl.DataFrame) -> None:
    before = {"1": 5, "2": 11, "3": 14}  # the age before a stage's first grade
    here = students.filter(pl.col("went_on").is_null())
    for born, stage, grade in here.select("birth_date", "stage", "grade").iter_rows():
        age = 2014 - born.year - ((born.month, born.day) > (8, 31))
        assert age - before[stage] == grade
    highest = dict(students.group_by("stage").agg(pl.col("grade").max()).iter_rows())
    assert highest == {"1": 6, "2": 3, "3": 3}
    assert students["grade"].min() == 1


def test_children_are_enrolled_the_rarer_the_shorter_they_have_stayed(city: City, students: pl.DataFrame) -> None:
    children = of_compulsory_age(city).with_columns(
        pl.col("person").is_in(students["_person_student"].implode()).alias("is_enrolled")
    )
    registered = children.filter(~pl.col("is_floating"))["is_enrolled"].mean()
    assert registered == pytest.approx(0.995, abs=0.005)
    floating = children.filter("is_floating")
    shares = dict(floating.group_by("stay_band").agg(pl.col("is_enrolled").mean()).iter_rows())
    assert shares["1m_6m"] == pytest.approx(0.75, abs=0.08)
    assert shares["6m_5y"] == pytest.approx(0.90, abs=0.05)
    assert shares["over_5y"] == pytest.approx(0.96, abs=0.04)


def test_left_behind_children_and_workers_are_at_no_school_here(students: pl.DataFrame) -> None:
    assert set(students["group"].to_list()) == {"stay", "within", "far", "near", "left", "emigrated"}
    assert students["industry"].is_null().all()


def test_the_number_is_g_and_the_child_s_own_or_a_temporary_one(students: pl.DataFrame) -> None:
    assert students["record_key"].is_unique().all()
    formal = students.filter(pl.col("record_key").str.starts_with("G"))
    temporary = students.filter(pl.col("record_key").str.starts_with("L"))
    assert formal.height + temporary.height == students.height
    assert (formal["record_key"] == "G" + formal["id_number"]).all()
    assert temporary["record_key"].str.contains("^L[0-9]{18}$").all()
    floats = temporary["is_migrant_child"] == "1"
    assert floats.any()
    assert temporary.height / students.height < 0.15
    assert (students.filter(pl.col("is_migrant_child") == "1")["record_key"].str.starts_with("G")).mean() > 0.6  # type: ignore[operator]


def test_nobody_is_enrolled_twice_in_a_clean_city(students: pl.DataFrame) -> None:
    assert students["_person_student"].is_unique().all()


def test_migrant_children_are_the_floating_ones(students: pl.DataFrame) -> None:
    here = students.filter(pl.col("went_on").is_null())
    assert ((here["is_migrant_child"] == "1") == here["is_floating"]).all()
    assert (students.filter(pl.col("group") == "left")["is_migrant_child"] == "1").all()
    assert (students.filter(pl.col("group") == "emigrated")["is_migrant_child"] == "0").all()


def test_dates_of_enrolment_are_in_order(students: pl.DataFrame) -> None:
    assert (students["enrolled_on"] > students["birth_date"]).all()
    assert (students["enrolled_on"] <= students["left_on"].fill_null(DAY)).all()
    came = students.filter(pl.col("arrived_on").is_not_null())
    assert (came["enrolled_on"] > came["arrived_on"]).all()
    assert (students["left_on"].drop_nulls() <= DAY).all()


def test_who_came_in_the_middle_of_a_stage_was_transferred(students: pl.DataFrame) -> None:
    begins = (students["enrolled_on"].dt.month() == 9) & (students["enrolled_on"].dt.day() == 1)
    transferred = students["transferred_from"].is_not_null()
    assert transferred.any()
    assert (transferred | begins).all()
    assert (students.filter(transferred)["is_migrant_child"] == "1").all()


def test_who_moved_away_left_the_school_on_that_day_for_another_region(students: pl.DataFrame) -> None:
    gone = students.filter(pl.col("went_on").is_not_null())
    assert gone.height > 10
    assert (gone["left_on"] == gone["went_on"]).all()
    assert gone["transferred_to"].is_not_null().all()
    assert students.filter(pl.col("went_on").is_null())["left_on"].is_null().all()


def test_a_guardian_is_a_parent_or_grandparent_and_the_same_for_brothers_and_sisters(
    city: City, students: pl.DataFrame
) -> None:
    guarded = students.filter(pl.col("_person_guardian") >= 0)
    guardians = city.persons[guarded["_person_guardian"]]
    assert (guardians["birth_date"].dt.offset_by("15y") < guarded["birth_date"]).all()
    parent = (guarded["_person_guardian"] == guarded["father"]) | (guarded["_person_guardian"] == guarded["mother"])
    assert 0.9 < parent.mean() < 1  # type: ignore[operator]
    assert (guardians["name"] == guarded["guardian_name"]).all()
    assert (guardians["phone"] == guarded["phone"]).all()
    siblings = guarded.filter(pl.col("mother") >= 0).group_by("mother").agg(pl.col("_person_guardian").n_unique())
    assert (siblings["_person_guardian"] == 1).all()
    alone = students.filter(pl.col("_person_guardian") < 0)
    assert ((alone["father"] < 0) & (alone["mother"] < 0)).all()
    assert alone["guardian_name"].is_null().all()


def test_a_school_is_of_the_stage_and_in_the_district_of_its_workbook(city: City, students: pl.DataFrame) -> None:
    units = city.units.table.select("unit_code", pl.col("stage").alias("stage_of_school"), "district", "is_private")
    at_school = students.join(units, on="unit_code", how="left")
    assert (at_school["stage"] == at_school["stage_of_school"]).all()
    assert at_school["_file"].str.slice(3, 6).equals(at_school["district"].rename("_file"))
    assert at_school["division"].str.slice(0, 6).equals(at_school["district"].rename("division"))
    assert ((at_school["school_kind"] == "2") == at_school["is_private"]).all()


def test_who_is_enrolled_twice_has_a_temporary_number_at_another_school(city: City) -> None:
    rows = students_of(city, "hard")
    twice = (
        rows.filter("_planted_person_repeated")
        .group_by("_person_student")
        .agg(
            pl.len(),
            pl.col("unit_code").n_unique().alias("schools"),
            pl.col("record_key").str.slice(0, 1).sort().str.join("").alias("letters"),
            pl.col("left_on").count().alias("left"),
        )
    )
    assert twice.height > 20
    assert (twice["len"] == 2).all()
    assert (twice["schools"] == 2).all()
    assert (twice["letters"] == "GL").all()
    assert (twice["left"] == 0).all()


def test_there_is_a_workbook_for_each_district_that_ends_with_its_total(clean: Simulated) -> None:
    files = {row.file for row in clean.rows if row.dataset == "edu.student_enrollment"}
    assert len(files) == 10
    assert all(file.startswith("学籍_1502") and file.endswith(".xlsx") for file in files)
    assert not any(row.cells["学籍号"] == "合计" for row in clean.rows if row.dataset == "edu.student_enrollment")
