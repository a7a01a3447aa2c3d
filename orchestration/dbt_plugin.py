"""How dbt's process opens a workdir's warehouse, and ends with the build that started it.

dbt-duckdb loads this module as a plugin (see dbt_project/profiles.yml) when it connects. What differs from workdir to
workdir is said here and not in the profile: dbt reads its whole project anew whenever its profile says something else.
So the working warehouse is attached here, under the name that the profile attaches too: what is there already then
stays. An encrypted one is opened with the key of this process, which is also lent to the views over Parquet, and so
stands in no profile, no view and no statement that dbt logs.

The first connection is made when dbt has read its project: the time to look for garbage again (`dbt_process`).

dbt runs in a process of its own. Were the build killed alone, dbt would go on writing to the warehouse that the next
build opens: from the first connection on a thread looks whether the build is still there.
"""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from sources.encryption import attach
from sources.huge_pages import ask_for_huge_pages
from sources.parquet import lend_key
from sources.warehouse import CATALOG, apply_settings, engine_settings
from sources.workdir import Workdir

# The library that dbt works on.
WORKDIR_VARIABLE = "SIJIKU_WORKDIR"
# The process that dbt belongs to; whoever runs dbt by hand sets none, and nothing is watched.
OWNER_VARIABLE = "SIJIKU_BUILD_PROCESS"
_SECONDS_BETWEEN_LOOKS = 0.2
_EXIT_STATUS = 137  # as after SIGKILL


class Plugin(BasePlugin):
    """Opens the warehouse of SIJIKU_WORKDIR; watches the process that SIJIKU_BUILD_PROCESS names."""

    def initialize(self, config: dict[str, Any]) -> None:
        """Begin to watch, and to look for garbage, but not among what dbt has read by now: it stays to the end. In a
        full build, ask for huge pages."""
        gc.freeze()
        gc.enable()
        if getattr(get_flags(), "FULL_REFRESH", False):  # type: ignore[no-untyped-call]
            ask_for_huge_pages()
        owner = os.environ.get(OWNER_VARIABLE)
        if owner:
            threading.Thread(target=_watch, args=(int(owner),), daemon=True, name="sijiku-guard").start()

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Attach the warehouse, with the memory, threads and places that every connection to it has.

        They are given once: dbt gives a profile's `settings` to every cursor again, and DuckDB refuses to change the
        place where it spills to once it has spilled.
        """
        workdir = _workdir()
        apply_settings(conn, engine_settings(workdir))
        attach(conn, workdir.warehouse, CATALOG)
        lend_key(conn)


def _workdir() -> Workdir:
    path = os.environ.get(WORKDIR_VARIABLE)
    if not path:
        raise DbtRuntimeError(
            f"不知道工作目录。dbt is not told which library to work on.\n→ export {WORKDIR_VARIABLE}=/path/to/library"
        )
    return Workdir(Path(path))


def _watch(owner: int) -> None:
    while os.getppid() == owner:
        threading.Event().wait(_SECONDS_BETWEEN_LOOKS)
    # No clean-up: what is half done is the next build's to do again, and every moment is one that it may begin in.
    os._exit(_EXIT_STATUS)
