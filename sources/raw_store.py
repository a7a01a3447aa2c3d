"""Writing accepted deliveries: raw zone, quarantine and state.

Order matters. Files are written into a folder aside, moved into place in one step, and only then does the delivery's
line in state make it accepted; the other lines of state about it are written before. A folder in the raw zone without
that line was left by a process that was killed, and is written again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import duckdb

from sources.contract import Contract
from sources.manifest import Manifest, ManifestFile
from sources.parquet import rows_in, write
from sources.reader import FileRead, read_file
from sources.readers.records import literal
from sources.refusal import Refused
from sources.state import State
from sources.suppression import find_suppressed, has_suppressions, rows_of, without_numbers, without_targets
from sources.surrogate import SURROGATE
from sources.watermark import Watermark, entry_key, entry_query
from sources.workdir import OWNER_ONLY, Workdir, sync

_HALF = ".half-"
_READ_ONLY = 0o400
_FILES_AT_ONCE = 2


@dataclass(frozen=True)
class QuarantinedRow:
    """A row that was set aside: in which file, as which row, and why."""

    file: str
    row: int
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class Accepted:
    """An accepted delivery: when (UTC), its rows, the first that was set aside if any was, and per file the columns
    that its contract does not know."""

    accepted_at: datetime
    rows_read: int
    rows_quarantined: int
    first_quarantined: QuarantinedRow | None
    unknown_columns: dict[str, tuple[str, ...]]


def delivery_folder(root: Path, dataset: str, extract_date: str, delivery: str) -> Path:
    """Where a delivery lies in the raw zone or in quarantine."""
    bureau, name = dataset.split(".", 1)
    return root / bureau / name / f"extract_date={extract_date}" / f"delivery={delivery}"


class RawStore:
    """The raw zone of a workdir, with the engine that reads into it. The caller holds the workdir's lock."""

    def __init__(self, workdir: Workdir, connection: duckdb.DuckDBPyConnection) -> None:
        self._workdir = workdir
        self._connection = connection
        self._state = State(workdir.state)

    @cached_property
    def _accepted(self) -> dict[str, Accepted]:
        unknown: dict[str, dict[str, tuple[str, ...]]] = {}
        for delivery, file, columns in self._connection.execute(
            f"SELECT delivery, file, unknown_columns FROM ({self._state.select('delivery_file')}) "
            "WHERE len(unknown_columns) > 0 ORDER BY delivery, position"
        ).fetchall():
            unknown.setdefault(delivery, {})[file] = tuple(columns)
        aside = self._first_quarantined()
        rows = self._connection.execute(
            f"SELECT delivery, accepted_at, rows_read, rows_quarantined FROM ({self._state.select('delivery')})"
        ).fetchall()
        return {
            delivery: Accepted(at, int(read), int(quarantined), aside.get(delivery), unknown.get(delivery, {}))
            for delivery, at, read, quarantined in rows
        }

    def _first_quarantined(self, delivery: str | None = None) -> dict[str, QuarantinedRow]:
        """By delivery, the first row of its first file of which some were set aside; of one delivery or of all."""
        found = self._connection.execute(
            "SELECT delivery, file, row, reason_zh, reason_en "
            f"FROM ({self._state.select('quarantined_row')}) WHERE delivery = coalesce($1, delivery) "
            "QUALIFY row_number() OVER (PARTITION BY delivery ORDER BY file, row, reason_en) = 1",
            [delivery],
        ).fetchall()
        return {row[0]: QuarantinedRow(*row[1:]) for row in found}

    def accepted(self, delivery: str) -> Accepted | None:
        """What state knows of a delivery, or None if it was never accepted."""
        return self._accepted.get(delivery)

    @cached_property
    def last_build_at(self) -> datetime | None:
        """When the last build that was published began, UTC; None before the first."""
        row = self._connection.execute(f"SELECT max(built_at) FROM ({self._state.select('build')})").fetchone()
        return row[0] if row else None

    def clear_halves(self, datasets: Iterable[str]) -> None:
        """Remove what a killed process left half-written of these datasets."""
        for dataset in datasets:
            bureau, _, name = dataset.partition(".")
            for root in (self._workdir.raw, self._workdir.quarantine):
                for half in (root / bureau / name).glob(f"{_HALF}*"):
                    shutil.rmtree(half)

    def note_watermark(self, dataset: str, delivery: str, watermark: Watermark) -> None:
        """Enter into state how far a delivery takes its dataset; it counts once the delivery is accepted."""
        query = entry_query(watermark, dataset, delivery)
        self._state.append(self._connection, "watermark", query, key=entry_key(watermark, delivery))

    def write(
        self, contract: Contract, manifest: Manifest, folder: Path, delivery: str, watermark: Watermark | None = None
    ) -> Accepted:
        """Read a checked delivery's files and accept it, with the watermark that it reaches if it was pulled by one.

        Raises:
            Refused: a file cannot be read by its contract, or its rows are not as declared. Nothing is left of it.
        """
        bureau, name = contract.dataset.split(".", 1)
        raw_half = self._workdir.raw / bureau / name / f"{_HALF}{delivery}"
        quarantine_half = self._workdir.quarantine / bureau / name / f"{_HALF}{delivery}"
        try:
            for half in (raw_half, quarantine_half):
                half.mkdir(parents=True, mode=OWNER_ONLY)
            reads = self._read_files(contract, manifest, folder, delivery, raw_half, quarantine_half)
            erased = self._suppress(contract, raw_half, quarantine_half)
            target = delivery_folder(self._workdir.quarantine, contract.dataset, manifest.extract_date, delivery)
            _settle(quarantine_half, target)
            quarantined = target if target.exists() else None
            target = delivery_folder(self._workdir.raw, contract.dataset, manifest.extract_date, delivery)
            _settle(raw_half, target)
        finally:
            for half in (raw_half, quarantine_half):
                shutil.rmtree(half, ignore_errors=True)
        if watermark:
            self.note_watermark(contract.dataset, delivery, watermark)
        return self._enter(contract, manifest, delivery, reads, erased, target, quarantined)

    def _suppress(self, contract: Contract, raw: Path, quarantine: Path) -> int:
        """Take out of a delivery's half-written files what was erased before; how many rows went."""
        parts = sorted(raw.glob("*.parquet"))
        if not contract.roles or not parts or not has_suppressions(self._workdir):
            return 0
        found = find_suppressed(self._connection, self._workdir, contract, parts, "suppressed_target")
        before = self._rows(parts)
        for part in parts if found else ():
            self._rewrite(part, without_targets(self._connection, contract, part, "suppressed_target"))
        for part in sorted(quarantine.glob("*.parquet")):
            self._rewrite(part, without_numbers(part))
        return before - self._rows(parts)

    def _rows(self, parts: list[Path]) -> int:
        row = self._connection.execute(f"SELECT count(*) FROM {rows_of(parts)}").fetchone()
        return int(row[0]) if row else 0

    def _rewrite(self, part: Path, query: str) -> None:
        kept = part.with_suffix(".kept")
        write(self._connection, query, kept)
        kept.rename(part)

    def _read_files(
        self, contract: Contract, manifest: Manifest, folder: Path, delivery: str, raw: Path, quarantine: Path
    ) -> dict[ManifestFile, FileRead]:
        def read(position: int, file: ManifestFile) -> FileRead:
            part = f"part-{position:05d}.parquet"
            with self._connection.cursor() as connection:  # temporary tables are each cursor's own
                found = read_file(
                    connection,
                    contract,
                    manifest.mode,
                    folder / file.name,
                    delivery=delivery,
                    part=raw / part,
                    quarantine=quarantine / part,
                    scratch=self._workdir.scratch / "intake" / f"{position:05d}",
                    version=manifest.contract_version,
                )
            _check_rows(file, found)
            return found

        files = sorted(manifest.files, key=lambda item: item.name)
        # Two at a time where there are many: parsing a workbook keeps one core busy. The first refusal by name counts.
        with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            running = [pool.submit(read, position, file) for position, file in enumerate(files, start=1)]
            try:
                reads = {file: one.result() for file, one in zip(files, running, strict=True)}
            finally:
                for one in running:
                    one.cancel()
        if manifest.mode == "full" and not any(read.rows_read for read in reads.values()):
            raise Refused(
                "全量批次中没有一行可用的数据，会清空该数据集。请核实后重新报送。",
                "A full delivery without one usable row would empty the dataset. Check it and send it again.",
            )
        return reads

    def _enter(
        self,
        contract: Contract,
        manifest: Manifest,
        delivery: str,
        reads: dict[ManifestFile, FileRead],
        erased: int,
        raw: Path,
        quarantine: Path | None,
    ) -> Accepted:
        hash_, dataset = literal(delivery), literal(contract.dataset)
        self._append("record_ref", _new_record_refs(self._state, dataset, raw), delivery)
        files = ", ".join(
            f"({hash_}, {literal(file.name)}, {position}, {file.rows}, {read.rows_read}, {read.rows_quarantined}, "
            f"CAST([{', '.join(literal(column) for column in read.unknown_columns)}] AS VARCHAR[]))"
            for position, (file, read) in enumerate(reads.items(), start=1)
        )
        self._append(
            "delivery_file",
            f"SELECT * FROM (VALUES {files}) AS file"
            "(delivery, file, position, rows_declared, rows_read, rows_quarantined, unknown_columns)",
            delivery,
        )
        if quarantine:
            there = rows_in(sorted(quarantine.resolve().glob("*.parquet")))
            self._append(
                "quarantined_row", f"SELECT {hash_} AS delivery, file, row, reason_zh, reason_en FROM {there}", delivery
            )
        accepted = Accepted(
            accepted_at=datetime.now(UTC).replace(tzinfo=None),
            rows_read=sum(read.rows_read for read in reads.values()),
            rows_quarantined=sum(read.rows_quarantined for read in reads.values()),
            first_quarantined=self._first_quarantined(delivery).get(delivery) if quarantine else None,
            unknown_columns={file.name: read.unknown_columns for file, read in reads.items() if read.unknown_columns},
        )
        self._append(
            "delivery",
            f"SELECT {hash_} AS delivery, {dataset} AS dataset, {literal(contract.bureau)} AS bureau, "
            f"DATE {literal(manifest.extract_date)} AS extract_date, {literal(manifest.mode)} AS mode, "
            f"{literal(manifest.contract_version)} AS contract_version, {len(reads)} AS files, "
            f"{manifest.rows} AS rows_declared, {accepted.rows_read} AS rows_read, "
            f"{accepted.rows_quarantined} AS rows_quarantined, "
            f"TIMESTAMP {literal(accepted.accepted_at.isoformat(sep=' '))} AS accepted_at, {erased} AS rows_erased",
            delivery,
        )
        self._accepted[delivery] = accepted
        return accepted

    def _append(self, log: str, query: str, delivery: str) -> None:
        self._state.append(self._connection, log, query, key=delivery)


