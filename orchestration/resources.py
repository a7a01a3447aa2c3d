"""What steps work on: the library's workdir and landing folder, and dbt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
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
from orchestration.lineage import LineageBook
from sources import continuation
from sources.arrivals import Waiting, half_written
from sources.errors import SijikuError, UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# What the event of a table says that a build took over from the one before, as it was.
TAKEN_OVER = "sijiku/taken_over"


class LibraryResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The library that a run builds. The workdir is locked for as long as the run lasts.

    There are no defaults for paths: the command gives them, and Dagster's UI takes them from SIJIKU_WORKDIR and
    SIJIKU_LANDING, without which a run does not start. `full`: make everything anew, whatever the warehouse holds.
    `spares_uploads`: leave deliveries alone that are still being written; who calls the command says that they are all
    there. `pull_retries`: how often a database that does not answer is asked again before its delivery is refused.
    """

    workdir: str
    landing: str
    pull_retries: int = 0
    as_of: str | None = None
    full: bool = False
    spares_uploads: bool = False

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

    def left_alone(self, is_wanted: Callable[[str], bool]) -> frozenset[str]:
        """The deliveries of the wanted datasets that are still being written, as paths in the landing folder."""
        if not self.spares_uploads:
            return frozenset()
        return half_written(self.landing_folder(), time.time(), Waiting(), is_wanted)

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

    def build(
        self, context: dg.AssetExecutionContext, library: LibraryResource, step: str, *, memory: float = 1
    ) -> Iterator[Any]:
        """Build what a `@dbt_assets` selects; yield what became of each node as Dagster events.

        In a build that goes on from the one before, tables of staging that nothing new concerns are taken over as they
        are: dbt is not told of them, and their events say so.

        Args:
            context: of the step that runs.
            library: whose warehouse dbt works on.
            step: which of `continuation.STEPS` this is.
            memory: see `dbt.environment`.

        Raises:
            SijikuError: a model or a blocking test failed.
        """
        workdir = library.home()
        with library.step(step) as is_full:
            goes_on = step == "staging" and not is_full
            untouched = dbt.untouched_by(continuation.renewed(workdir)) if goes_on else []
            with dbt.exported(dbt.environment(workdir, memory)):
                invocation = self.cli(
                    dbt.build_arguments(is_full=is_full, untouched=untouched),
                    context=context,
                    target_path=dbt.target_of(workdir),
                    raise_on_error=False,
                )
            book = _book(context, workdir)
            taken_over = _taken_over(context, untouched)
            left = set(taken_over)
            told: set[dg.AssetCheckKey] = set()
            for event in invocation.stream():
                if isinstance(event, dg.Output):
                    yield from _standing(context, context.asset_key_for_output(event.output_name), left, book)
                elif isinstance(event, dg.AssetCheckResult) and event.asset_key and event.check_name:
                    told.add(dg.AssetCheckKey(event.asset_key, event.check_name))
                yield _with_lineage(event, book)
            dbt.raise_for_failures(
                invocation.get_artifact("run_results.json"),
                invocation.process.returncode,
                str(invocation.get_error() or ""),
            )
            for key in sorted(taken_over):
                yield from _standing(context, key, left, book, itself=True)
            if book:
                book.keep()
            # What they were held to when they were made, holds.
            for check in sorted(context.selected_asset_check_keys - told, key=str):
                if check.asset_key in taken_over:
                    yield dg.AssetCheckResult(
                        passed=True, asset_key=check.asset_key, check_name=check.name, metadata={TAKEN_OVER: True}
                    )
        if not context.instance.is_ephemeral:
            yield from _row_counts(context, workdir)


def _taken_over(context: dg.AssetExecutionContext, untouched: Sequence[str]) -> set[dg.AssetKey]:
    """The tables of a step that dbt is not told of, by what it is told to leave out."""
    without_seeds = "resource_type:seed" in untouched
    return {
        key
        for key in context.selected_asset_keys
        if key.path[-1] in untouched or (without_seeds and key.path[0] == "seeds")
    }


def _standing(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    left: set[dg.AssetKey],
    book: LineageBook | None,
    *,
    itself: bool = False,
) -> Iterator[dg.MaterializeResult[None]]:
    """Events of the tables taken over that one stands on, and of itself if asked for: Dagster wants a table's after
    those of what it stands on. They are taken out of `left`."""
    for below in sorted(context.assets_def.asset_deps.get(key, set()) & left):
        yield from _standing(context, below, left, book, itself=True)
    if itself and key in left:
        left.discard(key)
        # The newest event of a table is the one that is shown.
        columns = book.metadata_of(*key.path) if book else {}
        yield dg.MaterializeResult(asset_key=key, metadata={TAKEN_OVER: True} | columns)


def _book(context: dg.AssetExecutionContext, workdir: Workdir) -> LineageBook | None:
    """Column lineage, where somebody can look at it afterwards: a build by the command leaves no events behind."""
    return None if context.instance.is_ephemeral else LineageBook(dbt.target_of(workdir), dbt.load_manifest())


def _with_lineage(event: Any, book: LineageBook | None) -> Any:
    """dbt's event on a table, with where its columns come from."""
    if book is None or not isinstance(event, dg.Output | dg.AssetMaterialization):
        return event
    return event.with_metadata({**event.metadata, **book.metadata(str(event.metadata["unique_id"].value))})


def _row_counts(context: dg.AssetExecutionContext, workdir: Workdir) -> Iterator[dg.AssetObservation]:
    """The rows of the tables that a step has made, as the engine's catalogue has them: no table is read."""
    made = {tuple(key.path): key for key in context.selected_asset_keys}
    with open_warehouse(workdir, read_only=True) as connection:
        counts = connection.execute(
            "SELECT schema_name, table_name, estimated_size FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
    for schema, table, rows in counts:
        if (schema, table) in made:
            yield dg.AssetObservation(made[schema, table], metadata={"dagster/row_count": int(rows)})


class LandingResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The landing folder as it is looked at between runs, without the workdir's lock."""

    landing: str
    workdir: str

    def folder(self) -> Path:
        """The folder that bureaus deliver into."""
        return Path(self.landing)

    def home(self) -> Workdir:
        """The workdir's folders."""
        return Workdir(Path(self.workdir).resolve())
