"""A build that is killed loses nothing: a row of kills as in the campaign, one of each costly kind of step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.command import write_page
from tests.campaigns.kill import KINDS, Ground, Kill, kill_in_a_row, plan, prepare, summary
from tests.conftest import BuiltCity

SEED = 2014


@pytest.fixture(scope="module")
def ground(built_city: BuiltCity, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare(tmp_path_factory.mktemp("kill"), built_city.landing, built_city.workdir.path)


def test_after_each_of_five_kills_in_a_row_the_published_library_is_whole_and_the_next_build_goes_on_to_the_same_tables(
    ground: Ground, tmp_path: Path
) -> None:
    kinds = ["landing", "staging", "identity", "library", "publishing"]
    kills = kill_in_a_row(ground, tmp_path / "trial", 1, kinds, SEED)
    assert [kill.aimed_at for kill in kills] == kinds, f"seed {SEED}: {kills[-1]}"
    assert all(kill.is_good for kill in kills), f"seed {SEED}: {kills}"
    logs = [log.read_text(encoding="utf-8") for log in (tmp_path / "trial" / "logs").glob("build-*.log")]
    assert any("全量 full: 上次建库未完成 the build before did not end" in log for log in logs)


def test_thirty_kills_hit_every_kind_of_step_at_least_three_times() -> None:
    kinds = plan(30, 1)
    assert len(kinds) == 30
    assert min(kinds.count(kind) for kind in KINDS) >= 3


def test_a_loss_is_shown_in_the_summary_and_the_rest_of_the_page_stays(tmp_path: Path) -> None:
    kills = [
        Kill(1, "staging", "staging", 1.0, True, True, True, [], is_last=False),
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
    assert "| **合计 all** | 2 | 2 | 2 |" in text
    assert "after 0 of them" in text
    assert "marts.mart_flow" in text
