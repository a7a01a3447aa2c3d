"""The unseen of districts and city from counted capture histories: pools, totals, what is known elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from serving.estimates import CELLS, LEAST_PEOPLE, LISTS, estimate_unseen, store_unseen
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

CITY = "150200000000"
LARGE, SMALL = "150203000000", "150206000000"
KEYS = ["division_code", "sex", "age_band", "method"]


def people(
    random: np.random.Generator, district: str, n: int, chances: Sequence[float], *, age_band: str = "30-34"
) -> tuple[pl.DataFrame, int]:
    """Cells of n settled people of both sexes, on lists by these chances; and how many of them are on none."""
    on = random.random((n, len(LISTS))) < np.array(chances)
    frame = pl.DataFrame(on, schema=list(LISTS)).with_columns(
        sex=pl.Series(np.where(random.random(n) < 0.5, "1", "2")),
        city_code=pl.lit(CITY),
        district_code=pl.lit(district),
        age_band=pl.lit(age_band),
        is_settled=pl.lit(True),
    )
    seen = frame.filter(pl.any_horizontal(LISTS))
    return seen.group_by(pl.all()).agg(people=pl.len().cast(pl.Int64)), n - seen.height


def row(rows: pl.DataFrame, division: str, sex: str = "all", age_band: str = "all", method: str = "log_linear") -> dict:
    key = (pl.col("division_code") == division, pl.col("sex") == sex, pl.col("age_band") == age_band)
    (found,) = rows.filter(*key, pl.col("method") == method).to_dicts()
    return found


def test_a_large_district_is_estimated_by_itself_and_a_small_one_shares_the_rate_of_the_city() -> None:
    random = np.random.default_rng(1)
    large, unseen = people(random, LARGE, 30_000, (0.4, 0.4, 0.4, 0.4))
    small, _ = people(random, SMALL, 200, (0.9, 0.9, 0.9, 0.9))
    rows, report = estimate_unseen(pl.concat([large, small]))
    for method in ("log_linear", "chapman"):
        found = row(rows, LARGE, method=method)
        assert found["unseen_low"] <= unseen <= found["unseen_high"]
        assert not found["is_pooled"]
        # it has nearly no unseen of its own; the rate of its people's sex and age in the city is what is known of it
        pooled, listed = row(rows, SMALL, method=method), small["people"].sum()
        assert pooled["is_pooled"]
        city = row(rows, CITY, method=method)
        assert pooled["unseen"] / listed == pytest.approx(unseen / large["people"].sum(), rel=0.1)
        assert city["unseen"] == pytest.approx(found["unseen"] + pooled["unseen"], abs=0.2)
        assert report.groups[method] == {"by themselves": 2, "from a pool": 2, "not at all": 0}


def test_a_band_of_age_shares_the_rate_of_its_group_and_all_bands_add_up() -> None:
    random = np.random.default_rng(2)
    parts = [people(random, LARGE, 6_000, (0.5, 0.5, 0.5, 0.5), age_band=band)[0] for band in ("20-24", "40-44")]
    rows, _ = estimate_unseen(pl.concat(parts))
    bands = [row(rows, LARGE, age_band=band) for band in ("20-24", "40-44")]
    assert [band["is_pooled"] for band in bands] == [True, True]
    assert sum(band["unseen"] for band in bands) == pytest.approx(row(rows, LARGE)["unseen"], abs=0.2)


def test_who_is_known_elsewhere_is_not_unseen() -> None:
    cells, unseen = people(np.random.default_rng(3), LARGE, 20_000, (0.4, 0.4, 0.4, 0.4))
    known = (
        cells.head(1)
        .with_columns(pl.lit(False).alias(name) for name in LISTS)
        .with_columns(people=pl.lit(400, pl.Int64))
    )
    without, _ = estimate_unseen(cells)
    rows, _ = estimate_unseen(pl.concat([cells, known.select(cells.columns)]))
    for method in ("log_linear", "chapman"):
        before, after = row(without, LARGE, method=method), row(rows, LARGE, method=method)
        assert after["unseen"] == pytest.approx(before["unseen"] - 400, abs=0.2)
    assert unseen > 400


def test_where_more_are_known_elsewhere_than_are_missing_nobody_is_unseen() -> None:
    cells, unseen = people(np.random.default_rng(4), LARGE, 5_000, (0.8, 0.8, 0.8, 0.8))
    known = (
        cells.head(1)
        .with_columns(pl.lit(False).alias(name) for name in LISTS)
        .with_columns(people=pl.lit(900, pl.Int64))
    )
    rows, _ = estimate_unseen(pl.concat([cells, known.select(cells.columns)]))
    assert unseen < 900
    assert row(rows, LARGE, sex=known["sex"].item())["unseen"] == 0


def test_two_lists_are_enough_for_one_method_only_and_one_for_none() -> None:
    cells, _ = people(np.random.default_rng(5), LARGE, 3_000, (0.5, 0, 0.5, 0))
    rows, report = estimate_unseen(cells)
    assert row(rows, CITY)["unseen"] is None
    assert row(rows, CITY, method="chapman")["unseen"] > 0
    alone, report = estimate_unseen(people(np.random.default_rng(5), LARGE, 3_000, (0.5, 0, 0, 0))[0])
    assert alone["unseen"].null_count() == alone.height > 0
    assert alone["is_pooled"].all()
    assert report.unseen == {"chapman": None, "log_linear": None}


def test_lists_with_hardly_anybody_in_common_say_nothing() -> None:
    cells, _ = people(np.random.default_rng(6), LARGE, LEAST_PEOPLE * 2, (0.02, 0.02, 0.02, 0.9))
    rows, _ = estimate_unseen(cells)
    assert row(rows, CITY)["unseen"] is None


def test_neither_the_order_of_cells_nor_another_district_changes_an_estimate() -> None:
    random = np.random.default_rng(7)
    large, _ = people(random, LARGE, 8_000, (0.5, 0.4, 0.6, 0.5))
    other, _ = people(random, SMALL, 8_000, (0.2, 0.3, 0.4, 0.5))
    both = pl.concat([large, other])
    rows, _ = estimate_unseen(both)
    shuffled, _ = estimate_unseen(both.sample(fraction=1.0, shuffle=True, seed=1))
    assert rows.sort(KEYS).equals(shuffled.sort(KEYS))
    assert row(estimate_unseen(large)[0], LARGE) == row(rows, LARGE)


def test_a_library_without_floating_people_has_no_estimates(workdir: Workdir) -> None:
    cells, _ = people(np.random.default_rng(8), LARGE, 3_000, (0.5, 0.5, 0.5, 0.5))
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE SCHEMA library")
        connection.register("cells", cells.clear())
        connection.execute(f"CREATE TABLE {CELLS.quoted} AS FROM cells")
    assert store_unseen(workdir).unseen == {"chapman": None, "log_linear": None}
    with open_warehouse(workdir) as connection:
        assert connection.execute("SELECT count(*) FROM estimates.unseen").fetchone() == (0,)
        connection.register("cells", cells)
        connection.execute(f"INSERT INTO {CELLS.quoted} BY NAME FROM cells")
    assert store_unseen(workdir).unseen["log_linear"] is not None
    with open_warehouse(workdir) as connection:
        rows = connection.execute("FROM estimates.unseen").pl()
    assert row(rows, CITY)["unseen_low"] <= row(rows, CITY)["unseen"] <= row(rows, CITY)["unseen_high"]
