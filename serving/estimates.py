"""How many floating people no bureau has: `library.int_population__capture_cells` in, `estimates.unseen` out.

The estimators are those of `serving/capture.py`. People are as easy to find as their age, sex and length of stay make
them, and districts look for them with different zeal: so each of these groups is estimated by itself where enough of
its people are known, and shares the rate of a wider one (a pool) where they are too few.

Lists. The log-linear model's are the four of macro residence_lists. Chapman's two are those who were found at home by a
grid worker, and those on any of the other three: who goes from door to door does not ask who came to an office. Who is
on none of them is still known where another record says that she lives here: she is taken off the estimate.

A row's interval is of its own people. The unseen of a pool fall on its parts as the known do, each part having drawn
its known from people all found with the same chance: which of them is short by how many is chance again (a Dirichlet
and a multinomial draw in each of the bootstrap's samples), and matters more, the smaller the part.

What it rests on: records of one person are linked (a person taken for two is twice seen once, and makes the estimate
too high); who is counted lives here (of whose going no bureau was told, stays in); among those on no list, the lists
depend on each other as among the others. How wrong it gets where that does not hold is in docs/unseen.md. The same
people are easy to find for all bureaus: Chapman's estimate, which knows nothing of that, is a lower bound.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import polars as pl

from serving.capture import REPLICATES, Counts, Floats, Unseen, estimate_chapman, estimate_log_linear, histories
from sources.generate import ESTIMATE_TABLES
from sources.interface import Table
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

log = logging.getLogger("sijiku.serving")

CELLS = Table("library", "int_population__capture_cells")
UNSEEN = Table("estimates", "unseen")

CHAPMAN, LOG_LINEAR = "chapman", "log_linear"
ALL = "all"
LISTS = ("in_police", "in_family_planning", "in_grid", "in_clinic")
VISITS = "in_grid"

# A group is estimated by itself if at least so many of its people are known: below, the fifteen counts of four lists
# are so small that an estimate is off by half of itself or more. The widest pool is estimated whatever its size.
LEAST_PEOPLE = 1_000
# Two lists have at least so many people in common: from here on Chapman's estimate has no bias to speak of (Robson and
# Regier 1964), and a dependence of two lists can be told.
LEAST_IN_COMMON = 7
# The bootstrap's samples are the same in every build; any number would do.
SEED = 20141031

# The widest last. Ages in three groups: children, who stand with their parents at the police and whom family planning
# does not look for; 15 to 49, whom it does (成年育龄); and older people.
POOLS: tuple[tuple[str, ...], ...] = (
    ("city_code", "is_settled", "age_group", "sex", "district_code"),
    ("city_code", "is_settled", "age_group", "sex"),
    ("city_code", "is_settled", "age_group"),
    ("city_code", "is_settled"),
)
_GROUP = POOLS[0]
# The pairs of lists that may depend on each other, as rows name them.
_PAIRS = tuple(itertools.combinations(LISTS, 2))
_KEYS = ("division_code", "sex", "age_band")


@dataclass(frozen=True)
class _Pool:
    """What was estimated of a pool. `unseen`: persons, the estimate first, then the bootstrap's samples; `best`,
    `weight`: for each of _PAIRS, whether the best model has it, and the weight of the models that have it, not a number
    by Chapman; `random`: where its parts are drawn from."""

    unseen: Floats
    best: Floats
    weight: Floats
    random: np.random.Generator


@dataclass(frozen=True)
class _Leaves:
    """What was estimated of leaves, one a row of each. `unseen`: as a pool's; `place`: of its pool in POOLS, or beyond
    them where it cannot be told; `best`, `weight`: as a pool's."""

    unseen: Floats
    place: Counts
    best: Floats
    weight: Floats


