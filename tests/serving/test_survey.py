"""Weighted indicators and their errors: by hand, as published, against a second way, and the ugly cases."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import t

from serving.survey import (
    ANSWERS,
    LEAST_RESPONDENTS,
    estimate_indicators,
    interval_of_mean,
    interval_of_share,
    linearised,
    store_indicators,
)
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

CITY, ONE, OTHER = "150200000000", "150203000000", "150206000000"
ROUND = date(2014, 10, 31)


def answers(
    value: Iterable[float | None],
    *,
    unit: Iterable[object],
    stratum: Iterable[object] | None = None,
    weight: Iterable[float] | None = None,
    district: Iterable[str] | None = None,
    measure: str = "share",
) -> pl.DataFrame:
    values, units = list(value), [str(one) for one in unit]
    n = len(values)
    return pl.DataFrame(
        {
            "record_ref": [f"r{place:05}" for place in range(n)],
            "round": [ROUND] * n,
            "city_code": [CITY] * n,
            "district_code": [ONE] * n if district is None else list(district),
            "stratum": ["1"] * n if stratum is None else [str(one) for one in stratum],
            "sampling_unit": units,
            "weight": [1.0] * n if weight is None else [float(one) for one in weight],
            "sex": [str(1 + place % 2) for place in range(n)],
            "flow_scope": [None] * n,
            "indicator": ["some"] * n,
            "measure": [measure] * n,
            "value": values,
        },
        schema_overrides={"flow_scope": pl.String, "value": pl.Float64},
    )


def figure(rows: pl.DataFrame, division: str = CITY, group: str = "all") -> dict:
    (found,) = rows.filter(pl.col("division_code") == division, pl.col("population_group") == group).to_dicts()
    return found


def test_it_is_what_the_formula_gives_by_hand() -> None:
    # Two strata of two units of ten; those of the second stand for three people each. Yes: 8, 2 of ten; 5, 7 of ten.
    yes = [8, 2, 5, 7]
    value = [float(place < n) for n in yes for place in range(10)]
    sample = answers(
        value,
        unit=np.repeat([1, 2, 1, 2], 10),
        stratum=np.repeat([1, 2], 20),
        weight=np.repeat([1, 3], 20),
    )
    found = figure(estimate_indicators(sample))
    # (10 + 3 * 12) / 80; a unit's total is weight * (yes - 10 * share) / 80; of two units the variance is (a - b)^2
    share = 46 / 80
    by_hand = (((8 - 2) / 80) ** 2 + (3 * (5 - 7) / 80) ** 2) ** 0.5
    assert found["respondents"] == 40
    assert found["estimate"] == pytest.approx(share)
    assert found["standard_error"] == pytest.approx(by_hand, abs=1e-6)
    # two strata, four units: two degrees of freedom, and a long interval
    assert found["low"] < share - 2 * by_hand < share + 2 * by_hand < found["high"]


def test_it_is_what_is_published_of_a_national_survey() -> None:
    # NHANES II, 31 strata of two units: mean zinc in serum, µg/dL. Stata, Survey Data Reference Manual, svy: mean zinc.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from samplics.datasets import load_nhanes2
    data = pl.from_pandas(load_nhanes2()["data"])
    sample = data.select(
        pl.col("stratid").alias("stratum"),
        pl.col("psuid").alias("sampling_unit"),
        pl.col("finalwgt").alias("weight"),
        pl.col("zinc").cast(pl.Float64).fill_nan(None).alias("value"),
    ).with_columns(domain=pl.when(pl.col("value").is_not_null()).then(pl.lit("zinc")))
    (found,) = linearised(sample).to_dicts()
    assert (round(found["estimate"], 5), round(found["standard_error"], 7)) == (87.18207, 0.4944827)
    assert (found["strata"], found["units"]) == (31, 62)
    freedom = np.array([found["units"] - found["strata"]])
    (low,), (high,) = interval_of_mean(np.array([found["estimate"]]), np.array([found["standard_error"]]), freedom)
    assert (round(low, 5), round(high, 5)) == (86.17356, 88.19057)


def by_samplics(sample: pl.DataFrame, of: pl.Expr) -> tuple[float, float]:
    """Mean and error of a domain."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from samplics import TaylorEstimator
        from samplics.utils.types import PopParam
    estimator = TaylorEstimator(PopParam.mean)
    is_in = sample.select(of & pl.col("value").is_not_null()).to_series()
    estimator.estimate(
        # of a domain that is nothing but zeros it cannot tell: of `out` neither, which nobody looks at
        y=sample["value"].fill_null(1).to_numpy(),
        samp_weight=sample["weight"].to_numpy(),
        stratum=sample["stratum"].to_list(),
        psu=sample["sampling_unit"].to_list(),
        domain=np.where(is_in.to_numpy(), "in", "out").tolist(),
    )
    return float(estimator.point_est["in"]), float(estimator.stderror["in"])


