"""The true people agree with what was published and with themselves."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.places import census_figure, census_shares, load_places
from sources.city.population import City, build_city, months_before

SCALE = 0.02
DAY = date(2014, 10, 31)
URBAN = {"150202", "150203", "150204", "150205", "150206", "150207", "150271"}
# A share may miss its calibration by this much at this scale: people are drawn by household.
TOLERANCE = 0.025


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, 7, DAY)


def share(people: pl.DataFrame, condition: pl.Expr) -> float:
    return people.filter(condition).height / people.height


def test_registered_and_floating_people_are_as_many_as_the_report_says(city: City) -> None:
    persons = city.persons
    assert persons["is_registered"].sum() == round(2_200_000 * SCALE)
    scopes = dict(persons.filter("is_floating").group_by("flow_scope").len().iter_rows())
    assert scopes["跨省"] == round(270_000 * SCALE)
    assert scopes["区内跨盟市"] == round(250_000 * SCALE)
    assert scopes["市内跨旗县"] == round(60_000 * SCALE)
    assert persons.filter(pl.col("group") == "out").height == round(80_000 * SCALE)


def test_in_flow_people_stay_and_live_as_the_report_says(city: City) -> None:
    in_flow = city.persons.filter(pl.col("group").is_in(["far", "near"]))
    assert share(in_flow, pl.col("stay_band") == "1m_6m") == pytest.approx(0.30, abs=TOLERANCE)
    assert share(in_flow, pl.col("stay_band") == "6m_5y") == pytest.approx(0.47, abs=TOLERANCE)
    assert share(in_flow, pl.col("stay_band") == "over_5y") == pytest.approx(0.23, abs=TOLERANCE)
    assert share(in_flow, pl.col("dwelling") == "rent") == pytest.approx(0.60, abs=TOLERANCE)


def test_married_women_of_childbearing_age_are_about_148_of_600_floating(city: City) -> None:
    floating = city.persons.filter(pl.col("group").is_in(["far", "near", "out"]))
    born = pl.col("birth_date").is_between(months_before(DAY, 50 * 12), months_before(DAY, 15 * 12))
    married = share(floating, (pl.col("sex") == "2") & (pl.col("marital") == "20") & born)
    assert married == pytest.approx(148 / 600, abs=0.03)


def test_sexes_and_ethnicities_have_the_census_shares(city: City) -> None:
    assert share(city.persons, pl.col("sex") == "1") == pytest.approx(1368696 / 2650364, abs=0.01)
    assert share(city.persons, pl.col("ethnicity") == "01") == pytest.approx(2499508 / 2650364, abs=0.01)
    assert share(city.persons, pl.col("ethnicity") == "02") == pytest.approx(85121 / 2650364, abs=0.01)


def test_residents_of_districts_have_the_census_shares(city: City) -> None:
    here = city.persons.filter(pl.col("division_code").is_not_null())
    for district, expected in census_shares().items():
        lives_there = pl.col("division_code").str.starts_with(district)
        assert share(here, lives_there) == pytest.approx(expected, abs=0.01), district


def test_everyone_who_lives_here_is_as_many_as_the_census_counted(city: City) -> None:
    """Within 1%: 2.65 million in 2010. The estimate for 2014, 2.80 million, is more than the report's own figures."""
    here = city.persons.filter(pl.col("division_code").is_not_null())
    assert here.height / SCALE == pytest.approx(census_figure("male") + census_figure("female"), rel=0.01)


def test_the_registered_are_as_many_as_published_within_two_in_a_hundred(city: City) -> None:
    registered = city.persons.filter("is_registered").height / SCALE
    assert registered == pytest.approx(census_figure("hukou_population_2012"), rel=0.02)


@pytest.mark.parametrize("who", ["lives here", "is_resident", "is_registered"])
def test_who_lives_here_and_who_is_registered_have_the_published_sexes_and_ethnicities(city: City, who: str) -> None:
    """Sex within 1.5 points, ethnicities within 1 of the census of 2010."""
    condition = pl.col("division_code").is_not_null() if who == "lives here" else pl.col(who)
    people = city.persons.filter(condition)
    total = census_figure("male") + census_figure("female")
    for kind, code in (("male", "1"), ("female", "2")):
        assert share(people, pl.col("sex") == code) == pytest.approx(census_figure(kind) / total, abs=0.015)
    for kind, of_kind in (
        ("han", pl.col("ethnicity") == "01"),
        ("mongol", pl.col("ethnicity") == "02"),
        ("other_minority", ~pl.col("ethnicity").is_in(["01", "02"])),
    ):
        assert share(people, of_kind) == pytest.approx(census_figure(kind) / total, abs=0.01), kind


def test_residents_of_six_months_live_in_the_districts_as_the_census_found(city: City) -> None:
    """Within 1.5 points."""
    residents = city.persons.filter("is_resident")
    for district, expected in census_shares().items():
        lives_there = pl.col("division_code").str.starts_with(district)
        assert share(residents, lives_there) == pytest.approx(expected, abs=0.015), district


