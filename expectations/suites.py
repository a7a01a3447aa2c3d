"""Contracts turned into Great Expectations suites.

What is expected of an extract as the bureau delivered it: its text, untouched. A suite is generated from the contract
and from nothing else. Queries select `_file` and `_row` only, so that no value of a person can reach a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import great_expectations as gx
from great_expectations.expectations.core.expect_column_to_exist import ExpectColumnToExist
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from expectations.no_rows import ExpectNoRows, alike
from sources.contract import Column, Contract, load_code_lists

# Under this key an expectation's meta says which claim of ours it is, and about which column.
META = "sijiku"

HAS_ROWS = "has_rows"
COLUMN_EXISTS = "column_exists"

# Types of interface/extracts.yml whose text must be readable, and the claim that it is. `{written}` is the text as it
# came, `{text}` without blanks around it.
# Dates: YYYYMMDD, YYYY-MM-DD, YYYY-M-D, YYYY/M/D, YYYY年M月D日, or an Excel serial (five digits from 10000, the year
# 1927); try_strptime knows which days exist. ID numbers (GB 11643): 15 or 18 places once separators are gone.
_READABLE = {
    "date": (
        "date_readable",
        "日期可读 · Every date can be read.",
        # In this order: asking try_strptime for several forms takes longer than all else.
        "CASE WHEN regexp_full_match({text}, '[0-9]{{8}}') THEN try_strptime({text}, '%Y%m%d') IS NOT NULL"
        " WHEN regexp_full_match({text}, '[1-9][0-9]{{4}}([.][0-9]+)?') THEN true"
        " ELSE try_strptime({text}, ['%Y-%m-%d', '%Y/%m/%d', '%Y年%m月%d日']) IS NOT NULL END",
    ),
    "yyyymm": (
        "date_readable",
        "年月可读 · Every month can be read.",
        "regexp_full_match({text}, '[12][0-9]{{3}}(0[1-9]|1[0-2])')",
    ),
    "integer": (
        "number_readable",
        "整数可读 · Every whole number can be read.",
        "regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?')",
    ),
    "decimal": (
        "number_readable",
        "数值可读 · Every number can be read.",
        "regexp_full_match({text}, '[+-]?[0-9]+([.][0-9]+)?')",
    ),
    "id_number": (
        "id_length",
        "公民身份号码为15或18位 · ID numbers have 15 or 18 places.",
        # The first test spares most numbers the second: DuckDB would work out both sides of an OR. A float out of a
        # workbook (1.5E+17) keeps its dot and sign.
        "CASE WHEN regexp_full_match({written}, '[0-9]{{17}}[0-9X]') THEN true ELSE"
        " regexp_full_match(regexp_replace({text}, '[^0-9A-Za-z.+]', '', 'g'), '[0-9]{{15}}|[0-9]{{17}}[0-9Xx]') END",
    ),
}
# Of these nearly every row has a text of its own; other types have few, and each is looked at once.
_HARDLY_REPEATED = {"id_number"}


@dataclass(frozen=True)
class Claim:
    """Which claim an expectation makes (`required`, `key_unique`, …) and about which column, if about one."""

    name: str
    column: str | None = None


def suite_for(contract: Contract) -> gx.ExpectationSuite:
    """The suite of one dataset, named after it.

    Claims: `has_rows`, `column_exists`, `required`, `key_unique` (within one delivery), `code_listed`,
    `date_readable`, `number_readable`, `id_length`. Each expectation's meta names its claim; see `claim_of`.
    """
    return gx.ExpectationSuite(name=contract.dataset, expectations=list(_expectations(contract)))


def claim_of(configuration: ExpectationConfiguration | None) -> Claim:
    """The claim that an expectation of one of these suites makes."""
    assert configuration is not None
    assert configuration.meta is not None, "an expectation of no suite of ours"
    return Claim(**configuration.meta[META])


def _expectations(contract: Contract) -> Iterator[Expectation]:
    yield ExpectTableRowCountToBeBetween(
        min_value=1, description="已报送数据 · Rows were delivered.", meta=claim_meta(HAS_ROWS)
    )
    if contract.key:
        key = ["_delivery", *map(_quoted, contract.key)]
        yield ExpectNoRows(
            unexpected_rows_query=(
                f"SELECT _file, _row FROM {{batch}} WHERE {alike(key)} "
                f"QUALIFY count(*) OVER (PARTITION BY {', '.join(key)}) > 1"
            ),
            description="同一批次内主键不重复 · No key twice within one delivery.",
            meta=claim_meta("key_unique"),
        )
    for column in contract.columns:
        yield from _column_expectations(column)


def _column_expectations(column: Column) -> Iterator[Expectation]:
    yield ExpectColumnToExist(
        column=column.header,
        description="字段存在 · The column is there.",
        meta=claim_meta(COLUMN_EXISTS, column.header),
    )
    if column.required:
        yield ExpectColumnValuesToNotBeNull(
            column=column.header,
            description="必填字段不为空 · A required column is filled.",
            meta=claim_meta("required", column.header),
        )
    if column.code_list:
        yield ExpectColumnValuesToBeInSet(
            column=column.header,
            value_set=list(load_code_lists()[column.code_list].values),
            description=f"代码在代码表 {column.code_list} 内 · Every code is in its list.",
            meta=claim_meta("code_listed", column.header),
        )
    if column.type in _READABLE:
        yield _readable(column)


def _readable(column: Column) -> Expectation:
    name, description, condition = _READABLE[column.type]
    header = _quoted(column.header)
    if column.type in _HARDLY_REPEATED:
        wrong = f"{header} IS NOT NULL AND ({_holds(condition, header)}) IS NOT TRUE"
    else:
        # The least of equal texts is that text, and keeps DuckDB from asking of every row before they are grouped.
        texts = f"SELECT min({header}) AS written FROM {{batch}} GROUP BY {header}"
        wrong = f"{header} IN (SELECT written FROM ({texts}) WHERE ({_holds(condition, 'written')}) IS NOT TRUE)"
    return ExpectNoRows(
        unexpected_rows_query=f"SELECT _file, _row FROM {{batch}} WHERE {wrong}",
        description=f"{column.header}: {description}",
        meta=claim_meta(name, column.header),
    )


def _holds(condition: str, written: str) -> str:
    # Great Expectations fills in {batch}: every other brace is doubled.
    return condition.format(text=f"trim({written})", written=written).replace("{", "{{").replace("}", "}}")


def _quoted(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'


def claim_meta(name: str, column: str | None = None) -> dict[str, dict[str, str | None]]:
    """The meta of an expectation that makes a claim, about a column if it is about one."""
    return {META: {"name": name, "column": column}}
