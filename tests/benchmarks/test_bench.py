"""The whole of `make bench`, on a tiny city: every step is there, in units. How long it takes is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.works import READ_FLOOR, SIMULATE, SPLINK_ALONE, identity_step


@pytest.mark.city
def test_every_step_of_a_build_is_given_in_units(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--scale", "0.001", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [result] = tmp_path.iterdir()
    lines = {line["name"]: line for line in json.loads(result.read_text("utf-8"))["lines"]}
    assert {SIMULATE, READ_FLOOR, SPLINK_ALONE, identity_step()} < lines.keys()
    assert all(line["to_read_floor"] > 0 and line["peak_bytes"] > 0 for line in lines.values())
    assert lines[identity_step()]["to_splink_alone"] > 0
    assert all(name.split()[0] in done.stdout for name in lines), "the table shows every line"


def test_a_scale_that_makes_no_city_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--scale", "9", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'--scale'" in done.stderr
