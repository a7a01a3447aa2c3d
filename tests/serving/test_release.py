"""What a whole library releases, attacked with nothing but its published CSV files."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from sources.warehouse import open_warehouse
from tests.conftest import BuiltCity

COUNTS = {
    "population": ("people", "floating", "floating_in_city", "registered", "resident"),
    "service_coverage": ("entitled", "covered"),
    "missing_record": ("expected", "missing"),
}
WHOLES = {
    "floating": "people",
    "resident": "people",
    "floating_in_city": "floating",
    "covered": "entitled",
    "missing": "expected",
}
SMALLEST_SHOWN = 10
TRIED = 30
Name = tuple[str, ...]
# What counts, each times its number, add up to: 0, or at most 0.
Terms = dict[Name, float]


def read(folder: Path) -> tuple[dict[Name, int], set[Name]]:
    """The newest month's counts that are shown, by what they are, and the names of those left out."""
    shown: dict[Name, int] = {}
    hidden: set[Name] = set()
    for table, counts in COUNTS.items():
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        newest = max(row["period"] for row in rows)
        for row in rows:
            if row["period"] == newest:
                for count in counts:
                    name = (row["division_code"], *subject(table, row), count)
                    if row[count]:
                        shown[name] = int(row[count])
                    elif count in row["hidden"].split(","):
                        hidden.add(name)
    return shown, hidden


def subject(table: str, row: dict[str, str]) -> tuple[str, str, str]:
    if table == "population":
        return row["dimension_set"], row["dim_1"], row["dim_2"]
    if table == "service_coverage":
        return "service", row["service"], row["population_group"]
    return "record", row["rule_id"], ""


def parent(code: str) -> str:
    return code[:4] + "0" * 8 if code[6:] == "0" * 6 else code[:6] + "0" * 6


def sums(names: set[Name]) -> Iterator[tuple[Name, list[Name], bool]]:
    """(whole, parts, whether they are all of it): what anybody knows of these tables."""
    groups: dict[tuple[Name, bool], list[Name]] = {}
    for name in sorted(names):
        code, kind, one, two, count = name
        if code[4:] != "0" * 8:
            groups.setdefault(((parent(code), kind, one, two, count), True), []).append(name)
        if kind not in ("total", "service", "record"):
            groups.setdefault(((code, "total", "", "", count), True), []).append((*name[:1], "/" + kind, *name[2:]))
        whole = (code, kind, one, two, WHOLES.get(count, ""))
        if whole in names:
            yield whole, [name], False
    split: dict[tuple[Name, str], list[Name]] = {}
    for (whole, _), parts in groups.items():
        for part in parts:
            kind = part[1] if part[1].startswith("/") else ""
            split.setdefault((whole, kind), []).append((part[0], part[1].lstrip("/"), *part[2:]))
    for (whole, _), parts in split.items():
        if whole in names:
            yield whole, parts, True
    for code in sorted({name[0] for name in names if name[0][6:] == "0" * 6}):
        yield (
            (code, "service", "health_record", "floating", "entitled"),
            [(code, "stay_band", band, "", "floating") for band in ("6m_5y", "over_5y")],
            True,
        )
        # who has a health record due is a resident
        yield (
            (code, "total", "", "", "resident"),
            [(code, "service", "health_record", group, "entitled") for group in ("floating", "registered")],
            False,
        )


# Who is entitled or expected by age or sex, and among whom that is: first and last band, sexes, whether floating.
BY_AGE = {
    ("service", "permit", "floating", "entitled"): ("15-19", "85+", "0129", True),
    ("record", "record_temporary_residence", "", "expected"): ("15-19", "85+", "0129", True),
    ("record", "record_padis_case", "", "expected"): ("15-19", "45-49", "0129", True),
    ("record", "record_immunization_card", "", "expected"): ("00-04", "05-09", "0129", None),
    ("service", "schooling", "floating", "entitled"): ("05-09", "15-19", "0129", True),
    ("service", "schooling", "registered", "entitled"): ("05-09", "15-19", "0129", False),
    ("service", "maternal_care", "floating", "entitled"): ("00-04", "unknown", "2", True),
    ("service", "maternal_care", "registered", "entitled"): ("00-04", "unknown", "2", False),
}


def by_age(names: set[Name]) -> Iterator[Terms]:
    for code in sorted({name[0] for name in names}):
        for part, (first, last, sexes, is_floating) in BY_AGE.items():
            bands = [
                name[1:4]
                for name in sorted(names)
                if (name[0], name[1], name[4]) == (code, "sex_age", "people")
                if name[2] in sexes and first <= name[3] <= last
            ]
            if bands and (code, *part) in names:
                terms = {(code, *part): 1.0}
                if is_floating is not True:
                    terms |= {(code, *band, "people"): -1.0 for band in bands}
                if is_floating is not None:
                    terms |= {(code, *band, "floating"): -1.0 if is_floating else 1.0 for band in bands}
                yield terms


