"""What is published comes out of the raw zone once more; what does not is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.rederive import rederive
from sources.errors import UsageError
from sources.workdir import Workdir
from tests.conftest import BuiltCity


def test_a_finding_that_nobody_published_cannot_be_derived(built_city: BuiltCity) -> None:
    with pytest.raises(UsageError, match="no such finding"):
        rederive(built_city.workdir, lambda _: None, ["nothing"])


@pytest.mark.full
def test_each_finding_comes_out_of_the_raw_zone_and_one_taken_out_is_named(
    built_city: BuiltCity, tmp_path: Path
) -> None:
    copy = Workdir(tmp_path / "library")
    shutil.copytree(built_city.workdir.path, copy.path, symlinks=True)
    file = copy.current / "analysis" / "sijiku.duckdb"
    with duckdb.connect(str(file)) as connection:
        ids = "SELECT finding_id FROM quality.finding WHERE rule_id <> 'delivery_refused' ORDER BY 1"
        (gone,), (there,) = connection.execute(f"{ids} LIMIT 2").fetchall()
        connection.execute("DELETE FROM quality.finding WHERE finding_id = ?", [gone])
    done = rederive(copy, lambda _: None, [there], near=tmp_path)
    assert (done.missing, done.added, done.named) == ([], [gone], {there: True})
    assert done.findings > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library"], "the copy is thrown away"
