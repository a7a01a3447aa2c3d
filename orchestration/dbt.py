"""How dbt is called: where its project is, which nodes a step builds, what its process is told.

`python -m orchestration.dbt` brings the manifest up to date.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from expectations.grains import GRAINS
from sources.contract import load_contracts
from sources.errors import SijikuError
from sources.interface import PublicTable, public_tables
from sources.trouble import trouble_in
from sources.warehouse import MEMORY_VARIABLE, THREADS_VARIABLE, engine_settings
from sources.workdir import Workdir

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
TARGET = PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
FINGERPRINT = TARGET / "manifest.sha256"
PARSED = TARGET / "partial_parse.msgpack"  # what dbt takes over from one run to the next

# The schemas that each of a build's three calls of dbt makes: who is who stands after the first, and what is estimated
# from the library after the second.
BEFORE_IDENTITY = ("staging", "mentions")
BEFORE_ESTIMATES = ("library",)
AFTER_ESTIMATES = ("quality", "marts", "release", "meta")
AFTER_IDENTITY = (*BEFORE_ESTIMATES, *AFTER_ESTIMATES)

# The mark of the data tests that a build leaves out (`held_by_suites`). One mark, and not their names: dbt walks its
# graph again for each name, three times in a call.
HELD_BY_SUITES = "tag:held_by_suite"


def selection(schemas: Iterable[str], *, seeds: bool = False, tests: Iterable[str] = ()) -> str:
    """A dbt selection of the models of whole schemas, of the seeds if asked for, and of tests by name.

    By schema because a test has none of these: tests come along with the models that they look at, in the step where
    the last of those is made. By folder, dbt would take them with the first.
    """
    parts = [f"config.schema:{schema}" for schema in schemas]
    return " ".join([*parts, *(["resource_type:seed"] if seeds else []), *tests])


def stray_tests(manifest: Mapping[str, Any], schemas: Iterable[str]) -> list[str]:
    """The tests attached to tables of these schemas that dbt would not take along with their models, by name.

    `buildable` takes a test if all that it reads is made here or something here is made from it. The library is made
    from mentions through who is who, of which dbt knows no more than a source: so it leaves out tests that read both.
    """
    nodes, here = manifest["nodes"], {*schemas}
    reached: set[str] = set()
    waiting = {name for name, node in nodes.items() if node["resource_type"] == "model" and node["schema"] in here}
    while waiting:
        reached |= waiting
        waiting = {up for name in waiting for up in nodes[name]["depends_on"].get("nodes", []) if up in nodes} - reached
    home = {node["name"]: node["schema"] for node in nodes.values() if node["resource_type"] == "model"}
    return sorted(
        str(node["name"])
        for node in nodes.values()
        if node["resource_type"] == "test"
        and home.get(node["config"].get("meta", {}).get("dagster", {}).get("ref", {}).get("name")) in here
        and not {name for name in node["depends_on"]["nodes"] if name in nodes} <= reached
    )


def public_tables_of(manifest: Mapping[str, Any], others: Iterable[str] = ()) -> list[PublicTable]:
    """The public tables that the project's models make, or that are among `others` (schema.table)."""
    made = {*others} | {
        f"{node['schema']}.{node['alias']}" for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }
    return [public for public in public_tables() if str(public.table) in made]