@pytest.mark.parametrize("measure", ["share", "mean"])
def test_groups_and_districts_are_domains_of_the_whole_sample(measure: str) -> None:
    random = np.random.default_rng(11)
    n = 900
    stratum = random.integers(1, 4, n)
    value = (random.random(n) < 0.3).astype(float) if measure == "share" else random.gamma(3, 900, n)
    sample = answers(
        [None if random.random() < 0.1 else one for one in value],
        unit=random.integers(1, 9, n),
        stratum=stratum,
        weight=random.uniform(1, 60, n),
        district=np.where(stratum == 3, OTHER, ONE),
        measure=measure,
    )
    rows = estimate_indicators(sample)
    for division, in_division in (
        (CITY, pl.lit(True)),
        (ONE, pl.col("stratum") != "3"),
        (OTHER, pl.col("stratum") == "3"),
    ):
        for group, in_group in (("all", pl.lit(True)), ("sex_2", pl.col("sex") == "2")):
            mean, error = by_samplics(sample, in_division & in_group)
            found = figure(rows, division, group)
            assert found["estimate"] == pytest.approx(mean, abs=1e-6)
            assert found["standard_error"] == pytest.approx(error, abs=1e-6)
            assert found["low"] <= found["estimate"] <= found["high"]
    # eight units in a stratum
    found = figure(rows, OTHER)
    if measure == "mean":
        reach = t.ppf(0.975, 7) * found["standard_error"]
        assert found["high"] - found["estimate"] == pytest.approx(reach, abs=1e-5)


def test_few_respondents_have_no_figure() -> None:
    n = LEAST_RESPONDENTS + 10
    values: list[float | None] = [1.0, 0.0] * (n // 2)
    sample = answers(values, unit=[place % 4 for place in range(n)])
    assert estimate_indicators(sample)["population_group"].to_list() == ["all", "all"]
    sample = sample.with_columns(value=pl.when(pl.int_range(pl.len()) < LEAST_RESPONDENTS - 1).then("value"))
    assert estimate_indicators(sample).is_empty()
    assert estimate_indicators(sample.clear()).is_empty()


def test_a_stratum_of_one_unit_has_a_figure_and_no_error() -> None:
    stratum = np.repeat([1, 2], 40)
    sample = answers(
        [1.0, 0.0, 0.0, 0.0] * 20,
        unit=np.where(stratum == 1, 1, np.arange(80) % 5),
        stratum=stratum,
        district=np.where(stratum == 1, ONE, OTHER),
    )
    rows = estimate_indicators(sample)
    for division in (ONE, CITY):
        alone = figure(rows, division)
        assert alone["estimate"] == pytest.approx(0.25)
        assert [alone[name] for name in ("standard_error", "low", "high")] == [None] * 3
    assert figure(rows, OTHER)["standard_error"] is not None


def test_where_all_answered_alike_the_interval_still_has_a_width() -> None:
    n = 40
    found = figure(estimate_indicators(answers([0.0] * n, unit=[place % 4 for place in range(n)])))
    assert (found["estimate"], found["low"]) == (0, 0)
    # Clopper and Pearson's of none of 40
    assert found["high"] == pytest.approx(1 - 0.025 ** (1 / n), abs=1e-6)


def test_a_simple_sample_has_the_interval_of_clopper_and_pearson() -> None:
    # 81 of 263: 0.2527 to 0.3676 (Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 5)
    share, n = np.array([81 / 263]), np.array([263])
    low, high = interval_of_share(share, np.sqrt(share * (1 - share) / n), n, n - 1)
    assert (round(low[0], 4), round(high[0], 4)) == (0.2527, 0.3676)


def test_the_interval_of_a_mean_is_students() -> None:
    low, high = interval_of_mean(np.array([10.0]), np.array([2.0]), np.array([4]))
    assert (round(low[0], 3), round(high[0], 3)) == (4.447, 15.553)


def test_the_order_of_answers_changes_nothing() -> None:
    random = np.random.default_rng(5)
    sample = answers(random.random(200), unit=random.integers(1, 6, 200), measure="mean")
    shuffled = sample.sample(fraction=1.0, shuffle=True, seed=3)
    assert estimate_indicators(shuffled).equals(estimate_indicators(sample))


def test_a_library_without_a_survey_has_no_indicators(workdir: Workdir) -> None:
    sample = answers([1.0, 0.0] * 30, unit=[place % 6 for place in range(60)])
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE SCHEMA library")
        connection.register("sample", sample)
        connection.execute(f"CREATE TABLE {ANSWERS.quoted} AS FROM sample LIMIT 0")
    assert store_indicators(workdir).figures == 0
    with open_warehouse(workdir) as connection:
        connection.register("sample", sample)
        connection.execute(f"INSERT INTO {ANSWERS.quoted} BY NAME FROM sample")
    # city and district, everybody and both sexes
    report = store_indicators(workdir)
    assert (report.figures, report.without_error) == (6, 0)
    with open_warehouse(workdir) as connection:
        assert connection.execute("SELECT count(*), avg(estimate) FROM estimates.survey_figure").fetchone() == (
            6,
            0.5,
        )
