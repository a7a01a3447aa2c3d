"""What the audit site's pages count and compare, as small files of data (`serving.audit_findings` has the findings).

Totals only: no person, not even by surrogate. Of people fewer than ten are not told (`FEW` stands in their place); of
findings that may rest on health, education, marriage or assistance evidence nothing is told below the district, since
these files go to every bureau.

- `build.js`: the build and those before it, names of datasets, bureaus and fields, the lists that rows refer to;
- `shelves.js`: the sets of findings that this copy of the site has;
- `rules.js`, `rule/<id>.js`: rules with their totals; a rule's results by dataset, district and township, its history;
- `bureaus.js`: scorecards, deliveries, missing records and fields of bureaus;
- `areas.js`, `area/<district>.js`: scorecards of all divisions; findings by rule in a district and all below it;
- `changes.js`: what is new, gone and back since the build before;
- `bias.js`, `unseen.js`, `survey.js`, `repeat.js`, `map.js`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from serving import area_drawings
from serving.audit_findings import Lists, write_data
from serving.checks import columns_of
from serving.disclosure import rests_on_protected
from serving.labels import labels_of
from sources.contract import load_contracts
from sources.interface import Table

FEWEST = 10
# In place of a number of people that is not told.
FEW = -1

_VERDICT = Table("quality", "verdict")
_CHANGE = Table("quality", "rule_change")
_STAGING = "stg_"
# Rules that look at records one by one are all asked by this model.
_ON_RECORDS = "rule_on_records"
_OPEN = "('open', 'acknowledged', 'fixed')"

_BUILDS = (
    "SELECT build_id, CAST(as_of AS VARCHAR), deliveries, refused, code_version, previous_build_id FROM meta.build"
)
_DIVISIONS = """
    SELECT division_code, any_value(name), any_value(level), any_value(parent_code), bool_or(is_unallocated)
    FROM library.dim_division WHERE valid_to IS NULL GROUP BY division_code ORDER BY division_code
"""
_RULES = f"""
    WITH counted AS (
        SELECT rule_id, count(*) FILTER (state IN {_OPEN}) AS open, count(*) FILTER (state = 'waived') AS waived,
               count(*) FILTER (state = 'verified') AS gone
        FROM quality.finding GROUP BY rule_id
    ),
    judged AS (
        SELECT rule_id, sum(violated)::BIGINT AS violated, sum(denominator)::BIGINT AS denominator,
               CASE WHEN bool_or(status IN ('fail', 'error')) THEN 'fail'
                    WHEN bool_or(status = 'pass_with_violations') THEN 'pass_with_violations'
                    WHEN bool_or(status = 'pass') THEN 'pass' ELSE 'not_applicable' END AS status
        FROM {{verdict}} GROUP BY rule_id
    )
    SELECT rule.*, {rests_on_protected()} AS protected, coalesce(open, 0) AS open, coalesce(waived, 0) AS waived,
           coalesce(gone, 0) AS gone, violated, denominator, status
    FROM quality.rule AS rule LEFT JOIN counted USING (rule_id) LEFT JOIN judged USING (rule_id)
    ORDER BY rule.rule_id, rule.version
"""
_BY_DATASET = """
    SELECT rule_id, dataset, bureau, violated, denominator, status FROM {verdict} WHERE denominator > 0 OR violated > 0
    ORDER BY rule_id, violated DESC, dataset
"""
_WITH_PLACE = f"""
    WITH place AS (
        SELECT division_code, max(ancestor_code) FILTER (ancestor_level = 'district') AS district,
               max(ancestor_code) FILTER (ancestor_level = 'township') AS township
        FROM library.bridge_division_ancestor GROUP BY division_code
    ),
    rule AS (SELECT rule_id, bool_or({rests_on_protected()}) AS protected FROM quality.rule AS rule GROUP BY rule_id)
    SELECT result.rule_id, {{place}}, sum(violated)::BIGINT, sum(denominator)::BIGINT
    FROM quality.result AS result JOIN rule USING (rule_id) LEFT JOIN place USING (division_code)
    WHERE {{told}} GROUP BY ALL HAVING sum(violated) > 0 OR {{all}} ORDER BY ALL
