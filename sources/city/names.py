"""Names as they are in Baotou: Han by frequency, compound surnames, Mongolian in transliteration, Hui.

Names are drawn as columns: nothing here sees a single person.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.city.places import read
from sources.city.streams import Bools, Ints, choose

Names = npt.NDArray[np.object_]

HAN, MONGOL, HUI = "01", "02", "03"
_COMPOUND_SHARE = 0.002
_RARE_SHARE = 0.3
_DOUBLED_SHARE = 0.05  # 丽丽, 婷婷
_HUI_GIVEN_SHARE = 0.25
_MONGOL_WHOLE_SHARE = 0.45
_MONGOL_DOT_SHARE = 0.2
_LONGEST_NAME = 7
_FIRST_RANKS_FLATTENED_BY = 25
NAME_DOT = "\u00b7"  # the only name dot that GBK has


@cache
def _surnames(group: str) -> tuple[list[str], list[float]]:
    listed = read("surnames.csv").filter(pl.col("group") == group)["surnames"].item()
    pairs = [item.split(":") for item in listed.split()]
    return [surname for surname, _ in pairs], [float(weight) for _, weight in pairs]


@cache
def _characters(sex: int, era: int) -> tuple[list[str], list[float], float]:
    rows = read("given_characters.csv").filter((pl.col("sex") == str(sex)) & (pl.col("era") == str(era)))
    # A character listed twice counts once: the rank is that of its first place.
    characters = list(dict.fromkeys(rows["characters"].item()))
    if era == 0:
        weights = [1.0] * len(characters)
    else:
        weights = [1.0 / (rank + _FIRST_RANKS_FLATTENED_BY) for rank in range(len(characters))]
    return characters, weights, float(rows["one_character_share"].item())


@cache
def _mongolian(sex: int, position: str) -> list[str]:
    rows = read("mongolian_names.csv").filter((pl.col("sex") == str(sex)) & (pl.col("position") == position))
    return list(dict.fromkeys(rows["parts"].item().split()))


@cache
def _hui_given(sex: int) -> list[str]:
    return str(read("hui_given_names.csv").filter(pl.col("sex") == str(sex))["names"].item()).split()


def compound_surnames() -> list[str]:
    """Surnames of two characters."""
    return _surnames("compound")[0]


def name_characters() -> list[str]:
    """Every character that stands in a Han name here, sorted."""
    pools = {c for sex in (1, 2) for era in (0, 1, 2, 3) for c in _characters(sex, era)[0]}
    return sorted(pools | {c for group in ("han", "hui", "mongol") for c in _surnames(group)[0] if len(c) == 1})


def draw_surnames(rng: np.random.Generator, ethnicity: pl.Series) -> Names:
    """A surname for each person by ethnicity code (GB/T 3304)."""
    n = len(ethnicity)
    code = ethnicity.to_numpy()
    draw, compound = rng.random(n), rng.random(n) < _COMPOUND_SHARE
    result = np.empty(n, dtype=object)
    group = np.where(code == MONGOL, "mongol", np.where(code == HUI, "hui", np.where(compound, "compound", "han")))
    for name in ("han", "compound", "hui", "mongol"):
        mask = group == name
        surnames, weights = _surnames(name)
        result[mask] = np.array(surnames, dtype=object)[choose(draw[mask], weights)]
    return result


def draw_given_names(rng: np.random.Generator, sex: Ints, birth_year: Ints, ethnicity: pl.Series) -> Names:
    """A given name for each person by sex (1, 2), year of birth and ethnicity code."""
    n = len(sex)
    era = np.where(birth_year < 1965, 1, np.where(birth_year < 1990, 2, 3))
    result = np.empty(n, dtype=object)
    for one_sex in (1, 2):
        for one_era in (1, 2, 3):
            mask = (sex == one_sex) & (era == one_era)
            result[mask] = _han_given(rng, one_sex, one_era, int(mask.sum()))
    religious = (ethnicity.to_numpy() == HUI) & (rng.random(n) < _HUI_GIVEN_SHARE)
    for one_sex in (1, 2):
        mask = religious & (sex == one_sex)
        names = np.array(_hui_given(one_sex), dtype=object)
        result[mask] = _picked(rng, names, int(mask.sum()))
    return result


def draw_mongolian_names(rng: np.random.Generator, sex: Ints) -> Names:
    """Whole Mongolian names, 2 to 7 characters, some with a clan before a dot; Mongolians need no surname."""
    result = np.empty(len(sex), dtype=object)
    for one_sex in (1, 2):
        mask = sex == one_sex
        n = int(mask.sum())
        single, first, last = (
            np.array(_mongolian(one_sex, position), dtype=object) for position in ("whole", "first", "last")
        )
        of_parts = _picked(rng, first, n) + _picked(rng, last, n)
        result[mask] = np.where(rng.random(n) < _MONGOL_WHOLE_SHARE, _picked(rng, single, n), of_parts)
    clans = np.array(_mongolian(0, "clan"), dtype=object)
    clan = _picked(rng, clans, len(sex))
    dotted = rng.random(len(sex)) < _MONGOL_DOT_SHARE
    length = np.array([len(name) for name in clan + result], dtype=np.int64)
    return np.where(dotted & (length < _LONGEST_NAME), clan + NAME_DOT + result, result)


def _picked(rng: np.random.Generator, pool: Names, n: int) -> Names:
    """So many of a pool, each as likely."""
    return np.asarray(pool[rng.integers(0, len(pool), n)], dtype=object)


def _han_given(rng: np.random.Generator, sex: int, era: int, n: int) -> Names:
    usual, weights, one_character = _characters(sex, era)
    rare = np.array(_characters(sex, 0)[0], dtype=object)
    pool = np.array(usual, dtype=object)

    def character() -> Names:
        is_rare: Bools = rng.random(n) < _RARE_SHARE
        return np.where(is_rare, _picked(rng, rare, n), pool[choose(rng.random(n), weights)])

    first, second = character(), character()
    kind = rng.random(n)
    doubled = _DOUBLED_SHARE if sex == 2 and era > 1 else 0.0
    second = np.where(kind < one_character, "", np.where(kind > 1 - doubled, first, second))
    return np.asarray(first + second, dtype=object)
