"""Publishing a build: whole or not at all, and never under a reader's feet.

A build is written beside the published ones as `.<build id>.half`, renamed once it is complete, and becomes `current`
when the relative link is replaced by a rename. Whoever reads an older build keeps reading it.

- `restricted/sijiku.duckdb`: every table of library, identity, marts, metrics, quality and meta, and the map from
  `record_ref` to `record_key`; persons included, so the folder and the file are their owner's only. Working steps
  (`int_…`) stay in the working warehouse, but for those that metrics stand on.
- `analysis/sijiku.duckdb` and `analysis/parquet/<schema>/<table>.parquet`: what `interface/public.yml` lists under
  `analysis`, and what `serving.interface` adds by name; nothing else.
- `release/sijiku.duckdb` and `release/<table>.csv`: the schema `release`.
- `site/index.html`, the start page of the audit site (`serving.audit_site`): pages that open as files, with their data
  beside them; findings one by one lie apart by the bureau that may see them, persons by surrogate only.
- `docs/`: dbt's documentation of the models in `index.html`, the data dictionary in `dictionary.xlsx`, Data Docs under
  `expectations/`, `semantic_manifest.json`.
- `manifest.json`: build id, as-of date, version of the code, every file with its size and SHA-256, the files that the
  build was made of, and the hash of the manifest before it (see `serving.proof`).
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from serving import dbt_docs, proof
from serving.audit_site import write_site
from serving.checks import blocking_problems, columns_of
from serving.dictionary import FILE as DICTIONARY
from serving.dictionary import data_dictionary, write_dictionary
from serving.interface import is_for_analysis
from serving.restricted import FILE, Base, attached, base_in, copied, to_write
from serving.restricted import write as write_restricted
from serving.semantic_layer import SEMANTIC_MANIFEST, STORED
from serving.side_by_side import side_by_side
from sources.errors import SijikuError
from sources.interface import Table
from sources.manifest import file_sha256
from sources.state import State
from sources.warehouse import open_warehouse
from sources.workdir import OWNER_ONLY, Workdir, sync, sync_all

log = logging.getLogger("sijiku.serving")

MANIFEST = proof.MANIFEST

_SCHEMAS = ("library", "identity", "marts", STORED, "quality", "meta")
_RELEASE = "release"
# Working steps are named so; they stay in the working warehouse.
_STEP = "int_"
_RECORD_REF = Table("quality", "record_ref")
# References are never taken back: those that a build adds are of records that its new deliveries speak of.
_CHANGED_RECORD = Table("staging", "stg_raw__changed_record")
_NEW_RECORDS = f"record_ref IN (SELECT record_ref FROM {_CHANGED_RECORD.quoted})"
# What later months are held against.
_SCORES = """
    SELECT '{build}' AS build_id, * FROM (
        SELECT period, division_code, bureau, measure, value FROM marts.mart_bureau_scorecard
        UNION ALL SELECT period, division_code, NULL, measure, value FROM marts.mart_area_scorecard
    ) ORDER BY ALL
