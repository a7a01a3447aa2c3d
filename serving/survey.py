"""The survey's indicators: `library.int_survey__answers` in, `estimates.survey_figure` out.

An indicator is a weighted mean (of a share: of ones and zeros), a ratio of two totals; its variance is that of the
linearised ratio, between sampling units within strata, as if units were drawn with replacement (Taylor; Wolter,
Introduction to Variance Estimation, 2nd ed., 2007, chapter 6). A group is a domain of the whole sample: units in which
nobody of it was asked count as units with a total of zero. samplics works this out too, but divides by the
estimate, and so fails at the first group in which nobody said yes. It is the oracle of the tests.

Intervals are of 95%. Degrees of freedom are the sampling units less the strata, of the strata that have anybody of the
group (Korn and Graubard, Analysis of Health Surveys, 1999, section 5.2): a district is one stratum of a few units, and
its interval is as wide as that says. A mean's interval is by Student's t; a share's is Clopper and Pearson's for the
effective number of respondents (Korn and Graubard 1998; the standard of the NCHS, Vital and Health Statistics 2/175,
2017), which stays within 0 and 1 and has a width where everybody answered alike.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import beta, t

from serving.estimates import store_rows
from sources.interface import Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

log = logging.getLogger("sijiku.serving")

Floats = npt.NDArray[np.float64]

ANSWERS = Table("library", "int_survey__answers")
FIGURES = Table("estimates", "survey_figure")

# Below 30 respondents a linearised error is itself not known to a third of its size, and a figure comes near to people.
LEAST_RESPONDENTS = 30
CONFIDENCE = 0.95
# What is finer differs between machines.
_DECIMALS = 6

_GROUPS = {
    "all": pl.lit("all"),
    "sex": "sex_" + pl.col("sex"),
    "scope": "scope_" + pl.col("flow_scope"),
}
_DIVISIONS = {"city": "city_code", "district": "district_code"}
_KEYS = ["division_code", "level", "round", "indicator", "population_group"]


@dataclass(frozen=True)
class Report:
    """How many figures were worked out, and how many of them have no error because a stratum has one sampling unit."""

    figures: int
    without_error: int


def store_indicators(workdir: Workdir) -> Report:
    """Work the indicators out from the working warehouse, into the table `estimates.survey_figure` of it.

    The caller holds the workdir's lock.
    """
    with open_warehouse(workdir, is_small=True) as connection:
        answers = connection.execute(f"FROM {ANSWERS.quoted} ORDER BY indicator, record_ref").pl()
        rows = estimate_indicators(answers)
        store_rows(connection, FIGURES, rows)
    report = Report(rows.height, rows["standard_error"].null_count())
    log.info("Survey: %d figures, %d of them without error", report.figures, report.without_error)
    return report


def estimate_indicators(answers: pl.DataFrame) -> pl.DataFrame:
    """The indicators of city and districts, by round, for everybody, by sex and by scope of flow.

    Args:
        answers: a row per respondent and indicator: round, city_code, district_code, stratum, sampling_unit, weight
            (persons), sex, flow_scope, indicator, measure (share or mean), value (null where there is no answer).

    Returns:
        division_code, level, round, indicator, population_group, respondents, and estimate, standard_error, low, high
        in the indicator's unit. No group of fewer than LEAST_RESPONDENTS.
    """
    tables = [
        _of_domains(sample, level, division, group)
        for _, sample in answers.group_by("round", "indicator", maintain_order=True)
        for level, division in _DIVISIONS.items()
        for group in _GROUPS.values()
    ]
    schema = {
        **dict.fromkeys(_KEYS, pl.String),
        "round": pl.Date,
        "respondents": pl.Int64,
        **dict.fromkeys(("estimate", "standard_error", "low", "high"), pl.Float64),
    }
    return pl.concat([pl.DataFrame(schema=schema), *(table for table in tables if table.height)]).sort(_KEYS)


def _of_domains(sample: pl.DataFrame, level: str, division: str, group: pl.Expr) -> pl.DataFrame:
    """One round's indicator, for the groups of one kind in the divisions of one level."""
    sample = sample.with_columns(
        pl.lit(level).alias("level"), pl.col(division).alias("division_code"), group.alias("population_group")
    ).with_columns(
        pl.when(pl.col("value").is_not_null())
        .then(pl.concat_str("division_code", "population_group", separator=" "))
        .alias("domain")
    )
    domains = (
        sample.filter(pl.col("domain").is_not_null())
        .group_by("domain", *_KEYS, "measure", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("respondents"))
        .filter(pl.col("respondents") >= LEAST_RESPONDENTS)
        .join(linearised(sample), on="domain", maintain_order="left")
    )
    estimate, error = domains["estimate"].to_numpy(), domains["standard_error"].to_numpy()
    has_error = (domains["fewest"] > 1).to_numpy()
    freedom = np.where(has_error, (domains["units"] - domains["strata"]).to_numpy(), 1)
    respondents = domains["respondents"].to_numpy()
    is_share = (domains["measure"] == "share").to_numpy()
    by_t, by_share = (
        interval_of_mean(estimate, error, freedom),
        interval_of_share(estimate, error, respondents, freedom),
    )
    low, high = (np.where(is_share, share, mean) for share, mean in zip(by_share, by_t, strict=True))
    figures = {"standard_error": error, "low": np.minimum(low, estimate), "high": np.maximum(high, estimate)}
    return domains.select(*_KEYS, "respondents").with_columns(
        _rounded(estimate).alias("estimate"),
        *(_rounded(np.where(has_error, figure, np.nan)).alias(name) for name, figure in figures.items()),
    )


