"""Metrics say what hand-written SQL over leaf rows says, by every dimension; none goes missing from the manifest."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.labels import QUESTIONS
from serving.library import open_published, published_folder
from serving.metrics import list_metrics, query_metric, with_parts
from sources.errors import UsageError

LEVELS = ("city", "district", "township", "community")
LEAF = "library.fct_person_month"
QUALITY = "marts.mart_record_quality"
COLLECTION = "library.int_collection__leaf_cells"
RULES = Path(__file__).parents[2] / "dbt_project" / "seeds" / "entitlement_rule.csv"


@dataclass(frozen=True)
class Hand:
    """A metric by hand: an aggregate over a table of leaf rows, with the column that names their division.

    `dimensions` are those asked for besides the divisions: name to SQL. A stock is that of the newest period.
    """

    table: str
    sql: str
    dimensions: dict[str, str]
    division: str = "division_code"
    is_stock: bool = True


PEOPLE = {
    name: name
    for name in ("sex", "age_band", "stay_band", "flow_scope", "origin_province", "dwelling", "marital", "industry")
} | {"ethnicity": "ethnicity"}
FEW_OF_PEOPLE = {name: name for name in ("sex", "ethnicity", "industry")}
RECORDS = {"bureau": "bureau", "dataset": "dataset"}
ASKED = {"bureau": "bureau", "field": "field", "population_group": "population_group"}
MOVED = {
    "region": "region_code",
    "reason": "reason",
    "sex": "sex",
    "age_band": "age_band",
    "origin_province": "CASE WHEN leaf.direction = 'out' THEN '150000000000' "
    "WHEN leaf.region_code <> 'unknown' THEN rpad(left(leaf.region_code, 2), 12, '0') END",
}
MONEY = {"funding_service": "funding_service", "beneficiary": "beneficiary", "fund_source": "fund_source"}
HERE = "count(*) FILTER (lives_here)"
RENTS = "count(*) FILTER (lives_here AND dwelling = '02')"


def bureau_of_rule() -> str:
    """SQL for the bureau that the seed names for a rule: seeds are not published."""
    with RULES.open(encoding="utf-8") as rules:
        pairs = [(rule["rule_id"], rule["bureau"]) for rule in csv.DictReader(rules)]
    return "CASE rule_id " + " ".join(f"WHEN '{rule}' THEN '{bureau}'" for rule, bureau in pairs) + " END"


# One row per person and service that she is entitled to today, with what she was at the month-end of today.
ENTITLED = (
    f"(SELECT *, {bureau_of_rule()} AS bureau FROM library.fct_entitlement "
    f"JOIN {LEAF} AS person USING (person_id) WHERE is_service AND NOT is_aspired AND person.lives_here "
    f"AND person.period = (SELECT max(period) FROM {LEAF}))"
)
DUE = {
    name: name for name in ("service", "bureau", "population_group", "sex", "age_band", "stay_band", "origin_province")
}


def of_group(group: str, *, covered: bool) -> str:
    """Entitlements by hand: of a group of people or of all, all of them or those covered."""
    conditions = [*([f"population_group = '{group}'"] if group else []), *(["is_covered"] if covered else [])]
    return f"count(*) FILTER ({' AND '.join(conditions) or 'true'})"


def rate(group: str) -> str:
    """A coverage rate by hand."""
    return f"{of_group(group, covered=True)} / nullif({of_group(group, covered=False)}, 0)::DOUBLE"


FLOATING = "count(*) FILTER (is_floating)"
LONG = "count(*) FILTER (is_floating AND is_resident)"
FAR = "count(*) FILTER (flow_scope = '跨省')"
WORKING = "count(*) FILTER (is_floating AND age BETWEEN 15 AND 59)"


def of(part: str, whole: str) -> str:
    """A share by hand."""
    return f"{part} / nullif({whole}, 0)::DOUBLE"


BY_HAND = {
    "floating_residents": Hand(LEAF, LONG, FEW_OF_PEOPLE | {"dwelling": "dwelling"}),
    "floating_resident_share": Hand(LEAF, of(LONG, FLOATING), FEW_OF_PEOPLE | {"dwelling": "dwelling"}),
    "floating_across_provinces": Hand(LEAF, FAR, FEW_OF_PEOPLE),
    "across_provinces_share": Hand(LEAF, of(FAR, FLOATING), FEW_OF_PEOPLE),
    "floating_working_age": Hand(LEAF, WORKING, FEW_OF_PEOPLE),
    "floating_working_age_share": Hand(LEAF, of(WORKING, FLOATING), FEW_OF_PEOPLE),
    "timely_covered": Hand(ENTITLED, "count(*) FILTER (is_timely)", DUE),
    "timely_coverage_rate": Hand(ENTITLED, of("count(*) FILTER (is_timely)", "count(*)"), DUE),
    "repeat_rate": Hand(COLLECTION, of("sum(repeats)", "sum(collections)"), ASKED),
    "findings_per_record": Hand(QUALITY, of("sum(findings_open)", "sum(records)"), RECORDS),
    "people": Hand(LEAF, HERE, PEOPLE),
    "floating": Hand(LEAF, "count(*) FILTER (is_floating)", PEOPLE),
    "floating_in_city": Hand(LEAF, "count(*) FILTER (flow_scope = '市内跨旗县')", PEOPLE),
    "floating_share": Hand(LEAF, f"count(*) FILTER (is_floating) / nullif({HERE}, 0)::DOUBLE", PEOPLE),
    "residents": Hand(LEAF, "count(*) FILTER (is_resident)", PEOPLE),
    "renters": Hand(LEAF, RENTS, PEOPLE),
    "renter_share": Hand(LEAF, f"{RENTS} / nullif({HERE}, 0)::DOUBLE", PEOPLE),
    "registered": Hand(
        LEAF,
        "count(registered_division_code)",
        {"sex": "sex", "age_band": "age_band"},
        division="registered_division_code",
    ),
    "in_flow": Hand("library.fct_flow", "count(*) FILTER (direction = 'in')", MOVED, is_stock=False),
    "out_flow": Hand("library.fct_flow", "count(*) FILTER (direction = 'out')", MOVED, is_stock=False),
    "net_flow": Hand(
        "library.fct_flow",
        "count(*) FILTER (direction = 'in') - count(*) FILTER (direction = 'out')",
        MOVED,
        is_stock=False,
    ),
    "records": Hand(QUALITY, "sum(records)", RECORDS),
    "timely_records": Hand(QUALITY, "sum(timely_records)", RECORDS),
    "findings_open": Hand(QUALITY, "sum(findings_open)", RECORDS),
    "duplicates": Hand(QUALITY, "sum(duplicates)", RECORDS),
    "values_expected": Hand(QUALITY, "sum(values_expected)", RECORDS),
    "values_missing": Hand(QUALITY, "sum(values_missing)", RECORDS),
    "duplicate_rate": Hand(QUALITY, "sum(duplicates) / nullif(sum(records), 0)::DOUBLE", RECORDS),
    "missing_rate": Hand(QUALITY, "sum(values_missing) / nullif(sum(values_expected), 0)::DOUBLE", RECORDS),
    "timeliness": Hand(QUALITY, "sum(timely_records) / nullif(sum(records), 0)::DOUBLE", RECORDS),
    "collections": Hand(COLLECTION, "sum(collections)", ASKED),
    "repeat_collections": Hand(COLLECTION, "sum(repeats)", ASKED),
    "repeat_cost_yuan": Hand(COLLECTION, "sum(repeat_cost_yuan)", ASKED),
    "funding_spent_yuan": Hand(
        "library.fct_public_funding", "sum(spent_yuan)", MONEY, division="district_code", is_stock=False
    ),
    "funding_people": Hand("library.int_funding__people", "sum(people)", {}, division="district_code", is_stock=False),
    **{
        f"{group}{'_' if group else ''}{name}": Hand(ENTITLED, of_group(group, covered=name == "covered"), DUE)
        for group in ("", "floating", "registered")
        for name in ("entitled", "covered")
    },
    **{
        f"{group}{'_' if group else ''}coverage_rate": Hand(ENTITLED, rate(group), DUE)
        for group in ("", "floating", "registered")
    },
    "equalisation_ratio": Hand(ENTITLED, f"({rate('floating')}) / nullif({rate('registered')}, 0)", DUE),
}
# Of two tables: shown by area, below.
FROM_TWO_TABLES = {"funding_per_person"}
# What marts count, too: held against them at each level, by what they are grouped by there.
IN_MARTS = {
    ("records_due", "records_unseen", "unseen_rate"): (
        "bureau",
        "SELECT division_code, bureau, sum(expected)::BIGINT, sum(missing)::BIGINT, "
        "sum(missing) / sum(expected)::DOUBLE FROM marts.mart_missing_record WHERE level = '{level}' GROUP BY ALL",
    ),
    ("permit_entitled", "permit_used", "permit_use_rate"): (
        "service",
        "SELECT division_code, service, sum(entitled)::BIGINT, sum(used)::BIGINT, "
        "sum(used) / nullif(sum(entitled), 0)::DOUBLE FROM marts.mart_permit_services "
        "WHERE level = '{level}' GROUP BY ALL",
    ),
    ("aspired",): (
        "service",
        "SELECT division_code, service, sum(aspired)::BIGINT FROM marts.mart_service_coverage "
        "WHERE level = '{level}' GROUP BY ALL",
    ),
}
OVER_TIME = {"in_flow_year_to_date": "in", "out_flow_year_to_date": "out"}
# What is had from one leaf by one dimension is asked for at once.
CASES: dict[tuple[str, str, str], list[str]] = {}
for _name, _hand in BY_HAND.items():
    for _dimension in (
        *(LEVELS if _hand.division.endswith("division_code") else LEVELS[:2]),
        *_hand.dimensions,
    ):
        CASES.setdefault((_hand.table, _hand.division, _dimension), []).append(_name)


def rows_of(built_city: Any, sql: str) -> list[tuple[Any, ...]]:
    """Of the published library with persons."""
    with open_published(built_city.workdir, "restricted") as connection:
        return connection.execute(sql).fetchall()


def by_hand(built_city: Any, metrics: Iterable[str], dimension: str) -> list[tuple[Any, ...]]:
    """Metrics of one leaf by one dimension, straight from it."""
    hands = [BY_HAND[metric] for metric in metrics]
    hand, sums = hands[0], ", ".join(hand.sql for hand in hands)
    newest = f"leaf.period = (SELECT max(period) FROM {hand.table})" if hand.is_stock else "true"
    key = "above.ancestor_code" if dimension in LEVELS else hand.dimensions[dimension]
    return rows_of(
        built_city,
        f"SELECT {key}, {sums} FROM {hand.table} AS leaf LEFT JOIN library.bridge_division_ancestor AS above "
        f"ON above.division_code = leaf.{hand.division} "
        f"AND above.ancestor_level = '{dimension if dimension in LEVELS else 'city'}' WHERE {newest} GROUP BY ALL",
    )


def comparable(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Rows with fractions to nine digits of what is shown; what is 0 on one side may be nothing on the other."""
    return {
        tuple(float(f"{value:.9g}") if isinstance(value, (int, float)) else value for value in row)
        for row in rows
        if row[-1] not in (None, 0)
    }