"""
_BY_DIVISION = f"""
    WITH rule AS (
        SELECT rule_id, bool_or({rests_on_protected()}) AS protected FROM quality.rule AS rule GROUP BY rule_id
    )
    SELECT ancestor.ancestor_code, result.rule_id, sum(violated)::BIGINT, sum(denominator)::BIGINT
    FROM quality.result AS result JOIN rule USING (rule_id)
    JOIN library.bridge_division_ancestor AS ancestor USING (division_code)
    WHERE ancestor.ancestor_level IN ('city', 'district') OR NOT rule.protected
    GROUP BY ALL HAVING sum(violated) > 0 ORDER BY 1, 3 DESC, 2
"""
# What stood at each build: found by then, and not gone before it.
_HISTORY = """
    WITH build AS (
        SELECT build_id, as_of, row_number() OVER (ORDER BY built_at, build_id) AS place FROM meta.build
    ),
    life AS (SELECT rule_id, first_build, last_build, count(*) AS findings FROM quality.finding GROUP BY ALL)
    SELECT life.rule_id, build.place, CAST(build.as_of AS VARCHAR), sum(life.findings)::BIGINT
    FROM build, life JOIN build AS first ON life.first_build = first.build_id
    JOIN build AS last ON life.last_build = last.build_id
    WHERE build.place BETWEEN first.place AND last.place
    GROUP BY ALL ORDER BY 1, 2
"""
_CHANGES = """
    WITH back AS (
        SELECT DISTINCT finding_id FROM quality.case WHERE kind = 'reopened' AND "by" = 'build ' || $build
    ),
    told AS (
        SELECT rule_id, CASE WHEN back.finding_id IS NOT NULL THEN 'back' WHEN first_build = $build THEN 'new'
                             WHEN state = 'verified' AND last_build = $previous THEN 'gone' END AS what
        FROM quality.finding LEFT JOIN back USING (finding_id)
    )
    SELECT rule_id, count(*) FILTER (what = 'new'), count(*) FILTER (what = 'gone'), count(*) FILTER (what = 'back')
    FROM told WHERE what IS NOT NULL GROUP BY rule_id ORDER BY 2 DESC, 3 DESC, rule_id
"""
_LATEST = "period = (SELECT max(period) FROM marts.{mart})"
_AREA_SCORES = f"""
    SELECT division_code, measure, value, target, previous FROM marts.mart_area_scorecard
    WHERE {_LATEST.format(mart="mart_area_scorecard")} ORDER BY division_code, measure
"""
_BUREAU_SCORES = f"""
    SELECT division_code, bureau, measure, value, target, previous FROM marts.mart_bureau_scorecard
    WHERE {_LATEST.format(mart="mart_bureau_scorecard")} ORDER BY division_code, bureau, measure
"""
# The month that scores are held against: libraries published before there was one do not say.
_SCORES_BEFORE = f"""
    SELECT CAST(max(previous_period) AS VARCHAR) FROM marts.mart_area_scorecard
    WHERE {_LATEST.format(mart="mart_area_scorecard")}
"""
_MISSING_RECORDS = f"""
    SELECT bureau, rule_id, division_code, expected, missing FROM marts.mart_missing_record
    WHERE {_LATEST.format(mart="mart_missing_record")} AND level IN ('city', 'district') ORDER BY ALL
"""
_MISSING_FIELDS = f"""
    SELECT dataset, field, sum(records)::BIGINT, sum(missing)::BIGINT FROM marts.mart_missing_field
    WHERE {_LATEST.format(mart="mart_missing_field")} AND level = 'city' GROUP BY ALL ORDER BY 1, 4 DESC, 2
"""
_DELIVERIES = """
    SELECT delivery, dataset, CAST(extract_date AS VARCHAR), mode, files, rows, state, reason, build_id
    FROM meta.delivery WHERE state <> 'repeated' ORDER BY dataset, extract_date, delivery
