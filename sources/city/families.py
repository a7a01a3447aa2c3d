"""Households as they come: who lives together, how old they are, who is whose spouse and child.

Ages are in years, as fractions, on the city's date; people are numbered by household and place in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sources.city.streams import Bools, Floats, Ints

HEAD, SPOUSE, CHILD_1, CHILD_2, CHILD_3, FATHER, MOTHER = range(7)
CHILDREN = (CHILD_1, CHILD_2, CHILD_3)
NOBODY = -1

_OLDEST = 97.0
_TWIN_SHARE = 0.06  # of second children: about 1 birth in 90
BOY_SHARE = 0.525
_GROWN_UP = 24.0  # children older than this have left
_BORN_EARLY = (
    0.55  # below 1: most first children come early in what is possible, so ages up to 20 are about as frequent
)


@dataclass(frozen=True)
class Kind:
    """A kind of household: its share, the age of its head, and who else is there."""

    share: float
    head_age: tuple[float, float]  # uniform
    male_head: float
    has_spouse: bool = False
    children: tuple[float, ...] = (1.0,)  # shares of 0, 1, 2, 3 children
    has_parents: bool = False


REGISTERED = (
    Kind(0.08, (23, 34), 0.80, has_spouse=True),
    Kind(0.35, (26, 53), 0.82, has_spouse=True, children=(0, 0.80, 0.17, 0.03)),
    Kind(0.20, (50, 84), 0.85, has_spouse=True),
    Kind(0.17, (20, 60), 0.58),
    Kind(0.09, (60, 92), 0.42),
    Kind(0.08, (28, 52), 0.85, has_spouse=True, children=(0, 0.70, 0.27, 0.03), has_parents=True),
    Kind(0.03, (27, 50), 0.35, children=(0, 0.85, 0.15)),
)
MIGRANT = (
    Kind(0.34, (17, 56), 0.66),
    Kind(0.21, (20, 58), 0.85, has_spouse=True),
    Kind(0.38, (23, 50), 0.85, has_spouse=True, children=(0, 0.58, 0.36, 0.06)),
    Kind(0.03, (27, 48), 0.88, has_spouse=True, children=(0, 0.6, 0.4), has_parents=True),
    Kind(0.04, (25, 48), 0.45, children=(0, 0.75, 0.25)),
)
AGED = (Kind(1.0, (48, 95), 0.56),)
ALONE = (Kind(1.0, (18, 55), 0.62),)


@dataclass(frozen=True)
class Families:
    """People in order of household and place; relations are positions, NOBODY where there is none."""

    household: Ints
    place: npt.NDArray[np.int8]
    sex: npt.NDArray[np.int8]
    age: Floats
    spouse: Ints
    father: Ints
    mother: Ints

    @property
    def households(self) -> int:
        """How many households there are."""
        return int(self.household.max()) + 1 if len(self.household) else 0


def draw_families(rng: np.random.Generator, people: int, kinds: tuple[Kind, ...]) -> Families:
    """Households of exactly so many people: whole ones as far as they fit, then people alone."""
    shares = np.array([kind.share for kind in kinds])
    kind = rng.choice(len(kinds), size=people + 1, p=shares / shares.sum())
    size, children = _sizes(rng, kind, kinds)
    whole = int(np.searchsorted(np.cumsum(size), people, side="right"))
    rest = people - int(size[:whole].sum())
    kind = np.concatenate([kind[:whole], np.full(rest, len(kinds))])
    children = np.concatenate([children[:whole], np.zeros(rest, dtype=np.int64)])
    return _fill(rng, kind, children, (*kinds, ALONE[0]))


def _sizes(rng: np.random.Generator, kind: Ints, kinds: tuple[Kind, ...]) -> tuple[Ints, Ints]:
    """Households' sizes and how many of them are children."""
    children = np.zeros(len(kind), dtype=np.int64)
    for number, one in enumerate(kinds):
        mask = kind == number
        children[mask] = rng.choice(len(one.children), size=int(mask.sum()), p=one.children)
    spouses = np.array([one.has_spouse for one in kinds])[kind]
    parents = np.array([2 * one.has_parents for one in kinds])[kind]
    return 1 + spouses + parents + children, children