class Attack:
    """The least and the most that a count can be, by all that is known of the rest."""

    def __init__(self, shown: dict[Name, int], hidden: set[Name]) -> None:
        names = sorted({*shown} | hidden)
        self.place = {name: number for number, name in enumerate(names)}
        self.bounds = [(shown.get(name, 0), shown.get(name)) for name in names]
        self.equal: list[Terms] = []
        self.less: list[Terms] = list(by_age(set(names)))
        for whole, parts, is_all in sums(set(names)):
            if whole in self.place and all(part in self.place for part in parts):
                (self.equal if is_all else self.less).append({whole: -1.0} | dict.fromkeys(parts, 1.0))

    def matrix(self, relations: list[Terms]) -> csr_matrix:
        entries = [(row, self.place[name], sign) for row, terms in enumerate(relations) for name, sign in terms.items()]
        rows, columns, signs = map(np.array, zip(*entries, strict=True))
        return csr_matrix((signs, (rows, columns)), shape=(len(relations), len(self.place)))

    def ends(self, target: Name) -> tuple[float, float]:
        found = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(self.place))
            goal[self.place[target]] = sign
            answer = linprog(
                goal,
                A_eq=self.matrix(self.equal),
                b_eq=np.zeros(len(self.equal)),
                A_ub=self.matrix(self.less),
                b_ub=np.zeros(len(self.less)),
                bounds=self.bounds,
                method="highs",
            )
            assert answer.status in (0, 3), answer.message
            found.append(sign * answer.fun if answer.status == 0 else sign * -np.inf)
        return found[0], found[1]


@pytest.fixture(scope="module")
def released(built_city: BuiltCity) -> tuple[dict[Name, int], set[Name]]:
    return read(built_city.workdir.current / "release")


def test_no_small_count_is_shown_and_some_counts_are(released: tuple[dict[Name, int], set[Name]]) -> None:
    shown, hidden = released
    assert min(shown.values()) >= SMALLEST_SHOWN
    assert len(shown) > 200 and hidden
    assert {name[1] for name in shown} >= {"total", "sex_age", "service", "record"}


def test_a_sample_of_the_counts_left_out_cannot_be_worked_out(released: tuple[dict[Name, int], set[Name]]) -> None:
    shown, hidden = released
    attack = Attack(shown, hidden)
    for name in random.Random(20141031).sample(sorted(hidden), TRIED):
        low, high = attack.ends(name)
        assert high - low >= SMALLEST_SHOWN - 1e-6, (name, low, high)


def test_the_attack_works_out_counts_where_only_the_small_ones_are_left_out(built_city: BuiltCity) -> None:
    with open_warehouse(built_city.workdir, read_only=True) as connection:
        rows = connection.execute(
            "SELECT division_code, dimension_set, dim_1, dim_2, measure, people FROM release.int_release__cells "
            "WHERE is_listed AND period = (SELECT max(period) FROM release.int_release__cells) ORDER BY cell"
        ).fetchall()
    shown = {tuple(name): people for *name, people in rows if people >= SMALLEST_SHOWN}
    hidden = {tuple(name) for *name, people in rows if people < SMALLEST_SHOWN}
    truth = {tuple(name): people for *name, people in rows}
    attack = Attack(shown, hidden)
    ends = {name: attack.ends(name) for name in random.Random(20141031).sample(sorted(hidden), TRIED)}
    worked_out = [name for name, (low, high) in ends.items() if high - low < SMALLEST_SHOWN - 1]
    pinned = [name for name in worked_out if ends[name] == pytest.approx((truth[name], truth[name]))]
    assert worked_out and pinned


def test_who_is_entitled_by_age_is_held_against_the_people_of_these_ages(built_city: BuiltCity) -> None:
    """Inclusions are not found, as sums are, and one that did not hold in the data would be dropped: all of them do."""
    with open_warehouse(built_city.workdir, read_only=True) as connection:
        held = connection.execute(
            "SELECT DISTINCT dimension_set, dim_1, dim_2, measure FROM release.int_release__nested "
            "WHERE whole_set = 'ages'"
        ).fetchall()
    assert set(held) == set(BY_AGE)


