"""First records: what bureaus write of people who came, were born, died, married, or began to work somewhere.

The builders of sources/city/datasets write them as they write everyone's, of a city that consists of the people
concerned and their families, some weeks later: what happens in those weeks is known to the rows already, and stands in
a delivery once its day has come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from sources.city.columns import at
from sources.city.datasets import BUILDERS, hrss
from sources.city.datasets.hfpc.health_records import NEWBORN_DAYS
from sources.city.days.desks import DESKS
from sources.city.days.keys import rounded
from sources.city.days.life import ARRIVED, BORN, DIED, JOB, MARRIED, SETTLED
from sources.city.errors import PERSON, Draws
from sources.city.families import NOBODY
from sources.city.papers import Profile
from sources.city.population import City, defined
from sources.city.records import ENTRIES_A_PERSON, MAIN_ENTRY
from sources.city.streams import Bools, Ints, uniform, whole
from sources.contract import load_contract

SINCE = "_since_"  # the day from which a record stands in the books
_LOOKS_AHEAD_DAYS = 60
_OF_NEW_PEOPLE = (
    "psb.household_register",
    "psb.temporary_residence",
    "hfpc.padis_case",
    "hfpc.immunization",
    "hfpc.birth_certificate",
    "edu.student_enrollment",
    "hrss.social_insurance",
    "hrss.employment",
    "housing.rental_filing",
    "grid.household_visit",
)
STAYED = "stayed"  # for half a year today, or for a month since birth
# What happened to people, and the datasets in which it makes a first record.
_MAKES: dict[tuple[str, ...], tuple[str, ...]] = {
    (ARRIVED, BORN): _OF_NEW_PEOPLE,
    (DIED,): ("hfpc.death_certificate",),
    (MARRIED,): ("civil.marriage",),
    (SETTLED,): ("psb.household_register",),
    (JOB,): ("hrss.social_insurance", "hrss.employment"),
    (STAYED,): ("hfpc.health_record",),
}
_CERTIFIED_WITHIN_DAYS = 8
_CARD_AFTER_DAYS = 4
_STRANGERS = 200  # registered people beside those concerned: somebody lets to them, say


def first_records(city: City, events: pl.DataFrame, number: int, profile: Profile) -> dict[str, pl.DataFrame]:
    """By dataset, the true records of people to whom something happened today, each with `_since_`.

    Persons in them are positions in the city; entries and keys are not the city's yet (see keys.Numbering).

    Args:
        city: at the end of the day.
        events: person, kind.
    """
    found: dict[str, list[pl.DataFrame]] = {}
    events = pl.concat([events, _have_stayed(city)])
    for place, (kinds, datasets) in enumerate(_MAKES.items()):
        people = np.unique(events.filter(pl.col("kind").is_in(list(kinds)))["person"].to_numpy())
        if not len(people):
            continue
        luck = uniform(city.seed, f"days.{number}.first.{place}", np.zeros(1, dtype=np.int64))
        part = _part_of(city, people, int(luck[0] * 2**53))
        for dataset in datasets:
            rows = _built(part, dataset, profile)
            rows = _wanted(rows, dataset, kinds, city)
            if rows.height:
                found.setdefault(dataset, []).append(rows)
    return {dataset: pl.concat(_apart(frames), how="diagonal_relaxed") for dataset, frames in sorted(found.items())}


def _have_stayed(city: City) -> pl.DataFrame:
    """Who is entitled to a health record from today on."""
    today = pl.lit(city.date)
    half_a_year = pl.col("arrived_on").dt.offset_by("6mo") == today
    a_month = pl.col("birth_date").dt.offset_by(f"{NEWBORN_DAYS}d") == today
    here = pl.col("left_on").is_null() & (pl.col("community") >= 0)
    lately = pl.col("birth_date") > today.dt.offset_by(f"-{NEWBORN_DAYS + 1}d")
    people = city.persons.lazy().filter(here & ((half_a_year & ~lately) | a_month)).select("person").collect()
    return people.with_columns(pl.lit(STAYED).alias("kind"))


@dataclass(frozen=True)
class _Part:
    """A city of some people and their families. `position` of each in the whole one; `is_wanted` of those people."""

    city: City
    position: Ints
    is_wanted: Bools


def _part_of(city: City, people: Ints, seed: int) -> _Part:
    persons = city.persons
    of = persons[people]
    at_home = persons["household"].is_in(of["household"].unique().implode()).to_numpy()
    near = np.concatenate([of[name].to_numpy() for name in ("spouse", "father", "mother", "relative")])
    strangers = whole(uniform(seed, "strangers", np.arange(_STRANGERS)), persons.height)
    strangers = strangers[(persons["group"].gather(strangers) == "stay").to_numpy()]
    position = np.union1d(np.flatnonzero(at_home), np.concatenate([people, near[near != NOBODY], strangers]))
    here = np.full(persons.height + 1, NOBODY, dtype=np.int64)  # the last is nobody's
    here[position] = np.arange(len(position))
    later = city.date + timedelta(days=_LOOKS_AHEAD_DAYS)
    part = persons[position].with_columns(
        pl.Series(name, here[persons[name].to_numpy()[position]])
        for name in ("person", "spouse", "father", "mother", "relative")
    )
    part = defined(part, later)
    return _Part(replace(city, persons=part, date=later, seed=seed), position, np.isin(position, people))


def _built(part: _Part, dataset: str, profile: Profile) -> pl.DataFrame:
    """The rows that the builder makes of the people wanted, with positions in the whole city."""
    draws = Draws(part.city.seed, dataset, profile)
    parts = [rows for delivery in BUILDERS[dataset](part.city, draws) for rows in delivery.parts if rows.height]
    if not parts:
        return pl.DataFrame()
    # What a delta says of a record is the later.
    rows = pl.concat(parts, how="diagonal_relaxed").unique("_entry", keep="last", maintain_order=True)
    main = PERSON + load_contract(dataset).roles[0].name
    rows = rows.filter(pl.Series(part.is_wanted).gather(rows[main]))
    return rows.with_columns(
        at(pl.Series(part.position), rows[name].to_numpy()).fill_null(NOBODY).alias(name)
        for name in rows.columns
        if name.startswith(PERSON)
    )


def _wanted(rows: pl.DataFrame, dataset: str, kinds: tuple[str, ...], city: City) -> pl.DataFrame:
    """Those of the rows that came of what happened, with the day from which they stand in the books."""
    if rows.is_empty():
        return rows
    today = pl.lit(city.date)
    begins = pl.col(DESKS[dataset].begins)
    if kinds == (JOB,):
        is_present = pl.col("_entry") % ENTRIES_A_PERSON == MAIN_ENTRY
        if dataset == "hrss.social_insurance":
            is_present = hrss.is_present_work()
            rows = rows.with_columns(pl.lit(f"{city.date:%Y%m}").alias("paid_to"))
        rows = rows.filter(is_present).with_columns(today.alias(DESKS[dataset].begins))
    elif kinds == (DIED,):
        lag = whole(uniform(city.seed, "first.certified", rows["_entry"].to_numpy()), _CERTIFIED_WITHIN_DAYS)
        return rows.with_columns((begins + pl.duration(days=pl.lit(pl.Series(lag)))).alias(SINCE))
    elif dataset == "hfpc.immunization":
        # Doses of before are known once there is a card.
        begins = pl.max_horizontal(begins, today + pl.duration(days=_CARD_AFTER_DAYS))
    elif dataset == "hrss.social_insurance":
        rows = rows.with_columns(begins.dt.strftime("%Y%m").alias("paid_to"))
    rows = rows.with_columns(begins.alias(SINCE))
    return rows.filter(pl.col(SINCE) >= today)


def _apart(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Frames whose entries do not meet."""
    apart, first = [], 0
    for frame in frames:
        apart.append(frame.with_columns(pl.col("_entry") + first))
        first = rounded(int(apart[-1]["_entry"].max()) + 1)  # type: ignore[arg-type]
    return apart
