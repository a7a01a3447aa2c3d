"""A day in the life of the city: who dies, leaves, comes, is born, marries, moves, and what else of people changes.

What happens on a day is a function of the seed, the day's number and the people of the day before: a longer simulation
starts with the same days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from sources.city import families as fam
from sources.city import names
from sources.city.columns import at, texts
from sources.city.families import NOBODY
from sources.city.id_numbers import with_check_digit
from sources.city.papers import Papers
from sources.city.population import MOBILE_PREFIXES, City, another_in_district, draw_newcomers
from sources.city.streams import Bools, Floats, Ints, choose, generator, uniform, whole

# What happens to people, and how likely it is on a day. A choice near the city's own past: those who left in two years,
# the dead of three, who moved house in a month, 8 marriages in 1000 people a year.
DIED, LEFT, EMIGRATED, SETTLED, MOVED = "died", "left", "emigrated", "settled", "moved"
MARRIED, WIDOWED, PHONE, JOB, NUMBER, RENAMED = "married", "widowed", "phone", "job", "number", "renamed"
BORN, ARRIVED = "born", "arrived"
_DEATHS_A_YEAR, _DEATHS_FROM_AGE, _DEATHS_GROW_BY = 0.00025, 25.0, 0.088  # Gompertz
_LEAVES = {"far": 0.0006, "near": 0.0006, "visitor": 0.03}  # households
_EMIGRATES = 0.00002
_SETTLES, _SETTLES_AFTER_YEARS = 0.0001, 5
_MOVES_FLOATING, _MOVES_REGISTERED = 0.0005, 0.00005
_MOVES_FAR = 0.2  # of them to anywhere in the city, the others within their district
_MARRIES, _MARRIAGEABLE_YEARS = 0.0008, (22, 46)
_ARRIVES = {"far": 0.0008, "near": 0.0008, "visitor": 0.0004}  # of the in-flow people who are here
_NEW_PHONE, _NEW_JOB, _NEW_NAME = 0.0005, 0.0005, 0.00001
_NEW_NUMBER, _NEW_NUMBER_OF_DUPLICATES = 0.00001, 0.01
_PRESENT = ["stay", "within", "far", "near", "visitor"]
_FLOATING = ("within", "far", "near")
_SEQUENCES, _SEQUENCE_STEP = 500, 137  # of 1000, odd for men; the step has no common factor with them
_LONG_NAME = 4  # from so many characters on a name is a transliterated one
_YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Day:
    """What happened on a day.

    `events`: person (position in the city's persons), kind. `changed`: the people it happened to, as they are at its
    end, newcomers too, in the columns of the city's persons. `cards`: person, number: of new cards.
    """

    number: int
    date: date
    events: pl.DataFrame
    changed: pl.DataFrame
    cards: pl.DataFrame


def live_a_day(
    city: City, papers: Papers, number: int, today: date, activity: float, expected: pl.DataFrame, wrong: float
) -> Day:
    """Draw what happens on a day.

    Args:
        city, papers: as they were the day before.
        number: of the day, from 1.
        activity: how many times as much happens as usually; children are born when they are due.
        expected: woman, due_on.
        wrong: how many times as many numbers are wrong, and corrected, as usually.
    """
    luck = _Luck(city.seed, number, activity)
    people = _People(city.persons, today)
    masks = _fates(papers, people, luck, wrong)
    couples = _couples(people, masks, luck)
    masks[MARRIED] = people.mask_of(couples.ravel())
    left_behind = people.spouse[masks[DIED]]
    masks[WIDOWED] = people.mask_of(left_behind[left_behind != NOBODY]) & ~masks[DIED]
    due = people.mask_of(expected.filter(pl.col("due_on") == today)["woman"].to_numpy())
    mothers = np.flatnonzero(due & people.is_here & ~masks[DIED] & ~masks[LEFT] & ~masks[EMIGRATED])
    masks[PHONE] = _reached_by_the_same(city.persons, masks[PHONE])
    at_ = np.flatnonzero(np.any(list(masks.values()), axis=0))
    partner = np.full(len(people.person), NOBODY, dtype=np.int64)
    partner[couples] = couples[:, ::-1]
    struck = city.persons[at_].with_columns(
        *(pl.Series(f"is_{kind}", mask[at_]) for kind, mask in masks.items()), pl.Series("partner", partner[at_])
    )
    struck = _lived(struck, city, papers, luck, today)
    born = _born(city, mothers, luck, today)
    arrived = _arrived(city, people, born, luck, today)
    events = [_events(np.flatnonzero(mask), kind) for kind, mask in masks.items()]
    events += [_events(frame["person"].to_numpy(), kind) for kind, frame in ((BORN, born), (ARRIVED, arrived))]
    columns = city.persons.columns
    return Day(
        number,
        today,
        pl.concat(events),
        pl.concat(frame.select(columns).cast(city.persons.schema) for frame in (struck, born, arrived)),
        struck.filter(f"is_{NUMBER}").select("person", pl.col("id_number").alias("number")),
    )


def after(city: City, papers: Papers, day: Day) -> tuple[City, Papers]:
    """The city and everybody's papers at the end of a day."""
    known = city.persons.height
    changed, new = (day.changed.filter((pl.col("person") >= known) == is_new) for is_new in (False, True))
    persons = pl.concat([_scattered(city.persons, changed), new])
    numbers = pl.concat([papers.number, new["id_number"]])
    nothing = {type_: pl.repeat(None, new.height, dtype=type_, eager=True) for type_ in (pl.String, pl.Date)}
    who, cards = day.cards["person"], day.cards["number"]
    is_duplicated = np.append(papers.is_duplicated, np.zeros(new.height, dtype=bool))
    is_duplicated[who.to_numpy()] = False
    return replace(city, persons=persons, date=day.date), Papers(
        number=numbers.scatter(who, cards) if len(who) else numbers,
        former=pl.concat([papers.former, nothing[pl.String]]).scatter(who, papers.number.gather(who)),
        former_birth=pl.concat([papers.former_birth, nothing[pl.Date]]).scatter(who, persons["birth_date"].gather(who)),
        is_duplicated=is_duplicated,
        relative=persons["relative"].to_numpy(),
        earlier_phone=persons["earlier_phone"],
    )


def _scattered(persons: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    if changed.is_empty():
        return persons
    return pl.DataFrame(
        [column.clone().scatter(changed["person"], changed[column.name]) for column in persons.iter_columns()]
    )


def _events(people: Ints, kind: str) -> pl.DataFrame:
    return pl.DataFrame({"person": people.astype(np.int64)}, schema={"person": pl.Int64}).with_columns(
        pl.lit(kind).alias("kind")
    )


@dataclass(frozen=True)
class _Luck:
    """The luck of one day, by person or household."""

    seed: int
    number: int
    activity: float

    def draw(self, name: str, entries: Ints) -> Floats:
        return uniform(self.seed, f"days.{self.number}.{name}", entries)

    def hit(self, name: str, entries: Ints, rate: Floats | float) -> Bools:
        return np.asarray(self.draw(name, entries) < rate * self.activity)

    def generator(self, name: str) -> np.random.Generator:
        return generator(self.seed, f"days.{self.number}.{name}")

    def count(self, name: str, expected: float) -> int:
        """A whole number that is right on average."""
        return int(np.floor(expected * self.activity + self.draw(name, np.zeros(1, dtype=np.int64))[0]))


class _People:
    """People as arrays, by position."""

    def __init__(self, persons: pl.DataFrame, today: date) -> None:
        self.person = persons["person"].to_numpy()
        self.household = persons["household"].to_numpy()
        self.spouse = persons["spouse"].to_numpy()
        self.is_alive = persons["died_on"].is_null().to_numpy()
        self.is_man = (persons["sex"] == "1").to_numpy()
        self.birth = persons["birth_date"].to_numpy()
        self.age = (np.datetime64(today) - self.birth).astype("timedelta64[D]").astype(np.float64) / _YEAR_DAYS
        self.is_single = persons["marital"].is_in(["10", "40"]).to_numpy() & (self.spouse == NOBODY)
        self.employer = persons["employer"].to_numpy()
        arrived_on = persons["arrived_on"].fill_null(today)
        self.stay = (np.datetime64(today) - arrived_on.to_numpy()).astype("timedelta64[D]").astype(np.float64)
        self._group = persons["group"]
        self.is_here = self.of(*_PRESENT) & persons["left_on"].is_null().to_numpy()

    def of(self, *groups: str) -> Bools:
        return np.asarray(self._group.is_in(list(groups)).to_numpy())

    def together(self, *groups: str) -> Bools:
        """Who is here and lives with people of these groups only."""
        wanted = self.of(*groups) & self.is_here
        mixed = self._households(self.is_alive & ~wanted)
        return np.asarray(wanted & ~mixed[self.household])

    def with_all_at_home(self, mask: Bools) -> Bools:
        """Everyone of the households in which somebody is."""
        return np.asarray(self._households(mask)[self.household])

    def mask_of(self, positions: Ints) -> Bools:
        mask = np.zeros(len(self.person), dtype=bool)
        mask[positions] = True
        return mask

    def _households(self, mask: Bools) -> Bools:
        found = np.zeros(int(self.household.max()) + 1, dtype=bool)
        found[self.household[mask]] = True
        return found


def _fates(papers: Papers, people: _People, luck: _Luck, wrong: float) -> dict[str, Bools]:
    """Who is struck by what. Nobody dies, leaves, settles or moves house on the same day as another of these."""
    person, household = people.person, people.household
    yearly = _DEATHS_A_YEAR * np.exp(_DEATHS_GROW_BY * (people.age - _DEATHS_FROM_AGE))
    died = (people.is_here | (people.of("out") & people.is_alive)) & luck.hit(DIED, person, yearly / _YEAR_DAYS)
    free = people.is_here & ~people.with_all_at_home(died)
    left = np.zeros(len(person), dtype=bool)
    for group, rate in _LEAVES.items():
        left |= free & people.together(group) & luck.hit(LEFT, household, rate)
    emigrated = free & people.together("stay") & luck.hit(EMIGRATED, household, _EMIGRATES)
    free &= ~left & ~emigrated
    long_here = people.with_all_at_home(people.stay > _SETTLES_AFTER_YEARS * _YEAR_DAYS)
    settled = free & long_here & people.together("far", "near") & luck.hit(SETTLED, household, _SETTLES)
    free &= ~settled
    moved = free & people.together(*_FLOATING) & luck.hit(MOVED, household, _MOVES_FLOATING)
    moved |= free & people.together("stay") & luck.hit(MOVED, household, _MOVES_REGISTERED)
    stays = people.is_here & ~died & ~left & ~emigrated
    wrong_numbers = wrong * np.where(papers.is_duplicated, _NEW_NUMBER_OF_DUPLICATES, _NEW_NUMBER)
    number = luck.hit(NUMBER, person, wrong_numbers)
    return {
        DIED: died,
        LEFT: left,
        EMIGRATED: emigrated,
        SETTLED: settled,
        MOVED: moved,
        PHONE: stays & luck.hit(PHONE, person, _NEW_PHONE),
        JOB: stays & (people.employer >= 0) & luck.hit(JOB, person, _NEW_JOB),
        NUMBER: stays & number & papers.former.is_null().to_numpy(),
        RENAMED: stays & luck.hit(RENAMED, person, _NEW_NAME),
    }


def _couples(people: _People, masks: dict[str, Bools], luck: _Luck) -> Ints:
    """Pairs of one man and one woman who marry: those of an age."""
    young, old = _MARRIAGEABLE_YEARS
    busy = masks[DIED] | masks[LEFT] | masks[EMIGRATED] | masks[SETTLED] | masks[MOVED]
    free = people.is_here & people.is_single & (people.age >= young) & (people.age < old) & ~busy
    free &= people.of("stay", "far", "near") & luck.hit(MARRIED, people.person, _MARRIES)
    men, women = np.flatnonzero(free & people.is_man), np.flatnonzero(free & ~people.is_man)
    n = min(len(men), len(women))
    sides = [one[np.argsort(people.birth[one], kind="stable")][:n] for one in (men, women)]
    return np.stack(sides, axis=1).astype(np.int64)


def _reached_by_the_same(persons: pl.DataFrame, owners: Bools) -> Bools:
    """Those whose phone changes, and who in their households is reached by the same."""
    phones = persons.select("household", "phone")
    changed = phones.filter(pl.Series(owners)).unique()
    at_home = phones.with_row_index("at").filter(pl.col("household").is_in(changed["household"].unique().implode()))
    mask = owners.copy()
    mask[at_home.join(changed, on=["household", "phone"], how="semi")["at"].to_numpy()] = True
    return mask


def _lived(rows: pl.DataFrame, city: City, papers: Papers, luck: _Luck, today: date) -> pl.DataFrame:
    """People as they are at the end of the day.

    Args:
        rows: of the city's persons, with `is_<kind>` for what happened and `partner`.
    """
    person, household = rows["person"].to_numpy(), rows["household"].to_numpy()
    places = city.places
    community = rows["community"].to_numpy()
    near = another_in_district(luck.draw("moved.near", household), community, places)
    anywhere = whole(luck.draw("moved.where", household), places.communities.height)
    elsewhere = np.where(luck.draw("moved.far", household) < _MOVES_FAR, anywhere, near)
    destination = choose(luck.draw("destination", household), places.origins["weight"].to_numpy())
    employer = city.employers.pick(rows["industry"].to_numpy(), luck.draw("employer", person))
    rows = rows.with_columns(
        _new_phones(rows, luck).alias("new_phone"),
        pl.Series("new_community", elsewhere),
        pl.Series("new_destination", destination),
        pl.Series("new_employer", np.where(employer >= 0, employer, rows["employer"].to_numpy())),
        _new_numbers(rows, city, papers, luck).alias("new_number"),
        _new_names(rows, luck).alias("new_name"),
        pl.lit(today).alias("today"),
    )
    died, left, emigrated, settled = (pl.col(f"is_{kind}") for kind in (DIED, LEFT, EMIGRATED, SETTLED))
    moved, married, widowed = (pl.col(f"is_{kind}") for kind in (MOVED, MARRIED, WIDOWED))
    goes = left | emigrated
    code = pl.Series(at(places.communities["community"], community))
    origin = pl.Series(at(places.origins["code"] + "000000", destination))
    nobody = pl.lit(NOBODY, pl.Int64)

    def when(condition: pl.Expr, to: pl.Expr | str, column: str) -> pl.Expr:
        return pl.when(condition).then(to).otherwise(column).alias(column)

    registered = pl.col("home") >= 0
    rows = rows.with_columns(
        pl.when(died & registered)
        .then(pl.lit("died"))
        .when(died)
        .then(pl.lit("died_away"))
        .when(left)
        .then(pl.lit("left"))
        .when(emigrated)
        .then(pl.lit("emigrated"))
        .when(settled)
        .then(pl.lit("stay"))
        .otherwise("group")
        .alias("group"),
        when(died | goes, "today", "left_on"),
        when(died, "today", "died_on"),
        when(goes, "new_destination", "destination"),
        pl.when(emigrated).then(origin).when(settled).then(code).otherwise("hukou_division").alias("hukou_division"),
        when(settled, "today", "hukou_since"),
        when(settled, "origin", "hukou_from"),
        when(settled, "community", "home"),
        when(settled, nobody, "origin"),
        when(settled, pl.lit(None, pl.Date), "arrived_on"),
        when(settled, pl.lit(None, pl.String), "reason"),
        when(moved, "community", "previous_community"),
        when(moved, "today", "moved_house_on"),
        pl.when(married).then("partner").when(died | widowed).then(nobody).otherwise("spouse").alias("spouse"),
        pl.when(married).then(pl.lit("20")).when(widowed).then(pl.lit("30")).otherwise("marital").alias("marital"),
        when(married, "today", "married_on"),
        when(pl.col(f"is_{PHONE}"), "phone", "earlier_phone"),
        when(pl.col(f"is_{PHONE}"), "new_phone", "phone"),
        when(pl.col(f"is_{JOB}"), "new_employer", "employer"),
        when(pl.col(f"is_{NUMBER}"), "new_number", "id_number"),
        when(pl.col(f"is_{RENAMED}"), "new_name", "name"),
        pl.when(moved).then("new_community").when(emigrated).then(nobody).otherwise("community").alias("community"),
    )
    lives = at(places.communities["community"], rows["community"].to_numpy())
    return rows.with_columns(pl.when(pl.col("left_on").is_null()).then(lives).alias("division_code"))


def _new_phones(rows: pl.DataFrame, luck: _Luck) -> pl.Series:
    """Another mobile number for each phone: who shared one shares the next."""
    old = rows["phone"].str.slice(-8).cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    prefix = texts(np.array(MOBILE_PREFIXES, dtype=object)[whole(luck.draw("phone.prefix", old), len(MOBILE_PREFIXES))])
    rest = pl.Series(whole(luck.draw("phone.rest", old), 10**8)).cast(pl.String).str.zfill(8)
    return prefix + rest


def _new_numbers(rows: pl.DataFrame, city: City, papers: Papers, luck: _Luck) -> pl.Series:
    """What the new card names: who was given another's number gets their own, others one with another sequence."""
    card = papers.number.gather(rows["person"])
    own = rows["id_number"].str.slice(0, 14)
    asks = rows[f"is_{NUMBER}"]
    new = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    at_ = asks.arg_true()
    if len(at_):
        drawn = luck.draw("number.new", rows["person"].gather(at_).to_numpy())
        new = new.scatter(
            at_, _free_numbers(own.gather(at_), rows["sex"].gather(at_), drawn, city.persons["id_number"])
        )
    return rows.select(pl.when(card != rows["id_number"]).then("id_number").otherwise(new)).to_series()


def _free_numbers(fourteen: pl.Series, sex: pl.Series, draw: Floats, taken: pl.Series) -> pl.Series:
    """Numbers that nobody has, for area and birth date (14 digits) and sex."""
    taken = taken.filter(taken.str.slice(0, 14).is_in(fourteen.unique().implode()))
    number = pl.repeat(None, len(fourteen), dtype=pl.String, eager=True)
    wanted = np.arange(len(fourteen))
    sequence = whole(draw, _SEQUENCES)
    for _ in range(_SEQUENCES):
        code = pl.Series(sequence[wanted] * 2) + (sex.gather(wanted) == "1").cast(pl.Int64)
        tried = with_check_digit((fourteen.gather(wanted) + code.cast(pl.String).str.zfill(3)).alias("seventeen"))
        number = number.scatter(wanted, tried)
        others = number.is_first_distinct()
        wanted = np.flatnonzero((number.is_in(taken.implode()) | ~others).to_numpy())
        if not len(wanted):
            break
        sequence[wanted] = (sequence[wanted] + _SEQUENCE_STEP) % _SEQUENCES
    return number


def _new_names(rows: pl.DataFrame, luck: _Luck) -> pl.Series:
    year = rows["birth_date"].dt.year().to_numpy().astype(np.int64)
    return _given_after(rows["name"], rows["sex"], year, rows["ethnicity"], luck.generator("names.new"))


def _given_after(
    elder: pl.Series, sex: pl.Series, year: Ints, ethnicity: pl.Series, rng: np.random.Generator
) -> pl.Series:
    """Names with the surname of others (a name each); after transliterated names another of those."""
    sexes = sex.cast(pl.Int64).to_numpy()
    compound = names.compound_surnames()
    surname = pl.select(
        pl.when(elder.str.slice(0, 2).is_in(compound)).then(elder.str.slice(0, 2)).otherwise(elder.str.slice(0, 1))
    ).to_series()
    given = texts(names.draw_given_names(rng, sexes, year, ethnicity))
    whole_names = texts(names.draw_mongolian_names(rng, sexes))
    is_long = (elder.str.len_chars() >= _LONG_NAME) & (ethnicity == names.MONGOL)
    return pl.select(pl.when(is_long).then(whole_names).otherwise(surname + given)).to_series()


def _born(city: City, mothers: Ints, luck: _Luck, today: date) -> pl.DataFrame:
    """The children of a day, one a mother."""
    n, persons = len(mothers), city.persons
    of = persons[mothers]
    father = of["spouse"].to_numpy()  # who was widowed lately has none
    elder = at(persons["name"], father).fill_null(of["name"])
    sex = texts(np.where(luck.draw("born.sex", mothers) < fam.BOY_SHARE, "1", "2").astype(object))
    ethnicity = pl.select(
        pl.when(of["ethnicity"] == names.HAN)
        .then(at(persons["ethnicity"], father).fill_null(names.HAN))
        .otherwise(of["ethnicity"])
    ).to_series()
    born = pl.repeat(today, n, dtype=pl.Date, eager=True)
    name = _given_after(elder, sex, np.full(n, today.year), ethnicity, luck.generator("born.names"))
    home = at(city.places.communities["id_area"], of["home"].to_numpy())
    fourteen = at(city.places.origins["code"], of["origin"].to_numpy()).fill_null(home) + f"{today:%Y%m%d}"
    number = _free_numbers(fourteen, sex, luck.draw("born.number", mothers), persons["id_number"])
    siblings = persons.filter(pl.col("mother").is_in(pl.Series(mothers).implode())).group_by("mother").len("siblings")
    place = of.select("person").join(siblings, left_on="person", right_on="mother", how="left", maintain_order="left")
    nobody = pl.lit(NOBODY, pl.Int64)
    floats = pl.col("group") != "stay"
    return of.with_columns(
        pl.Series("person", persons.height + np.arange(n)),
        (place["siblings"].fill_null(0).clip(0, len(fam.CHILDREN) - 1).cast(pl.Int64) + fam.CHILD_1).alias("place"),
        pl.Series("mother", mothers),
        pl.Series("father", father),
        pl.Series("relative", mothers),
        *(nobody.alias(column) for column in ("spouse", "previous_community", "destination", "hukou_from", "employer")),
        *(pl.lit(None, pl.Date).alias(column) for column in ("hukou_since", "moved_house_on", "married_on")),
        *(pl.lit(None, pl.String).alias(column) for column in ("education", "industry")),
        name.alias("name"),
        sex.alias("sex"),
        born.alias("birth_date"),
        number.alias("id_number"),
        ethnicity.alias("ethnicity"),
        pl.lit("10").alias("marital"),
        pl.when(floats).then(born).alias("arrived_on"),
        pl.when(floats).then(pl.lit("follow")).alias("reason"),
    )


def _arrived(city: City, people: _People, born: pl.DataFrame, luck: _Luck, today: date) -> pl.DataFrame:
    """The newcomers of a day."""
    in_flow = int((people.of("far", "near") & people.is_here).sum())
    wanted = {group: luck.count(f"arrived.{group}", rate * in_flow) for group, rate in _ARRIVES.items()}
    if not sum(wanted.values()):
        return city.persons.clear()
    # A seed for each day, far from those that people give.
    seed = int(luck.draw("arrived", np.zeros(1, dtype=np.int64))[0] * 2**53)
    new = draw_newcomers(wanted, seed, today, city)
    first = city.persons.height + born.height
    taken = pl.concat([city.persons["id_number"], born["id_number"]])
    draw = luck.draw("arrived.number", new["person"].to_numpy())
    relations = ("spouse", "father", "mother", "relative")
    return new.with_columns(
        pl.col("person") + first,
        *(pl.when(pl.col(name) >= 0).then(pl.col(name) + first).otherwise(NOBODY).alias(name) for name in relations),
        pl.col("household") + int(people.household.max()) + 1,
        _free_numbers(new["id_number"].str.slice(0, 14), new["sex"], draw, taken).alias("id_number"),
    ).with_columns(
        *(
            pl.lit(None, city.persons.schema[name]).alias(name)
            for name in city.persons.columns
            if name not in new.columns
        )
    )