@pytest.fixture(scope="module")
def semantic_manifest(built_city: Any) -> dict[str, Any]:
    path = published_folder(built_city.workdir) / "docs" / "semantic_manifest.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def test_every_metric_is_in_the_published_manifest(semantic_manifest: dict[str, Any]) -> None:
    in_marts = {name for names in IN_MARTS for name in names}
    shown = {*BY_HAND, *FROM_TWO_TABLES, *in_marts, *OVER_TIME}
    assert {metric["name"] for metric in semantic_manifest["metrics"]} == shown
    assert len(shown) >= 40
    assert {metric["type"] for metric in semantic_manifest["metrics"]} == {"simple", "ratio", "derived", "cumulative"}


def test_every_metric_is_had_by_division_in_the_same_words(semantic_manifest: dict[str, Any]) -> None:
    (division,) = [model for model in semantic_manifest["semantic_models"] if model["name"] == "division"]
    assert {dimension["name"] for dimension in division["dimensions"]} == set(LEVELS)
    for model in semantic_manifest["semantic_models"]:
        assert "division" in {entity["name"] for entity in model["entities"]}, model["name"]


# By what the headline metrics must be had, besides each level of divisions that they go down to.
ABOUT_PEOPLE = {"stay_band", "origin_province", "sex", "age_band"}
HEADLINES = {
    **dict.fromkeys(
        ("people", "floating", "residents", "renters"), ABOUT_PEOPLE | {"ethnicity", "dwelling", "industry"}
    ),
    **dict.fromkeys(("in_flow", "out_flow"), ABOUT_PEOPLE - {"stay_band"}),
    **dict.fromkeys(
        ("entitled", "covered", "coverage_rate", "equalisation_ratio"), ABOUT_PEOPLE | {"service", "bureau"}
    ),
    **{name: {"bureau"} for name in ("duplicate_rate", "missing_rate", "findings_open")},
    "repeat_collections": {"bureau", "field"},
    "funding_per_person": set(),
}


