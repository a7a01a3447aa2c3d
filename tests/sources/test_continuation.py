"""A build goes on from the one before only where that left a whole library and nothing of it was undone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources.continuation import STEPS, mark_whole, published_before, step
from sources.errors import SijikuError
from sources.landing import take_in
from sources.raw_zone import BuildIdentity, register
from sources.state import State
from sources.warehouse import open_engine, open_warehouse
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

FUNDING, RESIDENCE = "finance.service_funding", "psb.temporary_residence"
DAYS = ("2014-10-01", "2014-10-02", "2014-10-03", "2014-10-04")


def registered(workdir: Workdir, landing: Path, code: str = "code", **wanted: Any) -> BuildIdentity:
    return register(workdir, take_in(workdir, landing).outcomes, wanted.pop("as_of", None), code, **wanted)


def finish(workdir: Workdir, *, is_published_from: bool = True) -> bool:
    """Every step that changes tables, each of which does nothing here; and the mark after them."""
    for name in STEPS:
        with step(workdir, name):
            pass
    return mark_whole(workdir, is_published_from=is_published_from)


def new_deliveries(workdir: Workdir) -> list[tuple[Any, ...]]:
    with open_warehouse(workdir, read_only=True) as connection:
        return connection.execute(
            "SELECT dataset, CAST(extract_date AS VARCHAR) FROM raw.new_delivery JOIN raw.delivery "
            "USING (dataset, delivery) ORDER BY ALL"
        ).fetchall()


@pytest.fixture
def deliver(landing: Path) -> Callable[..., Path]:
    """`deliver(day, …)`: one more delivery of the funding dataset in the landing folder."""
    return lambda day, count=1, mode="full": write_delivery(
        landing, FUNDING, day, mode, [row | ({"变更类型": "U"} if mode == "delta" else {}) for row in rows(count)]
    )


def rows(count: int) -> list[dict[str, str]]:
    return sample_rows(FUNDING, count)


@pytest.fixture
def whole(workdir: Workdir, landing: Path, deliver: Callable[..., Path]) -> Workdir:
    """A library of two days that a build left whole."""
    deliver(DAYS[0], 3)
    deliver(DAYS[1], 1, "delta")
    assert registered(workdir, landing).reason_en == "it is the first build"
    assert finish(workdir)
    return workdir


def test_a_first_build_is_full_and_everything_is_new_to_it(
    workdir: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    deliver(DAYS[0])
    assert registered(workdir, landing).is_full
    assert new_deliveries(workdir) == [(FUNDING, DAYS[0])]


def test_a_build_after_a_whole_one_takes_in_what_is_new(
    whole: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    deliver(DAYS[3], 1, "delta")
    identity = registered(whole, landing)
    assert (identity.is_full, identity.reason_en) == (False, "1 new deliveries")
    assert new_deliveries(whole) == [(FUNDING, DAYS[3])]


def test_nothing_new_and_refused_deliveries_undo_nothing(
    whole: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    assert not registered(whole, landing).is_full
    (deliver(DAYS[3]) / "manifest.json").write_text("{", encoding="utf-8")
    assert not registered(whole, landing).is_full
    assert new_deliveries(whole) == []


def test_a_late_delivery_is_new_too(whole: Workdir, landing: Path, deliver: Callable[..., Path]) -> None:
    deliver("2014-09-30", 2)
    assert not registered(whole, landing).is_full
    assert new_deliveries(whole) == [(FUNDING, "2014-09-30")]


def test_a_build_is_full_when_it_was_asked_for(whole: Workdir, landing: Path) -> None:
    identity = registered(whole, landing, is_full_wanted=True)
    assert (identity.is_full, identity.reason_en) == (True, "it was asked for")
    assert len(new_deliveries(whole)) == 2


def test_other_code_makes_a_build_full(whole: Workdir, landing: Path) -> None:
    assert registered(whole, landing, "other code").reason_en == "the code has changed"


def test_an_earlier_as_of_date_makes_a_build_full(whole: Workdir, landing: Path) -> None:
    identity = registered(whole, landing, as_of=date(2014, 10, 1))
    assert (identity.is_full, identity.reason_zh) == (True, "建库日期早于上次")
    assert new_deliveries(whole) == [(FUNDING, DAYS[0])]


def test_a_later_as_of_date_does_not(whole: Workdir, landing: Path) -> None:
    assert not registered(whole, landing, as_of=date(2014, 12, 31)).is_full


def test_a_build_that_began_and_did_not_end_makes_the_next_full(whole: Workdir, landing: Path) -> None:
    registered(whole, landing)
    with pytest.raises(RuntimeError, match="killed"), step(whole, "staging") as is_full:
        assert not is_full
        raise RuntimeError("killed")
    identity = registered(whole, landing)
    assert (identity.is_full, identity.reason_en) == (True, "the build before did not end")


def test_a_build_that_only_registered_changed_nothing(whole: Workdir, landing: Path) -> None:
    registered(whole, landing)
    assert not registered(whole, landing).is_full


def test_a_build_some_of_whose_steps_have_not_ended_is_not_marked_whole(whole: Workdir, landing: Path) -> None:
    registered(whole, landing)
    for name in STEPS[:-1]:
        with step(whole, name):
            pass
    assert not mark_whole(whole, is_published_from=True)
    assert registered(whole, landing).is_full


def test_a_step_begun_again_is_made_in_full_and_so_is_what_follows(whole: Workdir, landing: Path) -> None:
    registered(whole, landing)
    goes = []
    for name in (*STEPS[:2], *STEPS):
        with step(whole, name) as is_full:
            goes.append(is_full)
    assert goes == [False] * 2 + [True] * len(STEPS)
    assert mark_whole(whole, is_published_from=True)
    assert not registered(whole, landing).is_full


def test_a_build_knows_the_published_one_that_its_tables_go_on_from(
    whole: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    with open_warehouse(whole, read_only=True) as connection:
        first = connection.execute("SELECT build_id FROM raw.build").fetchone()
    deliver(DAYS[3], 1, "delta")
    second = registered(whole, landing)
    assert first == (published_before(whole),)
    assert finish(whole)
    assert published_before(whole) == second.build_id
    assert not registered(whole, landing).is_full
    assert published_before(whole) == second.build_id


def test_a_full_build_goes_on_from_nothing_published(whole: Workdir, landing: Path) -> None:
    registered(whole, landing, is_full_wanted=True)
    assert published_before(whole) is None


def test_a_step_begun_again_leaves_nothing_to_go_on_from(whole: Workdir, landing: Path) -> None:
    registered(whole, landing)
    for name in (STEPS[0], STEPS[0]):
        assert published_before(whole) is not None
        with step(whole, name):
            pass
    assert published_before(whole) is None


def test_what_lay_published_before_under_the_same_id_is_nothing_to_go_on_from(
    whole: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    deliver(DAYS[3], 1, "delta")
    registered(whole, landing)
    assert finish(whole, is_published_from=False)
    assert published_before(whole) is None
    assert not registered(whole, landing).is_full


def test_publishing_again_what_these_tables_were_published_as_changes_nothing(whole: Workdir) -> None:
    before = published_before(whole)
    assert mark_whole(whole, is_published_from=False)
    assert published_before(whole) == before is not None


def test_deliveries_that_no_longer_apply_make_a_build_full(
    whole: Workdir, landing: Path, deliver: Callable[..., Path]
) -> None:
    # The newest one is taken back: state and raw zone come from a backup, and the dataset's day was delivered anew.
    newest = max((whole.state / "delivery").iterdir())
    newest.unlink()
    shutil.rmtree(landing)
    deliver(DAYS[2])
    identity = registered(whole, landing)
    assert (identity.is_full, identity.reason_zh) == (True, "上次所用的批次已不适用")


def test_another_state_under_the_same_deliveries_makes_a_build_full(whole: Workdir, landing: Path) -> None:
    # Record references are random: taken in again, the same deliveries have others.
    shutil.rmtree(whole.state / "record_ref")
    shutil.rmtree(whole.state / "delivery")
    identity = registered(whole, landing)
    assert (identity.is_full, identity.reason_en) == (True, "state is not the one that the build before left")


def test_what_is_added_to_state_undoes_nothing(whole: Workdir, landing: Path) -> None:
    with open_engine(whole) as connection:
        State(whole.state).append(connection, "case", "SELECT 'f' AS finding_id, NULL AS case_event_id, "
            "TIMESTAMP '2014-11-01' AS \"at\", 'fixed' AS kind, 'fixed' AS state, 'psb' AS \"by\", NULL AS reason, "
            "NULL AS until_on", key="one")  # fmt: skip
    assert not registered(whole, landing).is_full


def test_a_workdir_that_was_copied_goes_on(whole: Workdir, landing: Path, tmp_path: Path) -> None:
    shutil.copytree(whole.path, tmp_path / "copy", copy_function=shutil.copyfile)
    assert not registered(Workdir(tmp_path / "copy"), landing).is_full


def test_no_step_runs_before_a_build_is_registered(workdir: Workdir) -> None:
    workdir.create()
    with pytest.raises(SijikuError, match="Materialise the raw zone first"), step(workdir, "staging"):
        pass
