"""Which part of a published library holds which table."""

from __future__ import annotations

from typing import Literal

from sources.interface import Table, public_tables

Part = Literal["restricted", "analysis", "release"]
PARTS: tuple[Part, ...] = ("restricted", "analysis", "release")

_WHOLE_SCHEMA = "*"


def is_for_analysis(table: Table) -> bool:
    """Whether a table is in the analysis part: only what the interface lists there, so that nothing slips in."""
    return any(
        not public.is_personal and public.table in (table, Table(table.schema, _WHOLE_SCHEMA))
        for public in public_tables()
    )
