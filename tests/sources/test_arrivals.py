"""Deliveries that are still being written are told from those that are there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sources.arrivals import Waiting, arrivals, half_written
from sources.landing import take_in
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

DATASET = "civil.marriage"
WAITING = Waiting(settled=60, patience=3600)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


def deliver(landing: Path, day: str = "2014-10-31") -> Path:
    return write_delivery(landing, DATASET, day, rows=sample_rows(DATASET, 3))


def age(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))


def standing(landing: Path) -> list[str]:
    return [arrival.standing for arrival in arrivals(landing, time.time(), WAITING)]


def test_a_delivery_is_complete_once_nothing_of_it_has_changed_for_a_while(landing: Path) -> None:
    folder = deliver(landing)
    assert standing(landing) == ["half_written"]
    age(folder, 61)
    assert standing(landing) == ["complete"]


@pytest.mark.parametrize("what", ["no manifest", "half a manifest", "a file to come", "half a file", "a part beside"])
def test_what_an_upload_looks_like_on_its_way_is_half_written_until_patience_ends(landing: Path, what: str) -> None:
    folder = deliver(landing)
    manifest = folder / "manifest.json"
    (file,) = [path for path in folder.iterdir() if path != manifest]
    match what:
        case "no manifest":
            manifest.unlink()
        case "half a manifest":
            manifest.write_bytes(manifest.read_bytes()[:40])
        case "a file to come":
            file.unlink()
        case "half a file":
            file.write_bytes(file.read_bytes()[:20])
        case "a part beside":
            (folder / ".upload.part").write_bytes(b"x")
    age(folder, 1800)
    assert standing(landing) == ["half_written"]
    assert half_written(landing, time.time(), WAITING) == {"civil/marriage/2014-10-31"}
    age(folder, 3601)
    assert standing(landing) == ["overdue"]
    assert not half_written(landing, time.time(), WAITING)


def test_what_is_half_written_is_left_alone_and_not_refused(landing: Path, tmp_path: Path) -> None:
    whole, half = deliver(landing, "2014-09-30"), deliver(landing)
    age(whole, 120)
    (half / "manifest.json").unlink()
    left = half_written(landing, time.time(), WAITING)
    taken = take_in(Workdir(tmp_path / "library"), landing, leave=left)
    assert [(outcome.path, outcome.state) for outcome in taken.outcomes] == [("civil/marriage/2014-09-30", "accepted")]


def test_files_of_a_delivery_that_was_complete_are_not_read_again(landing: Path) -> None:
    folder = deliver(landing)
    age(folder, 120)
    (first,) = arrivals(landing, time.time(), WAITING)
    told = {first.path: (first.mark, "as it was said")}
    (again,) = arrivals(landing, time.time(), WAITING, told)
    assert (again.standing, again.delivery) == ("complete", "as it was said")
    (file,) = [path for path in folder.iterdir() if path.name != "manifest.json"]
    file.write_bytes(b"changed")
    (changed,) = arrivals(landing, time.time(), WAITING, told)
    assert changed.standing == "half_written"


def test_a_database_is_no_arrival(landing: Path) -> None:
    folder = landing / "hrss" / "social_insurance"
    folder.mkdir(parents=True)
    (folder / "connection.yml").write_text("mode: full\n", encoding="utf-8")
    assert arrivals(landing, time.time(), WAITING) == []
    assert not half_written(landing, time.time(), WAITING)
