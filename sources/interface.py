"""The tables that other programs rely on, as `interface/public.yml` promises them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PUBLIC = Path(__file__).resolve().parents[1] / "interface" / "public.yml"
LEVELS = ("city", "district", "township", "community")

# The file's letters for DuckDB's types.
_TYPES = {"v": "VARCHAR", "i": "BIGINT", "d": "DOUBLE", "b": "BOOLEAN", "t": "DATE", "ts": "TIMESTAMP"}
# "v", "i additive", "v: open|fixed", "t: null while current"
_COLUMN = re.compile(r"(?P<type>[a-z]+)(?:\s+(?P<class>additive|ratio|estimate))?(?::\s*(?P<note>.*))?", re.DOTALL)
# "ethnicity(city only)": the value, and a remark.
_REMARK = re.compile(r"\(.*?\)")


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
    """What others rely on of one table. The name `*` stands for a whole schema.

    Attributes:
        table: which.
        is_personal: whether it is in the restricted part only.
        columns: by name, in DuckDB's types; families such as `has_<field>` are left out.
        values: of columns that have a list of values, those values.
        classes: of numbers that have one, `additive`, `ratio` or `estimate`.
        finest: the finest level that a mart has rows of; None for other tables.
    """

    table: Table
    is_personal: bool
    columns: dict[str, str]
    values: dict[str, tuple[str, ...]]
    classes: dict[str, str]
    finest: str | None


@cache
def public_tables() -> tuple[PublicTable, ...]:
    """Every entry of `interface/public.yml`, those of the restricted part first."""
    document = yaml.safe_load(PUBLIC.read_text(encoding="utf-8"))
    return tuple(
        _public_table(name, entry, is_personal=part == "restricted")
        for part in ("restricted", "analysis")
        for name, entry in document[part].items()
    )


def _public_table(name: str, entry: dict[str, Any], *, is_personal: bool) -> PublicTable:
    parsed = {
        column: match.groupdict()
        for column, text in entry.get("columns", {}).items()
        if "<" not in column and (match := _COLUMN.match(text))
    }
    return PublicTable(
        table=Table(*name.split(".", 1)),
        is_personal=is_personal,
        columns={column: _TYPES[part["type"]] for column, part in parsed.items()},
        values={
            column: tuple(value.strip() for value in _REMARK.sub("", part["note"]).split("|"))
            for column, part in parsed.items()
            if part["note"] and "|" in part["note"]
        },
        classes={column: part["class"] for column, part in parsed.items() if part["class"]},
        finest=entry.get("finest"),
    )
