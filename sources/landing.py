"""Landing: what lies there, whether it may come in, and taking it into the raw zone.

A delivery is checked whole before anything is taken from it. What is accepted is written aside, moved into the raw
zone in one step, and entered into state last: that entry is what makes it accepted. So a process that is killed at any
point leaves at most a leftover, which the next one writes again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import duckdb

from sources.connection import CONNECTION
from sources.contract import Contract, load_contracts
from sources.errors import UsageError
from sources.manifest import (
    DEFAULT_LIMITS,
    MANIFEST,
    Limits,
    Manifest,
    check_files,
    delivery_hash,
    folder_hash,
    parse_date,
    read_manifest,
    refused_hash,
)
from sources.pull import as_pulled, pull
from sources.raw_store import Accepted, QuarantinedRow, RawStore
from sources.refusal import Refused
from sources.warehouse import open_engine
from sources.watermark import Watermark
from sources.workdir import Workdir

logger = logging.getLogger("sijiku.sources")

DeliveryState = Literal["accepted", "refused", "repeated"]
Progress = Callable[["DeliveryOutcome"], None]


@dataclass(frozen=True)
class Finding:
    """Something wrong with a delivery, for the bureau to see: no personal value in it."""

    rule_id: str
    file: str | None
    detail_zh: str
    detail_en: str


@dataclass(frozen=True)
class DeliveryOutcome:
    """What became of one delivery of a landing folder.

    Attributes:
        dataset, bureau: by its folder.
        path: relative to the landing folder.
        delivery: its hash; of one whose manifest or files cannot be relied on, a hash of what lies in its folder.
        extract_date, mode, contract_version: None where they could not be read; extract_date also where the manifest
            names another day than the folder.
        state: accepted, refused, or repeated (taken in before an earlier build).
        reason_zh, reason_en: what is wrong and what to do; None if accepted.
        files, rows_declared, rows_read, rows_quarantined, bytes: 0 where not known.
        first_quarantined: the first row that was set aside.
        findings: refusal, unknown columns.
        may_pass: refused for something that may be otherwise in a minute, as a database that does not answer.
    """

    dataset: str
    bureau: str
    path: str
    delivery: str
    state: DeliveryState
    extract_date: date | None = None
    mode: str | None = None
    contract_version: str | None = None
    reason_zh: str | None = None
    reason_en: str | None = None
    files: int = 0
    rows_declared: int = 0
    rows_read: int = 0
    rows_quarantined: int = 0
    first_quarantined: QuarantinedRow | None = None
    bytes: int = 0
    findings: tuple[Finding, ...] = ()
    may_pass: bool = False


@dataclass(frozen=True)
class IntakeResult:
    """The outcomes of one landing folder, by dataset and date."""

    outcomes: tuple[DeliveryOutcome, ...]

    def of(self, state: DeliveryState) -> tuple[DeliveryOutcome, ...]:
        """The outcomes in a state."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == state)


@dataclass(frozen=True)
class DeliveryFolder:
    """A folder that is meant as a delivery: its dataset by where it lies, and whether it lies where one should.

    One that `is_pulled` is made from a database, as the connection.yml that lies in its place says.
    """

    dataset: str
    bureau: str
    path: Path
    relative: str
    is_in_place: bool
    is_pulled: bool = False


def find_deliveries(landing: Path) -> list[DeliveryFolder]:
    """The delivery folders of a landing folder, by dataset and date. Hidden folders are uploads in progress.

    Raises:
        UsageError: it is no landing folder; says which one is meant if that can be seen.
    """
    _check_landing(landing)
    found = [folder for bureau in _folders(landing) for folder in _of_bureau(landing, bureau)]
    return sorted(found, key=lambda folder: (folder.dataset, folder.relative))