"""
# The name under which files without persons are attached while they are written.
_SHOWN = "shown"
_BUILD_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]*")
_HALF = ".{}.half"


class PublicationBlocked(SijikuError):
    """A blocking check failed: nothing was published, the earlier library stays (exit status 1)."""


@dataclass(frozen=True)
class Published:
    """A published build.

    Attributes:
        build_id: which.
        as_of: the date it speaks of.
        path: its folder.
        is_new: False if it lay there whole already and only the link was set.
    """

    build_id: str
    as_of: date
    path: Path
    is_new: bool


def publish(
    workdir: Workdir,
    build_id: str,
    *,
    data_docs: Path | None,
    dbt_manifest: Path,
    semantic_manifest: Path,
    broken: Sequence[str],
    published_before: str | None = None,
    renewed: Mapping[str, str] = MappingProxyType({}),
    changed: Mapping[str, str] = MappingProxyType({}),
) -> Published:
    """Publish what stands in the working warehouse, once its blocking checks hold.

    The caller holds the workdir's lock. Before the link is flipped, the changes in findings' lives
    (`quality.finding_event_due`), those in how rules are judged (`quality.rule_event_due`), what the scorecards say and
    the build itself are appended to state under the build id, once.

    Args:
        workdir: its working warehouse is read, never changed.
        build_id: as `meta.build` knows it.
        data_docs: the folder of the Data Docs; None for none.
        dbt_manifest: dbt's `manifest.json` of this build.
        semantic_manifest: dbt's `semantic_manifest.json` of this build.
        broken: what the public tables' suites found not to be as the interface promises, one line each; any blocks.
        published_before: the published build that was written from the tables that these go on from, if they do: what
            did not change since is taken from there.
        renewed: of tables (schema.table), a condition in SQL over the working warehouse: in the table as it is and as
            it was then, rows of which it is not true are the same.
        changed: of such tables, one (schema.table) in which the rows of which it is true stand by themselves.

    Raises:
        PublicationBlocked: a blocking check failed; all that failed are named.
        SijikuError: the build id cannot be a folder's name, or a file to publish is not there.
    """
    if not _BUILD_ID.fullmatch(build_id):
        raise SijikuError(
            f"A build cannot be published as {build_id!r}.",
            "Letters, digits, dot, dash and underscore may stand in it.",
        )
    for path in (dbt_manifest, semantic_manifest, data_docs):
        if path is not None and not path.exists():
            raise SijikuError(f"There is no {path} to publish.", "Run the steps before it: dbt, then the expectations.")
    _clear_halves(workdir)
    final = workdir.published / build_id
    is_new = not is_whole(final)
    # Files are copied, hashed and put on disk in a thread of its own: the engine has other things to do meanwhile. The
    # parts are written while the checks go on, which are asked first how they ended: what they find is what is told.
    with open_warehouse(workdir, read_only=True) as connection, ThreadPoolExecutor(1) as beside:
        half = _begin_half(workdir, build_id, published_before, renewed, changed, beside) if is_new else None
        plan = _plan(connection, _relied_on(semantic_manifest))
        try:
            with to_write(connection), side_by_side(connection) as begin:
                begin(partial(_check, build_id, plan, broken, goes_on=published_before is not None))
                if half is not None:
                    begin(partial(_write_shown, half, plan))
                    begin(partial(_write_restricted, half, plan))
                    begin(partial(_write_site, half, build_id, dbt_manifest))
                    begin(partial(_write_docs, half, plan, build_id, data_docs, dbt_manifest, semantic_manifest))
        except PublicationBlocked:
            beside.shutdown(cancel_futures=True)
            _clear_halves(workdir)
            raise
        as_of = _as_of(connection, build_id)
        if half is not None:
            _write_manifest(half, _about(connection, workdir, build_id))
            _set_aside(workdir, final)
            half.folder.rename(final)
            sync(workdir.published)
        _append_state(connection, workdir, build_id)
    log.info("Making %s current", build_id)
    _flip(workdir, build_id)
    _clear_halves(workdir)
    return Published(build_id, as_of, final, is_new)


def is_whole(folder: Path) -> bool:
    """Whether a published build's folder holds every file of its manifest, unchanged."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    listed = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return all(
        (path := folder / entry["path"]).is_file()
        and path.stat().st_size == entry["bytes"]
        and file_sha256(path) == entry["sha256"]
        for entry in listed
    )


class _Half:
    """A publication that is being written: its folder, and what of it is complete.

    Attributes:
        folder: of the half.
        base: the restricted file that the tables go on from; None where there is none.
        copying: of the base into the folder.
        renewed, changed: see `serving.restricted.write`.
    """

    def __init__(
        self,
        folder: Path,
        base: Base | None,
        renewed: Mapping[Table, str],
        changed: Mapping[Table, Table],
        beside: Executor,
    ) -> None:
        self.folder = folder
        self.base = base
        self.renewed = renewed
        self.changed = changed
        self._beside = beside
        self._entries: dict[Path, Future[dict[str, Any]]] = {}
        self._on_disk: list[Future[None]] = []
        self.copying = beside.submit(copied, base, self.restricted) if base else None

    @property
    def restricted(self) -> Path:
        """The file of persons."""
        return self.folder / "restricted" / FILE

    def settle(self, part: str = "") -> None:
        """Hash the files of a part, and have them put on disk: nothing is written to them any more."""
        for path in sorted(path for path in (self.folder / part).rglob("*") if path.is_file()):
            if path not in self._entries:
                self._entries[path] = self._beside.submit(proof.entry, self.folder, path)
        self._on_disk.append(self._beside.submit(sync_all, self.folder))

    def entries(self) -> list[dict[str, Any]]:
        """Every file as a manifest has it, by path, once they are on disk."""
        self.settle()
        for part in self._on_disk:
            part.result()
        return [self._entries[path].result() for path in sorted(self._entries)]


