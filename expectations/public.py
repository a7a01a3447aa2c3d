"""The public tables turned into Great Expectations suites.

What `interface/public.yml` promises of a table is generated from it: columns and types, lists of values, the finest
level, and what the class of a number says. It names grains in words; GRAINS says them in columns. Unlike those on
extracts, these expectations block: a promise that is broken is not published (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import great_expectations as gx
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import Expectation

from expectations.grains import GRAINS
from expectations.no_rows import ExpectNoRows, alike
from expectations.suites import claim_meta
from sources.interface import LEVELS, PublicTable

# Rates are stored as doubles; the quotient is worked out again with the same two numbers.
_PRECISION = 1e-9
ROWS = "rows"
_LEVEL, _PERIOD, _DIVISION = "level", "period", "division_code"


@dataclass(frozen=True)
class Quotient:
    """A ratio's numerator and denominator, as SQL over columns of its own row."""

    numerator: str
    denominator: str


# "ratio (with numerator, denominator)": which two columns, or pairs of them, of the same table.
QUOTIENTS = {
    ("mart_missing_record", "missing_rate"): Quotient("missing", "expected"),
    ("mart_missing_field", "missing_rate"): Quotient("missing", "records"),
    ("mart_service_coverage", "coverage_rate"): Quotient("covered", "entitled"),
    ("mart_permit_services", "use_rate"): Quotient("used", "entitled"),
    ("mart_equalisation", "equalisation_ratio"): Quotient(
        "(floating_covered / nullif(CAST(floating_entitled AS DOUBLE), 0))",
        "(registered_covered / nullif(CAST(registered_entitled AS DOUBLE), 0))",
    ),
    ("mart_funding_per_capita", "spent_per_capita_yuan"): Quotient("spent_yuan", "people"),
}
# Its parts are the sexes and ages of a group, which the mart does not hold.
WITHOUT_QUOTIENT = {("mart_service_coverage", "standardised_rate")}


def suite_of(public: PublicTable, renewed: str | None = None) -> gx.ExpectationSuite:
    """The suite of one public table, named after it.

    `renewed`: a condition over the columns of its grain, true of all rows that are not as they were when the table last
    kept its promises; None where nobody knows. Rows that are alike in those columns are both of them renewed or both as
    they were, so no row can have its like but among the renewed.

    Claims: `rows` (they are counted), `as_agreed` (a column is there in its type), `grain`, `key_filled`, `listed`,
    `level_listed`, `twelve_digits` (a division's code), `month_end`, `not_negative` (counts that add up), `fraction`
    (a rate is from 0 to 1), `quotient` (a ratio is its numerator over its denominator), `in_interval` (an estimate).

    Raises:
        KeyError: `expectations/grains.py` does not know the table.
    """
    return gx.ExpectationSuite(name=str(public.table), expectations=list(_expectations(public, renewed)))


def _expectations(public: PublicTable, renewed: str | None) -> Iterator[Expectation]:
    grain = GRAINS[str(public.table)]
    yield ExpectTableRowCountToBeBetween(min_value=0, description="行数 · Rows are counted.", meta=claim_meta(ROWS))
    for name, type_ in public.columns.items():
        yield _none(
            "as_agreed",
            name,
            f"字段按约定 · {name} is there as {type_}.",
            f"SELECT 1 AS broken WHERE NOT EXISTS (SELECT 1 FROM (DESCRIBE SELECT * FROM {{batch}}) "
            f"WHERE column_name = '{name}' AND column_type = '{type_}')",
        )
    if grain.held_by is None:
        listed = [f'"{name}"' for name in grain.columns]
        yield _none(
            "grain",
            None,
            f"粒度唯一 · One row per {', '.join(grain.columns)}.",
            f"SELECT 1 AS broken FROM {{batch}} WHERE {_doubled(renewed) if renewed else alike(listed)} "
            f"GROUP BY {', '.join(listed)} HAVING count(*) > 1",
        )
    for name in grain.columns:
        if name not in grain.may_be_null:
            yield ExpectColumnValuesToNotBeNull(
                column=name, description=f"主键不为空 · {name} is filled.", meta=claim_meta("key_filled", name)
            )
    for name, values in public.values.items():
        yield _in_set("listed", name, values)
    yield from _dimension_expectations(public)
    yield from _number_expectations(public)