def take_in(
    workdir: Workdir,
    landing: Path,
    datasets: Iterable[str] | None = None,
    progress: Progress | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    leave: Collection[str] = (),
    dates: Collection[str] | None = None,
) -> IntakeResult:
    """Take in every delivery of a landing folder, or of the given datasets or dates only.

    Args:
        workdir: the library; the caller holds its lock.
        landing: see interface/extracts.yml.
        datasets: names as `psb.temporary_residence`; None for all, those that no contract knows included.
        progress: called with each outcome as it is reached.
        limits: sizes beyond which a delivery is refused.
        leave: paths, relative to the landing folder, of deliveries that are left alone (see `arrivals.half_written`).
        dates: names of delivery folders, YYYY-MM-DD; None for all and for what is read from databases.

    Raises:
        UsageError: `landing` is no landing folder.
    """
    wanted = None if datasets is None else set(datasets)
    folders = [
        folder
        for folder in find_deliveries(landing)
        if (wanted is None or folder.dataset in wanted)
        and folder.relative not in leave
        and (dates is None or folder.path.name in dates)
    ]
    outcomes = []
    for outcome in _take_in_folders(workdir, folders, limits):
        outcomes.append(outcome)
        if progress:
            progress(outcome)
    return IntakeResult(tuple(outcomes))


def take_in_dataset(
    workdir: Workdir,
    landing: Path,
    contract: Contract,
    leave: Collection[str] = (),
    dates: Collection[str] | None = None,
) -> list[DeliveryOutcome]:
    """Take in the deliveries of one dataset, oldest first; see `take_in`."""
    return list(take_in(workdir, landing, [contract.dataset], leave=leave, dates=dates).outcomes)


def refuse_unclaimed(workdir: Workdir, landing: Path, leave: Collection[str] = ()) -> list[DeliveryOutcome]:
    """Refuse the deliveries that no active contract claims: unknown datasets, and those not taken in yet."""
    active = load_contracts("active")
    unclaimed = {folder.dataset for folder in find_deliveries(landing)} - set(active)
    return list(take_in(workdir, landing, unclaimed, leave=leave).outcomes)


def _check_landing(landing: Path) -> None:
    if not landing.is_dir():
        raise UsageError(
            f"报送目录 {landing} 不存在。There is no landing folder {landing}.",
            "请用 --landing 指定报送目录。Name the folder that holds the bureaus' folders with --landing.",
        )
    bureaus = {contract.bureau for contract in load_contracts().values()}
    if any(folder.name in bureaus for folder in _folders(landing)):
        return
    inside = [folder for folder in (landing.resolve(), landing.resolve().parent) if folder.name in bureaus]
    for candidate in [landing / "landing", *(folder.parent for folder in inside)]:
        if candidate.is_dir():
            raise UsageError(
                f"{landing} 不是报送目录。{landing} is not a landing folder: no bureau's folder lies in it.",
                f"请用 Use --landing {candidate}",
            )


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _of_bureau(landing: Path, bureau: Path) -> Iterator[DeliveryFolder]:
    if (bureau / MANIFEST).exists():
        yield DeliveryFolder(bureau.name, bureau.name, bureau, str(bureau.relative_to(landing)), False)
    for dataset in _folders(bureau):
        name = dataset.name if dataset.name.startswith(f"{bureau.name}.") else f"{bureau.name}.{dataset.name}"
        loose = {path.name for path in dataset.iterdir() if path.is_file() and not path.name.startswith(".")}
        if loose - {CONNECTION}:
            yield DeliveryFolder(name, bureau.name, dataset, str(dataset.relative_to(landing)), False)
        for folder in _folders(dataset):
            yield DeliveryFolder(name, bureau.name, folder, str(folder.relative_to(landing)), True)
        if CONNECTION in loose:
            file = dataset / CONNECTION
            yield DeliveryFolder(name, bureau.name, file, str(file.relative_to(landing)), True, is_pulled=True)


def _take_in_folders(workdir: Workdir, folders: list[DeliveryFolder], limits: Limits) -> Iterator[DeliveryOutcome]:
    if not folders:
        return
    workdir.create()
    with open_engine(workdir) as connection:
        store = RawStore(workdir, connection)
        store.clear_halves({folder.dataset for folder in folders})
        for folder in folders:
            if folder.is_pulled:
                outcome = _take_in_pulled(workdir, connection, store, folder, limits)
            else:
                outcome = _take_in_folder(store, folder, limits)
            if outcome:
                _log(outcome)
                yield outcome


