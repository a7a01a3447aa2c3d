"""The numbers on people's cards: their own, one that was given to two people, and one that was corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from sources.city.columns import days
from sources.city.id_numbers import with_check_digit
from sources.city.population import City
from sources.city.streams import Bools, Ints, uniform, whole

Profile = Literal["clean", "normal", "hard"]
PROFILES: dict[Profile, float] = {"clean": 0.0, "normal": 1.0, "hard": 3.0}

_DUPLICATED_PAIRS = 0.0002  # pairs of people who were given one number, per person
_CORRECTED_SHARERS = 0.3  # of those pairs: one has a number of his own by now
_CORRECTED = 0.001  # of people: their number was corrected, sequence or birth date
_BIRTH_CORRECTED = 0.4  # of those
_SEQUENCE_STEP = 38  # even, so that the sex stays


@dataclass(frozen=True)
class Papers:
    """Numbers by position in the city's persons.

    `number`: the card's. `former`: the number before it was corrected, null for most: it lives on where nobody told.
    `former_birth`: the birth date that the former number names. `is_duplicated`: two people hold this number.
    `relative`: whose number may be borrowed. `earlier_phone`: the phone that a person had before.
    """

    number: pl.Series
    former: pl.Series
    former_birth: pl.Series
    is_duplicated: Bools
    relative: Ints
    earlier_phone: pl.Series


def issue_papers(city: City, profile: Profile) -> Papers:
    """Give everyone a card; a few pairs of one sex, birth date and area were given one number (id_duplicated)."""
    persons = city.persons
    holders, sharers = _pairs(city, profile)
    corrected = uniform(city.seed, "papers.corrected", sharers) < _CORRECTED_SHARERS
    card = np.arange(persons.height)
    card[sharers[~corrected]] = holders[~corrected]
    is_duplicated = np.zeros(persons.height, dtype=bool)
    is_duplicated[holders[~corrected]] = is_duplicated[sharers[~corrected]] = True
    former, former_birth = _former(city, profile)
    before = pl.Series(sharers[corrected])
    return Papers(
        number=persons["id_number"].gather(card),
        former=former.scatter(before, persons["id_number"].gather(holders[corrected])),
        former_birth=former_birth.scatter(before, persons["birth_date"].gather(holders[corrected])),
        is_duplicated=is_duplicated,
        relative=persons["relative"].to_numpy(),
        earlier_phone=persons["earlier_phone"],
    )


def _pairs(city: City, profile: Profile) -> tuple[Ints, Ints]:
    """Two people of one area, birth date and sex each."""
    persons = city.persons
    same = pl.col("id_number").str.slice(0, 14), pl.col("sex")
    pairs = (
        persons.select("person", *(one.alias(f"k{i}") for i, one in enumerate(same)))
        .with_columns(pl.int_range(pl.len()).over("k0", "k1").alias("rank"), pl.len().over("k0", "k1").alias("size"))
        .filter(pl.col("size") >= 2, pl.col("rank") < 2)
        .sort("k0", "k1", "rank")
    )
    first, second = (pairs.filter(pl.col("rank") == rank)["person"].to_numpy() for rank in (0, 1))
    wanted = round(_DUPLICATED_PAIRS * PROFILES[profile] * persons.height)
    wanted = max(wanted, int(PROFILES[profile]))  # a small city shows one too
    order = np.argsort(uniform(city.seed, "papers", first), kind="stable")[:wanted]
    return first[order], second[order]


def _former(city: City, profile: Profile) -> tuple[pl.Series, pl.Series]:
    """Numbers and birth dates before they were corrected; null for who has always had the same."""
    persons = city.persons
    luck = uniform(city.seed, "papers.former", persons["person"].to_numpy())
    share = _CORRECTED * PROFILES[profile]
    hit = persons.filter(pl.Series(luck < share)).select("person", "id_number", "birth_date")
    how = luck[luck < share] / max(share, 1e-12)
    shift = np.array([-365, -31, 1, 10, 30, 366])[whole((how * 977) % 1, 6)]
    birth = pl.when(pl.Series(how < _BIRTH_CORRECTED)).then(pl.col("birth_date") + days(shift))
    frame = hit.with_columns(birth.otherwise("birth_date").alias("former_birth")).with_columns(
        pl.when(pl.col("former_birth") == pl.col("birth_date"))
        .then((pl.col("id_number").str.slice(14, 3).cast(pl.Int64) + _SEQUENCE_STEP) % 1000)
        .otherwise(pl.col("id_number").str.slice(14, 3).cast(pl.Int64))
        .cast(pl.String)
        .str.zfill(3)
        .alias("sequence")
    )
    seventeen = frame.select(
        (pl.col("id_number").str.slice(0, 6) + pl.col("former_birth").dt.strftime("%Y%m%d") + pl.col("sequence")).alias(
            "seventeen"
        )
    ).to_series()
    former = pl.repeat(None, persons.height, dtype=pl.String, eager=True)
    births = pl.repeat(None, persons.height, dtype=pl.Date, eager=True)
    where = frame["person"]
    return former.scatter(where, with_check_digit(seventeen)), births.scatter(where, frame["former_birth"])