@dataclass
class Report:
    """What was estimated. `unseen`: of the whole city, by method, persons, None where it cannot be told; `groups`: how
    many were estimated by themselves, from a pool, or not at all, by method."""

    unseen: dict[str, float | None] = field(default_factory=dict)
    groups: dict[str, dict[str, int]] = field(default_factory=dict)


def store_unseen(workdir: Workdir) -> Report:
    """Estimate the unseen from the working warehouse, into the table `estimates.unseen` of it.

    The caller holds the workdir's lock.
    """
    with open_warehouse(workdir, is_small=True) as connection:
        cells = connection.execute(f"FROM {CELLS.quoted} ORDER BY ALL").pl()
        rows, report = estimate_unseen(cells)
        store_rows(connection, UNSEEN, rows)
    for method, people in report.unseen.items():
        log.info("Unseen by %s: %s; groups: %s", method, "cannot be told" if people is None else people, report.groups)
    return report


def store_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    """Make one of ESTIMATE_TABLES anew, of these rows."""
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in ESTIMATE_TABLES[table.name].types.items())
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.schema}"')
    connection.execute(f"CREATE OR REPLACE TABLE {table.quoted} ({columns})")
    connection.register("estimate_rows", rows)
    connection.execute(f"INSERT INTO {table.quoted} BY NAME FROM estimate_rows")
    connection.unregister("estimate_rows")


def estimate_unseen(cells: pl.DataFrame) -> tuple[pl.DataFrame, Report]:
    """The unseen of districts and city, by sex and age band and for all together.

    Args:
        cells: city_code, district_code, sex, age_band, is_settled, whether on each of LISTS, people (persons).

    Returns:
        Rows (division_code, sex, age_band, method, unseen, unseen_low, unseen_high in persons, to a tenth; is_pooled:
        whether people besides those of the row were looked at; pairs: which lists depend on each other in the best
        models, and pair_weights: how much speaks for each pair, both as text), and what was estimated.
    """
    report = Report()
    cells = cells.with_columns(age_group=_age_group()).sort(*_GROUP, "age_band", *LISTS)
    leaves = cells.group_by(*_GROUP, "age_band", maintain_order=True).agg(pl.col("people").sum())
    tables = [_of_method(method, cells, leaves, report) for method in (CHAPMAN, LOG_LINEAR)]
    return pl.concat(tables), report


def _age_group() -> pl.Expr:
    known = pl.col("age_band") != "unknown"
    return (
        pl.when(known & (pl.col("age_band") < "15"))
        .then(pl.lit("child"))
        .when(known & (pl.col("age_band") < "50"))
        .then(pl.lit("bearing"))
        .when(known)
        .then(pl.lit("older"))
        .otherwise(pl.lit("unknown"))
    )


def _of_method(method: str, cells: pl.DataFrame, leaves: pl.DataFrame, report: Report) -> pl.DataFrame:
    """One method's rows."""
    groups = leaves.select(*_GROUP).unique(maintain_order=True)
    found = _of_leaves(method, cells, leaves, groups)
    places = leaves.select(*_GROUP).with_columns(place=found.place).unique(maintain_order=True)["place"].to_numpy()
    report.groups[method] = {
        "by themselves": int((places == 0).sum()),
        "from a pool": int(((places > 0) & (places < len(POOLS))).sum()),
        "not at all": int((places == len(POOLS)).sum()),
    }
    rows = pl.concat(
        [
            _rows(leaves, found, division, sex, age_band)
            for division in ("district_code", "city_code")
            for sex in ("sex", None)
            for age_band in ("age_band", None)
        ]
    ).with_columns(method=pl.lit(method))
    whole = rows.filter(
        pl.col("division_code").is_in(cells["city_code"].unique().implode()),
        pl.col("sex") == ALL,
        pl.col("age_band") == ALL,
    )
    report.unseen[method] = None if whole["unseen"].null_count() or not whole.height else float(whole["unseen"].sum())
    return rows


