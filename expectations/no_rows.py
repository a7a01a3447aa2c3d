"""That a query finds no rows, asked once.

Great Expectations asks twice: how many, and which. Which is never kept here (counts and no values), and over tens of
millions of rows the second pass costs as much as the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

_COUNT = "unexpected_rows_query.row_count"
_ROWS = "unexpected_rows_query.table"


class ExpectNoRows(UnexpectedRowsExpectation):
    """An UnexpectedRowsExpectation whose rows are counted and not listed."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (_COUNT,)

    def _validate(self, metrics: dict, **settings: object) -> object:  # type: ignore[override, type-arg]
        return super()._validate(metrics | {_ROWS: []}, **settings)  # type: ignore[arg-type]


def alike(columns: Sequence[str]) -> str:
    """The condition of rows that may have their like, in a query over `{batch}`: all that have one, and few others.

    Equal rows have equal hashes, and whole numbers of eight bytes are grouped in a fraction of the time that several
    texts take. Rows that only share a hash are for the query to tell apart.

    Args:
        columns: quoted.
    """
    hashed = f"hash({', '.join(columns)})"
    return f"{hashed} IN (SELECT {hashed} FROM {{batch}} GROUP BY 1 HAVING count(*) > 1)"
