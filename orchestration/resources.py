"""What steps work on: the library's workdir and landing folder, and dbt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration import dbt
from sources import continuation
from sources.errors import SijikuError, UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir


class LibraryResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The library that a run builds. The workdir is locked for as long as the run lasts.

    There are no defaults for paths: the command gives them, and Dagster's UI takes them from SIJIKU_WORKDIR and
    SIJIKU_LANDING, without which a run does not start. `full`: make everything anew, whatever the warehouse holds.
    """

    workdir: str
    landing: str
    as_of: str | None = None
    full: bool = False

    def home(self) -> Workdir:
        """The workdir's folders, absolute: steps may change directory."""
        return Workdir(Path(self.workdir).resolve())

    def build_id(self) -> str:
        """The id of the build that is running, from the working warehouse."""
        with open_warehouse(self.home(), read_only=True) as connection:
            row = connection.execute("SELECT build_id FROM raw.build").fetchone()
        if row is None:
            raise SijikuError("raw.build is empty.", "Materialise the raw zone first: the group `raw`.")
        return str(row[0])

    def landing_folder(self) -> Path:
        """The folder that bureaus deliver into."""
        return Path(self.landing)

    def as_of_date(self) -> date | None:
        """The date the library is built for; None for that of the newest delivery.

        Raises:
            UsageError: not a date.
        """
        if self.as_of is None:
            return None
        try:
            return date.fromisoformat(self.as_of)
        except ValueError:
            raise UsageError(f"不是日期 Not a date: {self.as_of}.", "Write it as 2014-10-31.") from None

    @contextmanager
    def step(self, name: str) -> Iterator[bool]:
        """Do one of `continuation.STEPS`; gives whether it is to be made in full."""
        with continuation.step(self.home(), name) as is_full:
            yield is_full

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[LibraryResource]:
        """Hold the workdir for one writer while a run works.

        Raises:
            SijikuError: the landing folder is not there, or another build has the workdir.
        """
        if not self.landing_folder().is_dir():
            raise SijikuError(
                f"没有报送目录 {self.landing}。There is no landing folder {self.landing}.",
                "Name the folder that holds <bureau>/<dataset>/<date>/manifest.json.",
            )
        with self.home().lock():
            self.home().create()
            yield self


class Dbt(DbtCliResource):
    """dbt in a process of its own, on one library."""

    @cached_property
    def _cli_version(self) -> Version:
        # `dbt --version` asks a package index for newer ones: a site cut off from the internet waits for that.
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> None:  # type: ignore[override]
        """Leave dbt's adapter out of this process: it would be a second one on the warehouse."""

    def build(self, context: dg.AssetExecutionContext, library: LibraryResource, step: str) -> Iterator[Any]:
        """Build what a `@dbt_assets` selects; yield what became of each node as Dagster events.

        Args:
            context: of the step that runs.
            library: whose warehouse dbt works on.
            step: which of `continuation.STEPS` this is.

        Raises:
            SijikuError: a model or a blocking test failed.
        """
        workdir = library.home()
        with library.step(step) as is_full:
            with dbt.exported(dbt.environment(workdir)):
                invocation = self.cli(
                    dbt.build_arguments(is_full=is_full),
                    context=context,
                    target_path=dbt.target_of(workdir),
                    raise_on_error=False,
                )
            yield from invocation.stream()
            dbt.raise_for_failures(invocation.get_artifact("run_results.json"), invocation.process.returncode)
