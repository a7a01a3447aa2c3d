"""Whoever holds person numbers is told what became of them, and where each leads now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from identity.changes import Change, changed_since, write
from identity.registry import EVENTS
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Event = tuple[str, str, str | None]


@pytest.fixture
def workdir(found: Callable[[], Workdir]) -> Workdir:
    return found()


def happen(workdir: Workdir, build: str, *events: Event) -> None:
    """Write events (kind, person, other) down as a build does."""
    rows = ", ".join(
        f"('{build}-{place}', '{build}', '{person}', '{kind}', nullif('{other or ''}', ''), 'why')"
        for place, (kind, person, other) in enumerate(events)
    )
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        state.append(
            connection,
            EVENTS,
            f"FROM (VALUES {rows}) AS e (event_id, build_id, person_id, kind, other_person_id, reason)",
            key=f"{build}.{len(state.segments(EVENTS)) + 1}",
        )


def events(change: Change) -> list[tuple[str, str, str, str | None]]:
    return change.table.select("build_id", "kind", "person_id", "other_person_id").rows()


def net(workdir: Workdir, builds: list[str], since: str) -> list[tuple[str | None, str, str | None]]:
    return changed_since(workdir, builds, since, is_net=True).table.rows()


def test_events_of_later_builds_come_in_the_order_in_which_they_happened(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None), ("created", "B", None))
    happen(workdir, "b2", ("merged", "A", "B"))
    happen(workdir, "b3", ("revived", "A", "B"), ("retired", "B", None))
    change = changed_since(workdir, ["b1", "b2", "b3"], "b1")
    assert events(change) == [("b2", "merged", "A", "B"), ("b3", "retired", "B", None), ("b3", "revived", "A", "B")]
    assert change.counts == {"merged": 1, "retired": 1, "revived": 1}
    assert change.builds == ("b2", "b3")
    assert events(changed_since(workdir, ["b1", "b2", "b3"], "b3")) == []


def test_what_a_blocked_build_wrote_is_told_with_the_next_and_a_running_one_not_yet(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None))
    happen(workdir, "blocked", ("created", "B", None))
    happen(workdir, "b2", ("created", "C", None))
    happen(workdir, "running", ("created", "D", None))
    assert [person for _, _, person, _ in events(changed_since(workdir, ["b1", "b2"], "b1"))] == ["B", "C"]


def test_a_build_that_is_not_known_is_refused_by_naming_those_that_are(workdir: Workdir) -> None:
    with pytest.raises(UsageError) as refused:
        changed_since(workdir, ["b1", "b2"], "b9")
    assert "b9" in refused.value.problem
    assert "b2, b1" in refused.value.remedy


def test_merges_are_followed_to_the_number_that_stands(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None), ("created", "B", None), ("created", "C", None))
    happen(workdir, "b2", ("merged", "A", "B"))
    happen(workdir, "b3", ("merged", "B", "C"))
    builds = ["b1", "b2", "b3"]
    assert net(workdir, builds, "b1") == [("A", "merged", "C"), ("B", "merged", "C")]
    assert net(workdir, builds, "b2") == [("B", "merged", "C")]


def test_a_merge_undone_meanwhile_is_no_change(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None), ("created", "B", None))
    happen(workdir, "b2", ("merged", "A", "B"))
    happen(workdir, "b3", ("revived", "A", "B"))
    assert net(workdir, ["b1", "b2", "b3"], "b1") == []
    assert net(workdir, ["b1", "b2", "b3"], "b2") == [("B", "revived", "A")]


def test_who_came_and_went_meanwhile_is_no_change(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None))
    happen(workdir, "b2", ("created", "X", None))
    happen(workdir, "b3", ("retired", "X", None), ("retired", "A", None))
    assert net(workdir, ["b1", "b2", "b3"], "b1") == [("A", "retired", None)]


def test_a_number_that_ended_in_one_that_ended_leads_nowhere(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None), ("created", "B", None))
    happen(workdir, "b2", ("merged", "A", "B"))
    happen(workdir, "b3", ("retired", "B", None))
    assert net(workdir, ["b1", "b2", "b3"], "b1") == [("A", "retired", None), ("B", "retired", None)]


def test_of_new_numbers_the_one_they_parted_from_is_told(workdir: Workdir) -> None:
    happen(workdir, "b1", ("created", "A", None))
    happen(workdir, "b2", ("split", "B", "A"), ("created", "C", None))
    assert net(workdir, ["b1", "b2"], "b1") == [(None, "created", "C"), ("A", "split", "B")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_is_its_owners_only(workdir: Workdir, tmp_path: Path, form: str) -> None:
    happen(workdir, "b1", ("created", "A", None))
    happen(workdir, "b2", ("created", "B", None))
    table = changed_since(workdir, ["b1", "b2"], "b1").table
    file = tmp_path / f"numbers.{form}"
    write(table, file, form)  # type: ignore[arg-type]
    assert file.stat().st_mode & 0o777 == 0o600
    read = pl.read_csv(file) if form == "csv" else pl.read_parquet(file)
    assert read["person_id"].to_list() == ["B"]
