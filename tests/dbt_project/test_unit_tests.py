"""dbt's unit tests, on a library of nothing: small histories through the models that they are about."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# Logic that is too easily wrong to be without an example.
WITH_EXAMPLES = {
    "dim_person",
    "bridge_division_then",
    "fct_collection",
    "fct_entitlement",
    "fct_flow",
    "fct_person_month",
    "fct_public_funding",
    "fct_residence_spell",
    "fct_service_event",
    "int_calendar__periods",
    "int_calendar__renewed_people",
    "int_calendar__renewed_periods",
    "int_entitlement__cells",
    "int_entitlement__people",
    "int_entitlement__renewed_people",
    "int_permit__service_cells",
    "int_collection__fields",
    "int_funding__people",
    "int_person__golden_record",
    "int_person__mothers",
    "int_population__capture_cells",
    "int_population__leaf_cells",
    "int_population__register_indicators",
    "int_quality__case_states",
    "int_quality__former_scores",
    "int_quality__last_events",
    "int_quality__leaf_counts",
    "int_quality__rule_values",
    "int_quality__waived",
    "int_residence__evidence",
    "int_residence__renewed_people",
    "int_residence__spells",
    "mart_equalisation",
    "mart_funding_per_capita",
    "mart_missing_record",
    "mart_permit_services",
    "mart_population",
    "mart_population_estimate",
    "mart_service_coverage",
    "rule_delivery_late",
    "mart_area_scorecard",
    "mart_bureau_scorecard",
    "mart_flow",
    "mart_missing_field",
    "mart_repeat_collection",
    "mart_survey_indicator",
    "int_survey__answers",
    "int_survey__respondents",
    "quality_case",
    "quality_finding",
    "quality_finding_event_due",
    "quality_ledger",
    "quality_linkage_quality",
    "quality_result",
    "quality_rule_change",
    "quality_rule_event_due",
    "quality_verdict",
    "int_release__counts",
    "int_quality__contested_numbers",
    "int_quality__expected_counterparts",
    "rule_delete_unknown",
    "rule_field_conflict",
    "rule_id_missing",
    "rule_person_repeated",
}


def test_a_library_of_nothing_is_built_and_every_example_holds(small_warehouse: Any, tmp_path: Path) -> None:
    warehouse = small_warehouse(tmp_path, [])
    built = warehouse.dbt("build", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout[-6000:]
    assert warehouse.rows("SELECT count(*) FROM library.dim_person") == [(0,)]
    # every real division still has its row of zeros
    assert warehouse.rows("SELECT sum(people), count(*) > 900 FROM marts.mart_population") == [(0, True)]

    # rows have the same numbers wherever a model reads them again: the engine keeps what it numbered
    (spells,) = (warehouse.workdir.scratch / "target" / "compiled").rglob("int_residence__spells.sql")
    [(_, plan)] = warehouse.rows(f"EXPLAIN (FORMAT json) {spells.read_text(encoding='utf-8')}")
    assert "claims" in re.findall(r'"CTE Name": "(\w+)"', plan)

    outcome = warehouse.dbt("test", "--select", "test_type:unit")
    assert outcome.returncode == 0, outcome.stdout[-8000:]
    results = json.loads((warehouse.workdir.scratch / "target" / "run_results.json").read_text(encoding="utf-8"))
    exampled = {result["unique_id"].split(".")[2] for result in results["results"]}
    assert exampled >= WITH_EXAMPLES
