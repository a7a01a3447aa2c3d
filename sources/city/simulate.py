"""Simulate a city: what its bureaus deliver, in their real formats, and the truth beside it."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from sources.city.datasets import BUILDERS
from sources.city.errors import Draws, write_down
from sources.city.papers import PROFILES, Profile, issue_papers
from sources.city.population import City, build_city
from sources.city.writers import DeliveryWriter
from sources.contract import load_contract
from sources.errors import UsageError

log = logging.getLogger("sijiku.sources.city")

MARKER = "city.json"  # in a folder that a simulation made, so that it may be replaced by another one
_SMALLEST_SCALE, _LARGEST_SCALE = 0.0005, 3
_SLICE_ROWS = 400_000
_TRUTH_OF_PERSONS = (
    "person",
    "group",
    "household",
    "spouse",
    "father",
    "mother",
    "name",
    "sex",
    "birth_date",
    "id_number",
    "ethnicity",
    "marital",
    "married_on",
    "phone",
    "education",
    "industry",
    "hukou_type",
    "hukou_division",
    "origin_division",
    "division_code",
    "destination_division",
    "arrived_on",
    "left_on",
    "died_on",
    "dwelling",
    "reason",
    "flow_scope",
    "is_floating",
    "is_resident",
    "is_registered",
    "stay_band",
)


@dataclass(frozen=True)
class Summary:
    """What was simulated. `rows` by dataset over its deliveries, `planted` by kind of error, `size` in bytes."""

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


def simulate(
    out: Path,
    scale: float = 0.01,
    seed: int = 1,
    profile: Profile = "normal",
    date: date = date(2014, 10, 31),
    progress: Callable[[str], None] | None = None,
) -> Summary:
    """Simulate a city of `scale` times 2.2 million registered and 600,000 floating people.

    Writes `<out>/landing/<bureau>/<dataset>/<date>/` (files and manifest) and `<out>/truth/`:
        persons.parquet: one row per person with true attributes (see population.build_city; `spouse`, `father` and
            `mother` are persons), `origin_division` and `destination_division` (12 digits).
        mentions.parquet: dataset, record_key (as written), role, person; one row per person in a record.
        planted.parquet: dataset, record_key, kind, field; one row per error. A repeated row or person is named once for
            each record key it concerns.
    The same arguments give the same bytes.

    Args:
        out: a folder that is absent, empty, or was made by a simulation; it is replaced at the end, all at once.
        progress: is told each step in words, besides the log.

    Raises:
        UsageError: the folder holds something else; scale, seed or profile is none.
    """
    _check(out, scale, seed, profile)
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
    rows, planted, size = _write_datasets(city, profile, half, tell)
    _truth_of_persons(city).write_parquet(half / "truth" / "persons.parquet")
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
    (half / MARKER).write_text(json.dumps(asdict(summary), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _replace(out, half)
    tell(f"完成 Done: {sum(rows.values()):,} rows, {size / 1e6:,.1f} MB, {sum(planted.values()):,} planted errors")
    return summary


def _check(out: Path, scale: float, seed: int, profile: str) -> None:
    if profile not in PROFILES:
        raise UsageError(f"No such profile: {profile}.", f"Give one of {', '.join(PROFILES)}.")
    if not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
        raise UsageError(
            f"A city of scale {scale} cannot be made.", f"Give a scale from {_SMALLEST_SCALE} to {_LARGEST_SCALE}."
        )
    if seed < 0:
        raise UsageError(f"The seed {seed} is negative.", "Give a whole number from 0.")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} is no folder.", "Give --out a folder that is absent or empty.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(
            f"{out} holds files that no simulation made.", "Give --out another folder, or empty this one first."
        )


def _write_datasets(
    city: City, profile: Profile, half: Path, tell: Callable[[str], None]
) -> tuple[dict[str, int], dict[str, int], int]:
    papers = issue_papers(city, profile)
    rows: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    size = 0
    with _Truth(half / "truth" / "mentions.parquet") as who, _Truth(half / "truth" / "planted.parquet") as planted:
        for dataset, build in sorted(BUILDERS.items()):
            contract = load_contract(dataset)
            draws = Draws(city.seed, dataset, profile)
            mentions, errors = [], []
            for delivery in build(city, draws):
                writer = DeliveryWriter(half / "landing", contract, delivery.extract_date, delivery.mode)
                for part in _in_slices(delivery.parts, contract.format.type):
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


class _Truth:
    """A Parquet file written one dataset after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._writer:
            self._writer.close()

    def append(self, frame: pl.DataFrame) -> None:
        """Write a dataset's rows."""
        if not frame.width:
            return
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)


def _truth_of_persons(city: City) -> pl.DataFrame:
    origins = city.places.origins["code"] + "000000"
    positions = pl.int_range(len(origins), eager=True)

    def code(position: str) -> pl.Expr:
        return pl.col(position).replace_strict(positions, origins, default=None, return_dtype=pl.String)

    nobody = [pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in ("spouse", "father", "mother")]
    return city.persons.with_columns(
        code("origin").alias("origin_division"), code("destination").alias("destination_division"), *nobody
    ).select(_TRUTH_OF_PERSONS)


def _replace(out: Path, half: Path) -> None:
    """Put the finished city in its place; a killed run leaves the earlier one, or none, never half of one."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    out.parent.mkdir(parents=True, exist_ok=True)
    half.rename(out)
    shutil.rmtree(old, ignore_errors=True)
