"""The truth of each day: what is true of people at its end, and what the deliveries that have arrived say of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from sources.city.truth import TruthFile

_NEVER = date(1900, 1, 1)


@dataclass(frozen=True)
class Told:
    """What one delivery says of whom.

    `keys`: record_key of each record in it, those deleted too. `mentions`, `planted`: as in the truth of the first day.
    `is_whole`: a full delivery, which takes the place of all that was told before.
    """

    dataset: str
    extract_date: date
    keys: pl.Series
    mentions: pl.DataFrame
    planted: pl.DataFrame
    is_whole: bool = False


class Ledger:
    """Which delivery's word on each record is in force: that of the latest extract date, then of the latest arrival."""

    def __init__(self) -> None:
        self._latest: dict[str, pl.DataFrame] = {}

    def arrived(self, told: Told) -> Told:
        """What of a delivery is in force now that it has arrived, in whole deliveries the records not to touch: those
        of which another has the later word."""
        nothing = pl.DataFrame(schema={"record_key": pl.String, "on": pl.Date})
        latest = self._latest.get(told.dataset, nothing)
        later = latest.filter(pl.col("on") > told.extract_date)["record_key"]
        keys = told.keys.filter(~told.keys.is_in(later.implode()))
        own = pl.DataFrame({"record_key": keys, "on": told.extract_date}, schema=nothing.schema)
        kept = latest.filter(~pl.col("record_key").is_in(keys.implode()))
        self._latest[told.dataset] = pl.concat([kept, own])
        is_own = pl.col("record_key").is_in(keys.implode())
        return Told(
            told.dataset,
            told.extract_date,
            later if told.is_whole else keys,
            told.mentions.filter(is_own),
            told.planted.filter(is_own),
            told.is_whole,
        )


def write_truth(before: Path, after: Path, name: str, told: list[Told]) -> None:
    """Write mentions or planted errors of a day: those of the day before, but for what arrived.

    Args:
        before, after: folders of the truth of two days.
        name: mentions or planted.
        told: what is in force of what arrived, as `Ledger.arrived` says, in order of arrival.
    """
    by_dataset: dict[str, list[Told]] = {}
    for one in told:
        by_dataset.setdefault(one.dataset, []).append(one)
    with TruthFile(after / f"{name}.parquet") as file:
        for dataset, frames in _by_dataset(before / f"{name}.parquet", sorted(by_dataset)):
            news = by_dataset.get(dataset, [])
            told_now = [_without(getattr(one, name), news[place + 1 :]) for place, one in enumerate(news)]
            told_now = [frame for frame in told_now if frame.height]
            # What is told now joins the last part, so that parts do not become many and small.
            last: list[pl.DataFrame] = []
            for frame in frames:
                for part in last:
                    file.append(part)
                last = [_without(frame, news)]
            if last or told_now:
                file.append(pl.concat([*last, *told_now]))
        if not file.is_begun:
            file.append(pl.read_parquet(before / f"{name}.parquet"))


def _by_dataset(path: Path, others: list[str]) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    """The parts of a file that was written one dataset after the other, then datasets that are not in it."""
    file = pq.ParquetFile(path)
    column = file.schema_arrow.get_field_index("dataset")
    groups: dict[str, list[int]] = {}
    for group in (group for group in range(file.num_row_groups) if file.metadata.row_group(group).num_rows):
        groups.setdefault(file.metadata.row_group(group).column(column).statistics.min, []).append(group)
    for dataset in sorted({*groups, *others}):
        yield dataset, (pl.DataFrame(file.read_row_group(group)) for group in groups.get(dataset, []))


def _without(frame: pl.DataFrame, news: list[Told]) -> pl.DataFrame:
    """Rows on which nothing newer has been told."""
    for one in news:
        is_named = pl.col("record_key").is_in(one.keys.implode())
        frame = frame.filter(is_named if one.is_whole else ~is_named)
    return frame
