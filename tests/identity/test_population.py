"""The model of the population is a file too, and what it cannot mean is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from identity.model import MODELS, load_model, read_model, shipped_models
from identity.population import POPULATION, PopulationModel
from identity.rules import RULES
from identity.scoring import SplinkLinker, comparisons
from sources.errors import UsageError

FILE = MODELS / "population.yml"


def test_rules_and_comparisons_are_those_of_the_file() -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert [rule.evidence for rule in RULES] == [rule["evidence"] for rule in document["rules"]]
    assert [item["output_column_name"] for item in comparisons()] == [item["name"] for item in document["comparisons"]]
    assert SplinkLinker().threshold == document["thresholds"]["link"]


def test_it_is_no_model_for_tables() -> None:
    assert "population" not in shipped_models()
    with pytest.raises(UsageError, match="population"):
        load_model(Path("population"))


def _test(document: dict[str, Any]) -> None:
    document["comparisons"][0]["levels"][1]["test"] = "same"


def _columns(document: dict[str, Any]) -> None:
    document["comparisons"][0]["levels"][1]["of"] = ["name_key", "name_norm"]


def _needs(document: dict[str, Any]) -> None:
    document["rules"][3]["needs"] = ["luck"]


def _key(document: dict[str, Any]) -> None:
    document["blocking"]["keys"][0] = ["shoe_size"]


def _confidence(document: dict[str, Any]) -> None:
    document["relations"][0]["confidence"] = 99.8


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_test, "comparisons.1.levels"),
        (_columns, "comparisons.1.levels"),
        (_needs, "rules.4.needs.1"),
        (_key, "blocking.keys.1.1"),
        (_confidence, "relations.1.confidence"),
    ],
)
def test_what_it_cannot_mean_is_named_with_its_place(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None], where: str
) -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    spoil(document)
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.yml") as raised:
        read_model(path, PopulationModel)
    assert f" {where} " in raised.value.problem
    assert raised.value.remedy


def test_every_key_of_it_is_a_column_or_made_of_one() -> None:
    assert POPULATION.blocking.written([["surname", "birth_date"]]) == (("left(name_norm, 1)", "birth_date"),)
