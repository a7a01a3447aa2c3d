"""Which part of a published library holds which table."""

from __future__ import annotations

from typing import Literal

from sources.interface import Table, public_tables

Part = Literal["restricted", "analysis", "release"]
PARTS: tuple[Part, ...] = ("restricted", "analysis", "release")
# What stands in `release/`, made by `serving/release.py`.
RELEASE_TABLES = {
    Table("release", "population"): (
        "可公开的人口数 Population as it may be shown. One row per division, period, dimension set and its values."
    ),
    Table("release", "service_coverage"): (
        "可公开的服务覆盖 Coverage as it may be shown. One row per division, period, service and population group."
    ),
    Table("release", "missing_record"): (
        "可公开的未见记录 Records not seen, as they may be shown. One row per division, period and rule."
    ),
}

# Beside what the interface promises: tables without persons that auditors read. Nobody else may rely on them.
ADDED = frozenset({Table("quality", "verdict"), Table("quality", "rule_change")})

_WHOLE_SCHEMA = "*"


def is_for_analysis(table: Table) -> bool:
    """Whether a table is in the analysis part: only what is listed for it by name, so that nothing slips in."""
    return table in ADDED or any(
        not public.is_personal and public.table in (table, Table(table.schema, _WHOLE_SCHEMA))
        for public in public_tables()
    )
