"""Ten headline figures, covering the four questions, are what a second implementation makes of the same files.

`reference.py` reads the delivered files and counts by itself, in polars; whom each record is about, it takes from the
truth. On a clean city every record finds its person, and each figure is the mart's, to the last person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from serving.library import open_published
from sources.workdir import Workdir
from tests.conftest import run_sijiku
from tests.dbt_project.reference import FIELDS, Reference

# On a city of this size and seed no two people are so alike that a record without a number could be either's.
SCALE = 0.0005
NOW = "period = (SELECT max(period) FROM marts.mart_population)"


@dataclass(frozen=True)
class Headline:
    """A figure: how the reference has it, and the query that has it from the marts; `keys` tell its rows apart."""

    reference: Callable[[Reference], pl.DataFrame]
    sql: str
    keys: tuple[str, ...]


_FIELDS = " OR ".join(
    f"(dataset = '{dataset}' AND field IN ({', '.join(repr(field) for field in fields)}))"
    for dataset, fields in FIELDS.items()
)
HEADLINES = {
    # 1. How many are there really?
    "people, floating and residents by district": Headline(
        Reference.people_by_district,
        "SELECT division_code, people, floating, resident FROM marts.mart_population "
        f"WHERE level = 'district' AND dimension_set = 'total' AND {NOW} AND people > 0",
        ("division_code",),
    ),
    "floating by length of stay": Headline(
        Reference.floating_by_stay,
        "SELECT dim_1 AS stay_band, floating FROM marts.mart_population "
        f"WHERE level = 'city' AND dimension_set = 'stay_band' AND {NOW} AND floating > 0",
        ("stay_band",),
    ),
    "in-flow by province of origin": Headline(
        Reference.in_flow_by_province,
        "SELECT left(region_code, 2) AS province, sum(people) AS people FROM marts.mart_flow "
        "WHERE level = 'city' AND direction = 'in' GROUP BY ALL",
        ("province",),
    ),
    "registered by district": Headline(
        Reference.registered_by_district,
        "SELECT division_code, registered FROM marts.mart_population "
        f"WHERE level = 'district' AND dimension_set = 'total' AND {NOW} AND registered > 0",
        ("division_code",),
    ),
    # 2. Who is missing where?
    "floating without registration of stay, by district": Headline(
        Reference.without_registration_of_stay,
        "SELECT division_code, expected, missing FROM marts.mart_missing_record "
        f"WHERE level = 'district' AND rule_id = 'record_temporary_residence' AND {NOW} AND expected > 0",
        ("division_code",),
    ),
    "fields that are missing, by dataset": Headline(
        Reference.missing_fields,
        "SELECT dataset, field, records, missing FROM marts.mart_missing_field "
        f"WHERE level = 'city' AND {NOW} AND ({_FIELDS})",
        ("dataset", "field"),
    ),
    # 3. What is collected again and again?
    "asked by two bureaus: day of arrival, phone": Headline(
        Reference.asked_by_two_bureaus,
        "SELECT bureau, other_bureau, field, people, collections FROM marts.mart_repeat_collection "
        f"WHERE level = 'city' AND {NOW} AND (field = 'arrived_on' "
        "OR (field = 'phone' AND bureau = 'grid' AND other_bureau = 'psb'))",
        ("bureau", "other_bureau", "field"),
    ),
    # 4. Does service reach the floating as it reaches the registered?
    "covered by a dose and by a health record, by district": Headline(
        Reference.covered,
        "SELECT division_code, entitled, covered, service, population_group FROM marts.mart_service_coverage "
        f"WHERE level = 'district' AND service IN ('vaccine_MR_1', 'health_record') AND {NOW} AND entitled > 0",
        ("division_code", "service", "population_group"),
    ),
    "what holders of permits use": Headline(
        Reference.used_by_permit_holders,
        "SELECT permit_kind, service, holders, entitled, used FROM marts.mart_permit_services "
        "WHERE level = 'city' AND service IN ('health_record', 'insurance_medical', 'employment_registration') "
        f"AND {NOW}",
        ("permit_kind", "service"),
    ),
    "spent per person, by district": Headline(
        Reference.spent_per_person,
        "SELECT division_code, funding_service, beneficiary, fund_source, spent_yuan, people, "
        "spent_per_capita_yuan AS per_person FROM marts.mart_funding_per_capita "
        "WHERE level = 'district' AND year = 2014 AND spent_yuan IS NOT NULL",
        ("division_code", "funding_service", "beneficiary", "fund_source"),
    ),
}


def both(headline: Headline, city: Reference, workdir: Workdir) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The figure by the marts and by the reference, in one form."""
    with open_published(workdir, "analysis") as connection:
        found = connection.execute(headline.sql).pl()
    names = found.columns
    values = [name for name in names if name not in headline.keys]
    forms = [
        frame.select(names).with_columns(pl.col(values).cast(pl.Float64)).sort(headline.keys)
        for frame in (found, headline.reference(city))
    ]
    return forms[0], forms[1]


@pytest.fixture(scope="module")
def clean_city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reference, Workdir]:
    """A small city whose files have no mistakes, and its library."""
    home: Path = tmp_path_factory.mktemp("clean")
    arguments = ["--out", home / "city", "--scale", str(SCALE), "--profile", "clean"]
    simulated = run_sijiku("simulate", *arguments)
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr
    landing, workdir = home / "city" / "landing", Workdir(home / "library")
    built = run_sijiku("build", "--landing", landing, "--workdir", workdir.path)
    assert built.returncode == 0, built.stdout + built.stderr
    return Reference(landing, home / "city" / "truth"), workdir


@pytest.mark.full
@pytest.mark.parametrize("name", HEADLINES)
def test_on_a_clean_city_the_mart_is_the_reference(clean_city: tuple[Reference, Workdir], name: str) -> None:
    found, expected = both(HEADLINES[name], *clean_city)
    assert expected.height
    assert_frame_equal(found, expected)
