"""Weights learned from a library whose numbers leave no doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from identity.scoring import read_weights
from identity.training import train
from sources.errors import UsageError
from sources.workdir import Workdir
from tests.identity.test_pipeline import Town, mention


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def crowd(people: int) -> list[dict[str, object]]:
    """Two records of each person: half of them with another phone in the second."""
    return [
        mention(
            f"{n} {copy}",
            f"赵{chr(0x4E00 + n // 60)}{chr(0x5E00 + n % 60)}",
            f"15020219800101{n:04d}",
            sex="12"[n % 2],
            phone=f"139{n:08d}" if copy == 0 or n % 2 else f"137{n * 7919 % 10**8:08d}",
        )
        for n in range(people)
        for copy in range(2)
    ]


def test_weights_say_how_often_each_field_agrees(town: Town, tmp_path: Path) -> None:
    town.deliver(crowd(1_500))
    out = tmp_path / "weights.json"
    levels = {(level.comparison, level.level): level for level in train(town.workdir, out, pairs=200_000)}
    assert levels["phone", "same"].m == pytest.approx(0.5, abs=0.03)
    assert levels["sex", "same"].u == pytest.approx(0.5, abs=0.03)
    assert levels["name", "same"].m > 0.99
    assert read_weights(out)["comparisons"][0]["output_column_name"] == "name"


def test_the_same_library_gives_the_same_weights(town: Town, tmp_path: Path) -> None:
    town.deliver(crowd(1_200))
    for name in ("one", "two"):
        train(town.workdir, tmp_path / name, pairs=200_000)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_library_too_small_to_learn_from_is_refused_and_nothing_written(town: Town, tmp_path: Path) -> None:
    town.deliver(crowd(10))
    with pytest.raises(UsageError, match="10 人"):
        train(town.workdir, tmp_path / "weights.json")
    assert not (tmp_path / "weights.json").exists()


def test_where_there_is_no_library_nothing_can_be_learned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="没有库"):
        train(Workdir(tmp_path / "none"))