def test_floating_people_rent_and_work_in_services_as_the_report_says(city: City) -> None:
    """60% rent, and 70% of those who work do so in sections F to T of GB/T 4754."""
    floating = city.persons.filter("is_floating")
    assert share(floating, pl.col("dwelling") == "rent") == pytest.approx(0.60, abs=TOLERANCE)
    workers = floating.filter(pl.col("industry").is_not_null())
    assert share(workers, pl.col("industry") >= "F") == pytest.approx(0.70, abs=TOLERANCE)


def test_nobody_settles_after_dying_or_leaving(city: City) -> None:
    moved = city.persons.filter(pl.col("hukou_since").is_not_null())
    assert (moved["hukou_since"] >= moved["birth_date"]).all()
    gone = moved.filter(pl.col("group").is_in(["died", "emigrated"]))
    assert gone.height > 0
    assert (gone["hukou_since"] <= gone["left_on"]).all()


def test_origins_are_in_all_thirty_one_regions_of_the_mainland() -> None:
    assert load_places(1).origins["code"].str.slice(0, 2).n_unique() == 31


def test_everyone_has_a_valid_number_of_their_own_with_birth_date_and_sex(city: City) -> None:
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    for number, born, sex in city.persons.select("id_number", "birth_date", "sex").iter_rows():
        total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
        assert "10X98765432"[total % 11] == number[17]
        assert number[6:14] == f"{born:%Y%m%d}"
        assert int(number[16]) % 2 == int(sex) % 2
    assert city.persons["id_number"].n_unique() == city.persons.height
    assert not city.persons["id_number"].str.starts_with("150271").any()


def test_numbers_keep_the_codes_of_their_time(city: City) -> None:
    born_in = city.persons.select("id_number", pl.col("birth_date").dt.year().alias("year"))
    old = born_in.filter(pl.col("id_number").str.starts_with("152633"))
    assert old.height > 0
    assert (old["year"] < 1996).all()
    assert (born_in.filter(pl.col("id_number").str.starts_with("150223"))["year"] >= 1996).all()


def test_spouses_are_each_others_and_parents_are_older(city: City) -> None:
    persons = city.persons
    married = persons.filter(pl.col("spouse") >= 0)
    assert (persons["spouse"].gather(married["spouse"]) == married["person"]).all()
    assert (persons["sex"].gather(married["spouse"]) != married["sex"]).all()
    assert (persons["married_on"].gather(married["spouse"]).eq_missing(married["married_on"])).all()
    for parent, sex in (("mother", "2"), ("father", "1")):
        children = persons.filter(pl.col(parent) >= 0)
        parents = persons[children[parent]]
        assert (parents["sex"] == sex).all()
        assert (parents["birth_date"].dt.offset_by("15y") < children["birth_date"]).all()


def test_twins_namesakes_and_shared_phones_exist(city: City) -> None:
    persons = city.persons
    siblings = persons.filter(pl.col("mother") >= 0)
    assert siblings.select("mother", "birth_date").is_duplicated().any()
    assert 0.03 < persons["name"].is_duplicated().mean() < 0.6  # type: ignore[operator]
    assert persons["phone"].is_duplicated().any()


def test_names_are_han_compound_mongolian_and_hui(city: City) -> None:
    names = city.persons["name"]
    assert names.str.len_chars().is_between(2, 7).all()
    assert names.str.contains("·").any()
    assert names.str.contains("^(欧阳|上官|司马|诸葛)").any()
    mongolian = city.persons.filter(pl.col("ethnicity") == "02")["name"]
    assert (mongolian.str.len_chars() >= 4).any()


def test_floating_is_what_the_definition_says_recomputed_person_by_person(city: City) -> None:
    month_ago = date(2014, 9, 30)
    columns = ["hukou_division", "division_code", "arrived_on", "left_on", "is_floating", "flow_scope"]
    for home, lives, arrived, left, is_floating, scope in city.persons.select(columns).iter_rows():
        expected = (
            lives is not None
            and left is None
            and home[:6] != lives[:6]
            and not (home[:6] in URBAN and lives[:6] in URBAN)
            and arrived is not None
            and arrived <= month_ago
        )
        assert is_floating == expected
        if not expected:
            assert scope == "none"
        elif home.startswith("1502"):
            assert scope == "市内跨旗县"
        elif home.startswith("15"):
            assert scope == "区内跨盟市"
        else:
            assert scope == "跨省"


def test_people_parted_from_their_registration_inside_the_urban_districts_are_not_floating(city: City) -> None:
    parted = city.persons.filter(
        pl.col("group") == "stay", pl.col("hukou_division").str.slice(0, 6) != pl.col("division_code").str.slice(0, 6)
    )
    assert parted.height > 0
    assert not parted["is_floating"].any()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2014, 10, 31), 1, date(2014, 9, 30)),
        (date(2014, 3, 30), 1, date(2014, 2, 28)),
        (date(2014, 1, 15), 1, date(2013, 12, 15)),
        (date(2014, 12, 31), 6, date(2014, 6, 30)),
        (date(2016, 2, 29), 60, date(2011, 2, 28)),
    ],
)
def test_months_before_keeps_to_the_end_of_the_month(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected
