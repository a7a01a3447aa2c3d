"""The whole of `make bench`, on a tiny city: every step is there, in units. How long it takes is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BUILD, DAY, RAW_ZONE
from benchmarks.works import ASK, BARE_COPY, READ_FLOOR, SERVE, SIMULATE, SPLINK_ALONE, identity_step

SUMS = (BUILD,)


@pytest.mark.full
def test_every_step_of_a_build_is_given_in_units(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--scale", "0.001", "--no-febrl", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [result] = tmp_path.iterdir()
    figures = json.loads(result.read_text("utf-8"))
    lines = {line["name"]: line for line in figures["lines"]}
    assert {SIMULATE, READ_FLOOR, SPLINK_ALONE, ASK, SERVE, BARE_COPY, DAY, identity_step()} < lines.keys()
    assert len(figures["asked"]) == 11
    assert all(asked["value"] > 0 and asked["name"].split()[0] in done.stdout for asked in figures["asked"])
    assert all(line["to_read_floor"] > 0 and line["peak_bytes"] > 0 for line in lines.values())
    assert lines[identity_step()]["to_splink_alone"] > 0
    steps = [line for line in lines.values() if line["part_of"] is None]
    assert all(line["name"].split()[0] in done.stdout for line in steps), "the table shows every step"
    of_build = [line["share_of_build"] for line in steps if line["share_of_build"] and line["name"] not in SUMS]
    assert sum(of_build) == pytest.approx(1), "the steps' shares add up to the whole"
    parts = sorted((line for line in lines.values() if line["part_of"]), key=lambda line: -line["seconds"])
    assert {"library/dim_person", "marts/mart_population", "identity: clustering"} < {line["name"] for line in parts}
    assert {line["part_of"] for line in parts} < {line["name"] for line in steps}
    raw_zone = [line for line in parts if line["part_of"] == RAW_ZONE]
    assert sum(line["seconds"] for line in raw_zone) == pytest.approx(lines[RAW_ZONE]["seconds"])
    assert all(line["name"] in done.stdout for line in parts[:5]), "and the dearest parts"


def test_a_scale_that_makes_no_city_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--scale", "9", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'--scale'" in done.stderr
