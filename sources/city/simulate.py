"""Simulate a city: what its bureaus deliver, in their real formats, and the truth beside it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import polars as pl

from sources.city.datasets import BUILDERS
from sources.city.errors import PROFILES, Draws, Profile, issue_papers, write_down
from sources.city.population import City, build_city
from sources.city.writers import write_delivery
from sources.contract import load_contract
from sources.errors import UsageError

log = logging.getLogger("sijiku.sources.city")

MARKER = "city.json"  # in a folder that a simulation made, so that it may be replaced by another one
_SMALLEST_SCALE = 0.0005
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
    "hukou_division",
    "origin_division",
    "division_code",
    "destination_division",
    "arrived_on",
    "left_on",
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
    if not _SMALLEST_SCALE <= scale <= 2:
        raise UsageError(f"A city of scale {scale} cannot be made.", f"Give a scale from {_SMALLEST_SCALE} to 2.")
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
    planted, mentions, size = [], [], 0
    for dataset, build in BUILDERS.items():
        contract = load_contract(dataset)
        draws = Draws(city.seed, dataset, profile)
        for delivery in build(city, draws):
            written = write_down(contract, delivery.rows, papers, city.places, draws)
            size += write_delivery(half / "landing", contract, delivery.extract_date, delivery.mode, written.cells)
            rows[dataset] = rows.get(dataset, 0) + written.cells.height
            planted.append(written.planted)
            mentions.append(written.mentions)
            tell(f"{contract.name_zh} {dataset} {delivery.extract_date} {delivery.mode}: {written.cells.height:,} rows")
    errors = pl.concat(planted).unique(maintain_order=True).sort("dataset", "record_key", "kind", "field")
    errors.write_parquet(half / "truth" / "planted.parquet")
    who = pl.concat(mentions).unique(maintain_order=True).sort("dataset", "record_key", "role")
    who.write_parquet(half / "truth" / "mentions.parquet")
    kinds = errors.group_by("kind").len().sort("kind")
    return rows, dict(kinds.iter_rows()), size


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