def _dimension_expectations(public: PublicTable) -> Iterator[Expectation]:
    if public.finest and _LEVEL in public.columns:
        yield _in_set("level_listed", _LEVEL, LEVELS[: LEVELS.index(public.finest) + 1])
    if public.finest and _PERIOD in public.columns:
        yield _none(
            "month_end",
            _PERIOD,
            "月末日期 · A period is a month-end.",
            f"SELECT 1 AS broken FROM {{batch}} WHERE {_PERIOD} <> last_day({_PERIOD})",
        )
    if _DIVISION in public.columns:
        yield _none(
            "twelve_digits",
            _DIVISION,
            "区划代码12位 · A division's code has 12 digits.",
            f"SELECT 1 AS broken FROM {{batch}} "
            f"WHERE length({_DIVISION}) <> 12 OR try_cast({_DIVISION} AS BIGINT) IS NULL AND {_DIVISION} IS NOT NULL",
        )


def _number_expectations(public: PublicTable) -> Iterator[Expectation]:
    for name, class_ in public.classes.items():
        if class_ == "additive" and public.columns[name] == "BIGINT":
            yield _none(
                "not_negative",
                name,
                "计数不为负 · A count is not negative.",
                _where(f'"{name}" < 0 OR "{name}" IS NULL'),
            )
        elif class_ == "ratio":
            if name.endswith("_rate"):
                yield _none(
                    "fraction",
                    name,
                    "比率在0到1之间 · A rate is from 0 to 1.",
                    _where(f'"{name}" NOT BETWEEN 0 AND 1 + {_PRECISION}'),
                )
            if (public.table.name, name) not in WITHOUT_QUOTIENT:
                yield _quotient(name, QUOTIENTS[public.table.name, name])
        elif class_ == "estimate":
            low, high = _bounds(public, name)
            yield _none(
                "in_interval",
                name,
                "估计值在区间内 · An estimate lies in its interval.",
                _where(f'NOT ("{low}" <= "{name}" AND "{name}" <= "{high}")'),
            )


def _quotient(name: str, quotient: Quotient) -> Expectation:
    of = f"({quotient.numerator} / CAST({quotient.denominator} AS DOUBLE))"
    return _none(
        "quotient",
        name,
        "比值等于分子除以分母 · A ratio is its numerator over its denominator, and null where that is 0.",
        _where(
            f"CASE WHEN {quotient.denominator} <> 0 AND {quotient.numerator} IS NOT NULL "
            f'THEN "{name}" IS NULL OR abs("{name}" - {of}) > {_PRECISION} * greatest(1, abs({of})) '
            f'ELSE "{name}" IS NOT NULL END'
        ),
    )


def _bounds(public: PublicTable, name: str) -> tuple[str, str]:
    """The columns of an estimate's interval: `<name>_low` and `<name>_high`, or plain `low` and `high`."""
    named = (f"{name}_low", f"{name}_high")
    return named if named[0] in public.columns else ("low", "high")


def _in_set(claim: str, column: str, values: tuple[str, ...]) -> Expectation:
    return ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        description=f"取值在清单内 · {column} is one of its list.",
        meta=claim_meta(claim, column),
    )


def _doubled(condition: str) -> str:
    # Great Expectations fills in {batch}: every other brace is doubled.
    return f"({condition})".replace("{", "{{").replace("}", "}}")


def _where(condition: str) -> str:
    return f"SELECT 1 AS broken FROM {{batch}} WHERE {condition}"


def _none(claim: str, column: str | None, description: str, query: str) -> Expectation:
    """That a query returns no rows. It selects a constant, so that no value can reach a result."""
    return ExpectNoRows(unexpected_rows_query=query, description=description, meta=claim_meta(claim, column))
