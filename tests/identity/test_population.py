"""The model of the population is a file too, and what it cannot mean is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from identity.model import MODELS, load_model, read_model, shipped_models
from identity.population import POPULATION, PopulationModel, one_edit_apart
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


@st.composite
def _edited(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and what became of it in up to three strokes."""
    characters = st.text("01X伟", min_size=1, max_size=1)
    one = draw(st.text("01X伟", max_size=18))
    other = one
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(other)))
        head, tail = other[:place], other[place:]
        other = draw(
            st.sampled_from(
                [head + draw(characters) + tail, head + draw(characters) + tail[1:], head + tail[1:]]
                + ([head + tail[1] + tail[0] + tail[2:]] if len(tail) > 1 else [])
            )
        )
    return one, other


@given(st.lists(_edited(), min_size=20, max_size=50))
@example([("", ""), ("", "1"), ("12", "21"), ("123", "132"), ("1234", "2143"), ("一", "1"), ("一", "二")])
@settings(max_examples=50, deadline=None)
def test_one_edit_apart_is_what_the_distance_of_damerau_says(pairs: list[tuple[str, str]]) -> None:
    values = ", ".join(f"('{one}', '{other}')" for one, other in pairs)
    with duckdb.connect() as connection:
        said = connection.execute(
            f"SELECT one, other, {one_edit_apart('one', 'other')}, damerau_levenshtein(one, other) <= 1 "
            f"FROM (VALUES {values}) AS v (one, other)"
        ).fetchall()
    assert len(said) == len(pairs)
    assert [pair for *pair, told, meant in said if told != meant] == []