def _take_in_pulled(
    workdir: Workdir, engine: duckdb.DuckDBPyConnection, store: RawStore, folder: DeliveryFolder, limits: Limits
) -> DeliveryOutcome | None:
    """Take in what a database has for a dataset: a delivery like any other, or None where nothing is new."""
    try:
        with pull(workdir, engine, _contract(folder), folder.path, folder.relative) as pulled:
            if pulled:
                return _take_in_folder(store, replace(folder, path=pulled.folder), limits, pulled.watermark)
        logger.info("无新增 nothing new %s %s", folder.dataset, folder.path.name)
        return None
    except Refused as refusal:
        outcome = DeliveryOutcome(folder.dataset, folder.bureau, folder.relative, "", "refused")
        # What is wrong is part of what was refused: another reason the next day is news.
        return _refused(outcome, refusal, refused_hash(folder.relative, refusal.zh))


def _take_in_folder(
    store: RawStore, folder: DeliveryFolder, limits: Limits, watermark: Watermark | None = None
) -> DeliveryOutcome:
    outcome = DeliveryOutcome(folder.dataset, folder.bureau, folder.relative, "", "refused")
    try:
        contract = as_pulled(_contract(folder)) if folder.is_pulled else _contract(folder)
        manifest = read_manifest(folder.path, limits)
        outcome = replace(
            outcome,
            mode=manifest.mode,
            contract_version=manifest.contract_version,
            files=len(manifest.files),
            rows_declared=manifest.rows,
        )
        _check_place(folder, manifest)
        # Only now: a delivery in the wrong folder would be taken for the good one of the day that its manifest names.
        outcome = replace(outcome, extract_date=parse_date(manifest.extract_date))
        _check_version(contract, manifest)
        check_files(folder.path, manifest, limits, is_own=folder.is_pulled)
        size = sum((folder.path / file.name).stat().st_size for file in manifest.files)
        outcome = replace(outcome, delivery=delivery_hash(manifest), bytes=size)
        known = store.accepted(outcome.delivery)
        if known and watermark:
            store.note_watermark(contract.dataset, outcome.delivery, watermark)
        if known:
            return _seen_before(outcome, known, store.last_build_at)
        return _accepted(outcome, store.write(contract, manifest, folder.path, outcome.delivery, watermark))
    except Refused as refusal:
        return _refused(outcome, refusal, outcome.delivery or folder_hash(folder.relative, folder.path, limits))


def _refused(outcome: DeliveryOutcome, refusal: Refused, delivery: str) -> DeliveryOutcome:
    return replace(
        outcome,
        delivery=delivery,
        state="refused",
        reason_zh=refusal.zh,
        reason_en=refusal.en,
        may_pass=refusal.may_pass,
        findings=(Finding("delivery_refused", None, refusal.zh, refusal.en),),
    )


def _contract(folder: DeliveryFolder) -> Contract:
    if not folder.is_in_place:
        raise Refused(
            f"{folder.relative} 中的文件不在批次目录里。请放入 <部门>/<数据集>/<YYYY-MM-DD>/ 目录。",
            f"The files in {folder.relative} lie in no delivery folder. Put them in <bureau>/<dataset>/<YYYY-MM-DD>/.",
        )
    contracts = load_contracts()
    contract = contracts.get(folder.dataset)
    if contract is None:
        like = get_close_matches(folder.dataset, contracts, n=1)
        raise Refused(
            f"没有数据集 {folder.dataset} 的数据合同。"
            + (f"是否为 {like[0]}？" if like else "")
            + "请更正目录名，或先订立数据合同。",
            f"There is no contract for dataset {folder.dataset}. "
            + (f"Is {like[0]} meant? " if like else "")
            + "Correct the folder's name, or agree on a contract first.",
        )
    if contract.status == "draft":
        raise Refused(
            f"本版本尚不接收数据集 {folder.dataset}({contract.name_zh})。请移出该目录，待以后的版本接收。",
            f"This version does not take in dataset {folder.dataset} yet. Move the folder away until one does.",
        )
    return contract