def _fill(rng: np.random.Generator, kind: Ints, children: Ints, kinds: tuple[Kind, ...]) -> Families:
    n = len(kind)
    low = np.array([one.head_age[0] for one in kinds])[kind]
    high = np.array([one.head_age[1] for one in kinds])[kind]
    head_age = low + rng.random(n) * (high - low)
    head_male = rng.random(n) < np.array([one.male_head for one in kinds])[kind]
    has_spouse = np.array([one.has_spouse for one in kinds])[kind]
    has_parents = np.array([one.has_parents for one in kinds])[kind]

    spouse_age = np.maximum(20.0, head_age + np.where(head_male, -1, 1) * rng.normal(2.0, 2.5, n))
    younger = np.where(has_spouse, np.minimum(head_age, spouse_age), head_age)  # of the children's parents
    eldest = rng.random(n) ** _BORN_EARLY * np.clip(younger - 20.0, 0.2, _GROWN_UP)
    gap = np.where(rng.random(n) < _TWIN_SHARE, 0.0, 1.2 + 5 * rng.random(n))
    second = np.where(eldest - gap > 0.1, eldest - gap, np.minimum(eldest + gap, younger - 18.5))
    third_gap = 1.2 + 4 * rng.random(n)
    third = np.where(second - third_gap > 0.1, second - third_gap, np.maximum(eldest, second) + third_gap)
    third = np.minimum(third, np.maximum(younger - 18.2, 0.1))

    ages = [
        head_age,
        spouse_age,
        eldest,
        second,
        third,
        head_age + 21 + 11 * rng.random(n),
        head_age + 19 + 10 * rng.random(n),
    ]
    boy = rng.random((3, n)) < BOY_SHARE
    male = [head_male, ~head_male, boy[0], boy[1], boy[2], np.ones(n, dtype=bool), np.zeros(n, dtype=bool)]
    present = [
        np.ones(n, dtype=bool),
        has_spouse,
        children >= 1,
        children >= 2,
        children >= 3,
        has_parents,
        has_parents,
    ]
    return _number(np.array(present), np.array(male), np.minimum(np.array(ages), _OLDEST))


def _number(present: Bools, male: Bools, ages: Floats) -> Families:
    """Number the people who are present, household by household, and point them at one another."""
    places, households = present.shape
    at = np.where(present.T, (np.cumsum(present.T.ravel()) - 1).reshape(households, places), NOBODY).T
    household, place = np.nonzero(present.T)
    is_head, is_spouse, is_child = place == HEAD, place == SPOUSE, np.isin(place, CHILDREN)
    head, spouse = at[HEAD][household], at[SPOUSE][household]
    head_is_male = male[HEAD][household]
    child_father = np.where(head_is_male, head, spouse)
    child_mother = np.where(head_is_male, spouse, head)
    father = np.where(is_head, at[FATHER][household], np.where(is_child, child_father, NOBODY))
    mother = np.where(is_head, at[MOTHER][household], np.where(is_child, child_mother, NOBODY))
    partner = np.where(
        is_head,
        spouse,
        np.where(
            is_spouse,
            head,
            np.where(place == FATHER, at[MOTHER][household], np.where(place == MOTHER, at[FATHER][household], NOBODY)),
        ),
    )
    return Families(
        household=household.astype(np.int64),
        place=place.astype(np.int8),
        sex=np.where(male.T[present.T], 1, 2).astype(np.int8),
        age=ages.T[present.T],
        spouse=partner.astype(np.int64),
        father=father.astype(np.int64),
        mother=mother.astype(np.int64),
    )