SUBJECT = ["dimension_set", "dim_1", "dim_2", "measure"]
# Of ethnicity there are no communities: its categories make up the total as those of every set do.
WITHOUT_COMMUNITIES = "ethnicity"
COUNTED = """
    SELECT division_code, dimension_set, coalesce(dim_1, '') AS dim_1, coalesce(dim_2, '') AS dim_2, measure, people
    FROM (UNPIVOT marts.mart_population ON {population} INTO NAME measure VALUE people)
    WHERE level = 'community' AND period = $newest
    UNION ALL
    SELECT division_code, 'service', service, population_group, measure, people
    FROM (UNPIVOT marts.mart_service_coverage ON entitled, covered INTO NAME measure VALUE people)
    WHERE level = 'community' AND period = $newest
    UNION ALL
    SELECT division_code, 'record', rule_id, '', measure, people
    FROM (UNPIVOT marts.mart_missing_record ON expected, missing INTO NAME measure VALUE people)
    WHERE level = 'community' AND period = $newest
"""


@dataclass(frozen=True)
class Relations:
    """What is released of the city, by what it is (subjects, the listed first), and how it hangs together.

    `counts`: communities by listed subjects; `sums`: by their kind, sums by subjects, each times the city's counts 0;
    `nobody`: the subjects, rests too, that nobody in the city is.
    """

    subjects: list[Name]
    counts: npt.NDArray[np.float64]
    sums: dict[str, npt.NDArray[np.float64]]
    nobody: list[int]

    def known(self, without: str = "") -> int:
        """How many sums of listed counts follow from those that are written down, but for one kind of them."""
        rows = [vector for kind, vectors in self.sums.items() if kind != without for vector in vectors]
        matrix = np.vstack([*rows, np.eye(len(self.subjects))[self.nobody]])
        listed = self.counts.shape[1]
        return int(np.linalg.matrix_rank(matrix) - np.linalg.matrix_rank(matrix[:, listed:]))

    def found(self) -> int:
        """How many sums of listed counts hold in every single community."""
        return int(self.counts.shape[1] - np.linalg.matrix_rank(self.counts))


@pytest.fixture(scope="module")
def relations(built_city: BuiltCity) -> Relations:
    with open_warehouse(built_city.workdir, read_only=True) as connection:
        (newest,) = connection.execute("SELECT max(period) FROM release.int_release__cells").fetchall()[0]
        cells = connection.execute(
            "FROM release.int_release__cells WHERE level = 'city' AND period = $newest AND dimension_set <> $without "
            "ORDER BY is_listed DESC, cell",
            {"newest": newest, "without": WITHOUT_COMMUNITIES},
        ).pl()
        sums = connection.execute(
            "FROM release.int_release__sums WHERE kind NOT IN ('division', 'set/' || $without) ORDER BY ALL",
            {"without": WITHOUT_COMMUNITIES},
        ).pl()
        query = COUNTED.format(population=", ".join(COUNTS["population"]))
        counted = connection.execute(query, {"newest": newest}).pl()
    places = cells.with_row_index("place")
    listed = places.filter("is_listed")
    areas = counted.select("division_code").unique().sort("division_code").with_row_index("area")
    entries = counted.join(listed.select("place", *SUBJECT), on=SUBJECT).join(areas, on="division_code")
    counts = np.zeros((areas.height, listed.height))
    counts[entries["area"].to_numpy(), entries["place"].to_numpy()] = entries["people"].cast(pl.Float64).to_numpy()
    assert (counts.sum(axis=0) == listed["people"].to_numpy()).all(), "a released count is in no mart by community"
    place = dict(zip(places["cell"], places["place"], strict=True))
    vectors: dict[tuple[str, int], npt.NDArray[np.float64]] = {}
    for kind, whole, part in sums.select("kind", "whole", "part").iter_rows():
        if whole in place:
            vector = vectors.setdefault((kind, whole), -np.eye(cells.height)[place[whole]])
            vector[place[part]] += 1
    by_kind: dict[str, npt.NDArray[np.float64]] = {
        kind: np.array([vector for (its, _), vector in vectors.items() if its == kind]) for kind, _ in vectors
    }
    nobody = places.filter(pl.col("people") == 0)["place"].to_list()
    return Relations(cells.select(SUBJECT).rows(), counts, by_kind, nobody)


def test_every_sum_that_holds_in_each_community_is_among_those_that_counts_are_protected_by(
    relations: Relations,
) -> None:
    """A table, set, group or column that is released later, and adds up with others, is found here until its sums are
    written down: what adds up by definition adds up in every community."""
    city = relations.counts.sum(axis=0)
    assert len(relations.counts) > 3 * len(city), "too few communities to tell"
    assert relations.found() == relations.known()


def test_a_sum_that_is_not_written_down_is_found(relations: Relations) -> None:
    telling = [kind for kind in relations.sums if relations.known(without=kind) < relations.found()]
    assert {"set/sex_age", "set/stay_band", "heading/half_a_year", "heading/from_the_region"} <= set(telling)