def renewed_by(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What models say of the rows that a build renews which goes on from the one before: table to condition.

    Rows of which the condition is not true are as they were (`renewed`, dbt_project/macros/renewal.sql).
    """
    return {
        f"{node['schema']}.{node['alias']}": str(node["config"]["meta"]["renewed"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("meta", {}).get("renewed")
    }


def held_by_suites(manifest: Mapping[str, Any]) -> list[str]:
    """The data tests that say what a public table's suite says, by name: a build runs the suite and leaves these out.

    They stand in the models' yml because there a model's reader looks for its grain; `dbt build` by hand and CI run
    them. Which they are is worked out, and a test holds that these and no others have the mark of HELD_BY_SUITES: a
    test of the grain, of key columns being filled, or of the values that `interface/public.yml` lists.
    """
    nodes = manifest["nodes"]
    promised = {str(public.table): public for public in public_tables_of(manifest)}
    held = []
    for node in nodes.values():
        model = nodes.get(node.get("attached_node") or "")
        if node["resource_type"] != "test" or model is None:
            continue
        public = promised.get(f"{model['schema']}.{model['alias']}")
        if public is not None and node.get("test_metadata") and _is_said_by_suite(node["test_metadata"], public):
            held.append(str(node["name"]))
    return sorted(held)


def _is_said_by_suite(test: Mapping[str, Any], public: PublicTable) -> bool:
    grain, told = GRAINS[str(public.table)], test["kwargs"]
    column = told.get("column_name")
    says = {
        "unique_combination": grain.held_by is None and set(told.get("columns", ())) == set(grain.columns),
        "unique": grain.held_by is None and (column,) == grain.columns,
        "filled": set(told.get("columns", ())) <= {*grain.columns} - {*grain.may_be_null},
        "accepted_values": column in public.values and set(told.get("values", ())) == set(public.values[column]),
    }
    return says.get(test["name"], False)


def build_arguments(*, is_full: bool, untouched: Iterable[str] = ()) -> list[str]:
    """The dbt command of a build step. Unit tests belong to CI: they say nothing about a city's data.

    A build that goes on from the one before makes two models at a time: each works on few rows, and mostly in one
    thread. In a full one each has the engine to itself, as the profile says.

    `untouched`: what a build that goes on from the one before leaves as it is.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    for selector in untouched:
        arguments += ["--exclude", selector]
    return [*arguments, *(("--full-refresh",) if is_full else ("--threads", "2"))]


def untouched_by(renewed: Collection[str]) -> list[str]:
    """The dbt selectors of what does not change in staging when these datasets alone have new deliveries.

    Seeds are code, and other code makes a build full. A dataset whose records take their place from their unit's
    changes with the list of units.
    """
    units = "ref.unit"
    left = [
        contract
        for contract in load_contracts("active").values()
        if contract.dataset not in renewed
        and not (units in renewed and any(column.unit_for for column in contract.columns))
    ]
    return ["resource_type:seed", *(f"stg_{contract.table}" for contract in left)]


def environment(workdir: Workdir, memory: float = 1) -> dict[str, str]:
    """What dbt's process is told about a workdir, absolute because dbt changes into its project folder.

    `buildable` runs a test in the step where the last of what it reads is made.

    Args:
        workdir: whose library dbt works on.
        memory: share of what SIJIKU_MEMORY allows.
    """
    home = Workdir(workdir.path.resolve())
    settings = engine_settings(home, memory)
    return {
        "SIJIKU_WORKDIR": str(home.path),
        "SIJIKU_BUILD_PROCESS": str(os.getpid()),  # dbt ends with it: dbt_plugin.py
        MEMORY_VARIABLE: settings["memory_limit"],
        THREADS_VARIABLE: settings["threads"],
        "DBT_INDIRECT_SELECTION": "buildable",
        "DBT_USE_COLORS": "false",
        "DBT_LOG_LEVEL_FILE": "warn",
    }


def target_of(workdir: Workdir) -> Path:
    """Where dbt's process puts its artifacts when it builds a workdir's library."""
    return workdir.scratch / "dbt"


def manifest_of(workdir: Workdir) -> Path:
    """The project as dbt's process read it when it built a workdir's library."""
    return target_of(workdir) / "manifest.json"


def semantic_manifest_of(workdir: Workdir) -> Path:
    """The metrics' definitions, as dbt's process left them when it built a workdir's library."""
    return target_of(workdir) / "semantic_manifest.json"


@contextmanager
def exported(variables: dict[str, str]) -> Iterator[None]:
    """Put variables into this process's environment, which dbt's inherits, and take them out again."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def fingerprint(project: Path = PROJECT) -> str:
    """SHA-256 over dbt's version and every file of the project that a manifest is made from."""
    digest = hashlib.sha256(version("dbt-core").encode())
    outputs = {"target", "logs"}
    for path in sorted(project.rglob("*")):
        inside = path.relative_to(project)
        if path.is_file() and inside.parts[0] not in outputs and not path.name.startswith("."):
            digest.update(f"\0{inside.as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def load_manifest() -> dict[str, Any]:
    """The manifest as it stands; reading definitions never runs dbt.

    Raises:
        SijikuError: there is none yet.
    """
    if not MANIFEST.exists():
        raise SijikuError(
            f"dbt 清单不存在。No dbt manifest at {MANIFEST}.",
            "Run .venv/bin/python -m orchestration.dbt (make dev and sijiku build do).",
        )
    return attach_tests(json.loads(MANIFEST.read_bytes()))


def attach_tests(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest, with each test attached to the table that is made last of those it reads.

    dagster-dbt attaches a test to the model whose file names it, and a test of several models to none at all; a test
    that also reads a later model would then belong to a step that cannot run it.
    """
    order = {schema: place for place, schema in enumerate((*BEFORE_IDENTITY, *AFTER_IDENTITY))}
    nodes = manifest["nodes"]
    for node in nodes.values():
        if node["resource_type"] != "test":
            continue
        reads = [nodes[name] for name in node["depends_on"]["nodes"] if name in nodes]
        if not reads:
            continue
        last = max(order.get(table["schema"], -1) for table in reads)
        candidates = sorted(
            (table for table in reads if order.get(table["schema"], -1) == last),
            key=lambda table: (table["unique_id"] != node.get("attached_node"), table["unique_id"]),
        )
        version = candidates[0].get("version")
        ref = {"name": candidates[0]["name"]} | ({"version": version} if version else {})
        node["config"]["meta"] = node["config"].get("meta", {}) | {"dagster": {"ref": ref}}
    return manifest


def ensure_manifest() -> bool:
    """Parse the dbt project if it has changed since the manifest was made; say whether that was so.

    The manifest is made aside and renamed, so that a reader at the same time sees the old one or the new. What dbt
    parsed lies beside it: every build takes it over.

    Raises:
        SijikuError: dbt cannot parse the project.
    """
    now = fingerprint()
    if MANIFEST.exists() and FINGERPRINT.exists() and FINGERPRINT.read_text() == now:
        return False
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TARGET, prefix="parse-") as aside:
        outcome = subprocess.run(
            [executable(), "parse", "--quiet", "--target-path", aside, "--log-path", aside],
            cwd=PROJECT,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(PROJECT),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode != 0:
            raise SijikuError(
                f"dbt 项目无法解析。dbt cannot parse its project:\n{outcome.stdout.strip()}",
                "Put the named file right and run again.",
            )
        (Path(aside) / PARSED.name).replace(PARSED)
        (Path(aside) / MANIFEST.name).replace(MANIFEST)
    FINGERPRINT.write_text(now)
    return True


def failures(run_results: dict[str, Any]) -> list[str]:
    """The nodes of dbt's run results that failed, each with what dbt said of it in its first line."""
    return [
        f"{result['unique_id'].split('.')[2]}: {(result.get('message') or result['status']).splitlines()[0]}"
        for result in run_results["results"]
        if result["status"] in ("error", "fail")
    ]


def raise_for_failures(run_results: dict[str, Any], returncode: int, said: str = "") -> None:
    """Raise for what failed in dbt's run results.

    `said`: dbt's own words where it failed; what kept it from its work may be nowhere else.

    Raises:
        SijikuError: a model or a blocking test failed; says what the machine lacked if that was why.
    """
    failed = failures(run_results)
    for result in run_results["results"]:
        trouble = trouble_in(result.get("message") or "") if result["status"] == "error" else None
        if trouble:
            raise trouble
    if returncode and not failed:
        trouble = trouble_in(said)
        if trouble:
            raise trouble
    if failed or returncode:
        raise SijikuError(
            "模型或阻断性检查未通过。A model or a blocking check failed: "
            + "; ".join(failed or [f"dbt exit {returncode}"]),
            "Nothing was published, the earlier library stays. Compiled SQL lies under scratch/dbt of the workdir.",
        )


def executable() -> str:
    """The dbt that lies beside this interpreter (see `orchestration.dbt_process`)."""
    return str(Path(sys.executable).parent / "sijiku-dbt")


if __name__ == "__main__":
    ensure_manifest()
