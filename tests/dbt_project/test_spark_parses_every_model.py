"""Every model and data test runs on Spark as far as Spark's own parser and function registry can tell.

`dbt compile --target spark` proves nothing by itself: it passes DuckDB's casts, lambdas and lists. So what it compiles
is parsed by Spark, the functions it calls are looked up in Spark's registry, and the forms that newer Sparks happen to
take but that design.md (Portability) keeps out of models are refused.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sources.workdir import Workdir
from tests.dbt_project.conftest import run_dbt

pytestmark = pytest.mark.spark

# Words that may stand before a parenthesis and call nothing, and what the grammar itself, not the registry, knows.
NOT_CALLED = frozenset(
    {
        "all",
        "and",
        "any",
        "as",
        "between",
        "by",
        "case",
        "cast",
        "create",
        "cross",
        "decimal",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "extract",
        "filter",
        "following",
        "from",
        "full",
        "group",
        "having",
        "if",
        "in",
        "inner",
        "intersect",
        "interval",
        "is",
        "join",
        "left",
        "like",
        "not",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "partition",
        "preceding",
        "rlike",
        "rows",
        "select",
        "set",
        "sets",
        "then",
        "trim",
        "try_cast",
        "union",
        "using",
        "values",
        "when",
        "where",
        "with",
        "within",
    }
)

# What is no SQL within a statement: comments, texts, quoted names.
LITERALS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|`[^`]*`|\"[^\"]*\"", re.DOTALL)
# A name after `as` is one that is given, with the columns that follow it.
CALL = re.compile(r"(?<!\bas )\b([a-z_][a-z0-9_]*)\s*\(", re.IGNORECASE)

# Forms that Spark's parser takes, or that differ in meaning between the engines.
KEPT_OUT = {
    "a cast written ::": re.compile(r"::"),
    "QUALIFY": re.compile(r"\bqualify\b", re.IGNORECASE),
    "a lambda": re.compile(r"->|\blambda\b", re.IGNORECASE),
    "GROUP BY ALL or ORDER BY ALL": re.compile(r"\bby\s+all\b", re.IGNORECASE),
    "SELECT * EXCLUDE or REPLACE": re.compile(r"\*\s*(exclude|except|replace)\b", re.IGNORECASE),
    "concat, which skips nulls on DuckDB alone (say ||)": re.compile(r"\bconcat\s*\(", re.IGNORECASE),
    "FROM before SELECT": re.compile(r"(^|\()\s*from\b", re.IGNORECASE),
    "an ASOF, SEMI or ANTI join": re.compile(r"\b(asof|semi|anti)\s+join\b", re.IGNORECASE),
}
COMPILE = ("compile", "--target", "spark", "--no-introspect", "--no-populate-cache", "--quiet")
ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
END_OF_ORDER = re.compile(r"\s(rows|range|limit|union)\b", re.IGNORECASE)
NULLS = re.compile(r"\bnulls\s+(first|last)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Spark:
    """Spark's own parser and built-in function names, in a bare JVM: no session, no cluster."""

    parser: Any
    functions: frozenset[str]

    def complaints(self, sql: str) -> list[str]:
        """Why a statement may not stand in a model; nothing where it may."""
        from py4j.protocol import Py4JJavaError

        bare = LITERALS.sub("''", sql)
        said = [f"holds {what}" for what, form in KEPT_OUT.items() if form.search(bare)]
        if not all(NULLS.search(key) for keys in orders(bare) for key in keys):
            said.append("leaves the order of nulls to the engine")
        called = {name.lower() for name in CALL.findall(bare)} - NOT_CALLED
        said += [f"calls {name}, which Spark does not have" for name in sorted(called - self.functions)]
        try:
            self.parser.parsePlan(sql)
        except Py4JJavaError as error:
            said.append(str(error.java_exception.getMessage()).strip().splitlines()[0])
        return said


def orders(sql: str) -> Iterator[list[str]]:
    """The keys of every ORDER BY of a statement without literals."""
    for found in ORDER_BY.finditer(sql):
        keys, depth = [""], 0
        for character in sql[found.end() :]:
            depth += (character == "(") - (character == ")")
            if depth < 0:
                break
            if character == "," and depth == 0:
                keys.append("")
            else:
                keys[-1] += character
        yield [END_OF_ORDER.split(key)[0].strip() for key in keys]


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    from pyspark.conf import SparkConf
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway(conf=SparkConf())
    try:
        catalyst = gateway.jvm.org.apache.spark.sql.catalyst
        registry = catalyst.analysis.FunctionRegistry.builtin()
        qualified = registry.listFunction().mkString(",").split(",")
        names = frozenset(name.rpartition(".")[2] for name in qualified)
        yield Spark(gateway.jvm.org.apache.spark.sql.execution.SparkSqlParser(), names)
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()


