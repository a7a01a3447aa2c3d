"""A library and a landing folder that are empty at first."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.workdir import Workdir


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    made = Workdir(tmp_path / "library")
    made.create()
    return made


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder
