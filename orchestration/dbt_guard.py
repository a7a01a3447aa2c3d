"""dbt ends with the build that started it, and opens an encrypted warehouse with the key of this process.

dbt runs in a process of its own. Were the build killed alone, dbt would go on writing to the warehouse that the next
build opens. dbt-duckdb loads this module as a plugin (see dbt_project/profiles.yml) when it connects; from then on a
thread looks whether the build is still there. An encrypted warehouse is attached here, so that its key stands in no
profile and no statement that dbt logs; what the profile attaches under the same name is there already then.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from sources.encryption import attach, configured_key, is_encrypted
from sources.warehouse import CATALOG

# The process that dbt belongs to; whoever runs dbt by hand sets none, and nothing is watched.
OWNER_VARIABLE = "SIJIKU_BUILD_PROCESS"
WAREHOUSE_VARIABLE = "SIJIKU_WAREHOUSE"
_SECONDS_BETWEEN_LOOKS = 0.2
_EXIT_STATUS = 137  # as after SIGKILL


class Plugin(BasePlugin):
    """Watches the process that SIJIKU_BUILD_PROCESS names, if it is the one that started dbt."""

    def initialize(self, config: dict[str, Any]) -> None:
        """Begin to watch."""
        owner = os.environ.get(OWNER_VARIABLE)
        if owner:
            threading.Thread(target=_watch, args=(int(owner),), daemon=True, name="sijiku-guard").start()

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Attach the warehouse if there is a key."""
        warehouse = os.environ.get(WAREHOUSE_VARIABLE)
        if warehouse and (configured_key() is not None or is_encrypted(Path(warehouse))):
            attach(conn, Path(warehouse), CATALOG)


def _watch(owner: int) -> None:
    while os.getppid() == owner:
        threading.Event().wait(_SECONDS_BETWEEN_LOOKS)
    # No clean-up: what is half done is the next build's to do again, and every moment is one that it may begin in.
    os._exit(_EXIT_STATUS)
