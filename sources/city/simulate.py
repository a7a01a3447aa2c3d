"""Simulate a city: what its bureaus deliver, in their real formats, and the truth beside it."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from sources.city.datasets import BUILDERS
from sources.city.days.continued import USUAL_CHANGE, Days, DaySummary
from sources.city.errors import Draws, write_down
from sources.city.papers import PROFILES, Papers, Profile, issue_papers
from sources.city.population import City, build_city
from sources.city.truth import TruthFile, truth_of_persons
from sources.city.writers import DeliveryWriter
from sources.contract import load_contract
from sources.errors import UsageError

log = logging.getLogger("sijiku.sources.city")

MARKER = "city.json"  # in a folder that a simulation made, so that it may be replaced by another one
_SMALLEST_SCALE, _LARGEST_SCALE = 0.0005, 3
_MOST_DAYS, _MOST_CHANGE = 60, 0.05
_SLICE_ROWS = 400_000


@dataclass(frozen=True)
class Summary:
    """What was simulated.

    Of the first day: `rows` by dataset over its deliveries, `planted` by kind of error, `size` in bytes. Of those that
    follow: `change`, the share of records that a day changes, and `days`, what arrived.
    """

    out: str
    scale: float
    seed: int
    profile: str
    date: str
    persons: int
    registered: int
    floating: int
    rows: dict[str, int]
    planted: dict[str, int]
    size: int
    change: float | None = None
    days: tuple[DaySummary, ...] = ()


def simulate(
    out: Path,
    scale: float = 0.01,
    seed: int = 1,
    profile: Profile = "normal",
    date: date = date(2014, 10, 31),
    days: int = 0,
    change: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> Summary:
    """Simulate a city of `scale` times 2.2 million registered and 600,000 floating people.

    Writes `<out>/landing/<bureau>/<dataset>/<date>/` (files and manifest) and `<out>/truth/`:
        persons.parquet: one row per person with true attributes (see population.build_city; `spouse`, `father` and
            `mother` are persons), `origin_division` and `destination_division` (12 digits).
        mentions.parquet: dataset, record_key (as written), role, person; one row per person in a record.
        planted.parquet: dataset, record_key, kind, field; one row per error. A repeated row or person is named once for
            each record key it concerns.
    With `days`, the city goes on: `<out>/arrivals/<day>/<bureau>/<dataset>/<extract date>/` holds what arrives on each
    day after the date, in landing layout (see days.arrivals.deliver), and `<out>/truth/<day>/` the same three files as
    they are at the end of that day: persons as they are then, mentions and planted errors as in force by what has
    arrived. Deliveries are deltas mostly (变更类型 I, U, D); some come late, some once more, some are put right later.
    The same arguments give the same bytes, and a day is the same however many follow.

    Args:
        out: a folder that is absent, empty, or was made by a simulation; it is replaced at the end, all at once.
        days: how many days follow.
        change: share of the city's records that change on a day, on average; None for what is usual.
        progress: is told each step in words, besides the log.

    Raises:
        UsageError: the folder holds something else; scale, seed or profile is none.
    """
    _check(out, scale, seed, profile, days, change)
    out = out.resolve()
    half = out.with_name(f".{out.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    (half / "truth").mkdir(parents=True)

    def tell(message: str) -> None:
        log.info(message)
        if progress:
            progress(message)

    tell(f"模拟人口 Drawing {round(2_800_000 * scale):,} people and more, seed {seed}, profile {profile}")
    city = build_city(scale, seed, date)
    papers = issue_papers(city, profile)
    later = Days(city, papers, profile, days, change) if days else None
    rows, planted, size = _write_datasets(city, papers, profile, half, tell, later)
    truth_of_persons(city).write_parquet(half / "truth" / "persons.parquet")
    summary = Summary(
        out=out.name,
        scale=scale,
        seed=seed,
        profile=profile,
        date=date.isoformat(),
        persons=city.persons.height,
        registered=int(city.persons["is_registered"].sum()),
        floating=int(city.persons["is_floating"].sum()),
        rows=rows,
        planted=planted,
        size=size,
    )
    if later:
        summary = replace(summary, change=change or USUAL_CHANGE, days=tuple(later.write(half, tell)))
    said = {name: value for name, value in asdict(summary).items() if days or name not in ("change", "days")}
    (half / MARKER).write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _replace(out, half)
    tell(f"完成 Done: {sum(rows.values()):,} rows, {size / 1e6:,.1f} MB, {sum(planted.values()):,} planted errors")
    return summary


def _check(out: Path, scale: float, seed: int, profile: str, days: int, change: float | None) -> None:
    if profile not in PROFILES:
        raise UsageError(f"No such profile: {profile}.", f"Give one of {', '.join(PROFILES)}.")
    if not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
        raise UsageError(
            f"A city of scale {scale} cannot be made.", f"Give a scale from {_SMALLEST_SCALE} to {_LARGEST_SCALE}."
        )
    if seed < 0:
        raise UsageError(f"The seed {seed} is negative.", "Give a whole number from 0.")
    if not 0 <= days <= _MOST_DAYS:
        raise UsageError(f"{days} days cannot be simulated.", f"Give a number of days from 0 to {_MOST_DAYS}.")
    if change is not None and not 0 < change <= _MOST_CHANGE:
        raise UsageError(f"A change of {change} a day is none.", f"Give a share above 0, up to {_MOST_CHANGE}.")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} is no folder.", "Give --out a folder that is absent or empty.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(
            f"{out} holds files that no simulation made.", "Give --out another folder, or empty this one first."
        )


def _write_datasets(
    city: City, papers: Papers, profile: Profile, half: Path, tell: Callable[[str], None], later: Days | None
) -> tuple[dict[str, int], dict[str, int], int]:
    rows: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    size = 0
    with (
        TruthFile(half / "truth" / "mentions.parquet") as who,
        TruthFile(half / "truth" / "planted.parquet") as planted,
    ):
        for dataset, build in sorted(BUILDERS.items()):
            contract = load_contract(dataset)
            draws = Draws(city.seed, dataset, profile)
            mentions, errors = [], []
            for delivery in build(city, draws):
                writer = DeliveryWriter(half / "landing", contract, delivery.extract_date, delivery.mode)
                for part in _in_slices(delivery.parts, contract.format.type):
                    if later:
                        later.see(dataset, part)
                    written = write_down(contract, delivery.mode, part, papers, city.places, draws)
                    writer.append(written.cells)
                    mentions.append(written.mentions)
                    errors.append(written.planted)
                size += writer.close()
                rows[dataset] = rows.get(dataset, 0) + writer.rows
                tell(f"{contract.name_zh} {dataset} {delivery.extract_date} {delivery.mode}: {writer.rows:,} rows")
            who.append(_told_once(mentions, "record_key", "role"))
            found = _told_once(errors, "record_key", "kind", "field")
            planted.append(found)
            kinds.update(dict(found["kind"].value_counts().iter_rows()))
    return rows, dict(sorted(kinds.items())), size


def _in_slices(parts: Iterable[pl.DataFrame], format_: str) -> Iterator[pl.DataFrame]:
    """Parts of at most so many rows, so that writing one down takes no more memory than that; workbooks whole."""
    for part in parts:
        if format_ != "xlsx":
            yield from part.iter_slices(_SLICE_ROWS)
            continue
        rows, books = 0, []
        for book in part.partition_by("_file", maintain_order=True):
            rows += book.height
            books.append(book)
            if rows >= _SLICE_ROWS:
                yield pl.concat(books)
                rows, books = 0, []
        if books:
            yield pl.concat(books)


def _told_once(parts: list[pl.DataFrame], *order: str) -> pl.DataFrame:
    """A dataset's truth: what several deliveries or copies of a row say is said once, in order."""
    return pl.concat(parts).unique().sort(*order) if parts else pl.DataFrame()


def _replace(out: Path, half: Path) -> None:
    """Put the finished city in its place; a killed run leaves the earlier one, or none, never half of one."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    out.parent.mkdir(parents=True, exist_ok=True)
    half.rename(out)
    shutil.rmtree(old, ignore_errors=True)
