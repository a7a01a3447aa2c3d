"""The true people of the simulated city.

Calibration (report of 2014, census 2010, see `data/README.md`): 2.2 million registered and 600,000 floating people
(520,000 in-flow, 80,000 out-flow; 270,000 of the in-flow from outside Inner Mongolia), times scale; besides, people who
moved between the city's own counties, visitors of less than a month, people who have left again, registered people
who took their registration elsewhere, and the dead of three years.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.city import families as fam
from sources.city import names
from sources.city.columns import at, dates, texts
from sources.city.families import NOBODY, Families, draw_families
from sources.city.id_numbers import with_check_digit
from sources.city.places import CITY, URBAN, Places, census_figure, census_shares, load_places
from sources.city.streams import Bools, Floats, Ints, choose, generator
from sources.city.units import Employers, Units, load_units

log = logging.getLogger("sijiku.sources.city")

# People, at scale 1. Report: 流动人口 60 万, 流入 52 万, 流出 8 万, 区外 45% of the 60 万.
REGISTERED = 2_200_000
OUT_FLOW = 80_000
IN_FLOW_FAR = 270_000
IN_FLOW_NEAR = 250_000
# Not in the report, chosen: movers between the city's own counties, visitors, and people who left in two years.
WITHIN = 60_000
VISITORS = 10_000
LEFT = 30_000
EMIGRATED = 15_000
DIED = 32_000  # registered people, in three years: about 5 of 1000 a year
DIED_AWAY = 800  # floating people who died here

# Of the in-flow, by stay: report 30% under half a year, 47% to five years, 23% over. Children born here have stayed for
# less than their parents, so households lean to the longer stays.
_STAY_SHARES = (0.303, 0.438, 0.259)
_LONGEST_STAY_YEARS = 22

# Where movers go, by district: a choice that leans to the inner city and the mines.
_IN_FLOW_TO = {
    "150202": 0.18,
    "150203": 0.27,
    "150204": 0.21,
    "150205": 0.01,
    "150206": 0.015,
    "150207": 0.11,
    "150221": 0.06,
    "150222": 0.025,
    "150223": 0.04,
    "150271": 0.08,
}
_WITHIN_FROM = {"150221": 0.42, "150222": 0.38, "150223": 0.20}
_OUT_FROM = {
    "150202": 0.14,
    "150203": 0.12,
    "150204": 0.11,
    "150207": 0.08,
    "150221": 0.24,
    "150222": 0.2,
    "150223": 0.11,
}
_REGISTERED_ELSEWHERE_IN_DISTRICT = 0.07
_REGISTERED_IN_OTHER_URBAN_DISTRICT = 0.08  # 市辖区内人户分离
_MOVED_REGISTRATION = 0.10  # registered here now, numbered where they came from
_MARRIED_INTO_THE_CITY = 0.03  # of in-flow people
_MARRIED_AND_LEFT_BEHIND = 0.20  # of out-flow people: the family stays
_LATELY_REGISTERED = 0.25  # of those who were registered here later: within the last five years
_WIDOWS_OF_THE_DEAD = 0.4
_MOVED_HOUSE_LATELY = 0.012  # of floating households, within the district, in the last month

# 60% rent (report), those who married into the city counted; the rest is a choice. Neutral words: each bureau has
# codes of its own for them.
DWELLINGS = {"rent": 0.625, "unit": 0.11, "site": 0.08, "own": 0.105, "relatives": 0.06, "other": 0.02}
_GROWN_REASONS = {
    "work": 0.36,
    "service": 0.25,
    "business": 0.16,
    "farm": 0.03,
    "marriage": 0.05,
    "follow": 0.06,
    "relatives": 0.04,
    "transfer": 0.03,
    "medical": 0.01,
    "other": 0.01,
}
# GB/T 4754 sections, 70% of floating workers in services (F to T; report), and registered ones as a choice.
_INDUSTRIES_FLOATING = {
    "A": 0.02, "B": 0.03, "C": 0.10, "D": 0.01, "E": 0.14,
    "F": 0.25, "G": 0.06, "H": 0.16, "I": 0.01, "J": 0.01, "K": 0.03, "L": 0.03, "M": 0.01, "N": 0.01,
    "O": 0.10, "P": 0.01, "Q": 0.01, "R": 0.01,
}  # fmt: skip
_INDUSTRIES_REGISTERED = {
    "A": 0.16, "B": 0.04, "C": 0.22, "D": 0.03, "E": 0.07,
    "F": 0.13, "G": 0.06, "H": 0.04, "I": 0.02, "J": 0.03, "K": 0.02, "L": 0.02, "M": 0.01, "N": 0.01,
    "O": 0.03, "P": 0.04, "Q": 0.03, "R": 0.01, "S": 0.03,
}  # fmt: skip
_SELF_EMPLOYED = {"A": 0.9, "F": 0.55, "G": 0.35, "H": 0.35, "O": 0.5}
_WORKS_FLOATING, _WORKS_REGISTERED = 0.90, 0.74
# Of those who still live with their parents at an age of senior high school.
_PUPILS_UNTIL = 18.2
_WORKS_OF_PUPILS_AGE_FLOATING, _WORKS_OF_PUPILS_AGE_REGISTERED = 0.45, 0.12
_AGRICULTURAL_FLOATING = 0.78
# GB/T 4658 by hukou type and age: born before and after 1975.
_EDUCATION = {
    ("1", False): {"80": 0.44, "70": 0.42, "60": 0.09, "90": 0.05},
    ("1", True): {"80": 0.05, "70": 0.55, "60": 0.14, "40": 0.10, "30": 0.10, "20": 0.06},
    ("2", False): {"80": 0.14, "70": 0.41, "60": 0.29, "30": 0.10, "20": 0.05, "90": 0.01},
    ("2", True): {"70": 0.14, "60": 0.19, "40": 0.09, "30": 0.27, "20": 0.28, "10": 0.03},
}
_REACH_OF_HOUSEHOLD = 0.8  # how much of what bureaus see of a person is what they see of the household
_MONGOLIAN_NAMED_SHARE = 0.55  # of Mongolian households; the others have Han names
_OTHER_MINORITIES = {"03": 0.50, "11": 0.36, "31": 0.05, "10": 0.03, "08": 0.02, "15": 0.02, "06": 0.01, "45": 0.01}
_MIXED_MARRIAGES = 0.12
_MOTHERS_SURNAME = 0.03

MOBILE_PREFIXES = tuple(f"1{x}" for x in (*range(30, 40), 47, *range(50, 54), *range(55, 60), *range(80, 90)))
_FIXED_LINE_SHARE = 0.03
_ID_SEQUENCES = 500  # of 1000: odd for men, even for women


@dataclass(frozen=True)
class City:
    """The people, where they are, and on what day. `persons` is described at `build_city`."""

    persons: pl.DataFrame
    places: Places
    units: Units
    employers: Employers
    date: date
    seed: int


@dataclass(frozen=True)
class _Group:
    """People who came to the city in one way."""

    name: str
    people: int
    kinds: tuple[fam.Kind, ...]


_KINDS = {
    "stay": fam.REGISTERED,
    "within": fam.MIGRANT,
    "out": fam.MIGRANT,
    "far": fam.MIGRANT,
    "near": fam.MIGRANT,
    "visitor": fam.ALONE,
    "left": fam.MIGRANT,
    "emigrated": fam.MIGRANT,
    "died": fam.AGED,
    "died_away": fam.AGED,
}


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or that month's last one."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def build_city(scale: float, seed: int, day: date) -> City:
    """Draw the people of a city.

    `persons`, one row per person, positions as numbers (NOBODY where there is none):
        person (position), group (stay, within, out, far, near, visitor, left, emigrated, died, died_away), household
        (number: who live or would live together), place (in the household, see families), spouse, father, mother,
        relative (someone whose papers are at hand), name, sex ('1', '2'), birth_date, id_number, ethnicity, marital
        (GB/T 2261.2; of the dead, when they died), married_on, phone, earlier_phone (had before; a bureau may still
        have it), community (position in places.communities, NOBODY if never here; of the dead, where they lived),
        previous_community and moved_house_on (for those who moved lately), home (position of the registered home,
        NOBODY if outside the city; of the emigrated, the one they gave up), origin (position in places.origins, NOBODY
        if registered here), destination (the same, of those who went), hukou_division, hukou_since and hukou_from (day
        and position in places.origins, of those who brought their registration here), division_code (12 digits; null
        if not here), arrived_on, left_on (of the dead, too), died_on, dwelling, reason (neutral words), hukou_type
        ('1', '2'), education (GB/T 4658; null below six years), industry (GB/T 4754; null for who does not work),
        employer (position in employers, NOBODY), reach (standard normal: how easily bureaus find a person),
        flow_scope, is_floating, is_resident, is_registered, stay_band.
    """
    places = load_places(seed)
    employers = Employers.draw(seed, scale, places)
    groups = _groups(_people_at(scale))
    log.info("真实人口 True people: %s", ", ".join(f"{group.name} {group.people:,}" for group in groups))
    persons = _draw_people(groups, seed, day, places, employers)
    return City(defined(persons, day), places, load_units(seed, places), employers, day, seed)


def draw_newcomers(people: dict[str, int], seed: int, day: date, city: City) -> pl.DataFrame:
    """People who come to a city on a day, in the columns of `build_city` but those of `defined`, numbered from 0.

    Args:
        people: how many of each group (far, near, visitor).
        seed: another one than the city's, and for each day.
    """
    persons = _draw_people(_groups(people), seed, day, city.places, city.employers)
    return persons.with_columns(
        pl.lit(day).alias("arrived_on"),
        pl.lit(NOBODY, pl.Int64).alias("previous_community"),
        pl.lit(None, pl.Date).alias("moved_house_on"),
    )


def _draw_people(groups: list[_Group], seed: int, day: date, places: Places, employers: Employers) -> pl.DataFrame:
    """The people of some groups, before it is said who is floating."""
    drawn = [draw_families(generator(seed, f"families.{g.name}"), g.people, g.kinds) for g in groups]
    people = _joined(drawn)
    group = np.repeat(np.arange(len(groups)), [g.people for g in groups])
    is_group = {g.name: group == number for number, g in enumerate(groups)}
    settled = _settle(seed, people, is_group, places)
    people, settled = _marry_across(seed, people, is_group, settled)
    birth = _birth_dates(people, is_group["stay"], day)
    stay = _stays(seed, people, is_group, settled, birth, day)
    persons = _described(seed, people, birth, settled, is_group, places, day)
    persons = persons.with_columns(
        texts(np.array([g.name for g in groups], dtype=object)[group]).alias("group"),
        *(pl.Series(name, values) for name, values in stay.items()),
    ).with_columns(_occupations(seed, people, is_group, birth, persons["hukou_type"], employers))
    # Nobody's registration comes here after their death, or after they took it elsewhere.
    gone = pl.col("group").is_in(["died", "emigrated"])
    before = pl.max_horizontal(pl.col("left_on").dt.offset_by("-30d"), pl.col("birth_date"))
    return persons.with_columns(
        pl.when(gone & (pl.col("hukou_since") >= before)).then(before).otherwise("hukou_since").alias("hukou_since")
    )


def _people_at(scale: float) -> dict[str, int]:
    people = {
        "stay": REGISTERED,
        "within": WITHIN,
        "out": OUT_FLOW,
        "far": IN_FLOW_FAR,
        "near": IN_FLOW_NEAR,
        "visitor": VISITORS,
        "left": LEFT,
        "emigrated": EMIGRATED,
        "died": DIED,
        "died_away": DIED_AWAY,
    }
    people = {name: round(at_scale_1 * scale) for name, at_scale_1 in people.items()}
    people["stay"] -= people["within"] + people["out"]
    return people


def _groups(people: dict[str, int]) -> list[_Group]:
    """Every group, those of nobody too."""
    return [_Group(name, people.get(name, 0), kinds) for name, kinds in _KINDS.items()]


def _joined(drawn: list[Families]) -> Families:
    people = np.cumsum([0, *(len(one.household) for one in drawn)])
    households = np.cumsum([0, *(one.households for one in drawn)])

    def moved(field: str) -> Ints:
        parts = [getattr(one, field) for one in drawn]
        return np.concatenate(
            [np.where(part == NOBODY, NOBODY, part + by) for part, by in zip(parts, people, strict=False)]
        )

    return Families(
        household=np.concatenate([one.household + by for one, by in zip(drawn, households, strict=False)]),
        place=np.concatenate([one.place for one in drawn]),
        sex=np.concatenate([one.sex for one in drawn]),
        age=np.concatenate([one.age for one in drawn]),
        spouse=moved("spouse"),
        father=moved("father"),
        mother=moved("mother"),
    )


@dataclass
class _Settled:
    """By person: positions of community, earlier community, registered home, origin and destination."""

    community: Ints
    previous: Ints
    home: Ints
    origin: Ints
    destination: Ints


def _settle(seed: int, people: Families, is_group: dict[str, Bools], places: Places) -> _Settled:
    """Give each household its community, its registered home and its origin; members share them."""
    rng = generator(seed, "settle")
    n = people.households
    kind = _by_household(people, is_group)
    district = places.district_of.to_numpy()
    shares = _stayer_shares({name: int(mask.sum()) for name, mask in is_group.items()})

    def drawn(weights: Floats) -> Ints:
        return choose(rng.random(n), weights)

    at_home = drawn(places.community_weights(shares))
    incoming = drawn(places.community_weights(_IN_FLOW_TO))
    native = kind["stay"] | kind["died"] | kind["emigrated"]
    community = np.where(native, at_home, np.where(kind["out"], NOBODY, incoming))

    neighbour = another_in_district(rng.random(n), community, places)
    other_urban = drawn(places.community_weights({code: (code in URBAN) * share for code, share in shares.items()}))
    rural = drawn(places.community_weights(_only(_WITHIN_FROM, places)))
    where = rng.random(n)
    lives_urban = np.isin(district[community], URBAN)
    home = np.where(where < _REGISTERED_ELSEWHERE_IN_DISTRICT, neighbour, community)
    far = where > 1 - _REGISTERED_IN_OTHER_URBAN_DISTRICT
    home = np.where(native & far & lives_urban, other_urban, home)
    # Movers inside the city: another county-level unit, and not both of them urban. Where the draw fails, they come
    # from 土默特右旗 or, if they live there, from 固阳县.
    same = district[rural] == district[community]
    fallback = np.where(district[community] == "150221", _first_of(places, "150222"), _first_of(places, "150221"))
    home = np.where(kind["within"], np.where(same, fallback, rural), home)
    home = np.where(kind["out"], drawn(places.community_weights(_only(_OUT_FROM, places))), home)
    from_outside = kind["far"] | kind["near"] | kind["visitor"] | kind["left"] | kind["died_away"]
    home = np.where(from_outside, NOBODY, home)

    weight = places.origins["weight"].to_numpy()
    is_far = (places.origins["scope"] == "跨省").to_numpy()
    far_origin, near_origin = drawn(weight * is_far), drawn(weight * ~is_far)
    comes_far = kind["far"] | (~kind["near"] & (rng.random(n) < IN_FLOW_FAR / (IN_FLOW_FAR + IN_FLOW_NEAR)))
    somewhere = np.where(comes_far, far_origin, near_origin)
    origin = np.where(from_outside, somewhere, NOBODY)
    goes = kind["out"] | kind["left"] | kind["emigrated"]
    destination = np.where(goes, np.where(rng.random(n) < 0.5, far_origin, near_origin), NOBODY)
    community = np.where(kind["emigrated"], NOBODY, community)

    floats = kind["within"] | kind["far"] | kind["near"]
    moved_house = floats & (rng.random(n) < _MOVED_HOUSE_LATELY)
    previous = np.where(moved_house, another_in_district(rng.random(n), community, places), NOBODY)
    of = people.household
    return _Settled(community[of], previous[of], home[of], origin[of], destination[of])


def _by_household(people: Families, is_group: dict[str, Bools]) -> dict[str, Bools]:
    heads = people.place == fam.HEAD
    return {name: mask[heads] for name, mask in is_group.items()}


def _only(weights: dict[str, float], places: Places) -> dict[str, float]:
    return {code: weights.get(code, 0.0) for code in places.districts}


def _first_of(places: Places, district: str) -> int:
    return int(np.argmax(places.district_of.to_numpy() == district))


def another_in_district(draw: Floats, community: Ints, places: Places) -> Ints:
    """Another community of the same district, each as likely; NOBODY stays NOBODY."""
    district = places.district_of.to_numpy()
    order = np.arange(len(district))
    first = np.searchsorted(district, district, side="left")
    size = np.searchsorted(district, district, side="right") - first
    here = np.where(community == NOBODY, 0, community)
    step = 1 + np.floor(draw * (size[here] - 1)).astype(np.int64)
    other = first[here] + (order[here] - first[here] + step) % size[here]
    return np.where(community == NOBODY, NOBODY, other)


def _stayer_shares(people: dict[str, int]) -> dict[str, float]:
    """Shares of districts among those who stay, so that all who live here together have the census shares."""
    incoming = people["within"] + people["far"] + people["near"]
    total = max(people["stay"] + incoming, 1)
    left_over = {code: share * total - _IN_FLOW_TO[code] * incoming for code, share in census_shares().items()}
    floor = {code: max(count, 0.1 * census_shares()[code] * total) for code, count in left_over.items()}
    return {code: count / sum(floor.values()) for code, count in floor.items()}


def _marry_across(
    seed: int, people: Families, is_group: dict[str, Bools], settled: _Settled
) -> tuple[Families, _Settled]:
    """Marry some in-flow people into the city, and some out-flow people to those they left behind.

    Some of the dead leave a widow or widower: they shared the household.
    """
    rng = generator(seed, "marry")
    household, place, spouse = people.household.copy(), people.place.copy(), people.spouse.copy()
    size = np.bincount(people.household, minlength=people.households)[people.household]
    alone, in_flow = size == 1, is_group["far"] | is_group["near"]
    marriageable = alone & (people.age > 21) & (people.age < 50)
    old = alone & (people.age > 55)
    movers = {
        "in": (in_flow & marriageable, marriageable, _MARRIED_INTO_THE_CITY * in_flow.sum()),
        "out": (is_group["out"] & marriageable, marriageable, _MARRIED_AND_LEFT_BEHIND * is_group["out"].sum()),
        "died": (is_group["died"] & old, old, _WIDOWS_OF_THE_DEAD * is_group["died"].sum()),
    }
    taken = np.zeros(len(household), dtype=bool)
    for direction, (candidates, fitting, wanted) in movers.items():
        for sex in (1, 2):
            movers_of_sex = np.flatnonzero(candidates & (people.sex == sex))
            partners = np.flatnonzero(is_group["stay"] & fitting & (people.sex != sex) & ~taken)
            n = min(len(movers_of_sex), len(partners), round(wanted / 2))
            chosen = np.sort(rng.choice(movers_of_sex, n, replace=False))
            partner = np.sort(rng.choice(partners, n, replace=False))
            chosen = chosen[np.argsort(people.age[chosen], kind="stable")]
            partner = partner[np.argsort(people.age[partner], kind="stable")]
            if direction != "died":
                spouse[chosen], spouse[partner] = partner, chosen
            taken[chosen] = taken[partner] = True
            place[chosen] = fam.SPOUSE
            household[chosen] = household[partner]
            if direction != "out":
                settled.community[chosen] = settled.community[partner]
                settled.previous[chosen] = NOBODY
            if direction != "in":
                settled.home[chosen] = settled.home[partner]
    married = Families(household, place, people.sex, people.age, spouse, people.father, people.mother)
    return married, settled


def _birth_dates(people: Families, stays: Bools, day: date) -> npt.NDArray[np.datetime64]:
    # No mover is younger than 45 days: in-flow children have stayed the month that makes them floating.
    days = np.maximum(np.floor(people.age * 365.25), np.where(stays, 1, 45)).astype(np.int64)
    return np.asarray(np.datetime64(day) - days, dtype="datetime64[D]")


def _stays(
    seed: int,
    people: Families,
    is_group: dict[str, Bools],
    settled: _Settled,
    birth: npt.NDArray[np.datetime64],
    day: date,
) -> dict[str, pl.Series]:
    """When households arrived, moved house, left; how they live and why they came."""
    rng = generator(seed, "stays")
    n = people.households
    today = np.datetime64(day)
    month, half, years = (np.datetime64(months_before(day, m)) for m in (1, 6, 60))
    span = np.array([(month - half).astype(int), (half - years).astype(int), (_LONGEST_STAY_YEARS - 5) * 365])
    band = choose(rng.random(n), _STAY_SHARES)
    within_band = np.where(band == 2, rng.random(n) ** 1.7, rng.random(n))
    start = np.array([month, half, years])[band]
    household_arrival = start - np.floor(within_band * span[band]).astype(int)
    visiting = today - (1 + np.floor(rng.random(n) * ((today - month).astype(int) - 1))).astype(int)
    gone_for = np.floor(rng.random(n) * 700).astype(int)
    dead_for = 1 + np.floor(rng.random(len(people.household)) * 3 * 365).astype(int)

    came = household_arrival[people.household]
    came = np.where(is_group["visitor"], visiting[people.household], came)
    went = today - gone_for[people.household]
    has_died = is_group["died"] | is_group["died_away"]
    went = np.where(has_died, today - dead_for, went)
    has_left = is_group["left"] | is_group["out"] | is_group["emigrated"] | has_died
    came = np.where(is_group["left"] | is_group["died_away"], np.minimum(came, went - 40), came)
    came = np.maximum(came, birth)
    is_stayer = is_group["stay"] | is_group["out"] | is_group["emigrated"] | is_group["died"]
    in_stayers_home = np.isin(people.household, people.household[is_stayer])

    moved_house = np.maximum(today - (1 + np.floor(rng.random(n) * 25)).astype(int)[people.household], came)
    dwelling = np.array(list(DWELLINGS), dtype=object)[choose(rng.random(n), list(DWELLINGS.values()))]
    return {
        "arrived_on": dates(came, is_stayer),
        "left_on": dates(np.maximum(went, birth), ~has_left),
        "died_on": dates(went, ~has_died),
        "moved_house_on": dates(moved_house, settled.previous == NOBODY),
        "dwelling": texts(np.where(in_stayers_home, "own", dwelling[people.household])),
        "reason": texts(_reasons(rng, people, is_group)),
    }


def _reasons(rng: np.random.Generator, people: Families, is_group: dict[str, Bools]) -> npt.NDArray[np.object_]:
    n = len(people.household)
    reason = np.array(list(_GROWN_REASONS), dtype=object)[choose(rng.random(n), list(_GROWN_REASONS.values()))]
    draw = rng.random(n)
    child = np.isin(people.place, fam.CHILDREN) & (people.age < 18)
    reason = np.where(child, np.where((people.age >= 6) & (draw < 0.5), "study", "follow"), reason)
    reason = np.where(people.age >= 60, np.where(draw < 0.6, "relatives", "follow"), reason)
    married_in = (people.place == fam.SPOUSE) & np.isin(people.household, people.household[is_group["stay"]])
    reason = np.where(married_in, "marriage", reason)
    reason = np.where(is_group["visitor"], np.where(draw < 0.7, "visit", "work"), reason)
    reason[is_group["stay"] | is_group["out"] | is_group["emigrated"] | is_group["died"]] = None
    return np.asarray(reason, dtype=object)


def _described(
    seed: int,
    people: Families,
    birth: npt.NDArray[np.datetime64],
    settled: _Settled,
    is_group: dict[str, Bools],
    places: Places,
    day: date,
) -> pl.DataFrame:
    """Names, numbers and the other attributes of people."""
    ethnicity = _ethnicities(seed, people)
    year = birth.astype("datetime64[Y]").astype(int) + 1970
    communities = places.communities["community"]
    home, community = at(communities, settled.home), at(communities, settled.community)
    # The emigrated are registered where they went; `home` is what they gave up.
    elsewhere = np.where(is_group["emigrated"], settled.destination, settled.origin)
    registered = at(communities, np.where(is_group["emigrated"], NOBODY, settled.home))
    origin = at(places.origins["code"], elsewhere) + "000000"
    earlier = _earlier_registrations(seed, people, settled, places)
    n = len(people.household)
    rural = (home.fill_null("").str.slice(9, 1) >= "2").to_numpy()
    return pl.DataFrame(
        {
            "person": np.arange(n),
            "household": people.household,
            "place": people.place,
            "spouse": people.spouse,
            "father": people.father,
            "mother": people.mother,
            "relative": _relatives(people),
            "name": texts(_full_names(seed, people, year, ethnicity)),
            "sex": pl.Series(people.sex).cast(pl.String),
            "birth_date": pl.Series(birth),
            "id_number": _id_numbers(seed, people, birth, settled, earlier, places),
            "ethnicity": ethnicity,
            "marital": _marital(seed, people, is_group["died"]),
            "phone": _phones(seed, people, "phones"),
            "earlier_phone": _phones(seed, people, "earlier_phones"),
            "community": settled.community,
            "previous_community": settled.previous,
            "home": settled.home,
            "origin": settled.origin,
            "destination": settled.destination,
            "hukou_division": registered.fill_null(origin),
            "hukou_from": earlier,
            "hukou_since": _registered_since(seed, people, earlier, birth, day),
            "hukou_type": _hukou_types(seed, people, settled.origin == NOBODY, rural),
            "division_code": community,
            "reach": _reach(seed, people),
        }
    ).with_columns(_married_on(seed, people, birth, day))


def _earlier_registrations(seed: int, people: Families, settled: _Settled, places: Places) -> Ints:
    """Where people were registered, and numbered, before they were registered here: a position in origins."""
    rng = generator(seed, "earlier_registrations")
    moved = (rng.random(people.households) < _MOVED_REGISTRATION)[people.household]
    earlier = choose(rng.random(people.households), places.origins["weight"].to_numpy())[people.household]
    return np.where((settled.origin == NOBODY) & moved & (people.age > 1), earlier, NOBODY)


def _registered_since(
    seed: int, people: Families, earlier: Ints, birth: npt.NDArray[np.datetime64], day: date
) -> pl.Series:
    """The day of the registration here, of those who had another before: a household's is one."""
    rng = generator(seed, "registered_since")
    n = people.households
    years = np.where(rng.random(n) < _LATELY_REGISTERED, 5 * rng.random(n), 5 + 25 * rng.random(n))[people.household]
    since = np.datetime64(day) - 1 - np.floor(np.minimum(years, 0.9 * people.age) * 365.25).astype(int)
    return dates(np.maximum(since, birth + 1), earlier == NOBODY)


