"""Errors that are shown to people: what is wrong, where, and what to do about it."""

from __future__ import annotations


class SijikuError(Exception):
    """Something a person can put right.

    Args:
        problem: what is wrong and where (file, row, field), without any personal value.
        remedy: what to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class UsageError(SijikuError):
    """The command was given something it cannot work with (exit status 2)."""