"""
_LEDGER = """
    SELECT dataset, sum(declared)::BIGINT, sum(quarantined)::BIGINT, sum(repeated)::BIGINT, sum(superseded)::BIGINT,
           sum(deleted)::BIGINT, sum(key_conflicts)::BIGINT, sum(erased)::BIGINT, sum(staged)::BIGINT,
           sum(abs(balance))::BIGINT
    FROM quality.ledger WHERE build_id = ? GROUP BY dataset ORDER BY dataset
"""
_REPEATED = f"""
    SELECT division_code, field, bureau, other_bureau, people, collections, repeats, cost_yuan
    FROM marts.mart_repeat_collection
    WHERE {_LATEST.format(mart="mart_repeat_collection")} AND level IN ('city', 'district') ORDER BY ALL
"""
_UNSEEN = f"""
    SELECT division_code, sex, age_band, method, listed, unseen, unseen_low, unseen_high, is_pooled
    FROM marts.mart_population_estimate
    WHERE {_LATEST.format(mart="mart_population_estimate")} ORDER BY division_code, sex, age_band, method
"""
_SURVEY = """
    SELECT division_code, CAST("round" AS VARCHAR), {names}, population_group, respondents, estimate,
           low, high, register_value
    FROM marts.mart_survey_indicator WHERE respondents >= ? ORDER BY ALL
"""
_BIAS = """
    SELECT population_group, stratum, links, "precision", precision_low, precision_high, unlinked, recall, recall_low,
           source
    FROM quality.linkage_quality WHERE links >= ? AND NOT contains(stratum, ': ')
    ORDER BY population_group <> 'all', links DESC, population_group, stratum
"""
_BIAS_COVERAGE = f"""
    SELECT CASE WHEN service LIKE 'vaccine%' THEN 'vaccine' ELSE service END AS service, population_group,
           sum(entitled)::BIGINT, sum(covered)::BIGINT
    FROM marts.mart_service_coverage
    WHERE {_LATEST.format(mart="mart_service_coverage")} AND level = 'city' GROUP BY ALL
    HAVING sum(entitled) >= {FEWEST} AND (sum(covered) = 0 OR sum(covered) >= {FEWEST}) ORDER BY ALL
"""


@dataclass(frozen=True)
class Model:
    """A dbt model that finds: its name, id in dbt's documentation, and what it reads (name and id)."""

    name: str
    unique_id: str
    reads: tuple[tuple[str, str], ...]


class Models:
    """Which model finds for which rule, told by the SQL that the rule's row has; from dbt's manifest."""

    def __init__(self, manifest: Path | None) -> None:
        document = json.loads(manifest.read_bytes()) if manifest else {"nodes": {}, "sources": {}}
        self._nodes: Mapping[str, Any] = {
            name: node for name, node in document["nodes"].items() if node["resource_type"] == "model"
        }
        self._by_name = {node["name"]: name for name, node in self._nodes.items()}
        self._by_sql = {node["raw_code"].strip(): name for name, node in self._nodes.items() if node.get("raw_code")}

    def of(self, sql: str | None) -> Model | None:
        """The model that asks what a rule's SQL says; None where dbt's manifest has none."""
        name = self._by_sql.get((sql or "").strip()) or self._by_name.get(_ON_RECORDS)
        if name is None:
            return None
        node = self._nodes[name]
        reads = sorted((one.rsplit(".", 1)[-1], one) for one in node["depends_on"]["nodes"])
        return Model(node["name"], name, tuple(reads))

    def staging(self, table: str) -> str | None:
        """The id of the staging model of a dataset, by its name as a table."""
        return self._by_name.get(_STAGING + table)


