"""A saved query's answer is read from the table that the build stored, and is what MetricFlow would say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from serving.library import query
from serving.metrics import plan_saved_query, query_metric
from serving.publish import Published
from serving.saved_queries import answer_saved_query, explain_saved_query, list_saved_queries
from sources.errors import UsageError
from sources.workdir import Workdir
from tests.serving.test_metrics import MORE

AUGUST, SEPTEMBER, OCTOBER = date(2014, 8, 31), date(2014, 9, 30), date(2014, 10, 31)
DONGHE, KUNDULUN = "150202000000", "150203000000"


@pytest.fixture
def library(workdir: Workdir, publish_build: Callable[..., Published]) -> Workdir:
    publish_build(change=MORE)
    return workdir


def test_saved_queries_are_listed_with_their_dimensions_and_metrics(library: Workdir) -> None:
    by_district, by_sex = list_saved_queries(library)
    assert (by_district.name, str(by_district.table)) == ("people_by_district", "metrics.people_by_district")
    assert list(by_district.dimensions) == ["period", "district"]
    assert by_district.metrics == ("people", "floating", "floating_share")
    assert list(by_sex.dimensions) == ["sex"]


@pytest.mark.parametrize("name", ["people_by_district", "people_by_sex"])
def test_an_answer_is_that_of_metricflow(library: Workdir, name: str) -> None:
    planned = query(library, plan_saved_query(library, name), "restricted").rows
    answer = answer_saved_query(library, name)
    assert len(planned) > 1
    assert sorted(answer.rows) == sorted((*map(_day, row),) for row in planned)


def _day(value: object) -> object:
    return value.date() if hasattr(value, "date") else value


def test_an_answer_is_that_of_the_same_metrics_asked_anew(library: Workdir) -> None:
    anew = query_metric(library, ["people", "floating", "floating_share"], ["metric_time__day", "district"])
    answer = answer_saved_query(library, "people_by_district")
    assert answer.columns == ("period", "district", "people", "floating", "floating_share")
    assert answer.rows == anew.rows


def test_rows_stand_in_the_order_of_the_dimensions_those_without_a_value_last(
    workdir: Workdir, publish_build: Callable[..., Published]
) -> None:
    nowhere = "UPDATE library.fct_person_month SET district_code = NULL WHERE person_id = 'P2'"
    publish_build(change=f"{MORE}; {nowhere}")
    answer = answer_saved_query(workdir, "people_by_district")
    assert [row[:2] for row in answer.rows] == [
        (SEPTEMBER, DONGHE),
        (SEPTEMBER, KUNDULUN),
        (OCTOBER, DONGHE),
        (OCTOBER, KUNDULUN),
        (OCTOBER, None),
    ]


def test_values_of_its_dimensions_choose_among_its_rows(library: Workdir) -> None:
    whole = answer_saved_query(library, "people_by_district").rows
    assert answer_saved_query(library, "people_by_district", where={"district": DONGHE}).rows == [
        row for row in whole if row[1] == DONGHE
    ]
    assert answer_saved_query(library, "people_by_district", where={"district": [KUNDULUN, DONGHE]}).rows == whole
    assert answer_saved_query(library, "people_by_district", where={"district": "' OR '1'='1"}).rows == []


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (OCTOBER, None, {OCTOBER}),
        (None, SEPTEMBER, {SEPTEMBER}),
        (SEPTEMBER, OCTOBER, {SEPTEMBER, OCTOBER}),
        (date(2014, 10, 1), date(2014, 10, 30), set()),
        (None, AUGUST, set()),
    ],
)
def test_a_span_of_time_holds_both_its_ends(
    library: Workdir, start: date | None, end: date | None, months: set[date]
) -> None:
    answer = answer_saved_query(library, "people_by_district", start=start, end=end)
    assert {row[0] for row in answer.rows} == months


def test_no_right_to_see_persons_is_needed(library: Workdir) -> None:
    whole = answer_saved_query(library, "people_by_district")
    (library.current / "restricted" / "sijiku.duckdb").unlink()
    assert answer_saved_query(library, "people_by_district") == whole


def test_an_unknown_name_is_answered_with_what_may_have_been_meant(library: Workdir) -> None:
    with pytest.raises(UsageError, match="There is no saved query people_by_distrct") as caught:
        answer_saved_query(library, "people_by_distrct")
    assert "Did you mean people_by_district" in caught.value.remedy
    with pytest.raises(UsageError) as caught:
        explain_saved_query(library, "xyz")
    assert caught.value.remedy == "Saved queries: people_by_district, people_by_sex."


def test_a_dimension_that_it_does_not_have_is_answered_with_those_that_it_has(library: Workdir) -> None:
    with pytest.raises(UsageError, match="people_by_district has no dimension sex") as caught:
        answer_saved_query(library, "people_by_district", where={"sex": "1"})
    assert "Its dimensions: district." in caught.value.remedy
    with pytest.raises(UsageError, match="no dimension people"):  # figures are chosen among by nobody
        answer_saved_query(library, "people_by_district", where={"people": "1"})


def test_the_time_is_chosen_by_its_ends_where_there_is_one(library: Workdir) -> None:
    with pytest.raises(UsageError) as caught:
        answer_saved_query(library, "people_by_district", where={"period": "2014-10-31"})
    assert "--from" in caught.value.remedy
    with pytest.raises(UsageError, match="people_by_sex is not by time"):
        answer_saved_query(library, "people_by_sex", start=OCTOBER)


def test_a_saved_query_asked_for_as_a_metric_is_told_to_be_one(library: Workdir) -> None:
    with pytest.raises(UsageError, match="people_by_sex is a saved query") as caught:
        query_metric(library, ["people_by_sex"])
    assert "--query people_by_sex" in caught.value.remedy
    with pytest.raises(UsageError) as caught:
        query_metric(library, ["people_by_sx"])
    assert "Did you mean people_by_sex" in caught.value.remedy


def test_where_nothing_is_published_there_are_no_saved_queries(workdir: Workdir) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        list_saved_queries(workdir)