def _hukou_types(seed: int, people: Families, is_registered_here: Bools, rural: Bools) -> pl.Series:
    """1 agricultural, 2 not: by the committee of the registered home, of people from elsewhere by a share."""
    rng = generator(seed, "hukou_types")
    draw = rng.random(people.households)[people.household]
    here = np.where(rural, draw < 0.93, draw < 0.12)
    return texts(np.where(np.where(is_registered_here, here, draw < _AGRICULTURAL_FLOATING), "1", "2").astype(object))


def _reach(seed: int, people: Families) -> Floats:
    """Standard normal: most of it the household's, the rest the person's own."""
    rng = generator(seed, "reach")
    household = rng.standard_normal(people.households)[people.household]
    own = rng.standard_normal(len(people.household))
    return np.asarray(_REACH_OF_HOUSEHOLD * household + np.sqrt(1 - _REACH_OF_HOUSEHOLD**2) * own)


def _occupations(
    seed: int,
    people: Families,
    is_group: dict[str, Bools],
    birth: npt.NDArray[np.datetime64],
    hukou_type: pl.Series,
    employers: Employers,
) -> list[pl.Series]:
    """education, industry and employer of each person."""
    rng = generator(seed, "occupations")
    n = len(people.household)
    draw, works, section = rng.random(n), rng.random(n), rng.random(n)
    born_late = birth >= np.datetime64("1975-01-01")
    type_ = hukou_type.to_numpy()
    education = np.full(n, None, dtype=object)
    for (kind, late), shares in _EDUCATION.items():
        mask = (type_ == kind) & (born_late == late)
        education[mask] = np.array(list(shares), dtype=object)[choose(draw[mask], list(shares.values()))]
    for upto, code in ((25, "30"), (19, "60"), (16, "70"), (13, "80")):
        too_young = (people.age < upto) & (education < code) if upto > 19 else people.age < upto
        education[too_young] = code
    education[people.age < 6] = None
    floating = ~(is_group["stay"] | is_group["died"])
    of_age = (people.age >= 17) & (people.age < np.where(people.sex == 1, 60, 55))
    of_pupils_age = np.isin(people.place, fam.CHILDREN) & (people.age < _PUPILS_UNTIL)
    share = np.where(floating, _WORKS_FLOATING, _WORKS_REGISTERED)
    of_pupils = np.where(floating, _WORKS_OF_PUPILS_AGE_FLOATING, _WORKS_OF_PUPILS_AGE_REGISTERED)
    at_work = of_age & (works < np.where(of_pupils_age, of_pupils, share))
    industry = np.full(n, None, dtype=object)
    for mask, shares in ((floating, _INDUSTRIES_FLOATING), (~floating, _INDUSTRIES_REGISTERED)):
        industry[mask] = np.array(list(shares), dtype=object)[choose(section[mask], list(shares.values()))]
    industry[~at_work] = None
    employer = employers.pick(industry, rng.random(n))
    own = np.array([_SELF_EMPLOYED.get(one, 0.0) for one in industry])
    employer = np.where(rng.random(n) < own, NOBODY, employer)
    return [texts(education).alias("education"), texts(industry).alias("industry"), pl.Series("employer", employer)]


