"""The dbt project run on Spark, over the very tables that DuckDB's build stood on, and held against what came of that.

`python -m tests.dbt_project.on_spark INPUTS HOME DBT-ARGUMENT…`: INPUTS holds `<schema>/<table>.parquet`, each of which
Spark sees as a table; what dbt makes lies under HOME/tables, in `<schema>.db/<table>`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).parents[2] / "dbt_project"
# A session of this machine. A city of a few thousand people: what takes time is planning queries and compiling code for
# them, not running them.
SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.memory": "3g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.default.parallelism": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
# What a rule's SQL says is the engine's own.
NOT_COMPARED = {"quality.rule": {"sql"}}
# Sums of fractions depend on their order in the last places: relative above 1, absolute below.
TOLERANCE = 1e-9


def models_of(manifest: Mapping[str, Any], schemas: Iterable[str] = (), names: Iterable[str] = ()) -> dict[str, str]:
    """Unique id to schema.table of the models of whole schemas, and of those with these names."""
    wanted, named = {*schemas}, {*names}
    return {
        name: f"{node['schema']}.{node['alias']}"
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and (node["schema"] in wanted or node["name"] in named)
    }


def read_by(manifest: Mapping[str, Any], models: Mapping[str, str]) -> list[str]:
    """What these models read besides one another (seeds, sources, other models), as schema.table."""
    nodes = manifest["nodes"]
    read = {up for name in models for up in nodes[name]["depends_on"]["nodes"]} - {*models}
    return sorted(
        f"{nodes[up]['schema']}.{nodes[up]['alias']}"
        if up in nodes
        else f"{manifest['sources'][up]['schema']}.{manifest['sources'][up]['identifier']}"
        for up in read
    )


def export(con: duckdb.DuckDBPyConnection, tables: Iterable[str], inputs: Path) -> None:
    """Write tables (schema.table) of the warehouse as its newest build found them: logs without what it added."""
    for table in tables:
        schema, _, name = table.partition(".")
        (inputs / schema).mkdir(parents=True, exist_ok=True)
        columns = {column for column, *_ in con.execute(f"describe {table}").fetchall()}
        own = {"build_id", "_segment"} <= columns
        rows = f"{table} where build_id <> (select build_id from raw.build)" if own else table
        con.execute(f"copy (from {rows}) to '{inputs / schema / name}.parquet' (format parquet)")


def run(inputs: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """dbt on Spark in a process of its own, which takes its JVM with it."""
    home.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "tests.dbt_project.on_spark", str(inputs), str(home), *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT.parent), "DBT_USE_COLORS": "false", "TZ": "UTC"},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def difference(con: duckdb.DuckDBPyConnection, table: str, files: Path) -> str | None:
    """How what Spark made of a table differs from the warehouse's: columns, types, rows. None where it does not."""
    skipped = NOT_COMPARED.get(table, set())
    schema, _, name = table.partition(".")
    theirs = f"read_parquet('{files / f'{schema}.db' / name}/*.parquet')"
    types = {column: type_ for column, type_, *_ in con.execute(f"describe {table}").fetchall()}
    found = {column: type_ for column, type_, *_ in con.execute(f"describe from {theirs}").fetchall()}
    if types != found:
        return f"{table}: columns {sorted({*types.items()} ^ {*found.items()})}"
    columns = [column for column in types if column not in skipped]
    exact = [column for column in columns if types[column] != "DOUBLE"]
    close = [column for column in columns if types[column] == "DOUBLE"]
    order = ", ".join(f'"{column}" nulls last' for column in (*exact, *close))
    numbered = f"(select *, row_number() over (order by {order}) as _place from {{}})"
    unlike = [f'ours."{column}" is distinct from theirs."{column}"' for column in exact]
    unlike += [
        f'(ours."{column}" is null) <> (theirs."{column}" is null) or abs(ours."{column}" - theirs."{column}") > '
        f'{TOLERANCE} * greatest(1, abs(ours."{column}"))'
        for column in close
    ]
    unlike += ["ours._place is null", "theirs._place is null"]
    rows, made, different = con.execute(
        f"select count(ours._place), count(theirs._place), count(*) filter ({' or '.join(unlike)}) "
        f"from {numbered.format(table)} as ours "
        f"full join {numbered.format(theirs)} as theirs using (_place)"
    ).fetchone() or (0, 0, 0)
    return f"{table}: {rows} rows on DuckDB, {made} on Spark, {different} not the same" if different else None


def main(inputs: Path, home: Path, arguments: list[str]) -> int:
    """Start Spark, show it the inputs, run dbt."""
    from dbt.cli.main import dbtRunner
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.config("spark.sql.warehouse.dir", str(home / "tables"))
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        for file in sorted(inputs.glob("*/*.parquet")):
            session.sql(f"create database if not exists {file.parent.name}")
            session.sql(f"create table {file.parent.name}.{file.stem} using parquet location '{file}'")
        places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "spark"]
        outputs = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
        return 0 if dbtRunner().invoke([*arguments, *places, *outputs]).success else 1
    finally:
        session.stop()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:]))