def write_tables(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    build_id: str,
    *,
    lists: Lists,
    shelves: Collection[str],
    manifest: Path | None,
) -> set[str]:
    """Write all but the findings themselves; the names of files that there is something for are returned.

    Args:
        connection: on a library that passed its blocking checks.
        folder: the site's folder of data.
        build_id: the build that the pages are about.
        lists: that rows refer to.
        shelves: the sets of findings that were written.
        manifest: dbt's manifest, for lineage; None for none.
    """
    tables = columns_of(connection)
    written = _Written(connection, folder, tables)
    models = Models(manifest)
    written.put("build", _build(written, build_id, lists, models))
    written.put("shelves", sorted(shelves))
    _rules(written, build_id, models)
    _areas(written)
    written.put("bureaus", _bureaus(written, build_id))
    if written.has("mart_repeat_collection"):
        rows = written.rows(_REPEATED)
        written.put("repeat", [[*row[:4], _told(row[4]), *map(_told, row[5:7]), _yuan(row)] for row in rows])
    if written.has("mart_population_estimate"):
        rows = written.rows(_UNSEEN)
        written.put(
            "unseen", [[*row[:4], _told(row[4]), *(row[5:] if row[4] >= FEWEST else [None] * 4)] for row in rows]
        )
    if written.has("mart_survey_indicator"):
        columns = tables[Table("marts", "mart_survey_indicator")]
        names = ", ".join(
            ["indicator", *(name if name in columns else f"NULL AS {name}" for name in ("name_zh", "name_en", "unit"))]
        )
        written.put("survey", written.rows(_SURVEY.format(names=names), [FEWEST]))
    if Table("quality", "linkage_quality") in tables:
        coverage = written.rows(_BIAS_COVERAGE) if written.has("mart_service_coverage") else []
        services = dict(labels_of("service")) | {"vaccine": "预防接种（各剂次）"}
        written.put(
            "bias",
            {
                "groups": written.rows(_BIAS, [FEWEST]),
                "coverage": [[services.get(service, service), *rest] for service, *rest in coverage],
            },
        )
    written.put(
        "map",
        {
            "frames": {"whole": _frame(area_drawings.WHOLE), "urban": _frame(area_drawings.URBAN)},
            "shades": area_drawings.SHADES,
        },
    )
    return written.names


def _frame(frame: area_drawings.Frame) -> dict[str, Any]:
    """A frame of the map for pages: where it is drawn; by district its outline, and where its name stands."""
    return {
        "box": [frame.left, frame.top, frame.width, frame.height],
        "districts": {
            code: (shape.path, tuple(round(part, 1) for part in shape.name_at) if shape.name_at else None)
            for code, shape in area_drawings.map_shapes(frame).items()
        },
    }