def _relatives(people: Families) -> Ints:
    """Someone whose papers are at hand: spouse, else mother, else father."""
    found = people.spouse
    for other in (people.mother, people.father):
        found = np.where(found == NOBODY, other, found)
    return found


def _ethnicities(seed: int, people: Families) -> pl.Series:
    """GB/T 3304 codes: a household shares one, save for mixed marriages; children of those take the minority's."""
    rng = generator(seed, "ethnicity")
    han, mongol, other = (census_figure(kind) for kind in ("han", "mongol", "other_minority"))
    codes = np.array([names.HAN, names.MONGOL, *_OTHER_MINORITIES], dtype=object)
    minorities = [share * other for share in _OTHER_MINORITIES.values()]
    weights = [han, mongol, *(count / sum(_OTHER_MINORITIES.values()) for count in minorities)]
    household = choose(rng.random(people.households), weights)
    own = household[people.household]
    partner = choose(rng.random(len(own)), weights)
    mixed = (people.place == fam.SPOUSE) & (rng.random(len(own)) < _MIXED_MARRIAGES)
    return texts(codes[np.where(mixed, partner, own)])


def _full_names(seed: int, people: Families, year: Ints, ethnicity: pl.Series) -> npt.NDArray[np.object_]:
    rng = generator(seed, "names")
    surname = names.draw_surnames(rng, ethnicity)
    # Fathers first: the head takes his father's surname, then children take their father's, or their mother's.
    takes_mothers = rng.random(len(surname)) < _MOTHERS_SURNAME
    for places in ((fam.HEAD,), fam.CHILDREN):
        is_child = np.isin(people.place, places)
        parent = np.where((people.father == NOBODY) | takes_mothers, people.mother, people.father)
        inherits = is_child & (parent != NOBODY)
        surname[inherits] = surname[parent[inherits]]
    sex = people.sex.astype(np.int64)
    full = np.asarray(surname + names.draw_given_names(rng, sex, year, ethnicity), dtype=object)
    mongolian_household = rng.random(people.households) < _MONGOLIAN_NAMED_SHARE
    mongolian = (ethnicity == names.MONGOL).to_numpy() & mongolian_household[people.household]
    full[mongolian] = names.draw_mongolian_names(rng, sex[mongolian])
    return full