def _new_record_refs(state: State, dataset: str, raw: Path) -> str:
    """A random surrogate for each key of a delivery that has none yet."""
    there = rows_in(sorted(raw.resolve().glob("*.parquet")))
    return (
        f"SELECT dataset, record_key, {SURROGATE} AS record_ref FROM ("
        f"SELECT DISTINCT {dataset} AS dataset, _record_key AS record_key FROM {there}) AS found "
        f"ANTI JOIN (SELECT record_key FROM ({state.select('record_ref')}) WHERE dataset = {dataset}) AS known "
        "USING (record_key)"
    )


def _check_rows(file: ManifestFile, read: FileRead) -> None:
    found = read.rows_read + read.rows_quarantined
    if found != file.rows:
        raise Refused(
            f"文件 {file.name} 有 {found} 行数据，清单为 {file.rows} 行。请核对文件是否完整、清单行数是否不含表头。",
            f"File {file.name} has {found} data rows; the manifest says {file.rows}. Check that the file is complete "
            "and that the manifest does not count the header.",
        )


def _settle(half: Path, target: Path) -> None:
    """Move a written folder into place in one step; one without files is dropped."""
    if target.exists():
        shutil.rmtree(target)
    files = list(half.iterdir())
    if not files:
        half.rmdir()
        return
    for file in files:
        file.chmod(_READ_ONLY)
        sync(file)
    sync(half)
    target.parent.mkdir(parents=True, exist_ok=True)
    half.rename(target)
    sync(target.parent)