def _begin_half(
    workdir: Workdir,
    build_id: str,
    published_before: str | None,
    renewed: Mapping[str, str],
    changed: Mapping[str, str],
    beside: Executor,
) -> _Half:
    """Make the folder of a half, and begin to copy what its tables go on from."""
    half = workdir.published / _HALF.format(build_id)
    (half / "restricted").mkdir(parents=True, mode=OWNER_ONLY)
    base = None
    if published_before is not None:
        folder = workdir.published / published_before
        base = base_in(folder, f"restricted/{FILE}", MANIFEST)
        if base is None:
            log.warning("%s is not there whole: restricted/ is written in full", folder)
    declared = {_named(name): condition for name, condition in renewed.items()}
    apart = {_named(name): _named(rows) for name, rows in changed.items()}
    return _Half(half, base, {_RECORD_REF: _NEW_RECORDS, **declared}, {_RECORD_REF: _CHANGED_RECORD, **apart}, beside)


def _named(name: str) -> Table:
    """A table from `schema.table`."""
    return Table(*name.split(".", 1))


@dataclass(frozen=True)
class _Plan:
    restricted: tuple[Table, ...]
    analysis: tuple[Table, ...]
    release: tuple[Table, ...]
    relied_on: tuple[Table, ...]


def _plan(connection: duckdb.DuckDBPyConnection, relied_on: tuple[Table, ...]) -> _Plan:
    """Which table goes where, by the rule at the head of this file."""
    tables = list(columns_of(connection))
    finished = [
        table
        for table in tables
        if table in relied_on or (table.schema in _SCHEMAS and not table.name.startswith(_STEP))
    ]
    return _Plan(
        restricted=tuple(finished),
        analysis=tuple(table for table in finished if is_for_analysis(table)),
        release=tuple(table for table in tables if table.schema == _RELEASE and not table.name.startswith(_STEP)),
        relied_on=relied_on,
    )


def _relied_on(semantic_manifest: Path) -> tuple[Table, ...]:
    """The tables that semantic models and time spines stand on, and those that keep saved queries' answers."""
    document: dict[str, Any] = json.loads(semantic_manifest.read_text(encoding="utf-8"))
    spines = document.get("project_configuration", {}).get("time_spines") or []
    relations = [entry["node_relation"] for entry in (*document["semantic_models"], *spines)]
    tables = {Table(item["schema_name"], item["alias"]) for item in relations}
    tables |= {Table(STORED, query["name"]) for query in document["saved_queries"]}
    return tuple(sorted(tables, key=str))


def _check(
    build_id: str, plan: _Plan, broken: Sequence[str], connection: duckdb.DuckDBPyConnection, *, goes_on: bool
) -> None:
    log.info("Blocking checks: ledger, mentions, public tables, no persons outside restricted/")
    problems = [
        *broken,
        *blocking_problems(connection, build_id, (*plan.analysis, *plan.release), plan.relied_on, goes_on=goes_on),
    ]
    if problems:
        raise PublicationBlocked(
            f"未发布 {build_id}。Build {build_id} was not published: " + " ".join(problems),
            "此前的库不变。The earlier library stays. Put right what is named and build again; the rows that a public "
            "table's suite counts can be listed in warehouse/sijiku.duckdb of the workdir.",
        )


