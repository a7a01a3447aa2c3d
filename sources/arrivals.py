"""What lies in a landing folder and is still being written.

A bureau's upload takes minutes, and a build must not refuse what is merely not there yet. A delivery is *complete* when
its manifest is, every file that it names is there with its hash and no other, and nothing of it has changed for a
while. What is young and not complete is *half-written*. What has not changed for longer than patience lasts is no
upload any more: it counts as delivered, and landing says what is wrong with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sources.landing import DeliveryFolder, find_deliveries
from sources.manifest import DEFAULT_LIMITS, check_files, delivery_hash, read_manifest
from sources.refusal import Refused

Standing = Literal["complete", "half_written", "overdue"]


@dataclass(frozen=True)
class Waiting:
    """How long is waited, in seconds.

    `settled`: nothing of a complete delivery has changed for so long. A copy over a network writes more often than once
    a minute. `patience`: after so long without a change an incomplete delivery is taken for what was meant: an upload
    that broke off is usually taken up again within the hour.
    """

    settled: int = 60
    patience: int = 6 * 3600


@dataclass(frozen=True)
class Arrival:
    """A delivery folder and how it stands.

    `path`: relative to the landing folder. `date`: the folder's name. `mark`: changes when anything in the folder does.
    `delivery`: its hash; of one that is overdue, its mark; empty while it is half-written.
    """

    dataset: str
    path: str
    date: str
    standing: Standing
    mark: str
    delivery: str


def arrivals(
    landing: Path, now: float, waiting: Waiting, known: Mapping[str, tuple[str, str]] | None = None
) -> list[Arrival]:
    """How the deliveries of a landing folder stand, by dataset and date. What is pulled from databases never arrives.

    Args:
        landing: see interface/extracts.yml.
        now: seconds since 1970.
        waiting: how long is waited.
        known: path to (mark, delivery) of deliveries that were found complete before: their files are not read again.

    Raises:
        UsageError: `landing` is no landing folder.
    """
    return [
        _arrival(folder, now, waiting, (known or {}).get(folder.relative))
        for folder in find_deliveries(landing)
        if not folder.is_pulled
    ]


def half_written(
    landing: Path, now: float, waiting: Waiting, is_wanted: Callable[[str], bool] = lambda dataset: True
) -> frozenset[str]:
    """The deliveries that a build leaves alone, as paths relative to the landing folder.

    Only the young ones of the wanted datasets are read.
    """
    return frozenset(
        folder.relative
        for folder in find_deliveries(landing)
        if not folder.is_pulled
        and is_wanted(folder.dataset)
        and now - _changed_at(folder.path) < waiting.patience
        and _arrival(folder, now, waiting, None).standing == "half_written"
    )


def _arrival(folder: DeliveryFolder, now: float, waiting: Waiting, known: tuple[str, str] | None) -> Arrival:
    mark, age = _mark(folder.path), now - _changed_at(folder.path)
    standing: Standing = "half_written"
    delivery = ""
    if known and known[0] == mark:
        standing, delivery = "complete", known[1]
    elif age >= waiting.settled:
        delivery = _complete(folder)
        standing = "complete" if delivery else "overdue" if age >= waiting.patience else "half_written"
    return Arrival(
        dataset=folder.dataset,
        path=folder.relative,
        date=folder.path.name,
        standing=standing,
        mark=mark,
        delivery=mark if standing == "overdue" else delivery,
    )


def _complete(folder: DeliveryFolder) -> str:
    """The delivery's hash if manifest and files are whole; else nothing. What they say is landing's to judge."""
    try:
        manifest = read_manifest(folder.path, DEFAULT_LIMITS)
        check_files(folder.path, manifest, DEFAULT_LIMITS)
    except (Refused, OSError):
        return ""
    return delivery_hash(manifest)


def _changed_at(folder: Path) -> float:
    """When anything in a folder last changed, in seconds since 1970; files that vanish meanwhile are a change."""
    try:
        return max([folder.stat().st_mtime, *(path.lstat().st_mtime for path in folder.iterdir())])
    except OSError:
        return float("inf")


def _mark(folder: Path) -> str:
    try:
        found = sorted((path.name, path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.iterdir())
    except OSError:
        return ""
    text = json.dumps(found, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