def _id_numbers(
    seed: int,
    people: Families,
    birth: npt.NDArray[np.datetime64],
    settled: _Settled,
    earlier: Ints,
    places: Places,
) -> pl.Series:
    """A number of one's own for everyone: area of origin under its code at birth, birth date, sequence, check digit."""
    rng = generator(seed, "id_numbers")
    n = len(people.household)
    origin = np.where(settled.origin == NOBODY, earlier, settled.origin)
    area = at(places.origins["code"], origin).fill_null(at(places.communities["id_area"], settled.home))
    frame = pl.DataFrame({"area": area, "birth": pl.Series(birth), "sex": people.sex, "draw": rng.random(n)})
    old = places.superseded
    year = pl.col("birth").dt.year()
    frame = frame.with_columns(
        pl.when(year < pl.col("area").replace_strict(old["new_code"], old["until_year"], default=0))
        .then(pl.col("area").replace_strict(old["new_code"], old["old_code"], default=None))
        .otherwise(pl.col("area"))
        .alias("area")
    )
    same = ["area", "birth", "sex"]
    rank = pl.col("draw").rank("ordinal").over(same).cast(pl.Int64)
    offset = (pl.col("draw").first().over(same) * _ID_SEQUENCES).floor().cast(pl.Int64)
    # 137 and 500 have no common factor: up to 500 people of one day, sex and area have different sequences.
    sequence = ((rank * 137 + offset) % _ID_SEQUENCES) * 2 + (pl.col("sex") == 1).cast(pl.Int64)
    seventeen = frame.select(
        (pl.col("area") + pl.col("birth").dt.strftime("%Y%m%d") + sequence.cast(pl.String).str.zfill(3)).alias(
            "seventeen"
        )
    ).to_series()
    return with_check_digit(seventeen).alias("id_number")