def _check_place(folder: DeliveryFolder, manifest: Manifest) -> None:
    for field, said, lies in (
        ("bureau", manifest.bureau, folder.bureau),
        ("dataset", manifest.full_dataset, folder.dataset),
        ("extract_date", manifest.extract_date, folder.path.name),
    ):
        if said != lies:
            raise Refused(
                f"清单的 {field} 与所在目录 {folder.relative} 不一致。请更正清单，或移到正确的目录。",
                f"The manifest's {field} is not that of its folder {folder.relative}. Correct it, or move the folder.",
            )


def _check_version(contract: Contract, manifest: Manifest) -> None:
    retired = contract.retired
    if retired and manifest.extract_date >= retired.since:
        instead = retired.replaced_by
        raise Refused(
            f"数据集 {contract.dataset} 自 {retired.since} 起停用。"
            + (f"请改报 {instead}。" if instead else "请停止报送。"),
            f"Dataset {contract.dataset} is retired since {retired.since}. "
            + (f"Deliver {instead} instead." if instead else "Stop delivering it."),
        )
    if not contract.takes(manifest.contract_version):
        raise Refused(
            f"清单的合同版本不是 {contract.version}，也不是同一主版本的较早版本。请按版本 {contract.version} 报送。",
            f"The manifest's contract_version is not {contract.version}, nor an earlier one of the same major version. "
            f"Deliver by version {contract.version}.",
        )


def _seen_before(outcome: DeliveryOutcome, known: Accepted, last_build_at: datetime | None) -> DeliveryOutcome:
    """A delivery that state knows: repeated if a build was made since, else what a killed build had accepted."""
    outcome = _accepted(outcome, known)
    if last_build_at is None or known.accepted_at > last_build_at:
        return outcome
    return replace(
        outcome,
        state="repeated",
        reason_zh="该批次已经接收过，不再重复接收。",
        reason_en="This delivery was taken in before and is skipped.",
    )


def _accepted(outcome: DeliveryOutcome, accepted: Accepted) -> DeliveryOutcome:
    return replace(
        outcome,
        state="accepted",
        rows_read=accepted.rows_read,
        rows_quarantined=accepted.rows_quarantined,
        first_quarantined=accepted.first_quarantined,
        findings=tuple(
            Finding("column_unknown", file, *unknown_column_text(file, columns))
            for file, columns in accepted.unknown_columns.items()
        ),
    )


def unknown_column_text(file: str, columns: Iterable[str]) -> tuple[str, str]:
    """The finding on columns that the contract does not know, in Chinese and English."""
    listed = "、".join(columns)
    return (
        f"文件 {file} 有数据合同之外的列: {listed}。已留存，未使用。",
        f"File {file} has columns that its contract does not know: {listed}. They are kept, and not used.",
    )


def _log(outcome: DeliveryOutcome) -> None:
    where = f"{outcome.dataset} {outcome.path.rsplit('/', 1)[-1]}"
    if outcome.state == "refused":
        logger.warning("拒收 refused   %s: %s %s", where, outcome.reason_zh, outcome.reason_en)
    elif outcome.state == "repeated":
        logger.info("已收 repeated  %s", where)
    else:
        logger.info(
            "接收 accepted  %s: %d 行 rows, %d 隔离 quarantined",
            where,
            outcome.rows_read,
            outcome.rows_quarantined,
        )
        if first := outcome.first_quarantined:
            logger.warning(
                "隔离 quarantined %s: %s 第 %d 行起 from row %d: %s %s "
                "(各行见问题数据 each row is a finding: row_quarantined)",
                where,
                first.file,
                first.row,
                first.row,
                first.reason_zh,
                first.reason_en,
            )
