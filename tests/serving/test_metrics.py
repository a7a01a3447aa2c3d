"""A metric is what hand-written SQL over leaf rows says it is, by any dimension."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from serving.library import open_published, query
from serving.metrics import (
    explain_metric,
    list_metrics,
    plan_metric,
    query_metric,
    store_saved_queries,
    with_parts,
)
from serving.publish import PublicationBlocked, Published, publish
from sources.errors import UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# Besides the two people of the fixture: one who moved between districts, one who left before the last month.
MORE = """
INSERT INTO library.fct_person_month BY NAME
SELECT unnest(['P3', 'P3', 'P4', 'P5']) AS person_id,
       unnest([DATE '2014-09-30', DATE '2014-10-31', DATE '2014-09-30', DATE '2014-10-31']) AS period,
       unnest(['150202000000', '150203000000', '150203000000', '150203000000']) AS district_code,
       unnest(['2', '2', '1', '1']) AS sex, unnest([true, true, true, false]) AS is_floating
"""


@pytest.fixture
def library(workdir: Workdir, publish_build: Callable[..., Published]) -> Workdir:
    publish_build(change=MORE)
    return workdir


def test_metrics_are_listed_with_their_labels_and_dimensions(library: Workdir) -> None:
    metrics = {metric.name: metric for metric in list_metrics(library)}
    assert set(metrics) == {"people", "floating", "floating_share"}
    assert metrics["floating"].label == "流动人口"
    assert metrics["floating"].dimensions == ("district", "metric_time", "period", "sex")


@pytest.mark.parametrize("by", [["district"], ["sex"], ["district", "sex"]])
def test_stocks_are_those_of_the_newest_month(library: Workdir, by: list[str]) -> None:
    columns = ", ".join({"district": "district_code"}.get(name, name) for name in by)
    expected = query(
        library,
        f"SELECT {columns}, count(*), count(*) FILTER (is_floating) FROM library.fct_person_month "
        "WHERE period = DATE '2014-10-31' GROUP BY ALL ORDER BY ALL",
    )
    answer = query_metric(library, ["people", "floating"], by)
    assert answer.columns == (*by, "people", "floating")
    assert answer.rows == expected.rows


def test_without_a_dimension_there_is_one_row_and_nobody_is_counted_twice(library: Workdir) -> None:
    assert query_metric(library, ["people", "floating"]).rows == [(4, 2)]


def test_by_time_each_month_stands_for_itself(library: Workdir) -> None:
    assert query_metric(library, ["people"], ["metric_time"]).rows == [(date(2014, 9, 30), 3), (date(2014, 10, 31), 4)]
    assert query_metric(library, ["people"], ["metric_time__month"]).rows == [
        (date(2014, 9, 1), 3),
        (date(2014, 10, 1), 4),
    ]


def test_a_ratio_is_of_sums(library: Workdir) -> None:
    assert query_metric(library, ["floating_share"]).rows == [(0.5,)]
    assert query_metric(library, ["floating_share"], ["district"]).rows == [
        ("150202000000", 1.0),
        ("150203000000", pytest.approx(1 / 3)),
    ]


def test_whole_numbers_stay_whole(library: Workdir) -> None:
    ((people,),) = query_metric(library, ["people"]).rows
    assert type(people) is int


def test_columns_come_under_the_names_they_were_asked_by_and_in_that_order(library: Workdir) -> None:
    answer = query_metric(library, ["floating", "people"], ["sex", "person_month__district"])
    assert answer.columns == ("sex", "person_month__district", "floating", "people")
    assert answer.rows[0] == ("1", "150202000000", 1, 1)


def test_a_filter_holds_whatever_is_asked(library: Workdir) -> None:
    assert query_metric(library, ["people"], ["district"], where={"sex": "2"}).rows == [("150203000000", 2)]
    assert query_metric(library, ["people"], where={"sex": ["1", "2"]}).rows == [(4,)]
    assert query_metric(library, ["people"], where={"sex": "1", "district": "150203000000"}).rows == [(1,)]


def test_a_quote_in_a_filter_is_a_quote(library: Workdir) -> None:
    assert query_metric(library, ["people"], ["district"], where={"sex": "' OR '1'='1"}).rows == []


def test_a_period_moves_the_newest_month(library: Workdir) -> None:
    assert query_metric(library, ["people"], end=date(2014, 9, 30)).rows == [(3,)]
    assert query_metric(library, ["people"], ["metric_time"], start=date(2014, 10, 1)).rows == [(date(2014, 10, 31), 4)]


@pytest.mark.parametrize(
    ("metrics", "by", "problem"),
    [
        (["peple"], [], "There is no metric peple"),
        (["people", "peple"], [], "There is no metric peple"),
        ([], [], "No metric was named"),
        (["people"], ["colour"], "There is no dimension colour"),
        (["people"], ["district__colour"], "cannot be had so"),
        (["people"], ["metric_time__colour"], "cannot be had so"),
    ],
)
def test_what_is_unknown_is_named_with_what_there_is(
    library: Workdir, metrics: list[str], by: list[str], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        query_metric(library, metrics, by)
    known = "floating, floating_share, people" if "metric" in problem else "district, metric_time, period, sex"
    assert known in caught.value.remedy


def test_what_may_have_been_meant_is_suggested(library: Workdir) -> None:
    with pytest.raises(UsageError) as caught:
        query_metric(library, ["peple"])
    assert "Did you mean people?" in caught.value.remedy
    with pytest.raises(UsageError) as caught:
        query_metric(library, ["people"], ["distrct"])
    assert "Did you mean district?" in caught.value.remedy


def test_a_rate_comes_with_its_numerator_and_denominator_each_once(library: Workdir) -> None:
    assert with_parts(library, ["floating_share"]) == ["floating_share", "floating", "people"]
    assert with_parts(library, ["people", "floating_share"]) == ["people", "floating_share", "floating"]
    assert with_parts(library, ["people"]) == ["people"]


def test_a_metric_is_explained_by_its_parts_and_the_columns_that_it_stands_on(library: Workdir) -> None:
    share = explain_metric(library, "floating_share")
    assert (share.type, share.numerator, share.denominator) == ("ratio", "floating", "people")
    assert share.columns == (
        ("library", "fct_person_month", "1"),
        ("library", "fct_person_month", "cast(is_floating as bigint)"),
    )
    with pytest.raises(UsageError, match="There is no metric share"):
        explain_metric(library, "share")


@pytest.mark.parametrize("name", ["person", "person_id", "person_month__person", "person_month__person_id", "name"])
def test_no_metric_can_be_had_person_by_person(library: Workdir, name: str) -> None:
    with pytest.raises(UsageError):
        query_metric(library, ["people"], [name])
    with pytest.raises(UsageError):
        query_metric(library, ["people"], where={name: "P1"})


def test_an_unknown_dimension_in_a_filter_is_named(library: Workdir) -> None:
    with pytest.raises(UsageError, match="There is no dimension colour"):
        query_metric(library, ["people"], where={"colour": "red"})


def test_the_sql_of_a_metric_can_be_seen(library: Workdir) -> None:
    assert '"sijiku"."library"."fct_person_month"' in plan_metric(library, ["people"], ["district"])


def test_each_saved_query_is_a_published_table_with_what_hand_written_sql_says(library: Workdir) -> None:
    of_query = {
        "people_by_district": "SELECT period, district_code AS district, count(*) AS people, "
        "count(*) FILTER (is_floating) AS floating, count(*) FILTER (is_floating) / count(*) AS floating_share "
        "FROM library.fct_person_month GROUP BY ALL ORDER BY ALL",
        "people_by_sex": "SELECT sex, count(*) AS people FROM library.fct_person_month "
        "WHERE district_code = '150203000000' AND period = DATE '2014-10-31' GROUP BY ALL ORDER BY ALL",
    }
    for name, by_hand in of_query.items():
        stored, expected = (query(library, sql) for sql in (f"FROM metrics.{name} ORDER BY ALL", by_hand))
        assert stored == expected
        with open_published(library, "analysis") as connection:
            assert connection.execute(f"FROM metrics.{name}").fetchall() == expected.rows
    types = query(library, "SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = 'metrics'")
    assert {type_ for (type_,) in types.rows} == {"DATE", "VARCHAR", "BIGINT", "DOUBLE"}


def test_the_table_of_a_query_that_is_no_more_goes(build: Callable[..., Workdir], semantic_manifest: Path) -> None:
    workdir = build(change="CREATE SCHEMA metrics; CREATE TABLE metrics.of_old AS SELECT 1 AS people")
    assert list(store_saved_queries(workdir, semantic_manifest)) == ["people_by_district", "people_by_sex"]
    with open_warehouse(workdir, read_only=True) as connection:
        left = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'metrics'").fetchall()
    assert sorted(left) == [("people_by_district",), ("people_by_sex",)]


def test_a_build_without_the_answer_to_a_saved_query_is_not_published(
    build: Callable[..., Workdir], dbt_manifest: Path, semantic_manifest: Path
) -> None:
    with pytest.raises(PublicationBlocked, match=r"metrics\.people_by_district is missing"):
        publish(
            build(), "b1", data_docs=None, dbt_manifest=dbt_manifest, semantic_manifest=semantic_manifest, broken=[]
        )


def test_where_nothing_is_published_there_are_no_metrics(workdir: Workdir) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        list_metrics(workdir)
