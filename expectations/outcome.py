"""What became of an expectation, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExpectationOutcome:
    """What became of one expectation.

    Attributes:
        suite: the dataset or public table that it is about, bureau.name or schema.table.
        expectation: the claim, as `expectations.suites.suite_for` or `expectations.public.suite_of` names it.
        column: the header or column it is about; None if it is about the table.
        success: whether every row holds it.
        unexpected: rows that do not; None where the claim is not about rows (`has_rows`, `column_exists`).
        total: rows looked at: of a dataset all of the raw view but deletions.
        is_error: it could not be evaluated, so `success` says nothing about the data.
        is_blocking: whether a build in which it is not met is not published.
    """

    suite: str
    expectation: str
    column: str | None
    success: bool
    unexpected: int | None
    total: int
    is_error: bool = False
    is_blocking: bool = False

    @property
    def claim(self) -> str:
        """The claim in a word or two: its name, and the column that it is about."""
        return f"{self.expectation} {self.column}" if self.column else self.expectation

    @property
    def rows(self) -> str:
        """How many rows were found wanting."""
        if self.is_error:
            return "could not be evaluated"
        return f"{self.unexpected or 0} of {self.total} rows"
