"""Findings are held to planted defects, record by record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from serving.evaluation import RuleScore, evaluate_findings
from serving.publish import Published
from sources.errors import UsageError
from sources.workdir import Workdir
from tests.conftest import BuiltCity

Publish = Callable[..., Published]

# Records K1, K2, K3 have the references r1, r2, r3; f1 says of r3 that its number is missing.
FINDINGS = """
INSERT INTO quality.rule BY NAME SELECT unnest(['person_repeated', 'other_rule']) AS rule_id, 1 AS version,
  unnest(['重复', '其他']) AS name_zh, unnest(['Repeated', 'Other']) AS name_en;
INSERT INTO quality.finding BY NAME
  SELECT unnest(['p1', 'p2', 'p3', 'o1']) AS finding_id, unnest(['person_repeated', 'person_repeated',
    'person_repeated', 'other_rule']) AS rule_id, 'psb.temporary_residence' AS dataset,
    unnest(['r1', 'r2', 'r3', 'r1']) AS record_ref, 'open' AS state
  UNION ALL SELECT 'i2', 'id_missing', 'psb.temporary_residence', 'r2', 'verified';
"""


BORN = date(1990, 1, 1)


def truth(folder: Path, *planted: tuple[str, str]) -> Path:
    """K1 and K2 are of one person, K3 of another."""
    rows = [("psb.temporary_residence", key, kind, "id_number") for key, kind in planted]
    schema = dict.fromkeys(("dataset", "record_key", "kind", "field"), pl.String)
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(folder / "planted.parquet")
    people = [("psb.temporary_residence", key, "resident", person) for key, person in (("K1", 1), ("K2", 1), ("K3", 2))]
    pl.DataFrame(people, schema=["dataset", "record_key", "role", "person"], orient="row").write_parquet(
        folder / "mentions.parquet"
    )
    born = {"person": [1, 2], "birth_date": [date(1980, 1, 1), BORN]}
    pl.DataFrame(born).write_parquet(folder / "persons.parquet")
    return folder


def test_what_was_planted_and_found_and_what_is_false_is_counted_in_records(
    workdir: Workdir, publish_build: Publish, tmp_path: Path
) -> None:
    publish_build("b1", FINDINGS)
    planted = [("K3", "id_missing"), ("K2", "id_missing"), ("K3", "person_repeated"), ("K2", "not_cancelled")]
    assert evaluate_findings(workdir, truth(tmp_path, *planted, ("K1", "phone_old"))) == [
        RuleScore("id_missing", planted=2, found=1, named=1, false=0),
        RuleScore("person_repeated", planted=1, found=1, named=3, false=0),
    ]
    assert evaluate_findings(workdir, truth(tmp_path, ("K3", "person_repeated"))) == [
        RuleScore("person_repeated", planted=1, found=1, named=3, false=2)
    ]


def test_what_was_planted_and_is_no_defect_by_the_rules_words_is_excused(
    workdir: Workdir, publish_build: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_build("b1", FINDINGS + "INSERT INTO quality.rule BY NAME SELECT 'id_duplicated' AS rule_id, 1 AS version;")
    monkeypatch.setitem(globals(), "BORN", date(2014, 8, 1))
    planted = [("K2", "id_missing"), ("K3", "id_missing"), ("K2", "id_duplicated"), ("K1", "id_duplicated")]
    assert evaluate_findings(workdir, truth(tmp_path, *planted)) == [
        RuleScore("id_duplicated", planted=1, found=0, named=0, false=0, excused=1),
        RuleScore("id_missing", planted=1, found=0, named=1, false=1, excused=1),
    ]


def test_without_truth_there_is_nothing_to_hold_findings_to(
    workdir: Workdir, publish_build: Publish, tmp_path: Path
) -> None:
    publish_build("b1")
    with pytest.raises(UsageError, match="sijiku simulate"):
        evaluate_findings(workdir, tmp_path)


@pytest.mark.city
def test_on_a_city_planted_defects_are_found_and_false_alarms_are_few(built_city: BuiltCity) -> None:
    scores = {score.rule_id: score for score in evaluate_findings(built_city.workdir, built_city.truth)}
    for rule in ("row_repeated", "id_checksum", "id_malformed", "key_conflict", "division_unknown"):
        assert (scores[rule].recall, scores[rule].false) == (1.0, 0), rule
    assert scores["person_repeated"].recall >= 0.99  # type: ignore[operator]
    assert scores["id_borrowed"].recall >= 0.97  # type: ignore[operator]
    named, false = (sum(getattr(score, part) for score in scores.values()) for part in ("named", "false"))
    assert false < 0.01 * named
