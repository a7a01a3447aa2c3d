"""From which columns a table's columns come, read from dbt's compiled SQL and the columns that models' yml describe.

No database is asked: it has one writer, and the manifest knows every column. Working out a model takes up to seconds,
so what was worked out is kept beside the compiled SQL, under a hash of it, and is worked out anew when that changes.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

logger = logging.getLogger("sijiku.orchestration")

DIALECT = "duckdb"
CACHE = "column_lineage.json"
# What has been delivered lies in this schema, a table for each dataset, named <bureau>__<dataset>.
RAW, SOURCE_MARK = "raw", "__"
# (schema, table, column)
Origin = tuple[str, str, str]
Columns = dict[str, list[Origin]]


def relations(manifest: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """Schema to table to column to type, of everything that a model may read, as yml files describe it."""
    known: dict[str, dict[str, dict[str, str]]] = {}
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] in ("model", "seed", "source"):
            name = node.get("identifier") or node.get("alias")
            columns = {column["name"]: str(column.get("data_type") or "unknown") for column in node["columns"].values()}
            if columns:
                known.setdefault(node["schema"], {})[str(name)] = columns
    return known


def column_origins(sql: str, known: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Columns:
    """For each column of a query the columns of tables that its values come from.

    Args:
        sql: a SELECT in DuckDB's dialect.
        known: of `relations`.

    Raises:
        SqlglotError: the query cannot be parsed, or its columns cannot be told.
    """
    query: Any = parse_one(sql, dialect=DIALECT)
    schema: Any = known
    for table in query.find_all(exp.Table):
        table.set("catalog", None)
    qualified: Any = qualify(
        query, dialect=DIALECT, schema=schema, validate_qualify_columns=False, quote_identifiers=False
    )
    scope = build_scope(qualified)
    if scope is None or not isinstance(qualified, exp.Query):
        raise SqlglotError("not a query")
    anonymous: Any = None
    nodes: dict[str, Node] = lineage(
        anonymous, qualified, schema, dialect=DIALECT, scope=scope, trim_selects=False, copy=False
    )
    return {name: sorted(set(_origins(node))) for name, node in nodes.items()}


def _origins(node: Node) -> Iterable[Origin]:
    for part in node.walk():
        if isinstance(part.expression, exp.Table) and not part.downstream:
            table = part.expression
            yield table.db, table.name, exp.to_column(part.name).name


class LineageBook:
    """The column lineage of models whose compiled SQL lies in a target folder.

    A model that cannot be worked out has none, with a line in the log: a picture of the way does not stop a build.
    """

    def __init__(self, target: Path, manifest: Mapping[str, Any]) -> None:
        self._target = target
        self._nodes = manifest["nodes"]
        self._sources = manifest["sources"]
        self._tables = {(node["schema"], node["alias"]): name for name, node in self._nodes.items() if "alias" in node}
        self._known = relations(manifest)
        # Lineage hangs on the columns of what is read, too: with others, what was worked out before is of no use.
        self._columns = hashlib.sha256(json.dumps(self._known, sort_keys=True).encode()).hexdigest()
        cache = target / CACHE
        kept = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
        self._kept: dict[str, Columns] = kept.get(self._columns, {})

    def of(self, unique_id: str) -> Columns | None:
        """The origins of a model's columns; None for what is no model, and where they cannot be told."""
        node = self._nodes.get(unique_id)
        if node is None or node["resource_type"] != "model":
            return None
        compiled = self._target / "compiled" / node["package_name"] / node["original_file_path"]
        if not compiled.exists():
            return None
        sql = compiled.read_text(encoding="utf-8")
        key = hashlib.sha256(sql.encode()).hexdigest()
        if key not in self._kept:
            try:
                self._kept[key] = column_origins(sql, self._known)
            except SqlglotError as error:
                logger.debug("no column lineage of %s: %s", node["name"], type(error).__name__)
                return None
        return self._kept[key]

    def source_columns(self, relation: tuple[str, str], expression: str) -> dict[str, list[str]]:
        """The columns of what bureaus deliver whose values come into a sum over a table, all steps of the way back.

        Args:
            relation: schema and table.
            expression: SQL over its columns, as the `expr` of a measure.

        Returns:
            Table of schema `raw` to columns, as the contract heads them. Where rows are counted and no value of any
            column comes into it, the tables that the rows are made from, with no columns.
        """
        columns = {column.name for column in parse_one(expression, dialect=DIALECT).find_all(exp.Column)}
        found: dict[str, set[str]] = {}
        seen = {(*relation, column) for column in sorted(columns)}
        waiting = deque(sorted(seen))
        while waiting:
            schema, table, column = waiting.popleft()
            if schema == RAW:
                found.setdefault(table, set()).add(column)
            known = self.of(self._tables.get((schema, table), "")) or {}
            # what was kept as JSON has lists
            origins = {(up[0], up[1], up[2]) for up in known.get(column, ())} - seen
            waiting.extend(sorted(origins))
            seen |= origins
        delivered = {table: sorted(names) for table, names in sorted(found.items()) if SOURCE_MARK in table}
        return delivered or {table: [] for table in self._tables_behind(relation)}

    def _tables_behind(self, relation: tuple[str, str]) -> list[str]:
        """The tables of schema `raw` that a table is made from."""
        seen: set[str] = set()
        waiting = [self._tables.get(relation, "")]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self._nodes.get(name, {}).get("depends_on", {}).get("nodes", [])
        behind = [self._sources[name]["identifier"] for name in seen if name in self._sources]
        return sorted(str(table) for table in behind if SOURCE_MARK in str(table))

    def keep(self) -> None:
        """Write down what was worked out."""
        kept = json.dumps({self._columns: self._kept}, ensure_ascii=False)
        (self._target / CACHE).write_text(kept, encoding="utf-8")

    def metadata_of(self, schema: str, table: str) -> dict[str, Any]:
        """`metadata` of a table that dbt was not told to make."""
        return self.metadata(self._tables.get((schema, table), ""))

    def metadata(self, unique_id: str) -> dict[str, Any]:
        """What the event of a table says about its columns; nothing where their origins cannot be told.

        Dagster's UI shows column lineage in its paid platform only and hides it here: so it is there as a table, too.
        """
        columns = self.of(unique_id)
        if not columns:
            return {}
        return {
            "dagster/column_lineage": as_metadata(columns),
            "columns_from": as_table(columns),
        }


def as_metadata(columns: Columns) -> dg.TableColumnLineage:
    """Lineage as Dagster shows it; a table's asset key is its schema and name."""
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey([schema, table]), column_name=name)
                for schema, table, name in origins
            ]
            for column, origins in columns.items()
        }
    )


def as_table(columns: Columns) -> dg.MetadataValue:
    """Lineage for the eye: one row per column, with the columns that it comes from."""
    rows = {
        column: ", ".join(f"{schema}.{table}.{name}" for schema, table, name in origins)
        for column, origins in columns.items()
    }
    return dg.MetadataValue.table(
        [dg.TableRecord({"column": column, "from": origins}) for column, origins in rows.items()]
    )
