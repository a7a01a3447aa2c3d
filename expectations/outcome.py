"""What became of an expectation, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExpectationOutcome:
    """What became of one expectation.

    Attributes:
        dataset, suite: both the dataset's name.
        expectation: the claim, as `expectations.suites.suite_for` names it.
        column: the header it is about; None if it is about the table.
        success: whether every row holds it.
        unexpected: rows that do not; None where the claim is not about rows (`has_rows`, `column_exists`).
        total: rows looked at: all of the raw view but deletions.
        is_error: it could not be evaluated, so `success` says nothing about the data.
    """

    dataset: str
    suite: str
    expectation: str
    column: str | None
    success: bool
    unexpected: int | None
    total: int
    is_error: bool = False
