"""Empty workdirs for identity's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sources.workdir import Workdir


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Workdir]:
    """Makes empty workdirs, as many as a property test needs."""

    def make() -> Workdir:
        workdir = Workdir(Path(tmp_path_factory.mktemp("library")))
        workdir.create()
        return workdir

    return make