def _marital(seed: int, people: Families, died: Bools) -> pl.Series:
    """GB/T 2261.2: 20 married, 10 never, 30 widowed, 40 divorced; of the dead, when they died.

    Who shared a household with one of the dead is the widow or widower.
    """
    rng = generator(seed, "marital")
    draw = rng.random(len(people.household))
    has_child = np.isin(np.arange(len(draw)), np.concatenate([people.father, people.mother]))
    single = np.where(
        people.age > 60,
        np.where(draw < 0.85, "30", "40"),
        np.where((people.age < 28) & ~has_child, "10", np.where((draw < 0.45) & ~has_child, "10", "40")),
    )
    left_behind = died & (people.place == fam.SPOUSE)
    widowed = np.isin(people.household, people.household[left_behind]) & ~died
    single = np.where(left_behind, "20", np.where(widowed, "30", single))
    return texts(np.where(people.spouse != NOBODY, "20", single))


def _married_on(seed: int, people: Families, birth: npt.NDArray[np.datetime64], day: date) -> pl.Series:
    """A day for each couple: after both are of age, before their eldest child; the same for both."""
    rng = generator(seed, "married_on")
    n = len(birth)
    has_spouse = people.spouse != NOBODY
    partner = np.where(has_spouse, people.spouse, 0)
    younger = np.maximum(birth, birth[partner])
    of_age = younger + 20 * 365 + 5
    eldest = np.full(n, np.datetime64("2200-01-01"), dtype="datetime64[D]")
    for parent in (people.father, people.mother):
        known = parent != NOBODY
        np.minimum.at(eldest, parent[known], birth[known])
    day_of_city = np.datetime64(day)
    latest = np.minimum(np.where(has_spouse, np.minimum(eldest, eldest[partner]), eldest) - 270, day_of_city - 1)
    draw = rng.random(n)
    draw = np.where(np.arange(n) < partner, draw, draw[partner])  # one draw a couple
    span = np.maximum((np.minimum(latest, of_age + 9 * 365) - of_age).astype(int), 0)
    return dates(of_age + np.floor(draw * span).astype(int), ~has_spouse | (of_age > day_of_city)).alias("married_on")


