"""A public table that is not as the interface promises is seen, whatever is wrong with it, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from expectations.checkpoint import validate
from expectations.grains import GRAINS
from expectations.outcome import ExpectationOutcome
from expectations.public import QUOTIENTS, WITHOUT_QUOTIENT, suite_of
from expectations.suites import claim_of
from sources.errors import SijikuError
from sources.interface import PublicTable, public_tables
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

Make = Callable[..., list[ExpectationOutcome]]

TABLES = {str(public.table): public for public in public_tables() if public.table.name != "*"}

COVERAGE = "marts.mart_service_coverage"
COVERAGE_ROWS = """
SELECT unnest(['150200000000', '150202000000']) AS division_code, unnest(['city', 'district']) AS level,
       DATE '2014-10-31' AS period, 'dose' AS service, 'floating' AS population_group, 4 AS entitled, 3 AS covered,
       1 AS timely, 0.75 AS coverage_rate, 0.5 AS standardised_rate
"""
PERSON = "library.dim_person"
PERSON_ROWS = """
SELECT unnest(['P1', 'P2']) AS person_id, '密甲' AS name, '跨省' AS flow_scope, true AS is_floating,
       '1m_6m' AS stay_band, '150202001001' AS division_code
"""


@pytest.fixture
def make(workdir: Workdir) -> Make:
    """Make a public table from SQL, with its promised columns, change it, and hold it to the interface."""

    def run(name: str, rows: str, change: str = "") -> list[ExpectationOutcome]:
        public = TABLES[name]
        with open_warehouse(workdir) as connection:
            columns = ", ".join(f'"{column}" {type_}' for column, type_ in public.columns.items())
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{public.table.schema}"')
            connection.execute(f"CREATE OR REPLACE TABLE {public.table.quoted} ({columns})")
            connection.execute(f"INSERT INTO {public.table.quoted} BY NAME {rows}")
            if change:
                connection.execute(change)
        return validate(workdir, [], workdir.scratch / "docs", [public])

    return run


def broken(outcomes: Sequence[ExpectationOutcome]) -> set[str]:
    assert all(item.is_blocking for item in outcomes)
    return {f"{item.claim}: {item.rows}" for item in outcomes if not item.success}


@pytest.mark.parametrize(("name", "rows"), [(COVERAGE, COVERAGE_ROWS), (PERSON, PERSON_ROWS)])
def test_a_table_as_promised_breaks_nothing(make: Make, name: str, rows: str) -> None:
    assert broken(make(name, rows)) == set()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_without_rows_breaks_nothing(make: Make, name: str) -> None:
    assert broken(make(name, f"FROM {TABLES[name].table.quoted}")) == set()


WRONG = {
    "grain: 1 of 3 rows": f"INSERT INTO {COVERAGE} FROM {COVERAGE} LIMIT 1",
    "key_filled service: 1 of 2 rows": f"UPDATE {COVERAGE} SET service = NULL WHERE level = 'city'",
    "listed population_group: 2 of 2 rows": f"UPDATE {COVERAGE} SET population_group = '流动'",
    "level_listed level: 1 of 2 rows": f"UPDATE {COVERAGE} SET level = 'county' WHERE level = 'district'",
    "month_end period: 2 of 2 rows": f"UPDATE {COVERAGE} SET period = DATE '2014-10-30'",
    "twelve_digits division_code: 1 of 2 rows": (
        f"UPDATE {COVERAGE} SET division_code = '150202' WHERE level = 'district'"
    ),
    "not_negative timely: 2 of 2 rows": f"UPDATE {COVERAGE} SET timely = -1",
    "fraction standardised_rate: 2 of 2 rows": f"UPDATE {COVERAGE} SET standardised_rate = 75",
    "quotient coverage_rate: 2 of 2 rows": f"UPDATE {COVERAGE} SET covered = 2",
    "as_agreed entitled: 1 of 2 rows": f"ALTER TABLE {COVERAGE} ALTER entitled TYPE HUGEINT",
}


@pytest.mark.parametrize("claim", WRONG)
def test_each_broken_promise_is_named_and_counted(make: Make, claim: str) -> None:
    assert broken(make(COVERAGE, COVERAGE_ROWS, WRONG[claim])) == {claim}


TOUCHED = "person_id IN (SELECT person_id FROM library.touched)"
TWICE = (
    f"INSERT INTO {PERSON} FROM {PERSON} WHERE person_id = '{{}}'; "
    "CREATE OR REPLACE TABLE library.touched AS SELECT {} AS person_id"
)


@pytest.mark.parametrize(
    ("twice", "touched", "renewed", "is_seen"),
    [
        ("P2", "'P2'", TOUCHED, True),
        # Nobody says that it changed: the last time it was not there twice.
        ("P2", "'P1'", TOUCHED, False),
        ("P2", "NULL", "person_id LIKE '{_}2' OR person_id = 'P2'", True),
        # A condition that is not one on the grain says nothing about who may have a like; nor does one of nothing.
        ("P2", "'P1'", "name = '密乙'", True),
        ("P2", "'P1'", "person_id IN (SELECT person_id FROM library.no_such_table)", True),
    ],
)
def test_only_renewed_rows_are_asked_whether_they_have_a_like(
    make: Make, workdir: Workdir, twice: str, touched: str, renewed: str, is_seen: bool
) -> None:
    make(PERSON, PERSON_ROWS, TWICE.format(twice, touched))
    outcomes = validate(workdir, [], workdir.scratch / "docs", [TABLES[PERSON]], {PERSON: renewed})
    assert broken(outcomes) == ({"grain: 1 of 3 rows"} if is_seen else set())


def test_a_ratio_of_nothing_is_null(make: Make) -> None:
    nothing = f"UPDATE {COVERAGE} SET entitled = 0, covered = 0, timely = 0"
    assert broken(make(COVERAGE, COVERAGE_ROWS, nothing)) == {"quotient coverage_rate: 2 of 2 rows"}
    assert broken(make(COVERAGE, COVERAGE_ROWS, f"{nothing}, coverage_rate = NULL")) == set()


def test_a_column_that_is_gone_breaks_its_promise_even_where_nothing_else_can_be_seen(make: Make) -> None:
    found = broken(make(COVERAGE, COVERAGE_ROWS, f"ALTER TABLE {COVERAGE} DROP covered"))
    assert "as_agreed covered: 1 of 2 rows" in found
    assert "quotient coverage_rate: could not be evaluated" in found


def test_columns_of_its_own_are_a_tables_right(make: Make) -> None:
    assert broken(make(COVERAGE, COVERAGE_ROWS, f"ALTER TABLE {COVERAGE} ADD note VARCHAR")) == set()


def test_a_value_that_is_not_known_is_not_outside_its_list(make: Make) -> None:
    assert broken(make(PERSON, PERSON_ROWS, f"UPDATE {PERSON} SET stay_band = NULL")) == set()


def test_no_value_of_a_person_is_in_any_page(make: Make, workdir: Workdir) -> None:
    make(PERSON, PERSON_ROWS, f"UPDATE {PERSON} SET person_id = 'SECRET-P9', flow_scope = '密'")
    pages = [path.read_text(encoding="utf-8") for path in (workdir.scratch / "docs").rglob("*.html")]
    assert len(pages) == 3
    assert not [page for page in pages if "密甲" in page or "SECRET-P9" in page or ">密<" in page]


def test_a_public_table_that_is_not_there_is_refused_by_name(workdir: Workdir) -> None:
    with pytest.raises(SijikuError, match=r"marts\.mart_flow"):
        validate(workdir, [], workdir.scratch / "docs", [TABLES["marts.mart_flow"]])


@pytest.mark.parametrize("public", TABLES.values(), ids=str)
def test_each_promise_of_the_interface_is_one_expectation(public: PublicTable) -> None:
    claims = [claim_of(item.configuration) for item in suite_of(public).expectations]
    assert len(claims) == len(set(claims))

    def about(name: str) -> set[str | None]:
        return {claim.column for claim in claims if claim.name == name}

    assert about("as_agreed") == set(public.columns)
    assert about("listed") == set(public.values)
    assert about("level_listed") == ({"level"} if public.finest and "level" in public.columns else set())
    ratios = {name for name, class_ in public.classes.items() if class_ == "ratio"}
    assert about("quotient") == {name for name in ratios if (public.table.name, name) not in WITHOUT_QUOTIENT}


def test_grains_and_quotients_are_of_tables_and_columns_that_are_promised() -> None:
    assert set(GRAINS) == set(TABLES)
    for name, grain in GRAINS.items():
        assert set(grain.columns) <= set(TABLES[name].columns), name
        assert set(grain.may_be_null) <= set(grain.columns), name
    for table, column in (*QUOTIENTS, *WITHOUT_QUOTIENT):
        assert TABLES[f"marts.{table}"].classes[column] == "ratio"