class _Written:
    """Data on their way from a library to files."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, tables: Mapping[Table, Mapping[str, str]]
    ) -> None:
        self._connection, self._folder, self.tables = connection, folder, tables
        self.names: set[str] = set()
        self.verdict = "quality.verdict" if _VERDICT in tables else _NO_VERDICTS

    def rows(self, query: str, values: Any = None) -> list[list[Any]]:
        return [list(row) for row in self._connection.execute(query, values).fetchall()]

    def dicts(self, query: str) -> list[dict[str, Any]]:
        cursor = self._connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def has(self, mart: str) -> bool:
        return Table("marts", mart) in self.tables

    def put(self, name: str, data: Any) -> None:
        self.names.add(name)
        write_data(self._folder, name, data)


_NO_VERDICTS = (
    "(SELECT rule_id, dataset, bureau, sum(violated)::BIGINT AS violated, sum(denominator)::BIGINT AS denominator, "
    "'not_judged' AS status FROM quality.result GROUP BY ALL)"
)


def _build(written: _Written, build_id: str, lists: Lists, models: Models) -> dict[str, Any]:
    contracts = sorted(load_contracts().values(), key=lambda contract: contract.dataset)
    builds = {row[0]: row for row in written.rows(_BUILDS)}
    _, as_of, deliveries, refused, code, previous = builds.get(build_id, [build_id, None, 0, 0, None, None])
    files = (
        written.rows("SELECT DISTINCT file, delivery FROM raw.delivery_file ORDER BY ALL")
        if Table("raw", "delivery_file") in written.tables
        else []
    )
    by_file: dict[str, list[str]] = {}
    for file, delivery in files:
        by_file.setdefault(file, []).append(delivery)
    return {
        "id": build_id,
        "as_of": as_of,
        "deliveries": deliveries,
        "refused": refused,
        "code": code,
        "previous": previous,
        "scores_before": _scores_before(written),
        "lists": {
            "rules": lists.rules,
            "datasets": lists.datasets,
            "roles": lists.roles,
            "states": lists.states,
            "builds": [[name, builds[name][1] if name in builds else None] for name in lists.builds],
        },
        "bureaus": dict(sorted({contract.bureau: contract.bureau_zh for contract in contracts}.items())),
        "datasets": {
            contract.dataset: {
                "zh": contract.name_zh,
                "bureau": contract.bureau,
                "columns": {column.field: column.header for column in contract.columns},
                "staging": models.staging(contract.table),
            }
            for contract in contracts
        },
        "fields": dict(labels_of("field")),
        "files": by_file,
    }


def _scores_before(written: _Written) -> str | None:
    is_told = "previous_period" in written.tables.get(Table("marts", "mart_area_scorecard"), {})
    return written.rows(_SCORES_BEFORE)[0][0] if is_told else None


def _rules(written: _Written, build_id: str, models: Models) -> None:
    rules = written.dicts(_RULES.format(verdict=written.verdict))
    for rule in rules:
        model = models.of(rule["sql"])
        rule["model"] = [model.name, model.unique_id, model.reads] if model else None
    details: dict[str, dict[str, Any]] = {
        rule["rule_id"]: {"sql": rule.pop("sql"), "datasets": [], "districts": [], "townships": [], "history": []}
        for rule in rules
    }
    by_district = _WITH_PLACE.format(place="district, bureau", told="true", all="true")
    by_township = _WITH_PLACE.format(place="township", told="NOT protected AND township IS NOT NULL", all="false")
    for part, query in (
        ("datasets", _BY_DATASET.format(verdict=written.verdict)),
        ("districts", by_district),
        ("townships", by_township),
        ("history", _HISTORY),
    ):
        for rule_id, *rest in written.rows(query):
            if rule_id in details:
                details[rule_id][part].append(rest)
    if _CHANGE in written.tables:
        for change in written.dicts("FROM quality.rule_change ORDER BY ALL"):
            if change.get("rule_id") in details:
                details[change["rule_id"]].setdefault("changes", []).append(change)
    written.put("rules", rules)
    for rule_id, detail in details.items():
        written.put(f"rule/{rule_id}", detail)
    previous = written.rows("SELECT previous_build_id FROM meta.build WHERE build_id = ?", [build_id])
    before = previous[0][0] if previous else None
    changed = written.rows(_CHANGES, {"build": build_id, "previous": before}) if before else []
    written.put("changes", {"previous": before, "rules": changed})


def _areas(written: _Written) -> None:
    scores: dict[str, dict[str, list[Any]]] = {}
    if written.has("mart_area_scorecard"):
        for code, measure, *rest in written.rows(_AREA_SCORES):
            scores.setdefault(code, {})[measure] = rest
    divisions = written.rows(_DIVISIONS)
    written.put("areas", [[*row, scores.get(row[0], {})] for row in divisions])
    found: dict[str, dict[str, list[list[Any]]]] = {}
    for code, *rest in written.rows(_BY_DIVISION):
        found.setdefault(code[:6], {}).setdefault(code, []).append(rest)
    for code, *_ in divisions:
        found.setdefault(code[:6], {})
    for district, by_code in sorted(found.items()):
        written.put(f"area/{district}", by_code)


def _bureaus(written: _Written, build_id: str) -> dict[str, Any]:
    missing = written.rows(_MISSING_RECORDS) if written.has("mart_missing_record") else []
    return {
        "scores": written.rows(_BUREAU_SCORES) if written.has("mart_bureau_scorecard") else [],
        "missing_records": [[*row[:3], _told(row[3]), _told(row[4])] for row in missing],
        "missing_fields": written.rows(_MISSING_FIELDS) if written.has("mart_missing_field") else [],
        "deliveries": written.rows(_DELIVERIES),
        "ledger": written.rows(_LEDGER, [build_id]),
        "rules": dict(labels_of("rule")),
    }


def _told(number: int | None) -> int | None:
    return FEW if number is not None and 0 < number < FEWEST else number


def _yuan(row: list[Any]) -> float | None:
    return None if 0 < row[6] < FEWEST else round(row[7], 2)