def _of_leaves(method: str, cells: pl.DataFrame, leaves: pl.DataFrame, groups: pl.DataFrame) -> _Leaves:
    """Each leaf's share of what was estimated of the narrowest pool around it that is not too thin."""
    leaves = leaves.with_row_index("leaf")
    found = _Leaves(
        np.full((leaves.height, 1 + REPLICATES), np.nan),
        np.full(leaves.height, len(POOLS), dtype=np.int64),
        *(np.full((leaves.height, len(_PAIRS)), np.nan) for _ in range(2)),
    )
    open_ = groups
    for place, keys in enumerate(POOLS):
        for key, members in open_.group_by(*keys, maintain_order=True):
            around = members.select(*keys).unique()
            pool = cells.join(around, on=list(keys), how="semi", maintain_order="left")
            estimate = _estimate(method, pool, key, is_widest=keys == POOLS[-1])
            if estimate is None:
                continue
            inside = leaves.join(around, on=list(keys), how="semi", maintain_order="left")
            shares = _shared_out(estimate, inside["people"].to_numpy().astype(np.float64))
            is_member = inside.select(*_GROUP).with_row_index().join(members, on=list(_GROUP), how="semi")["index"]
            leaf = inside["leaf"].to_numpy()[is_member.to_numpy()]
            found.unseen[leaf] = shares[is_member.to_numpy()]
            found.place[leaf], found.best[leaf], found.weight[leaf] = place, estimate.best, estimate.weight
            open_ = open_.join(members, on=list(_GROUP), how="anti", maintain_order="left")
    return found


def _shared_out(pool: _Pool, known: Floats) -> Floats:
    """The unseen of a pool's parts, one a row: of the estimate as the known are, of the bootstrap's samples by lot.

    Of parts all found with the same chance, the unseen of each is negative binomial given its known; given their sum
    too, it is Dirichlet-multinomial with the known as parameters.
    """
    chances = pool.random.dirichlet(known, size=REPLICATES)
    drawn = pool.random.multinomial(np.round(pool.unseen[1:]).astype(np.int64), chances)
    return np.column_stack([pool.unseen[0] * known / known.sum(), drawn.T])


def _estimate(method: str, pool: pl.DataFrame, key: Sequence[object], *, is_widest: bool) -> _Pool | None:
    """What is estimated of a pool; None where it is too thin."""
    known = int(pool["people"].sum())
    if known < LEAST_PEOPLE and not is_widest:
        return None
    # The same samples whatever else is estimated, and in whatever order.
    random = np.random.default_rng([SEED, *"|".join([method, *map(str, key)]).encode()])
    found = _by_chapman(pool, random) if method == CHAPMAN else _by_log_linear(pool, random)
    if found is None:
        return None
    estimate, elsewhere, lists = found
    unseen = np.maximum(np.concatenate([[estimate.people], estimate.replicates]) - elsewhere, 0)
    best, weight = np.full((2, len(_PAIRS)), np.nan)
    for (one, other), of_pair in estimate.weights.items():
        place = _PAIRS.index((lists[one], lists[other]))
        best[place], weight[place] = (one, other) in estimate.pairs, of_pair
    return _Pool(unseen, best, weight, random)


def _by_chapman(pool: pl.DataFrame, random: np.random.Generator) -> tuple[Unseen, int, Sequence[str]] | None:
    """The estimate, how many of those on neither list are known all the same, and the lists."""
    people, visited = pool["people"], pool[VISITS]
    recorded = pool.select(pl.any_horizontal(name for name in LISTS if name != VISITS)).to_series()
    both, only_visited, only_recorded, neither = (
        int(people.filter(one).sum())
        for one in (visited & recorded, visited & ~recorded, recorded & ~visited, ~visited & ~recorded)
    )
    if both < LEAST_IN_COMMON:
        return None
    return estimate_chapman(only_visited, only_recorded, both, random), neither, ()