@pytest.fixture(scope="module")
def compiled(dbt: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Unique id to compiled SQL of every model and data test, for the Spark target; nothing is connected to."""
    home = tmp_path_factory.mktemp("spark")
    outcome = dbt(home, *COMPILE, "--full-refresh")
    assert outcome.returncode == 0, outcome.stdout[-4000:]
    manifest = json.loads((home / "scratch" / "target" / "manifest.json").read_text(encoding="utf-8"))
    return {
        name: node["compiled_code"]
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test") and node["compiled"]
    }


def test_every_model_and_data_test_is_compiled_for_spark(compiled: dict[str, str], project: Path) -> None:
    models = {path.stem for path in (project / "models").rglob("*.sql")}
    assert models
    assert models <= {name.split(".")[2] for name in compiled if name.startswith("model.")}
    assert any(name.startswith("test.") for name in compiled)


def test_spark_takes_every_model_and_data_test(compiled: dict[str, str], spark: Spark) -> None:
    complaints = {name: said for name, sql in compiled.items() if (said := spark.complaints(sql))}
    assert not complaints, json.dumps(complaints, indent=2, ensure_ascii=False)


# What a build that goes on from the one before would ask the engine, answered here: nothing is connected to.
GOES_ON = """
{% macro is_incremental() -%}
    {{- return(execute and model.config.materialized == 'incremental') -}}
{%- endmacro %}

{% macro run_query(sql) -%}
    {%- set rows = [] -%}
    {%- for dataset in active_datasets() -%}
        {%- do rows.append({
            'dataset': dataset, 'delivery': 'd', 'is_whole': 0, 'is_since': true, 'is_from_first': true,
            'is_current': true, 'is_new': true, 'ordinal': 1, 'as_of': '2014-11-04', 'former_day': '2014-11-03',
        }) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro %}
"""


def test_spark_takes_what_a_daily_build_runs(
    project: Path, spark: Spark, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("daily")
    copied = shutil.copytree(project, home / "project", ignore=shutil.ignore_patterns("target", "logs"))
    renewal = copied / "macros" / "renewal.sql"
    own = re.compile(r"{% macro is_incremental\(\) -%}.*?{%- endmacro %}", re.DOTALL)
    renewal.write_text(own.sub("", renewal.read_text(encoding="utf-8")) + GOES_ON, encoding="utf-8")
    outcome = run_dbt(Workdir(home), *COMPILE, "--select", "config.materialized:incremental", project=copied)
    assert outcome.returncode == 0, outcome.stdout[-4000:]
    manifest = json.loads((home / "scratch" / "target" / "manifest.json").read_text(encoding="utf-8"))
    compiled = {name: node["compiled_code"] for name, node in manifest["nodes"].items() if node.get("compiled")}
    assert "at_stake" in compiled["model.sijiku.stg_raw__row_fate"]
    complaints = {name: said for name, sql in compiled.items() if (said := spark.complaints(sql))}
    assert not complaints, json.dumps(complaints, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    "sql",
    [
        "select a::int from t",
        "select list_transform(x, lambda v: v + 1) from t",
        "select list_transform(x, v -> v + 1) from t",
        "select [1] as x",
        "select x[1:2] from t",
        "select {'a': 1} as x",
        "select a from t qualify row_number() over (order by a nulls last) = 1",
        "select a, count(*) from t group by all",
        "select * exclude (a) from t",
        "select arg_max(a, b) from t",
        "select string_agg(x, ',' order by y nulls last) from t",
        "select regexp_matches(x, '^a') from t",
        "from t select x",
        "select concat(a, b) from t",
        "select 5 // 2",
        "select cast(x as varchar) from t",
        "select a from t asof join u on t.a >= u.a",
        "select row_number() over (partition by a order by b) from t",
        "select row_number() over (order by coalesce(a, b) nulls last, c) from t",
        "with x as materialized (select 1 as a) select a from x",
    ],
)
def test_the_gate_refuses_what_only_duckdb_says(sql: str, spark: Spark) -> None:
    assert spark.complaints(sql)


def test_the_gate_takes_what_both_engines_say(spark: Spark) -> None:
    assert not spark.complaints(
        "with x as (select try_cast(a as date) as a, 'a::b -> [1]' as b from t) -- ::\n"
        "select x.a, row_number() over (order by x.a desc nulls last) as place from x where x.b in ('1', '2')"
    )
