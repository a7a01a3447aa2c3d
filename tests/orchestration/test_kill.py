"""A build that is killed loses nothing: five kills of the campaign, one of each costly kind of step."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.campaigns.command import write_page
from tests.campaigns.kill import KINDS, Ground, Kill, kill, plan, prepare, summary
from tests.conftest import BuiltCity

SEED = 2014


@pytest.fixture(scope="module")
def ground(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare(tmp_path_factory.mktemp("kill"), built_city.landing, built_city.workdir.path)


@pytest.mark.parametrize("kind", ["landing", "staging", "identity", "library", "publishing"])
def test_after_a_kill_the_published_library_is_whole_and_the_next_build_ends_as_if_nothing_had_been(
    built_city: BuiltCity, ground: Ground, tmp_path: Path, kind: str
) -> None:
    result = kill(ground, tmp_path / "trial", 1, kind, random.Random(f"{SEED}/{kind}"))
    assert result.is_whole, f"seed {SEED}: {result}"
    assert result.is_resumed, f"seed {SEED}: {result}"
    assert result.differences == [], f"seed {SEED}: {result}"


def test_thirty_kills_hit_every_kind_of_step_at_least_three_times() -> None:
    kinds = plan(30, 1)
    assert len(kinds) == 30
    assert min(kinds.count(kind) for kind in KINDS) >= 3


def test_a_loss_is_shown_in_the_summary_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    kills = [
        Kill(1, "staging", "staging", 1.0, True, True, True, []),
        Kill(2, "publishing", "published__current", 2.0, False, True, True, ["marts.mart_flow: 1 rows only in one"]),
    ]
    page = tmp_path / "reliability.md"
    page.write_text(
        "before\n<!-- kill campaign: begin -->\nold\n<!-- kill campaign: end -->\nafter\n", encoding="utf-8"
    )
    write_page("kill", summary(kills, 1, 0.0005, "abc"), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| **合计 all** | 2 | 2 | 2 | 1 |" in text
    assert "marts.mart_flow" in text