def _by_log_linear(pool: pl.DataFrame, random: np.random.Generator) -> tuple[Unseen, int, Sequence[str]] | None:
    """The estimate, how many of those on no list are known all the same, and the lists."""
    # A list that holds nobody of a pool is not kept on its people, or has not been delivered.
    lists = [name for name in LISTS if pool.filter(name).height]
    if len(lists) < 3:
        return None
    seen = histories(len(lists))
    by_history = pool.group_by(lists).agg(pl.col("people").sum())
    frame = pl.DataFrame(seen, schema=lists).join(by_history, on=lists, how="left", maintain_order="left")
    counts = frame["people"].fill_null(0).to_numpy().astype(np.int64)
    on = seen.astype(np.int64)
    in_common = on.T @ (on * counts[:, None])
    if in_common.min() < LEAST_IN_COMMON:
        return None
    return estimate_log_linear(counts, random), int(pool["people"].sum() - counts.sum()), lists


def _rows(leaves: pl.DataFrame, found: _Leaves, division: str, sex: str | None, age_band: str | None) -> pl.DataFrame:
    """Rows of one grain: a division's level, and sex and age band or all of each."""
    keys = [
        pl.col(division).alias("division_code"),
        (pl.col(sex) if sex else pl.lit(ALL)).alias("sex"),
        (pl.col(age_band) if age_band else pl.lit(ALL)).alias("age_band"),
    ]
    frame = leaves.select(*keys)
    grouped = frame.unique(maintain_order=True)
    row = frame.join(grouped.with_row_index("row"), on=list(_KEYS), maintain_order="left")["row"].to_numpy()

    def summed(of_leaves: Floats) -> Floats:
        sums = np.zeros((grouped.height, of_leaves.shape[1]))
        np.add.at(sums, row, of_leaves)
        return sums

    sums = summed(found.unseen)
    # A pool lies within a row if it is told apart by all that the row is told apart by; no pool is of one age band.
    told_by = {name for name in (division, sex, age_band) if name and name != "city_code"}
    is_wider = np.array([not told_by <= set(keys) for keys in POOLS] + [True])
    wider = np.zeros(grouped.height, dtype=bool)
    np.logical_or.at(wider, row, is_wider[found.place])
    low, high = np.percentile(sums[:, 1:], [2.5, 97.5], axis=1)
    known = leaves["people"].to_numpy().astype(np.float64)[:, None]
    everybody = summed(known * ~np.isnan(found.weight).all(axis=1, keepdims=True))
    texts = {
        name: _named(summed(np.nan_to_num(of_pairs) * known) / np.maximum(everybody, 1), everybody)
        for name, of_pairs in (("pairs", found.best), ("pair_weights", found.weight))
    }
    return grouped.select(*_KEYS).with_columns(
        _tenths(sums[:, 0]).alias("unseen"),
        _tenths(np.minimum(low, sums[:, 0])).alias("unseen_low"),
        _tenths(np.maximum(high, sums[:, 0])).alias("unseen_high"),
        pl.Series("is_pooled", wider),
        **texts,
    )


def _named(of_pairs: Floats, everybody: Floats) -> pl.Series:
    """The pairs of _PAIRS with a share from a hundredth on, the largest first; null where no model speaks of any."""
    names = ["+".join(sorted(name.removeprefix("in_") for name in pair)) for pair in _PAIRS]
    texts = [
        ", ".join(f"{name} {share:.2f}" for share, name in sorted(zip(-np.round(row, 2), names, strict=True)) if share)
        for row in of_pairs
    ]
    told = [text.replace(" -", " ") or "none" if n else None for text, n in zip(texts, everybody[:, 0], strict=True)]
    return pl.Series(told, dtype=pl.String)


def _tenths(people: Floats) -> pl.Series:
    """To a tenth of a person, null where it cannot be told: what is finer differs between machines."""
    return pl.Series(np.round(people, 1)).fill_nan(None)
