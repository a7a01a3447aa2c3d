"""The models shipped for FEBRL 3 and 4 link them as well as is asked for, in a process that is measured."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.febrl import SETS, Febrl, febrl_files, judge, measure_febrl
from benchmarks.measure import Step
from identity.model import load_model


@pytest.mark.parametrize("febrl", SETS, ids=lambda febrl: febrl.model)
def test_a_set_is_linked_at_the_threshold_of_its_model(febrl: Febrl, tmp_path: Path) -> None:
    quality = measure_febrl(febrl, tmp_path)
    assert quality.f1 >= febrl.least_f1
    assert quality.seconds > 0 and quality.peak_bytes > 0
    linked = pl.read_parquet(tmp_path / f"{febrl.model}.parquet")
    assert linked.height == sum(len(path.read_text().splitlines()) - 1 for path in febrl_files(febrl))
    if load_model(Path(febrl.model)).constraints.one_per_input:
        assert linked.group_by("_cluster", "_input").len()["len"].max() == 1


def test_who_is_who_is_not_among_what_the_models_read() -> None:
    for febrl in SETS:
        assert "rec_id" not in load_model(Path(febrl.model)).columns


def test_quality_counts_pairs(tmp_path: Path) -> None:
    out = tmp_path / "linked.parquet"
    people = {"rec-1-org": 1, "rec-1-dup-0": 1, "rec-1-dup-1": 2, "rec-2-org": 2, "rec-11-org": 3}
    pl.DataFrame({"rec_id": list(people), "_cluster": list(people.values())}).write_parquet(out)
    quality = judge(SETS[0], out, Step("FEBRL 3", 1.0, 1))
    assert (quality.precision, quality.recall, quality.f1) == (1 / 2, 1 / 3, 2 / 5)