def _as_of(connection: duckdb.DuckDBPyConnection, build_id: str) -> date:
    row = connection.execute("SELECT as_of FROM meta.build WHERE build_id = ?", [build_id]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def _write_shown(half: _Half, plan: _Plan, connection: duckdb.DuckDBPyConnection) -> None:
    """The parts without persons. Their rows lie in one order, which threads would decide if it were not said."""
    analysis, release = (half.folder / part for part in ("analysis", "release"))
    analysis.mkdir()
    release.mkdir()
    log.info("Writing analysis/: %d tables", len(plan.analysis))
    with attached(connection, analysis / FILE, _schemas(plan.analysis), alias=_SHOWN):
        for table in plan.analysis:
            connection.execute(f"CREATE TABLE {_SHOWN}.{table.quoted} AS FROM {table.quoted} ORDER BY ALL")
            file = analysis / "parquet" / table.schema / f"{table.name}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            _copy(connection, table, file, "FORMAT parquet, COMPRESSION zstd")
    half.settle("analysis")
    log.info("Writing release/: %d tables", len(plan.release))
    with attached(connection, release / FILE, {_RELEASE}, alias=_SHOWN):
        for table in plan.release:
            connection.execute(f"CREATE TABLE {_SHOWN}.{table.quoted} AS FROM {table.quoted} ORDER BY ALL")
            _copy(connection, table, release / f"{table.name}.csv", "FORMAT csv, HEADER")
    half.settle("release")


def _write_restricted(half: _Half, plan: _Plan, connection: duckdb.DuckDBPyConnection) -> None:
    log.info("Writing restricted/: %d tables", len(plan.restricted))
    tables = {table: table for table in plan.restricted} | {_RECORD_REF: Table("raw", "record_ref")}
    patched = write_restricted(
        connection, half.restricted, tables, half.base, half.renewed, half.changed, copying=half.copying
    )
    half.settle("restricted")
    log.info("%d tables of restricted/ patched, %d written anew", patched, len(tables) - patched)


def _write_site(half: _Half, build_id: str, dbt_manifest: Path, connection: duckdb.DuckDBPyConnection) -> None:
    log.info("Writing site/: its pages and their data")
    write_site(connection, build_id, half.folder / "site", dbt_manifest=dbt_manifest)
    half.settle("site")


def _schemas(tables: Iterable[Table]) -> set[str]:
    return {table.schema for table in tables}


def _copy(connection: duckdb.DuckDBPyConnection, table: Table, file: Path, options: str) -> None:
    connection.execute(f"COPY (FROM {_SHOWN}.{table.quoted}) TO '{_literal(file)}' ({options}, PRESERVE_ORDER true)")


def _literal(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")


def _write_docs(
    half: _Half,
    plan: _Plan,
    build_id: str,
    data_docs: Path | None,
    dbt_manifest: Path,
    semantic_manifest: Path,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    docs = half.folder / "docs"
    docs.mkdir()
    (docs / dbt_docs.PAGE).write_text(dbt_docs.docs_page(dbt_manifest), encoding="utf-8")
    shutil.copyfile(semantic_manifest, docs / SEMANTIC_MANIFEST)
    if data_docs is not None:
        shutil.copytree(data_docs, docs / "expectations")
    columns = columns_of(connection)
    entries = data_dictionary(
        json.loads(dbt_manifest.read_bytes()),
        json.loads(semantic_manifest.read_bytes()),
        columns | {_RECORD_REF: columns[Table("raw", "record_ref")]},
        {"restricted": (*plan.restricted, _RECORD_REF), "analysis": plan.analysis, "release": plan.release},
    )
    file = docs / DICTIONARY
    write_dictionary(file, entries, _as_of(connection, build_id))
    file.chmod(0o644)  # it tells of no person, unlike the workbooks that go out to be filled in


def _about(connection: duckdb.DuckDBPyConnection, workdir: Workdir, build_id: str) -> dict[str, Any]:
    """What a manifest says of the build besides its files."""
    row = connection.execute(
        "SELECT CAST(as_of AS VARCHAR), code_version, previous_build_id FROM meta.build WHERE build_id = ?", [build_id]
    ).fetchone()
    as_of, code_version, before = row or (None, None, None)
    return {
        "build_id": build_id,
        "as_of": as_of,
        "code_version": code_version,
        "previous": proof.previous_of(workdir, build_id, before),
        "inputs": proof.inputs_of(workdir, before),
    }


def _write_manifest(half: _Half, about: dict[str, Any]) -> None:
    """The manifest last: a folder that has one is complete. Everything is on disk before the folder gets its name."""
    manifest = about | {"files": half.entries()}
    file = half.folder / MANIFEST
    file.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sync_all(half.folder)


def _append_state(connection: duckdb.DuckDBPyConnection, workdir: Workdir, build_id: str) -> None:
    state = State(workdir.state)
    state.append(connection, "finding_event", "FROM quality.finding_event_due", key=build_id)
    state.append(connection, "rule_event", "FROM quality.rule_event_due", key=build_id)
    state.append(connection, "scorecard", _SCORES.format(build=build_id), key=build_id)
    state.append(connection, "build", f"FROM meta.build WHERE build_id = '{build_id}'", key=build_id)
    proof.note(connection, workdir, build_id)


def _flip(workdir: Workdir, build_id: str) -> None:
    link = workdir.published / _HALF.format("current")
    link.symlink_to(build_id)
    link.replace(workdir.current)
    sync(workdir.published)


def _set_aside(workdir: Workdir, folder: Path) -> None:
    """Move a damaged build of the same id out of the way; whoever has its files open keeps them."""
    if folder.exists():
        log.warning("%s is not as its manifest says: written anew", folder)
        folder.rename(workdir.published / _HALF.format(f"{folder.name}.damaged"))


def _clear_halves(workdir: Workdir) -> None:
    """Remove what a killed publication left behind."""
    workdir.published.mkdir(parents=True, exist_ok=True)
    for path in workdir.published.glob(_HALF.format("*")):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