def linearised(sample: pl.DataFrame) -> pl.DataFrame:
    """Weighted means of domains of a stratified sample of units, with the standard error of each.

    Args:
        sample: a row per respondent: stratum, sampling_unit (told apart within strata), weight, value, and domain (null
            for who is in none).

    Returns:
        domain, estimate, standard_error, units (sampling units of the strata that the domain reaches into), strata (how
        many these are) and fewest (units of the one with the fewest). The error is of no use where `fewest` is 1.
    """
    design = sample.group_by("stratum").agg(pl.col("sampling_unit").n_unique().alias("units"))
    inside = sample.filter(pl.col("domain").is_not_null()).with_columns(
        estimate=(pl.col("weight") * pl.col("value")).sum().over("domain") / pl.col("weight").sum().over("domain"),
        whole=pl.col("weight").sum().over("domain"),
    )
    # Units in which nobody of the domain was asked have a total of zero: they are in `units`, and in no sum.
    score = (pl.col("weight") * (pl.col("value") - pl.col("estimate")) / pl.col("whole")).sum()
    by_unit = inside.group_by("domain", "stratum", "sampling_unit", maintain_order=True).agg(
        pl.col("estimate").first(), score.alias("total")
    )
    by_stratum = (
        by_unit.group_by("domain", "stratum", maintain_order=True)
        .agg(pl.col("estimate").first(), pl.col("total").sum(), (pl.col("total") ** 2).sum().alias("squares"))
        .join(design, on="stratum", maintain_order="left")
    )
    between = pl.col("squares") - pl.col("total") ** 2 / pl.col("units")
    variance = (pl.col("units") / (pl.col("units") - 1).clip(1) * between.clip(0)).sum()
    return by_stratum.group_by("domain", maintain_order=True).agg(
        pl.col("estimate").first(),
        variance.sqrt().alias("standard_error"),
        pl.col("units").sum().cast(pl.Int64),
        pl.len().cast(pl.Int64).alias("strata"),
        pl.col("units").min().alias("fewest"),
    )


def interval_of_mean(mean: Floats, error: Floats, freedom: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Ends of the interval of a mean, by Student's t."""
    reach = t.ppf((1 + CONFIDENCE) / 2, freedom) * error
    return mean - reach, mean + reach


def interval_of_share(
    share: Floats, error: Floats, respondents: npt.NDArray[np.int64], freedom: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Ends of the interval of a share, by Korn and Graubard (1998).

    The effective number of respondents is that of a simple sample with the same error, less for few degrees of
    freedom, and never more than there are. Where all answered alike there is no error to go by: it is all of them.
    """
    quantile = (1 + CONFIDENCE) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = share * (1 - share) / error**2
        effective = simple * (t.ppf(quantile, respondents - 1) / t.ppf(quantile, freedom)) ** 2
    effective = np.where(np.isfinite(effective) & (error > 0), np.minimum(effective, respondents), respondents)
    yes = share * effective
    low = np.where(yes > 0, beta.ppf(1 - quantile, np.maximum(yes, 1e-12), effective - yes + 1), 0.0)
    high = np.where(yes < effective, beta.ppf(quantile, yes + 1, np.maximum(effective - yes, 1e-12)), 1.0)
    return low, high


def _rounded(figure: Floats) -> pl.Series:
    return pl.Series(np.round(figure, _DECIMALS)).fill_nan(None)
