"""The rules of data quality are data: each whole in two languages, each with what it finds and what it leaves alone.

The examples run as the project's own SQL, compiled by dbt, on tables that hold nothing but them.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from serving.library import open_published
from sources.contract import load_contracts

# interface/public.yml, rule_ids: every one of them has a rule.
NAMED = {
    "row_repeated",
    "person_repeated",
    "id_borrowed",
    "id_duplicated",
    "id_checksum",
    "id_malformed",
    "id_missing",
    "required_missing",
    "key_conflict",
    "division_unknown",
    "division_partial",
    "counterpart_missing",
    "field_conflict",
}
AS_OF = date(2014, 10, 31)
CHINESE = re.compile(r"[一-龥]")


def made_by(project: Path) -> ModuleType:
    """scripts/make_rules.py as a module."""
    spec = importlib.util.spec_from_file_location("make_rules", project.parent / "scripts" / "make_rules.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_rules"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make_rules(project: Path) -> ModuleType:
    return made_by(project)


@pytest.fixture(scope="module")
def rules(make_rules: ModuleType) -> list[Any]:
    return list(make_rules.load_rules())


@pytest.fixture(scope="module")
def manifest(dbt: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest, with the compiled SQL of what finds and counts; nothing is looked up in a warehouse."""
    home = tmp_path_factory.mktemp("rules")
    chosen = "fqn:sijiku.quality.rules int_quality__evaluation int_quality__applicable_records quality_rule"
    quiet = ("--no-introspect", "--no-populate-cache", "--quiet", "--full-refresh")
    outcome = dbt(home, "compile", *quiet, "--select", chosen)
    assert outcome.returncode == 0, outcome.stdout[-4000:]
    loaded: dict[str, Any] = json.loads((home / "scratch" / "target" / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def test_what_is_made_of_the_rules_is_current(make_rules: ModuleType) -> None:
    for path, content in make_rules.made_files().items():
        assert path.read_text(encoding="utf-8") == content, f"{path.name}: run python scripts/make_rules.py"


def test_there_are_eighty_rules_in_all_dimensions_and_categories(make_rules: ModuleType, rules: list[Any]) -> None:
    assert len(rules) >= 80
    assert {rule.rule_id for rule in rules} >= NAMED
    assert {rule.dimension for rule in rules} == set(make_rules.DIMENSIONS)
    assert {rule.kahn for rule in rules} == set(make_rules.KAHN)


def test_every_rule_says_all_of_itself_in_two_languages(rules: list[Any]) -> None:
    assert len({rule.name_zh for rule in rules}) == len({rule.name_en for rule in rules}) == len(rules)
    for rule in rules:
        assert CHINESE.search(rule.name_zh) and CHINESE.search(rule.reason_zh), rule.rule_id
        assert not CHINESE.search(rule.name_en), rule.rule_id
        assert len(rule.reason) > 20 and len(rule.source) > 5 and rule.disclose_to, rule.rule_id
        assert rule.threshold_rate is None or 0 <= rule.threshold_rate < 1, rule.rule_id


def test_every_rule_is_counted_over_people_that_a_contract_has(rules: list[Any]) -> None:
    roles = {contract.dataset: {role.name for role in contract.roles} for contract in load_contracts("active").values()}
    for rule in rules:
        if isinstance(rule.counted_over, dict):
            for dataset, named in rule.counted_over.items():
                assert set(named) <= roles[dataset], (rule.rule_id, dataset)


def test_a_rule_that_is_not_whole_is_refused(make_rules: ModuleType, rules: list[Any]) -> None:
    whole = rules[0].model_dump(exclude_none=True) | {"threshold_rate": 0.1, "threshold_count": None}
    make_rules.Rule.model_validate(whole)
    for broken in (
        {"example": {"wrong": [], "right": [{}]}},
        {"example": {"wrong": [{}], "right": []}},
        {"threshold_rate": None},
        {"model": "rule_x"},
        {"fails": "x > delivered_on"},
        {"dimension": "有效性"},
        {"unknown": 1},
    ):
        with pytest.raises(ValidationError):
            make_rules.Rule.model_validate(whole | broken)


def test_each_model_of_a_rule_exists_and_all_are_asked_for_findings(
    manifest: dict[str, Any], rules: list[Any], make_rules: ModuleType, project: Path
) -> None:
    folder = {path.stem for path in (project / "models" / "quality" / "rules").glob("*.sql")}
    asked = manifest["nodes"]["model.sijiku.int_quality__current_findings"]["depends_on"]["nodes"]
    named = {rule.model or make_rules.RECORD_MODEL for rule in rules}
    assert folder == named == {name.split(".")[2] for name in asked}


def test_every_active_dataset_is_in_the_ledger_and_in_the_rules(manifest: dict[str, Any]) -> None:
    active = {f"source.sijiku.raw.{contract.table}" for contract in load_contracts("active").values()}
    for model in ("int_quality__row_counts", "int_quality__deleted_keys"):
        assert active <= set(manifest["nodes"][f"model.sijiku.{model}"]["depends_on"]["nodes"]), model
    staged = {name.replace("source.sijiku.raw.", "model.sijiku.stg_") for name in active}
    for model in ("rule_division_unknown", "rule_on_records"):
        assert staged <= set(manifest["nodes"][f"model.sijiku.{model}"]["depends_on"]["nodes"]), model


def test_what_is_counted_hangs_on_no_threshold_and_no_severity(manifest: dict[str, Any]) -> None:
    for node in manifest["nodes"].values():
        counts = node["name"].startswith("rule_") or node["name"] in (
            "int_quality__evaluation",
            "int_quality__applicable_records",
        )
        if node["resource_type"] == "model" and counts:
            assert not re.search("threshold|severity", node["compiled_code"]), node["name"]


def test_the_catalogue_holds_every_rule_with_its_sql(built_city: Any, rules: list[Any]) -> None:
    with open_published(built_city.workdir, "analysis") as connection:
        published = connection.execute("SELECT rule_id, name_zh, severity, threshold_rate, sql FROM quality.rule")
        rows = {rule_id: row for rule_id, *row in published.fetchall()}
    assert set(rows) == {rule.rule_id for rule in rules}
    for rule in rules:
        name_zh, severity, threshold_rate, sql = rows[rule.rule_id]
        assert (name_zh, severity, threshold_rate) == (rule.name_zh, rule.severity, rule.threshold_rate)
        assert "{{" in sql or re.search(r"select record_ref from staging\.stg_.* where ", sql), rule.rule_id


# ---- the examples


def _type_of(name: str, said: str | None) -> str:
    """The type of a column: what its yml says, else what the house's names say."""
    if said:
        return said
    if name.endswith("_on") or name in ("birth_date", "extract_date", "as_of"):
        return "date"
    if name.startswith(("is_", "has_")):
        return "boolean"
    if (
        name in ("row", "apply_order", "rows_read", "position", "every_days", "grace_days", "records")
        or name[:2] == "n_"
    ):
        return "bigint"
    return "varchar"


class Tables:
    """Tables of nothing but examples, under the names that compiled SQL reads."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.manifest = manifest
        self.connection = duckdb.connect()
        self.connection.execute("ATTACH ':memory:' AS sijiku")
        self.headers: dict[str, dict[str, str]] = {}

    def _node(self, unique_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.manifest["nodes"].get(unique_id) or self.manifest["sources"][unique_id]
        return found

    def name(self, unique_id: str) -> str:
        """A table as an example calls it: a model or seed by its name, a source with its schema."""
        node = self._node(unique_id)
        return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else str(node["name"])

    def fill(self, unique_id: str, rows: Iterable[dict[str, Any]]) -> None:
        """Make a table anew with these rows; a column of raw may be called by its field."""
        node = self._node(unique_id)
        place = f'sijiku."{node["schema"]}"."{node.get("alias") or node["name"]}"'
        columns = {name: _type_of(name, column["data_type"]) for name, column in node["columns"].items()}
        fields = {
            column["config"]["meta"]["field"]: name
            for name, column in node["columns"].items()
            if column.get("config", {}).get("meta", {}).get("field")
        }
        self.connection.execute(f'CREATE SCHEMA IF NOT EXISTS sijiku."{node["schema"]}"')
        declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE {place} ({declared})")
        for row in rows:
            named = {fields.get(name, name): value for name, value in row.items()}
            assert set(named) <= set(columns), f"{place} has no {sorted(set(named) - set(columns))}"
            marks = ", ".join("?" for _ in named)
            written = ", ".join(f'"{name}"' for name in named)
            self.connection.execute(f"INSERT INTO {place} ({written}) VALUES ({marks})", list(named.values()))

    def findings(self, model: str, given: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """What a model finds where its inputs hold nothing but these."""
        node = self.manifest["nodes"][f"model.sijiku.{model}"]
        build = {"stg_raw__build": [{"as_of": AS_OF}], "raw.build": [{"build_id": "b", "as_of": AS_OF}]}
        known = {self.name(unique_id): unique_id for unique_id in node["depends_on"]["nodes"]}
        assert set(given) <= set(known), f"{model} does not read {sorted(set(given) - set(known))}"
        asked = build | given
        for name, unique_id in known.items():
            self.fill(unique_id, asked.get(name, []))
        found = self.connection.execute(node["compiled_code"])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def tables(manifest: dict[str, Any]) -> Tables:
    return Tables(manifest)


def test_every_rule_on_records_finds_its_wrong_records_and_leaves_the_right_ones(
    tables: Tables, rules: list[Any], make_rules: ModuleType
) -> None:
    contracts = load_contracts("active")
    given: dict[str, list[dict[str, Any]]] = defaultdict(list)
    expected: dict[tuple[str, str], bool] = {}
    for rule in rules:
        if rule.model is not None:
            continue
        first = next(iter(make_rules.checks_of(rule, contracts)))["dataset"]
        for kind in ("wrong", "right"):
            for number, example in enumerate(getattr(rule.example, kind)):
                row = dict(example)
                dataset = row.pop("_dataset", first)
                ref = f"{rule.rule_id}/{kind}/{number}"
                named = {"record_ref": ref, "record_key": ref, "_delivery": f"{dataset}/late", "_file": "f", "_row": 2}
                given[f"stg_{contracts[dataset].table}"].append(named | row)
                expected[rule.rule_id, ref] = kind == "wrong"
    # Records came with an update: an earlier delivery is in force beside it.
    given["stg_raw__delivery"] = [
        {"delivery": f"{dataset}/{when}", "dataset": dataset, "extract_date": day, "mode": mode, "apply_order": order}
        | {"is_applied": True}
        for dataset in contracts
        for when, day, mode, order in (("early", date(2014, 6, 30), "full", 1), ("late", AS_OF, "delta", 2))
    ]
    found = tables.findings(make_rules.RECORD_MODEL, given)
    pairs = {(finding["rule_id"], finding["record_ref"]) for finding in found}
    assert expected
    missed = sorted(pair for pair, is_wrong in expected.items() if is_wrong and pair not in pairs)
    alarmed = sorted(pair for pair, is_wrong in expected.items() if not is_wrong and pair in pairs)
    assert not missed, f"wrong, and not found: {missed}"
    assert not alarmed, f"right, and found: {alarmed}"
    assert all(CHINESE.search(finding["detail_zh"]) and finding["detail_en"] for finding in found)


def test_every_rule_with_a_model_finds_its_wrong_examples_and_leaves_the_right_ones(
    tables: Tables, rules: list[Any]
) -> None:
    seen: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        if rule.model is None:
            continue
        assert set(map(str, rule.example.wrong)).isdisjoint(map(str, rule.example.right)), rule.rule_id
        given = {name: list(_repeated(rows)) for name, rows in rule.example.given.items()}
        key = f"{rule.model} {json.dumps(given, default=str, ensure_ascii=False)}"
        if key not in seen:
            seen[key] = tables.findings(rule.model, given)
        found = {finding[rule.example.by] for finding in seen[key] if finding["rule_id"] == rule.rule_id}
        assert set(rule.example.wrong) <= found, (rule.rule_id, found)
        assert not set(rule.example.right) & found, (rule.rule_id, found)
        named = [finding for finding in seen[key] if finding["rule_id"] == rule.rule_id]
        assert all(CHINESE.search(finding["detail_zh"]) and finding["detail_en"] for finding in named), rule.rule_id


def _repeated(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The rows of an example; one with `repeat` stands for so many people and records."""
    for row in rows:
        times = row.get("repeat", 1)
        alone = {name: value for name, value in row.items() if name != "repeat"}
        yield alone
        for number in range(1, times):
            yield alone | {name: f"{row[name]}-{number}" for name in ("person_id", "record_ref")}


def test_no_rule_finds_so_much_that_it_is_about_the_city_and_not_about_errors(built_city: Any) -> None:
    with open_published(built_city.workdir, "restricted") as connection:
        wide = connection.execute(
            "SELECT rule_id, sum(violated), sum(denominator) FROM quality.verdict JOIN quality.rule USING (rule_id) "
            "WHERE severity <> 'info' GROUP BY rule_id HAVING sum(violated) > 0.05 * sum(denominator) + 5"
        ).fetchall()
    assert not wide, wide
