"""A small warehouse in which dbt runs for real: hand-made raw rows under the contracts' own columns."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt import PARSED, PROJECT, ensure_manifest
from sources.contract import load_contract, load_contracts
from sources.generate import ESTIMATE_TABLES, IDENTITY_TABLES, RAW_TABLES, Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

Row = dict[str, str | None]


@dataclass(frozen=True)
class Delivery:
    """A delivery of one dataset: rows by header of the contract (field names work too), `_change` in deltas.

    All rows stand in one file unless a row names its own in `_file`. `label` names the delivery where its place among
    others may change.
    """

    dataset: str
    rows: Sequence[Row]
    extract_date: date = date(2014, 10, 31)
    mode: str = "full"
    is_applied: bool = True
    label: str | None = None

    def name(self, number: int) -> str:
        """The delivery's hash."""
        return hashlib.sha256(f"{self.dataset}/{self.label or number}".encode()).hexdigest()


@dataclass
class SmallWarehouse:
    """A workdir with a `raw` schema and the means to run dbt on it."""

    workdir: Workdir
    deliveries: list[Delivery] = field(default_factory=list)

    def load(
        self, deliveries: Sequence[Delivery], *, held: Sequence[Delivery] = (), as_of: date = date(2014, 10, 31)
    ) -> None:
        """Write the raw schema of these deliveries, and empty schemas of what Python makes.

        `held`: those, by label, that the warehouse holds already: then the build is one that goes on from there.
        `as_of`: the build's date.
        """
        self.workdir.create()
        self.deliveries = list(deliveries)
        with open_warehouse(self.workdir) as con:
            for schema, tables in (
                ("raw", RAW_TABLES),
                ("identity", IDENTITY_TABLES),
                ("estimates", ESTIMATE_TABLES),
            ):
                con.execute(f"create schema if not exists {schema}")
                for name, table in tables.items():
                    _create(con, f"{schema}.{name}", table)
            for dataset in load_contracts("active"):
                _write_dataset(con, dataset, [each for each in self.deliveries if each.dataset == dataset])
            con.execute(
                "insert into raw.build "
                "select 'build', timestamp '2014-11-01 00:00:00', ?, 'code', 1, 0, null, ?, ?, '', ''",
                [as_of, not held, len(held)],
            )
            con.execute(
                "insert into raw.new_delivery select dataset, delivery from raw.delivery "
                "where is_applied and delivery not in (select unnest(?))",
                [[each.name(0) for each in held]],
            )
            con.execute(
                "insert into raw.record_ref select dataset, record_key, 'ref-' || dataset || '-' || record_key from ("
                + " union ".join(
                    f"select '{dataset}' as dataset, _record_key as record_key from raw.{dataset.replace('.', '__')}"
                    for dataset in load_contracts("active")
                )
                + ")"
            )

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt on this warehouse, with target and logs in its own scratch."""
        return run_dbt(self.workdir, *arguments)

    def build(self, select: str) -> None:
        """`dbt build` of a selection, seeds included; fails with dbt's own words."""
        tests = ["--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
        outcome = self.dbt("build", "--select", select, *tests)
        said = [line for line in outcome.stdout.splitlines() if not re.search(r"(START|PASS|OK|SKIP) ", line)]
        assert outcome.returncode == 0, "\n".join(said[-60:])

    def rebuild(self, *models: str) -> None:
        """Make models again from the SQL that dbt compiled when it last built them: raw may have changed since."""
        nodes = {node["name"]: node for node in self._models().values()}
        with open_warehouse(self.workdir) as con:
            for model in models:
                compiled = self._compiled(nodes[model]).read_text()
                con.execute(f"create or replace table {nodes[model]['relation_name']} as {compiled}")

    def built(self, *schemas: str) -> list[str]:
        """Names of the tables of these schemas that dbt has built, each after those that it reads."""
        nodes = self._models()
        tables = {
            key
            for key, node in nodes.items()
            if node["schema"] in schemas and node["config"]["materialized"] != "view" and self._compiled(node).exists()
        }
        return [nodes[key]["name"] for key in _in_order(tables, nodes)]

    def _models(self) -> dict[str, Any]:
        nodes = json.loads((self.workdir.scratch / "target" / "manifest.json").read_bytes())["nodes"]
        return {key: node for key, node in nodes.items() if node["resource_type"] == "model"}

    def _compiled(self, node: dict[str, Any]) -> Path:
        return self.workdir.scratch / "target" / "compiled" / node["package_name"] / node["original_file_path"]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        with open_warehouse(self.workdir, read_only=True) as con:
            return con.execute(query).fetchall()


def run_dbt(workdir: Workdir, *arguments: str, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """Run dbt on a workdir's warehouse and give what it said; its target and logs are the workdir's.

    What dbt parsed of the project for another workdir it takes over, as a build does.
    """
    environment = os.environ | {"SIJIKU_WORKDIR": str(workdir.path), "DBT_USE_COLORS": "false"}
    if project == PROJECT:
        ensure_manifest()
        environment["DBT_PARTIAL_PARSE_FILE_PATH"] = str(PARSED)
    places = ["--project-dir", str(project), "--profiles-dir", str(project)]
    outputs = ["--target-path", str(workdir.scratch / "target"), "--log-path", str(workdir.scratch / "logs")]
    return subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *arguments, *places, *outputs],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def project() -> Path:
    """The dbt project."""
    return PROJECT


@pytest.fixture(scope="session")
def dbt() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`dbt(home, *arguments)`: dbt on the warehouse of the workdir `home`, which may have none yet."""
    return lambda home, *arguments: run_dbt(Workdir(home), *arguments)


@pytest.fixture(scope="session")
def delivery() -> type[Delivery]:
    """`delivery(dataset, rows, ...)`, to load into a small warehouse."""
    return Delivery


@pytest.fixture(scope="session")
def small_warehouse() -> Callable[[Path, Sequence[Delivery]], SmallWarehouse]:
    """`small_warehouse(home, deliveries)`: a warehouse whose raw schema holds these deliveries."""

    def load(home: Path, deliveries: Sequence[Delivery]) -> SmallWarehouse:
        warehouse = SmallWarehouse(Workdir(home))
        warehouse.load(deliveries)
        return warehouse

    return load


def _in_order(wanted: Collection[str], nodes: Mapping[str, Any]) -> list[str]:
    """The wanted ones, each after what it reads, through views as well."""
    reads = {key: [parent for parent in node["depends_on"]["nodes"] if parent in nodes] for key, node in nodes.items()}
    return [key for key in TopologicalSorter(reads).static_order() if key in wanted]


def _create(con: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    columns = ", ".join(f'"{column}" {type_}' for column, type_ in table.types.items())
    con.execute(f"create or replace table {name} ({columns})")


def _write_dataset(con: duckdb.DuckDBPyConnection, dataset: str, deliveries: list[Delivery]) -> None:
    """The dataset's raw table, and its deliveries in raw.delivery and raw.delivery_file."""
    contract = load_contract(dataset)
    headers = list(contract.headers)
    header_of = {column.field: column.header for column in contract.columns}
    provenance = ["_change", "_file", "_row", "_delivery", "_record_key", "_content_hash"]
    types = ["bigint" if column == "_row" else "varchar" for column in headers + provenance]
    listed = ", ".join(f'"{column}" {type_}' for column, type_ in zip(headers + provenance, types, strict=True))
    con.execute(f"create or replace table raw.{contract.table} ({listed})")
    order = 0
    for number, delivery in enumerate(deliveries):
        order += delivery.is_applied
        name = delivery.name(number)
        con.execute(
            "insert into raw.delivery select ?, ?, ?, ?, ?, '1.0', ?, 1, ?, ?, 0, 0, ?, 'accepted', null, ?",
            [
                name,
                dataset,
                contract.bureau,
                delivery.extract_date,
                delivery.mode,
                order if delivery.is_applied else None,
                len(delivery.rows),
                len(delivery.rows),
                name,
                delivery.is_applied,
            ],
        )
        files = sorted({str(row.get("_file", "a")) for row in delivery.rows} or {"a"})
        for position, file in enumerate(files, start=1):
            con.execute("insert into raw.delivery_file values (?, ?, ?)", [name, file, position])
        if not delivery.is_applied:
            continue
        for line, row in enumerate(delivery.rows, start=2):
            content = {header_of.get(key, key): value for key, value in row.items() if not key.startswith("_")}
            unknown = set(content) - set(headers)
            assert not unknown, f"no columns {unknown} in {dataset}"
            values = [content.get(header) for header in headers]
            key = "|".join(str(content[header]) for header in contract.key)
            digest = hashlib.sha256(repr(values).encode()).hexdigest()
            con.execute(
                f"insert into raw.{contract.table} values ({', '.join('?' * (len(headers) + 6))})",
                [*values, row.get("_change"), row.get("_file", "a"), line, name, key, digest],
            )
