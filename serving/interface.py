"""The tables that other programs rely on, as `interface/public.yml` names them, and the part that holds each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

PUBLIC = Path(__file__).resolve().parents[1] / "interface" / "public.yml"

Part = Literal["restricted", "analysis", "release"]
PARTS: tuple[Part, ...] = ("restricted", "analysis", "release")

# The file's letters for DuckDB's types.
_TYPES = {"v": "VARCHAR", "i": "BIGINT", "d": "DOUBLE", "b": "BOOLEAN", "t": "DATE", "ts": "TIMESTAMP"}
_WHOLE_SCHEMA = "*"


@dataclass(frozen=True)
class Table:
    """A table by schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """As it stands in SQL."""
        return f'"{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class PublicTable:
    """What others rely on of one table: columns by name, in DuckDB's types. The name `*` stands for a whole schema."""

    table: Table
    is_personal: bool
    columns: dict[str, str]


@cache
def public_tables() -> tuple[PublicTable, ...]:
    """Every entry of `interface/public.yml`, those of the restricted part first."""
    document = yaml.safe_load(PUBLIC.read_text(encoding="utf-8"))
    return tuple(
        PublicTable(Table(*name.split(".", 1)), part == "restricted", _columns(entry.get("columns", {})))
        for part in ("restricted", "analysis")
        for name, entry in document[part].items()
    )


def is_for_analysis(table: Table) -> bool:
    """Whether a table is in the analysis part: only what the interface lists there, so that nothing slips in."""
    return any(
        not public.is_personal and public.table in (table, Table(table.schema, _WHOLE_SCHEMA))
        for public in public_tables()
    )


def _columns(columns: dict[str, str]) -> dict[str, str]:
    """Columns and DuckDB types; those with a placeholder in their name (`has_<field>`) are families, left out."""
    return {name: _TYPES[re.split(r"[:\s]", text, maxsplit=1)[0]] for name, text in columns.items() if "<" not in name}