def test_headline_metrics_are_had_at_each_level_by_what_makes_sense_for_them(built_city: Any) -> None:
    dimensions = {metric.name: set(metric.dimensions) for metric in list_metrics(built_city.workdir)}
    for metric, asked in HEADLINES.items():
        assert dimensions[metric] >= asked | set(LEVELS), metric


def saved_queries(manifest: dict[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Each saved query's dimensions and metrics, as the columns of its table are named."""
    found = {}
    for query in manifest["saved_queries"]:
        asked = query["query_params"]
        names = [re.findall(r"'(\w+)'", dimension)[0].rpartition("__")[2] for dimension in asked["group_by"]]
        found[query["name"]] = (["period" if name == "metric_time" else name for name in names], asked["metrics"])
    return found


def test_each_saved_query_is_a_table_for_analysis_with_one_row_per_what_it_is_by(
    built_city: Any, semantic_manifest: dict[str, Any]
) -> None:
    queries = saved_queries(semantic_manifest)
    assert len(queries) >= 12
    with open_published(built_city.workdir, "analysis") as connection:
        stored = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'metrics'").fetchall()
        assert {name for (name,) in stored} == set(queries)
        for name, (dimensions, metrics) in queries.items():
            answer = connection.execute(f"FROM metrics.{name}")
            assert [column for column, *_ in answer.description] == [*dimensions, *metrics], name
            keys = [row[: len(dimensions)] for row in answer.fetchall()]
            assert len(keys) == len(set(keys)) > 0, name


def test_each_saved_query_holds_what_hand_written_sql_says(built_city: Any, semantic_manifest: dict[str, Any]) -> None:
    only = {
        "coverage_by_stay_band": "population_group = 'floating'",
        "floating_by_stay_band": "is_floating",
        "floating_by_origin": "is_floating",
        "floating_by_industry": "is_floating",
        "floating_by_dwelling": "is_floating",
    }
    for name, (dimensions, metrics) in saved_queries(semantic_manifest).items():
        levels = [level for level in LEVELS if level in dimensions]
        # metrics of one leaf are counted at once; two funding tables are looked at on their own, below
        leaves: dict[tuple[str, str], list[str]] = {}
        for metric in (metric for metric in metrics if metric in BY_HAND):
            leaves.setdefault((BY_HAND[metric].table, BY_HAND[metric].division), []).append(metric)
        for (table, division), counted in leaves.items():
            hand = BY_HAND[counted[0]]
            joins = " ".join(
                f"JOIN library.bridge_division_ancestor AS {level} ON {level}.division_code = leaf.{division} "
                f"AND {level}.ancestor_level = '{level}'"
                for level in levels
            )
            known = hand.dimensions | {"is_retrospective": "is_retrospective", "period": period_of(hand)}
            keys = ", ".join(f"{key}.ancestor_code" if key in levels else known[key] for key in dimensions)
            sums = ", ".join(BY_HAND[metric].sql for metric in counted)
            expected = rows_of(
                built_city,
                f"SELECT {keys}, {sums} FROM {table} AS leaf {joins} WHERE {only.get(name, 'true')} GROUP BY ALL",
            )
            stored = rows_of(built_city, f"SELECT {', '.join((*dimensions, *counted))} FROM metrics.{name}")
            of = len(dimensions)
            for place, metric in enumerate(counted, start=of):
                asked, by_sql = (comparable((*row[:of], row[place]) for row in rows) for rows in (stored, expected))
                assert asked == by_sql, f"{name}.{metric}"


def period_of(hand: Hand) -> str:
    """The time of a leaf's rows."""
    return "make_date(year::INTEGER, 12, 31)" if hand.division == "district_code" else "leaf.period"


def test_stocks_are_never_added_up_over_time(semantic_manifest: dict[str, Any]) -> None:
    add_up = {"in_flow", "out_flow", "funding_spent_yuan", "funding_people"}
    for model in semantic_manifest["semantic_models"]:
        for measure in model["measures"]:
            kept_apart = measure["non_additive_dimension"]
            if measure["name"] in add_up:
                assert kept_apart is None, measure["name"]
            else:
                assert kept_apart["window_choice"] == "max", measure["name"]


def test_every_metric_says_in_chinese_and_english_what_it_is_and_of_whom(semantic_manifest: dict[str, Any]) -> None:
    for metric in semantic_manifest["metrics"]:
        chinese, _, english = metric["label"].partition(" ")
        assert any("一" <= character <= "龥" for character in chinese) and english.isascii(), metric["name"]
        meta = metric["config"]["meta"]
        assert metric["description"], metric["name"]
        for key in ("unit", "owner", "grain", "description_zh", "denominator_zh", "denominator_en"):
            assert meta.get(key), f"{metric['name']} has no {key}"
        assert any("一" <= character <= "龥" for character in meta["description_zh"]), metric["name"]
        for key in ("owner", "grain"):
            chinese, _, english = meta[key].partition(" ")
            assert any("一" <= character <= "龥" for character in chinese) and english.isascii(), metric["name"]


def test_each_of_the_four_questions_has_saved_queries(semantic_manifest: dict[str, Any]) -> None:
    asked = [query["tags"] for query in semantic_manifest["saved_queries"]]
    assert all(len(tags) == 1 for tags in asked)
    assert {tag for (tag,) in asked} == set(QUESTIONS)
    assert all(sum(tags == [question] for tags in asked) >= 2 for question in QUESTIONS)


def test_a_rate_in_a_saved_query_stands_beside_what_it_is_worked_out_from(
    built_city: Any, semantic_manifest: dict[str, Any]
) -> None:
    for query in semantic_manifest["saved_queries"]:
        metrics = query["query_params"]["metrics"]
        missing = set(with_parts(built_city.workdir, metrics)) - set(metrics)
        assert not missing, f"{query['name']} lacks {missing}"


@pytest.mark.parametrize("level", LEVELS[1:])
def test_ethnicity_is_for_the_city_alone(built_city: Any, level: str) -> None:
    assert len(query_metric(built_city.workdir, ["people"], ["city", "ethnicity"]).rows) > 1
    with pytest.raises(UsageError, match=f"never by {level}"):
        query_metric(built_city.workdir, ["people"], [level, "ethnicity"])
    with pytest.raises(UsageError, match=f"never by {level}"):
        query_metric(built_city.workdir, ["people"], ["ethnicity"], where={level: "150203000000"})
    with pytest.raises(UsageError, match=f"never by {level}"):
        query_metric(built_city.workdir, ["people"], [f"division__{level}"], where={"ethnicity": "01"})


def test_no_saved_query_tells_ethnicity_below_the_city(semantic_manifest: dict[str, Any]) -> None:
    for query in semantic_manifest["saved_queries"]:
        dimensions = " ".join(query["query_params"]["group_by"])
        assert "ethnicity" not in dimensions or not re.search("division__(district|township|community)", dimensions)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("names", IN_MARTS)
def test_metrics_of_leaf_cells_equal_their_marts_at_each_level(
    built_city: Any, names: tuple[str, ...], level: str
) -> None:
    by, sql = IN_MARTS[names]
    answer = query_metric(built_city.workdir, list(names), [level, by]).rows
    mart = rows_of(built_city, sql.format(level=level))
    assert any(row[-1] for row in mart)
    for place, name in enumerate(names, start=2):
        asked, counted = (comparable((*row[:2], row[place]) for row in rows) for rows in (answer, mart))
        assert asked == counted, name


@pytest.mark.parametrize("name", OVER_TIME)
def test_the_year_to_date_begins_anew_each_january(built_city: Any, name: str) -> None:
    answer = query_metric(built_city.workdir, [name], ["metric_time__month"]).rows
    moves = rows_of(
        built_city,
        f"SELECT date_trunc('month', period)::DATE AS month, count(*) FROM library.fct_flow "
        f"WHERE direction = '{OVER_TIME[name]}' GROUP BY 1",
    )
    assert len(answer) > 12
    for month, people in answer:
        expected = sum(moved for day, moved in moves if day.year == month.year and day <= month)
        assert (people or 0) == expected, month
    by_day = query_metric(built_city.workdir, [name], ["metric_time__day"]).rows
    assert all((day + timedelta(days=1)).day == 1 for day, _ in by_day)
    assert [(day.replace(day=1), people) for day, people in by_day] == answer


def test_over_quarters_a_stock_is_that_of_the_last_month_end(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["people"], ["metric_time__quarter"])
    last = rows_of(
        built_city,
        f"SELECT date_trunc('quarter', period)::DATE, {HERE} FROM {LEAF} WHERE period IN "
        f"(SELECT max(period) FROM {LEAF} GROUP BY date_trunc('quarter', period)) GROUP BY ALL",
    )
    assert comparable(answer.rows) == comparable(last)
    flows = query_metric(built_city.workdir, ["in_flow"], ["metric_time__quarter"]).rows
    assert sum(people for _, people in flows) == query_metric(built_city.workdir, ["in_flow"]).rows[0][0]


def test_metrics_equal_hand_written_sql_by_every_dimension(built_city: Any) -> None:
    asked, shown = 0, 0
    for (_, _, dimension), metrics in CASES.items():
        by_metricflow = query_metric(built_city.workdir, metrics, [dimension]).rows
        by_sql = by_hand(built_city, metrics, dimension)
        for place, metric in enumerate(metrics, start=1):
            answer, expected = (comparable((row[0], row[place]) for row in rows) for rows in (by_metricflow, by_sql))
            assert answer == expected, f"{metric} by {dimension}"
            asked, shown = asked + 1, shown + bool(answer)
    assert shown > asked * 0.8


def test_without_a_dimension_metrics_are_those_of_the_city_now(built_city: Any) -> None:
    names = ["people", "floating", "floating_share"]
    (answer,) = query_metric(built_city.workdir, names).rows
    assert comparable([answer]) == comparable(
        rows_of(
            built_city,
            f"SELECT {', '.join(BY_HAND[name].sql for name in names)} FROM {LEAF} "
            f"WHERE period = (SELECT max(period) FROM {LEAF})",
        )
    )
    assert answer[0] > answer[1] > 0


def test_metrics_of_different_leaves_are_had_together_by_division(built_city: Any) -> None:
    names = ["people", "registered", "in_flow", "missing_rate", "repeat_collections"]
    together = query_metric(built_city.workdir, names, ["district"]).rows
    assert len(together) > 1
    for place, name in enumerate(names, start=1):
        alone = query_metric(built_city.workdir, [name], ["district"]).rows
        assert comparable((row[0], row[place]) for row in together) == comparable(alone), name


def test_metrics_equal_hand_written_sql_by_two_dimensions(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["floating"], ["district", "sex"])
    assert comparable(answer.rows) == comparable(
        rows_of(
            built_city,
            f"SELECT district_code, sex, count(*) FILTER (is_floating) FROM {LEAF} "
            f"WHERE period = (SELECT max(period) FROM {LEAF}) GROUP BY ALL",
        )
    )


def test_over_time_each_month_end_stands_for_itself(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["people"], ["metric_time__month"])
    by_month = rows_of(built_city, f"SELECT date_trunc('month', period)::DATE, {HERE} FROM {LEAF} GROUP BY ALL")
    assert comparable(answer.rows) == comparable(by_month)
    assert len(answer.rows) > 1


def test_metrics_equal_the_mart(built_city: Any) -> None:
    by_district = {
        row[0]: row[1:]
        for row in query_metric(built_city.workdir, ["people", "floating", "registered"], ["district"]).rows
    }
    mart = rows_of(
        built_city,
        "SELECT division_code, people, floating, registered FROM marts.mart_population WHERE level = 'district' "
        "AND dimension_set = 'total' AND period = (SELECT max(period) FROM marts.mart_population)",
    )
    assert mart
    for district, *counts in mart:
        assert [value or 0 for value in by_district.get(district, (0, 0, 0))] == counts, district


@pytest.mark.parametrize("level", LEVELS)
def test_equalisation_equals_the_mart_at_each_level(built_city: Any, level: str) -> None:
    names = ["floating_entitled", "floating_covered", "registered_entitled", "registered_covered", "equalisation_ratio"]
    answer = query_metric(built_city.workdir, names, [level, "service"]).rows
    mart = rows_of(
        built_city,
        f"SELECT division_code, service, {', '.join(names)} FROM marts.mart_equalisation WHERE level = '{level}'",
    )
    assert any(row[-1] for row in mart)
    for place, name in enumerate(names, start=2):
        by_service, in_mart = (comparable((*row[:2], row[place]) for row in rows) for rows in (answer, mart))
        assert by_service == in_mart, name


def test_funding_per_person_is_money_over_people(built_city: Any) -> None:
    answer = query_metric(built_city.workdir, ["funding_per_person"], ["district", "metric_time__year"])
    expected = rows_of(
        built_city,
        "SELECT district_code, make_date(year::INTEGER, 1, 1), "
        "sum(money.spent_yuan) / nullif(any_value(people.people), 0) "
        "FROM library.fct_public_funding AS money JOIN ("
        "  SELECT division_code AS district_code, year, people FROM ("
        "    SELECT DISTINCT division_code, year, people_period FROM marts.mart_funding_per_capita "
        "    WHERE level = 'district'"
        "  ) JOIN marts.mart_population AS population USING (division_code)"
        "  WHERE period = people_period AND dimension_set = 'total'"
        ") AS people USING (district_code, year) GROUP BY ALL",
    )
    assert comparable(answer.rows) == comparable(expected)
    assert len(expected) > 1


def test_quality_is_counted_from_findings_and_ledger(built_city: Any) -> None:
    findings = query_metric(built_city.workdir, ["findings_open"], ["dataset"]).rows
    records = query_metric(built_city.workdir, ["records"], ["dataset"]).rows
    with_people = ", ".join(f"'{dataset}'" for dataset, _ in records)
    assert comparable(findings) == comparable(
        rows_of(
            built_city,
            "SELECT dataset, count(*) FROM quality.finding "
            f"WHERE state = 'open' AND dataset IN ({with_people}) GROUP BY ALL",
        )
    )
    assert comparable(records) == comparable(
        rows_of(
            built_city, f"SELECT dataset, sum(staged) FROM quality.ledger WHERE dataset IN ({with_people}) GROUP BY ALL"
        )
    )


def test_every_collection_but_a_persons_first_is_a_repeat(built_city: Any) -> None:
    asked = query_metric(built_city.workdir, ["collections", "repeat_collections"], ["field"]).rows
    mart = dict(
        rows_of(
            built_city,
            "SELECT field, max(people) FROM marts.mart_repeat_collection WHERE level = 'city' GROUP BY ALL",
        )
    )
    assert {field for field, *_ in asked} >= set(mart)
    for field, collections, repeats in asked:
        # no pair of bureaus has asked more people than were asked at all
        assert collections - repeats >= mart.get(field, 0), field
