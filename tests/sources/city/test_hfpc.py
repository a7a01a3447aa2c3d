"""What health and family planning deliver: as many as the report counts, true of the people, and less of newcomers."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from sources.city.datasets import BUILDERS
from sources.city.datasets.hfpc.vaccinations import SCHEDULE
from sources.city.errors import PERSON, PLANTED, WITHOUT, Draws
from sources.city.papers import Profile
from sources.city.population import City, build_city, months_before
from sources.contract import load_code_lists, load_contract

SCALE = 0.02
DAY = date(2014, 10, 31)
DATASETS = [
    "hfpc.padis_case",
    "hfpc.health_record",
    "hfpc.immunization",
    "hfpc.maternal_service",
    "hfpc.birth_certificate",
    "hfpc.death_certificate",
]
SUBJECT = {
    "hfpc.padis_case": "migrant",
    "hfpc.health_record": "patient",
    "hfpc.immunization": "child",
    "hfpc.maternal_service": "woman",
    "hfpc.birth_certificate": "child",
    "hfpc.death_certificate": "deceased",
}


class Rows(dict[str, pl.DataFrame]):
    """Rows by dataset, which a failing test does not print."""

    def __repr__(self) -> str:
        return f"rows of {len(self)} datasets"


def true_rows(city: City, dataset: str, profile: Profile = "clean") -> pl.DataFrame:
    """Every row of a dataset as it truly is, beside the person that it is about."""
    (delivery,) = BUILDERS[dataset](city, Draws(city.seed, dataset, profile))
    rows = pl.concat(list(delivery.parts))
    of = city.persons[rows[PERSON + SUBJECT[dataset]]]
    return pl.concat([rows, of.rename(lambda name: f"true_{name}")], how="horizontal")


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(SCALE, 7, DAY)


@pytest.fixture(scope="module")
def clean_rows(city: City) -> Rows:
    return Rows({dataset: true_rows(city, dataset) for dataset in DATASETS})


def share_listed(people: pl.DataFrame, rows: pl.DataFrame, *by: str) -> dict[object, float]:
    """Share of people who stand in some rows, by something."""
    listed = pl.col("person").is_in(rows["true_person"].unique().implode())
    return dict(people.group_by(*by).agg(listed.mean()).iter_rows())


def per_scale(figure: int) -> int:
    return round(figure * SCALE)


@pytest.mark.parametrize("dataset", DATASETS)
def test_keys_and_entries_are_nobody_elses(dataset: str, clean_rows: Rows) -> None:
    rows = clean_rows[dataset]
    for column in ("record_key", "_entry"):
        assert rows[column].null_count() == 0
        assert rows[column].n_unique() == rows.height
    assert not rows["record_key"].str.contains("[^0-9A-Z]").any()


@pytest.mark.parametrize("dataset", DATASETS)
def test_codes_are_of_their_lists_and_what_is_required_is_there(dataset: str, clean_rows: Rows, city: City) -> None:
    rows, lists = clean_rows[dataset], load_code_lists()
    known = set(city.places.communities["community"])
    for column in load_contract(dataset).columns:
        if column.type == "id_number":
            continue
        assert not (column.required and rows[column.field].null_count()), column.field
        values = set(rows[column.field].drop_nulls().unique())
        if column.code_list:
            assert values <= set(lists[column.code_list].values), column.field
        if column.type == "division12":
            assert values <= known, column.field


@pytest.mark.parametrize("dataset", DATASETS)
def test_nothing_is_written_before_a_birth_or_after_the_day_of_the_city(dataset: str, clean_rows: Rows) -> None:
    rows = clean_rows[dataset]
    for column in load_contract(dataset).columns:
        if column.type == "date" and column.field != "birth_date":
            days = rows.select(pl.col(column.field).alias("day"), "true_birth_date").drop_nulls()
            assert (days["day"] <= DAY).all(), column.field
            assert (days["day"] >= days["true_birth_date"]).all(), column.field


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_is_the_same_whatever_the_size_of_its_parts(
    dataset: str, city: City, clean_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.city.datasets.hfpc.lives.PART_ROWS", 5_000)
    assert true_rows(city, dataset).equals(clean_rows[dataset])


def test_health_records_are_as_many_as_the_report_counts(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.health_record"]
    assert rows.height == per_scale(2_020_000)
    assert rows["true_is_floating"].sum() == per_scale(370_000)
    assert rows["true_person"].n_unique() == rows.height
    assert rows["record_key"].str.contains("^[0-9]{17}$").all()
    # The number's areas are the clinics' own, not the statistical codes below the district.
    assert (rows["record_key"].str.head(12) != rows["division"]).mean() > 0.8  # type: ignore[operator]


def test_health_records_are_of_people_who_have_lived_here_half_a_year(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.health_record"]
    came = rows.filter(pl.col("true_arrived_on") > pl.col("true_birth_date"))
    assert (came["created_on"] >= came["true_arrived_on"].dt.offset_by("6mo")).all()
    assert (rows["created_on"] >= date(2009, 7, 1)).all()
    assert (rows["updated_on"] >= rows["created_on"]).all()
    floating = rows.filter("true_is_floating")
    assert (floating["is_registered"] == "0").all()
    assert (rows.filter(pl.col("true_group") == "stay")["is_registered"] == "1").all()


def test_some_health_records_are_of_people_who_are_gone(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.health_record"]
    gone = rows.filter(pl.col("true_left_on").is_not_null())
    assert set(gone["true_group"]) == {"died", "out", "left", "emigrated", "died_away"}
    assert 0.005 < gone.height / rows.height < 0.04
    assert (gone["created_on"] < gone["true_left_on"]).all()
    assert (gone["updated_on"] < gone["true_left_on"]).all()


def test_who_has_stayed_longer_has_a_health_record_or_a_case_more_often(city: City, clean_rows: Rows) -> None:
    floating = city.persons.filter("is_floating")
    records = share_listed(floating, clean_rows["hfpc.health_record"], "stay_band")
    assert records["1m_6m"] == 0
    assert 0.75 < records["6m_5y"] < records["over_5y"] < 1  # type: ignore[operator]
    cases = share_listed(floating, clean_rows["hfpc.padis_case"], "stay_band")
    assert 0.4 < cases["1m_6m"] < cases["6m_5y"] < cases["over_5y"] < 0.9  # type: ignore[operator]
    bears = pl.col("birth_date").is_between(months_before(DAY, 588), months_before(DAY, 192))
    by_sex = share_listed(floating.filter(bears), clean_rows["hfpc.padis_case"], "sex")
    assert by_sex["2"] > by_sex["1"] + 0.1  # type: ignore[operator]


def test_cases_are_of_those_who_came_and_those_who_went(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.padis_case"]
    in_flow, out_flow = (rows.filter(pl.col("flow") == flow) for flow in ("1", "2"))
    assert set(in_flow["true_group"]) == {"far", "near", "within", "visitor", "left"}
    assert set(out_flow["true_group"]) == {"out"}
    assert rows.select("flow", "true_person").is_unique().all()
    assert in_flow["division"].null_count() == in_flow["moved_on"].null_count() == 0
    assert (in_flow["moved_on"] == in_flow["true_arrived_on"]).all()
    assert out_flow["division"].null_count() == out_flow.height
    assert out_flow["destination"].null_count() == 0
    assert (out_flow["moved_on"] == out_flow["true_left_on"]).all()
    assert (rows["updated_on"] >= rows["moved_on"]).all()
    assert 0.6 < out_flow.height / per_scale(80_000) < 0.85


def test_cases_end_when_people_leave_and_in_a_dirty_city_not_always(city: City, clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.padis_case"].filter(pl.col("flow") == "1")
    assert rows["left_on"].equals(rows["true_left_on"].alias("left_on"))
    hard = true_rows(city, "hfpc.padis_case", "hard").filter(pl.col("true_group") == "left")
    forgotten = hard.filter(PLANTED + "not_cancelled")
    assert forgotten["left_on"].null_count() == forgotten.height > 0
    assert hard.filter(~pl.col(PLANTED + "not_cancelled"))["left_on"].null_count() == 0


@pytest.mark.parametrize("dataset", ["hfpc.padis_case", "hfpc.health_record"])
def test_who_is_repeated_is_marked_on_both_records(dataset: str, city: City) -> None:
    hard = true_rows(city, dataset, "hard")
    twice = pl.col("true_person").is_duplicated()
    assert hard.select((twice == pl.col(PLANTED + "person_repeated")).all()).item()
    assert 0.005 < hard.filter(twice).height / hard.height < 0.08
    assert hard["record_key"].n_unique() == hard.height


def test_rounds_against_polio_reached_the_floating_children_of_the_report(clean_rows: Rows) -> None:
    rounds = clean_rows["hfpc.immunization"].filter(pl.col("vaccination_kind") == "2")
    children = rounds.group_by("true_person").agg(
        pl.col("true_is_floating").first(), pl.col("given_on").is_not_null().all().alias("given")
    )
    floating, others = (children.filter(pl.col("true_is_floating") == one) for one in (True, False))
    assert floating.height == per_scale(45_349)
    assert floating["given"].sum() == per_scale(44_393)
    assert others["given"].mean() == pytest.approx(0.99, abs=0.01)
    assert set(rounds["vaccine"]) == {"OPV"}
    assert rounds["due_on"].n_unique() == 2
    assert rounds["due_on"].min() >= date(2013, 11, 1)  # type: ignore[operator]


def test_every_dose_of_the_schedule_falls_due_and_a_child_has_each_once(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"].filter(pl.col("vaccination_kind") == "1")
    doses = set(rows.select("vaccine", "dose").unique().iter_rows())
    assert doses == {(vaccine, dose + 1) for vaccine, due in SCHEDULE for dose in range(len(due))}
    assert rows.select("true_person", "vaccine", "dose").is_unique().all()
    assert rows.height / SCALE == pytest.approx(5_000_000, rel=0.2)


def test_doses_are_given_after_they_are_due_and_one_after_the_other(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"].filter(pl.col("vaccination_kind") == "1")
    assert rows.select((pl.col("given_on") >= pl.col("due_on")).all()).item()
    following = rows.sort("true_person", "vaccine", "dose").with_columns(
        pl.col("given_on").shift(1).over("true_person", "vaccine").alias("before"),
        pl.col("dose").shift(1).over("true_person", "vaccine").alias("dose_before"),
    )
    following = following.filter(pl.col("dose_before").is_not_null(), pl.col("given_on").is_not_null())
    assert following["before"].null_count() == 0
    assert ((following["given_on"] - following["before"]).dt.total_days() >= 28).all()


def test_doses_due_before_a_child_came_are_the_booklets_or_are_not_there(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"]
    came = rows.filter(pl.col("true_arrived_on") > pl.col("true_birth_date"))
    before = came.filter(pl.col("due_on") < pl.col("true_arrived_on"))
    elsewhere = before.filter(pl.col("institution").is_null())
    assert elsewhere.height > 0
    assert (elsewhere["given_on"] < elsewhere["true_arrived_on"]).all()
    here = came.filter(pl.col("institution").is_not_null(), pl.col("given_on").is_not_null())
    assert (here["given_on"] >= here["true_arrived_on"]).all()
    without = set(came["true_person"]) - set(before["true_person"])
    assert len(without) > 0.2 * came["true_person"].n_unique()


def test_floating_children_are_vaccinated_less_and_later_the_shorter_they_stay(city: City, clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"].filter(
        pl.col("vaccination_kind") == "1",
        pl.col("true_division_code").is_not_null(),
        pl.col("due_on") < months_before(DAY, 1),
        pl.col("due_on") >= pl.coalesce("true_arrived_on", "true_birth_date"),
    )
    kind = pl.when("true_is_floating").then("true_stay_band").otherwise(pl.lit("registered"))
    late = (pl.col("given_on") - pl.col("due_on")).dt.total_days()
    given = dict(rows.group_by(kind).agg(pl.col("given_on").is_not_null().mean()).iter_rows())
    delay = dict(rows.group_by(kind).agg(late.mean()).iter_rows())
    assert given["6m_5y"] < given["over_5y"] < given["registered"]
    assert delay["registered"] < delay["over_5y"] < delay["6m_5y"]
    children = city.persons.filter(pl.col("is_floating"), pl.col("birth_date") > months_before(DAY, 84))
    routine = clean_rows["hfpc.immunization"].filter(pl.col("vaccination_kind") == "1")
    known = share_listed(children, routine, "stay_band")  # the campaign went from door to door
    assert known["1m_6m"] < known["6m_5y"] < known["over_5y"]  # type: ignore[operator]


def test_a_childs_card_is_one_clinics_and_few_children_have_two(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"]
    cards = rows.group_by("child_key").agg(pl.col("true_person", "division").n_unique())
    assert (cards["true_person"] == 1).all()
    assert (cards["division"] == 1).all()
    keys = rows.group_by("true_person").agg(pl.col("child_key").n_unique())["child_key"]
    assert 0.002 < (keys == 2).mean() < 0.03  # type: ignore[operator]
    assert keys.max() == 2


def test_only_babies_have_no_number_yet(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.immunization"].unique("true_person")
    babies = rows.filter(pl.col("birth_date") > months_before(DAY, 12))
    assert rows.filter(WITHOUT + "id_number").height == babies.filter(WITHOUT + "id_number").height > 0
    assert 0.15 < babies[WITHOUT + "id_number"].mean() < 0.5  # type: ignore[operator]


def test_mothers_and_fathers_stand_in_their_roles(city: City, clean_rows: Rows) -> None:
    for dataset in ("hfpc.immunization", "hfpc.birth_certificate"):
        rows = clean_rows[dataset]
        assert (rows[PERSON + "mother"] == rows["true_mother"]).all()
        named = rows.filter(pl.col(PERSON + "mother") >= 0)
        assert named["mother_name"].equals(city.persons["name"][named[PERSON + "mother"]].alias("mother_name"))
    births = clean_rows["hfpc.birth_certificate"]
    with_father = births.filter(pl.col(PERSON + "father") >= 0)
    assert (with_father[PERSON + "father"] == with_father["true_father"]).all()
    assert births.filter(pl.col(PERSON + "father") < 0)["father_name"].null_count() > 0
    assert births["name"].null_count() / births.height == pytest.approx(0.10, abs=0.02)


def test_birth_certificates_are_of_children_born_in_the_city(clean_rows: Rows) -> None:
    births = clean_rows["hfpc.birth_certificate"]
    assert (births["birth_date"] > months_before(DAY, 120)).all()
    from_outside = births.filter(pl.col("true_origin") >= 0)
    assert from_outside.height > 0
    assert (from_outside["true_arrived_on"] == from_outside["birth_date"]).all()
    assert births["true_hukou_from"].max() == -1
    assert (births["issued_on"] > births["birth_date"]).all()


def test_maternal_services_are_given_to_women_who_live_here(clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.maternal_service"]
    assert set(rows["service"]) == {"1", "2", "3", "4"}
    assert (rows["true_sex"] == "2").all()
    assert rows.select((pl.col("served_on") >= pl.col("true_arrived_on")).all()).item()
    assert rows.select((pl.col("served_on") < pl.col("true_left_on")).all()).item()
    age = (rows["served_on"] - rows["true_birth_date"]).dt.total_days() / 365.25
    assert age.is_between(15, 55).all()
    for service in "1234":
        assert rows.filter(pl.col("service") == service, "true_is_floating").height > 0
    visits = rows.filter(pl.col("service") == "3").group_by("true_person").len()["len"]
    assert visits.median() >= 4  # type: ignore[operator]


def test_floating_mothers_are_cared_for_less(clean_rows: Rows) -> None:
    care = clean_rows["hfpc.maternal_service"].filter(pl.col("service") == "3")
    stayed = pl.col("true_arrived_on").fill_null(date(1990, 1, 1)) < months_before(DAY, 60)
    pregnancy = pl.col("record_key").str.head(13)
    visits = care.filter(stayed, pl.col("true_left_on").is_null()).group_by(pregnancy, "true_is_floating").len()
    by_group = dict(visits.group_by("true_is_floating").agg(pl.col("len").mean()).iter_rows())
    assert 3 < by_group[True] < by_group[False] - 0.3


def test_death_certificates_are_of_most_of_the_dead(city: City, clean_rows: Rows) -> None:
    rows = clean_rows["hfpc.death_certificate"]
    assert set(rows["true_group"]) == {"died", "died_away"}
    assert (rows["died_on"] == rows["true_died_on"]).all()
    dead = city.persons.filter(pl.col("died_on").is_not_null())
    assert rows.height / dead.height == pytest.approx(0.93, abs=0.03)


@pytest.mark.parametrize("day", [date(2014, 3, 1), date(2016, 2, 29)])
def test_health_and_family_planning_deliver_on_any_day(day: date) -> None:
    other = build_city(0.002, 3, day)
    for dataset in DATASETS:
        (delivery,) = BUILDERS[dataset](other, Draws(3, dataset, "hard"))
        assert sum(part.height for part in delivery.parts) > 0
