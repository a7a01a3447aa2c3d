"""How far the estimates of the unseen may be trusted: simulated populations whose size is known.

    python -m tests.campaigns.unseen --runs 400 --write

A scenario says how people come onto four lists, and what linkage and lists get wrong; each run draws its people anew,
and estimates those on no list by the library's two methods. Of 400 intervals of 95%, at least 370 must hold the truth
where what the method assumes is so; elsewhere the table says how wrong it gets. `--write` puts the table into
docs/unseen.md, between its markers. It takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from serving.capture import Counts, Floats, Pair, Unseen, estimate_chapman, estimate_log_linear
from serving.estimates import ALL, CHAPMAN, LEAST_PEOPLE, LISTS, LOG_LINEAR, VISITS, estimate_unseen
from tests.campaigns.command import ROOT, write_page

Bools = npt.NDArray[np.bool_]

PAGE = ROOT / "docs" / "unseen.md"
METHODS = (LOG_LINEAR, CHAPMAN)
RUNS = 400
SEED = 20141031
# Of 400 intervals of 95% each, 380 are expected to hold; fewer than 370 are one case in fifty by luck alone.
BAR = 370 / 400

# A group of middling size, of whom 5% are on no list.
PEOPLE = 5_000
# The smallest that is estimated by itself: LEAST_PEOPLE known.
FEWEST_PEOPLE = round(LEAST_PEOPLE / 0.95)
CHANCES = (0.55, 0.5, 0.6, 0.45)
_POLICE, _FAMILY_PLANNING, _GRID, _CLINIC = range(len(LISTS))
_VISITS = LISTS.index(VISITS)


@dataclass(frozen=True)
class Scenario:
    """How a group's people come onto lists, and what goes wrong then.

    Attributes:
        assumed: by which methods all of it is assumed.
        odds: for pairs of lists, how many times the odds of being on one are those of others for who is on the other.
        spread: standard deviation, among people, of the log-odds of being on any list.
        hidden: share of people who are on each list with a tenth of the others' odds.
        missed: share of the records of people on several lists that are taken for another person's.
        wrong: share of the people found who are taken for somebody else who was found.
        gone: people who are no longer there and still on lists, to one listed who is.
        people: of the group.
    """

    name: str
    assumed: tuple[str, ...] = ()
    odds: tuple[tuple[Pair, float], ...] = ()
    spread: float = 0.0
    hidden: float = 0.0
    missed: float = 0.0
    wrong: float = 0.0
    gone: float = 0.0
    people: int = PEOPLE


_EVERY_PAIR = tuple(itertools.combinations(range(len(LISTS)), 2))
SCENARIOS = (
    Scenario("各名单独立 lists independent", METHODS),
    Scenario("警方与网格相关，比值比 2 police and grid depend, odds 2", (LOG_LINEAR,), (((_POLICE, _GRID), 2),)),
    Scenario("警方与网格相关，比值比 4 police and grid depend, odds 4", (LOG_LINEAR,), (((_POLICE, _GRID), 4),)),
    Scenario(
        "每两个名单都相关，比值比 2 every pair depends, odds 2", (LOG_LINEAR,), tuple((p, 2) for p in _EVERY_PAIR)
    ),
    Scenario("最小的组，各名单独立 the smallest group, lists independent", METHODS, people=FEWEST_PEOPLE),
    Scenario(
        "最小的组，警方与网格相关，比值比 2 the smallest group, police and grid depend, odds 2",
        (LOG_LINEAR,),
        (((_POLICE, _GRID), 2),),
        people=FEWEST_PEOPLE,
    ),
    Scenario("组内个体差异 0.5 people differ within the group, log-odds by 0.5", spread=0.5),
    Scenario("组内个体差异 1.0 people differ within the group, log-odds by 1.0", spread=1.0),
    Scenario("一成的人难以被任何部门找到 a tenth are hard to find for all", hidden=0.1),
    Scenario("漏链 1% missed links", missed=0.01),
    Scenario("漏链 3% missed links", missed=0.03),
    Scenario("误链 0.2% wrong links", wrong=0.002),
    Scenario("已离开而仍在册 2% gone and still listed", gone=0.02),
)


@dataclass(frozen=True)
class Result:
    """What the runs of one scenario gave by one method: of the unseen, persons, and of everybody, a share.

    `everybody`: how far those found and the estimate together are from all people, one a run.
    """

    scenario: str
    method: str
    is_assumed: bool
    truth: Floats
    people: Floats
    low: Floats
    high: Floats
    everybody: Floats | None = None

    @property
    def held(self) -> int:
        """In how many runs the interval holds the truth."""
        return int(((self.low <= self.truth) & (self.truth <= self.high)).sum())

    @property
    def runs(self) -> int:
        return len(self.truth)

    @property
    def is_short(self) -> bool:
        """Whether it holds the truth less often than it must."""
        return self.is_assumed and self.held < BAR * self.runs


def people_on_lists(scenario: Scenario, random: np.random.Generator) -> Bools:
    """Who is on which list, one person a row, a list a column."""
    people = scenario.people
    log_odds = np.log(CHANCES) - np.log1p(-np.array(CHANCES))
    if scenario.odds:
        every = np.array(list(itertools.product([False, True], repeat=len(LISTS))))
        logs = every @ log_odds + sum(np.log(odds) * every[:, a] * every[:, b] for (a, b), odds in scenario.odds)
        # as many on each list, about, as without
        logs -= every.sum(axis=1) * np.log([odds for _, odds in scenario.odds]).sum() / len(LISTS)
        return np.asarray(every[random.choice(len(every), size=people, p=np.exp(logs) / np.exp(logs).sum())])
    ease = random.normal(0, scenario.spread, people) - np.log(10) * (random.random(people) < scenario.hidden)
    return np.asarray(random.random((people, len(LISTS))) < 1 / (1 + np.exp(-(log_odds + ease[:, None]))))


def people_found(on: Bools, scenario: Scenario, random: np.random.Generator) -> Bools:
    """Who is found on which list once records have been linked, one a row."""
    listed = on[on.any(axis=1)]
    gone = listed[random.random(len(listed)) < scenario.gone]
    listed = np.concatenate([listed, gone])
    apart = (random.random(listed.shape) < scenario.missed) & listed & (listed.sum(axis=1, keepdims=True) > 1)
    alone = np.eye(len(LISTS), dtype=bool)[np.nonzero(apart)[1]]
    found = np.concatenate([listed & ~apart, alone])
    found = found[found.any(axis=1)]
    lost = random.permutation(len(found))[: random.binomial(len(found), scenario.wrong)]
    taken_for = (lost + 1 + random.integers(len(found) - 1, size=len(lost))) % len(found)
    np.logical_or.at(found, taken_for, found[lost])
    return np.delete(found, lost, axis=0)


def counts_of(found: Bools) -> Counts:
    """People by history, in the order of `serving.capture.histories`."""
    place = found @ (1 << np.arange(len(LISTS))[::-1])
    return np.bincount(place, minlength=1 << len(LISTS))[1:]


def estimate(found: Bools, method: str, random: np.random.Generator) -> Unseen:
    """The estimate of those on no list, as the library makes it of one group."""
    if method == LOG_LINEAR:
        return estimate_log_linear(counts_of(found), random)
    visited, recorded = found[:, _VISITS], np.delete(found, _VISITS, axis=1).any(axis=1)
    both = int((visited & recorded).sum())
    return estimate_chapman(int(visited.sum()) - both, int(recorded.sum()) - both, both, random)


def run_scenario(scenario: Scenario, runs: int) -> list[Result]:
    """A scenario by each method."""
    random = np.random.default_rng([SEED, *scenario.name.encode()])
    truth = np.zeros(runs)
    of_method = {method: np.zeros((runs, 4)) for method in METHODS}
    for run in range(runs):
        on = people_on_lists(scenario, random)
        found = people_found(on, scenario, random)
        truth[run] = len(on) - on.any(axis=1).sum()
        for method, figures in of_method.items():
            estimated = estimate(found, method, random)
            low, high = np.percentile(estimated.replicates, [2.5, 97.5])
            everybody = (len(found) + estimated.people) / len(on) - 1
            figures[run] = estimated.people, max(low, 0), max(high, 0), everybody
    return [
        Result(scenario.name, method, method in scenario.assumed, truth, *figures.T)
        for method, figures in of_method.items()
    ]


# A city of two districts. Of the large one each group is estimated by itself, the small one shares the rates of the
# city's; women, people of 50 and more and who came lately are on fewer lists. People are of 2 bands of age in a group.
CITY, LARGE, SMALL = "150200000000", "150203000000", "150206000000"
DISTRICTS = {LARGE: 1_600, SMALL: 160}
AGE_BANDS = (("20-24", "40-44"), ("50-54", "70-74"))
POT = "同一城市，不分组 the same city, not told apart"
_ROWS = {
    "全市 the city": (CITY, ALL, ALL),
    "小区，并组 the small district, pooled": (SMALL, ALL, ALL),
    "大区一性别一年龄段 an age band of one sex in the large district": (LARGE, "2", "40-44"),
    "小区一年龄段，并组 an age band in the small district, pooled": (SMALL, ALL, "40-44"),
}


def city_people(random: np.random.Generator) -> pl.DataFrame:
    """The people of the city, one a row, with the lists that they are on; lists are independent in each group."""
    parts = []
    log_odds = np.log(CHANCES) - np.log1p(-np.array(CHANCES))
    for (district, size), (older, bands), sex, settled in itertools.product(
        DISTRICTS.items(), enumerate(AGE_BANDS), ("1", "2"), (True, False)
    ):
        ease = 0.4 * settled + 0.3 * (sex == "1") - 0.4 * older
        on = random.random((size, len(LISTS))) < 1 / (1 + np.exp(-(log_odds + ease)))
        parts.append(
            pl.DataFrame(on, schema=list(LISTS)).with_columns(
                city_code=pl.lit(CITY),
                district_code=pl.lit(district),
                sex=pl.lit(sex),
                age_band=pl.Series(np.array(bands)[random.integers(2, size=size)]),
                is_settled=pl.lit(settled),
            )
        )
    return pl.concat(parts)


def run_city(runs: int) -> list[Result]:
    """The whole way of the library: groups, pools, totals, intervals; and what it would be without groups."""
    random = np.random.default_rng([SEED, 1])
    wanted = pl.DataFrame(
        [(name, *key) for name, key in _ROWS.items()],
        schema=["row", "division_code", "sex", "age_band"],
        orient="row",
    )
    found, pots, pot_truth = [], {method: np.zeros((runs, 3)) for method in METHODS}, np.zeros(runs)
    for run in range(runs):
        people = city_people(random)
        is_listed = pl.any_horizontal(LISTS)
        cells = people.filter(is_listed).group_by(pl.all()).agg(people=pl.len().cast(pl.Int64))
        truth = [
            people.filter(
                ~is_listed,
                pl.col("district_code" if division != CITY else "city_code") == division,
                pl.lit(sex == ALL) | (pl.col("sex") == sex),
                pl.lit(age_band == ALL) | (pl.col("age_band") == age_band),
            ).height
            for division, sex, age_band in _ROWS.values()
        ]
        rows, _ = estimate_unseen(cells)
        found.append(
            wanted.with_columns(truth=pl.Series(truth)).join(rows, on=["division_code", "sex", "age_band"], how="left")
        )
        on = people.filter(is_listed).select(LISTS).to_numpy()
        pot_truth[run] = truth[0]
        for method in METHODS:
            pot = estimate(on, method, random)
            pots[method][run] = pot.people, *np.percentile(pot.replicates, [2.5, 97.5])
    together = pl.concat(found)
    results = []
    for method in METHODS:
        for name in _ROWS:
            row = together.filter(pl.col("row") == name, pl.col("method") == method)
            figures = (row[column].to_numpy().astype(np.float64) for column in _FIGURES)
            results.append(Result(f"按组估计 by groups: {name}", method, True, *figures))
        results.append(Result(POT, method, False, pot_truth, *pots[method].T))
    return results


_FIGURES = ("truth", "unseen", "unseen_low", "unseen_high")


def campaign(runs: int) -> Iterator[list[Result]]:
    """Every scenario, then the city."""
    for scenario in SCENARIOS:
        yield run_scenario(scenario, runs)
    yield run_city(runs)


def summary(results: list[Result]) -> str:
    """The table for docs/unseen.md."""
    runs = results[0].runs
    lines = [
        f"每种情形 {runs} 次；区间 95%；合乎假设者（✓）至少应有 {round(BAR * runs)} 次含真值。"
        f" {runs} runs each; 95% intervals; at least {round(BAR * runs)} must hold where the assumptions do (✓).",
        "",
        "| 情形 scenario | 方法 method | 假设 assumed | 含真值 held | 真值 truth | 估计误差 error | 区间宽度 width "
        "| 总人数误差 error of all people |",
        "|---|---|:-:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        truth = result.truth.mean()
        everybody = "" if result.everybody is None else f"{result.everybody.mean():+.2%}"
        lines.append(
            f"| {result.scenario} | `{result.method}` | {'✓' if result.is_assumed else ''} | {result.held} "
            f"| {truth:,.0f} | {result.people.mean() / truth - 1:+.0%} "
            f"| {np.median(result.high - result.low) / truth:.0%} | {everybody} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the campaign; 1 where an interval holds the truth less often than it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each scenario")
    parser.add_argument("--write", action="store_true", help="put the table into docs/unseen.md")
    options = parser.parse_args()
    results = []
    for found in campaign(options.runs):
        for result in found:
            print(f"{result.scenario} {result.method}: {result.held} of {result.runs}", flush=True)
        results += found
    text = summary(results)
    print(text)
    if options.write:
        write_page("unseen", text, PAGE)
    return int(any(result.is_short for result in results))


if __name__ == "__main__":
    sys.exit(main())