def _phones(seed: int, people: Families, name: str) -> pl.Series:
    """Mobile numbers; children and some of the old are reached through the head of the household."""
    rng = generator(seed, name)
    n = len(people.household)
    prefix = texts(np.array(MOBILE_PREFIXES, dtype=object)[rng.integers(0, len(MOBILE_PREFIXES), n)])
    mobile = prefix + pl.Series(rng.integers(0, 10**8, n)).cast(pl.String).str.zfill(8)
    fixed = "0472" + pl.Series(rng.integers(2_000_000, 8_999_999, n)).cast(pl.String)
    own = pl.select(pl.when(pl.Series(rng.random(n) < _FIXED_LINE_SHARE)).then(fixed).otherwise(mobile)).to_series()
    draw = rng.random(n)
    shares = (people.age < 14) | ((people.age > 65) & (draw < 0.4)) | ((people.place == fam.SPOUSE) & (draw < 0.08))
    head = np.zeros(int(people.household.max()) + 1, dtype=np.int64)
    is_head = people.place == fam.HEAD
    head[people.household[is_head]] = np.flatnonzero(is_head)
    return own.gather(np.where(shares, head[people.household], np.arange(n)))


def defined(persons: pl.DataFrame, day: date) -> pl.DataFrame:
    """Who is floating, resident, registered: the definitions of the library, on the true people.

    Floating: lives here, registered in another county-level unit, came a month ago or more; between the city's own
    urban districts (市辖区内人户分离) excepted. Resident: six months or more, or at home.
    """
    month, half, years = (pl.lit(months_before(day, months)) for months in (1, 6, 60))
    hukou, lives = pl.col("hukou_division").str.slice(0, 6), pl.col("division_code").str.slice(0, 6)
    prefecture = hukou.str.slice(0, 4)
    is_here = pl.col("division_code").is_not_null() & pl.col("left_on").is_null()
    both_urban = hukou.is_in(URBAN) & lives.is_in(URBAN)
    is_floating = is_here & (hukou != lives) & ~both_urban & (pl.col("arrived_on") <= month)
    scope = (
        pl.when(~pl.col("is_floating"))
        .then(pl.lit("none"))
        .when(prefecture == CITY[:4])
        .then(pl.lit("市内跨旗县"))
        .when(prefecture.str.starts_with(CITY[:2]))
        .then(pl.lit("区内跨盟市"))
        .otherwise(pl.lit("跨省"))
    )
    arrived = pl.col("arrived_on")
    band = (
        pl.when(arrived.is_null() | ~is_here)
        .then(None)
        .when(arrived > month)
        .then(pl.lit("under_1m"))
        .when(arrived > half)
        .then(pl.lit("1m_6m"))
        .when(arrived > years)
        .then(pl.lit("6m_5y"))
        .otherwise(pl.lit("over_5y"))
    )
    return persons.with_columns(
        pl.when(is_here).then(pl.col("division_code")),
        is_floating.fill_null(False).alias("is_floating"),
        (is_here & (arrived.is_null() | (arrived <= half))).alias("is_resident"),
        ((prefecture == CITY[:4]) & pl.col("died_on").is_null()).alias("is_registered"),
        band.alias("stay_band"),
    ).with_columns(scope.alias("flow_scope"))
