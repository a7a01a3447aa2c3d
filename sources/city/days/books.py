"""What a desk has in its books: the true records that change in the days simulated.

A record stands in the books in its last form; what has not happened yet on the day of a delivery is blank in it. Only
records that something may happen to are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from sources.city.days import revisions
from sources.city.days.desks import DESKS, RENEW, Desk
from sources.city.days.keys import Numbering
from sources.city.days.life import PHONE
from sources.city.days.newcomers import SINCE
from sources.city.errors import CORRECTED, PERSON, PLANTED, Draws
from sources.city.population import City
from sources.city.streams import Bools, Ints
from sources.contract import Contract, load_contract

_CHANGE = "_change"
_UNTOUCHED = (pl.lit(False).alias(CORRECTED), pl.lit(False).alias(revisions.RENEWED))
_VACCINATIONS = "hfpc.immunization"
_DELETED_AGAIN = 0.02  # of what was deleted before, a day


@dataclass(frozen=True)
class Window:
    """The days that are simulated, and to whom something happens in them, by position (newcomers left out).

    `children`: to whom a dose falls due.
    """

    first: date
    days: int
    activity: float
    struck: Bools
    children: Bools

    def day(self, number: int) -> date:
        """The day of a number."""
        return self.first + timedelta(days=number)


@dataclass(frozen=True)
class Work:
    """What a desk did since its last delivery: true records with `_change` I, U or D.

    `after`: those that are new, or may have changed (U), as they are now. `before`: the latter as they were delivered
    last. `removed`: records taken out, as they were. `unknown`: records taken out earlier, once more.
    """

    after: pl.DataFrame
    before: pl.DataFrame
    removed: pl.DataFrame
    unknown: pl.DataFrame


class Book:
    """One dataset's book."""

    def __init__(self, dataset: str, draws: Draws, window: Window) -> None:
        self.contract: Contract = load_contract(dataset)
        self.desk: Desk = DESKS[dataset]
        self.draws = draws
        self._window = window
        self._numbering = Numbering(dataset)
        self._seen: list[pl.DataFrame] = []
        self._rows: pl.DataFrame | None = None
        self._planned: pl.DataFrame | None = None
        self._gone: list[pl.DataFrame] = []
        self._delivered_on = window.first

    # ---- the first day

    def see(self, rows: pl.DataFrame) -> None:
        """Take note of the records that were written down on the city's first day, and keep those that may change."""
        self._numbering.see(rows)
        self._seen.append(rows.filter(pl.Series(self._may_change(rows), dtype=pl.Boolean)))

    def _may_change(self, rows: pl.DataFrame) -> Bools:
        window = self._window
        # What a delta says of a record is the later word, so it is kept whatever comes of it.
        mask = np.full(rows.height, self.desk.mode == "full") | rows[_CHANGE].is_not_null().to_numpy()
        for role in self.contract.roles:
            mask |= np.append(window.struck, False)[rows[PERSON + role.name].to_numpy()]
        if self.contract.dataset == _VACCINATIONS:
            mask |= window.children[rows[PERSON + "child"].to_numpy()]
        entries = rows["_entry"].to_numpy()
        for number in range(1, window.days + 1):
            done = self.desk.work_on(self.draws, entries, number, window.activity)
            for place, kind in enumerate(self.desk.works):
                at_ = np.flatnonzero(done == place)
                may = self._may_be_done(kind, window.day(number))
                mask[at_] |= rows[at_].select(may).to_series().to_numpy()
        return np.asarray(mask)

    def _may_be_done(self, kind: str, today: date) -> pl.Expr:
        may = revisions.may_be_done(kind, self.contract.dataset, self.desk, today)
        # A column by itself, as long as the rows, whatever the expression is made of.
        return pl.when(may.fill_null(False)).then(pl.col("_entry").is_not_null()).otherwise(False).alias("may")

    @property
    def rows(self) -> pl.DataFrame:
        """The records in their last form. `_since_` is null for those of the first day."""
        if self._rows is None:
            seen = pl.concat(self._seen, how="diagonal_relaxed").unique("_entry", keep="last", maintain_order=True)
            self._seen = []
            nothing = pl.lit(None, pl.String).alias(_CHANGE)
            self._rows = seen.filter(pl.col(_CHANGE).ne_missing("D")).with_columns(
                nothing, *_UNTOUCHED, pl.lit(None, pl.Date).alias(SINCE)
            )
            if self._planned is not None:
                self._rows = self._together(self._rows, self._planned)
        return self._rows

    # ---- the days after

    def plan(self, rows: pl.DataFrame, begins: str) -> None:
        """Take note of records that the first day's go on to, under their own entries and keys.

        Args:
            begins: field with the day from which each stands in the book.
        """
        self._numbering.see(rows)
        self._planned = rows.with_columns(*_UNTOUCHED, pl.col(begins).alias(SINCE))

    def enter(self, rows: pl.DataFrame) -> None:
        """Enter first records (see newcomers.first_records), which are delivered once their day has come."""
        self._rows = self._together(self.rows, self._numbered(rows))

    def _numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self._numbering.renumbered(rows).with_columns(pl.lit(None, pl.String).alias(_CHANGE), *_UNTOUCHED)

    def _together(self, *frames: pl.DataFrame) -> pl.DataFrame:
        return pl.concat(frames, how="diagonal_relaxed").with_columns(pl.col(f"^{PLANTED}.*$").fill_null(False))

    def work(self, city: City, today: date, heard: dict[str, Ints]) -> Work:
        """Do what there is to do since the last delivery.

        Args:
            city: as it is now.
            heard: by what happened, the people of whom the desk has heard it since.
        """
        earlier, self._delivered_on = self._delivered_on, today
        columns = self.rows.columns
        flagged = self._flagged(self.rows.filter(_stands(today)), heard, earlier, today)
        rows = flagged.filter(pl.any_horizontal(pl.col("^did_.*$")))
        revised = revisions.revised(rows, self.contract, self.desk, city, self.draws, today)
        kept, taken_out = (revised.filter(pl.col("gone") == gone).select(columns) for gone in (False, True))
        opened = revisions.opened(rows, self.contract, city, self.draws, today).select(columns)
        new = [self._numbered(opened)] if opened.height else []
        if self.contract.dataset == _VACCINATIONS:
            due = revisions.doses(self.rows.filter(_stands(today)), city, earlier, today)
            new.append(due.filter(~pl.col("_entry").is_in(self.rows["_entry"].implode())))
        after = self._together(kept, *new)
        others = self.rows.filter(~pl.col("_entry").is_in(revised["_entry"].implode()))
        self._rows = self._together(others, after)
        before = self._seen_on(rows.filter(_stands(earlier)).select(columns), earlier)
        is_out = pl.col("_entry").is_in(taken_out["_entry"].implode())
        unknown = self._deleted_again(today)
        removed = before.filter(is_out).with_columns(pl.lit("D").alias(_CHANGE))
        self._gone.append(removed)
        before = before.filter(~is_out)
        is_known = pl.col("_entry").is_in(before["_entry"].implode())
        change = pl.when(is_known).then(pl.lit("U")).otherwise(pl.lit("I"))
        after = self._seen_on(after, today).with_columns(change.alias(_CHANGE))
        return Work(after, before, removed, unknown)

    def in_force(self, today: date) -> pl.DataFrame:
        """Every record there is, for a full delivery of a dataset that is kept whole."""
        return self._seen_on(self.rows.filter(_stands(today)), today)

    def _seen_on(self, rows: pl.DataFrame, day: date) -> pl.DataFrame:
        return revisions.seen_on(rows, self.desk, day)

    def _flagged(self, rows: pl.DataFrame, heard: dict[str, Ints], earlier: date, today: date) -> pl.DataFrame:
        """Adds `did_<kind>`: what happened to the person, what is done to the record, and `did_begin`, `did_date`."""
        flags: dict[str, Bools] = {}
        if self.contract.roles:
            main = rows[PERSON + self.contract.roles[0].name].to_numpy()
            flags = {kind: np.isin(main, people) for kind, people in heard.items()}
        if self.contract.dataset == _VACCINATIONS and PHONE in flags:
            flags[PHONE] |= np.isin(rows[PERSON + "mother"].to_numpy(), heard[PHONE])
        flags |= self._works(rows, earlier, today)
        dated = [pl.col(name).is_between(earlier, today, closed="right").fill_null(False) for name in self.desk.later]
        return rows.with_columns(
            *(pl.Series(f"did_{kind}", mask, dtype=pl.Boolean) for kind, mask in flags.items()),
            (pl.col(SINCE) > earlier).fill_null(False).alias("did_begin"),
            (pl.any_horizontal(dated) if dated else pl.lit(False)).alias("did_date"),
        )

    def _works(self, rows: pl.DataFrame, earlier: date, today: date) -> dict[str, Bools]:
        """What the desk does of its own accord on the days since, by kind: of one record one thing, the last."""
        entries = rows["_entry"].to_numpy()
        done = np.full(rows.height, -1)
        first, last = ((day - self._window.first).days for day in (earlier, today))
        for number in range(first + 1, last + 1):
            of_day = self.desk.work_on(self.draws, entries, number, self._window.activity)
            done = np.where(of_day >= 0, of_day, done)
        flags = {}
        for place, kind in enumerate(self.desk.works):
            may = self._may_be_done(kind, today)
            flags[kind] = (done == place) & rows.select(may).to_series().to_numpy()
        if RENEW in flags:
            flags[RENEW] &= ~rows[revisions.RENEWED].to_numpy()
        return flags

    def _deleted_again(self, today: date) -> pl.DataFrame:
        """Records whose deletion is sent once more, though they are gone."""
        if not self._gone:
            return self.rows.clear()
        gone = pl.concat(self._gone)
        luck = self.draws.uniform(f"days.{today:%Y%m%d}.deleted_again", gone["_entry"].to_numpy())
        return gone.filter(pl.Series(luck < _DELETED_AGAIN * self._window.activity, dtype=pl.Boolean))


def _stands(day: date) -> pl.Expr:
    """Records that stand in the books on a day."""
    return (pl.col(SINCE) <= day).fill_null(True)
