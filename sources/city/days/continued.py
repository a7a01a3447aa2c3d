"""A city continued day by day: what bureaus deliver after its first day, and the truth of each day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from sources.city.datasets.hfpc.maternity import births_expected, planned_services
from sources.city.days.arrivals import ARRIVALS, fate
from sources.city.days.books import Book, Window
from sources.city.days.desks import DESKS
from sources.city.days.life import Day, after, live_a_day
from sources.city.days.newcomers import first_records
from sources.city.days.revisions import doses_due
from sources.city.days.truth import Ledger, Told, write_truth
from sources.city.errors import Draws, Written, write_down, written_cells
from sources.city.papers import PROFILES, Papers, Profile
from sources.city.population import City, defined
from sources.city.streams import Bools, Ints
from sources.city.truth import truth_of_persons
from sources.city.writers import DeliveryWriter

# Share of the city's records that a day changes, on average over a week, at the rates of life.py and desks.py.
USUAL_CHANGE = 0.002
_LOST = 0.2  # of the rows of a delivery that is put right later
_UPDATES_UNKNOWN = 0.01  # of new records: they come as updates of records that nobody knows
# Written carelessly: the same errors, and as many again. In a clean city rows are lost, no more.
_CARELESS: dict[Profile, Profile] = {"clean": "clean", "normal": "hard", "hard": "hard"}
_MATERNAL = "hfpc.maternal_service"
_NEWS = {"person": pl.Int64, "on": pl.Int64}


@dataclass(frozen=True)
class DaySummary:
    """What arrived on a day: rows by dataset; how many of its deliveries came late, once more, or were put right.

    `changed`: the rows of the deltas extracted on that day as a share of the city's records on its first day.
    """

    date: str
    rows: dict[str, int]
    late: int
    again: int
    put_right: int
    changed: float


@dataclass(frozen=True)
class _Extract:
    """A delivery before it is sent."""

    book: Book
    number: int
    on: date
    rows: pl.DataFrame


@dataclass(frozen=True)
class _Sent:
    """A delivery on its way: the truth that it tells, and its rows."""

    told: Told
    rows: int


class Days:
    """The days after a city's first one.

    Life is drawn at once for all days, since the records of the people concerned must be kept when the first day is
    written; deliveries follow day by day.
    """

    def __init__(self, city: City, papers: Papers, profile: Profile, days: int, change: float | None) -> None:
        activity = (change or USUAL_CHANGE) / USUAL_CHANGE
        self._city, self._papers, self._profile = city, papers, profile
        self._days: list[Day] = []
        later, later_papers = city, papers
        of_mothers = Draws(city.seed, _MATERNAL, profile)
        expected = births_expected(city, of_mothers)
        for number in range(1, days + 1):
            day = live_a_day(
                later, later_papers, number, city.date + timedelta(days=number), activity, expected, PROFILES[profile]
            )
            later, later_papers = after(later, later_papers, day)
            self._days.append(day)
        children = doses_due(city.persons["birth_date"], city.date, city.date + timedelta(days=days))
        window = Window(city.date, days, activity, self._struck(), children.to_numpy())
        self._books = {dataset: Book(dataset, Draws(city.seed, dataset, profile), window) for dataset in sorted(DESKS)}
        self._books[_MATERNAL].plan(planned_services(city, of_mothers, city.date + timedelta(days=days)), "served_on")
        self._heard: dict[str, list[pl.DataFrame]] = {dataset: [] for dataset in DESKS}
        self._delivered: dict[str, int] = dict.fromkeys(DESKS, 0)
        self._on_the_way: dict[int, list[_Sent]] = {}
        self._again: dict[int, list[tuple[int, Book, date]]] = {}
        self._ledger = Ledger()
        self._deleted: list[tuple[str, pl.DataFrame]] = []
        self._records = 0
        self._counts: dict[int, dict[str, int]] = {
            n: {"late": 0, "again": 0, "put_right": 0} for n in range(1, days + 1)
        }

    def _struck(self) -> Bools:
        struck = np.zeros(self._city.persons.height, dtype=bool)
        for day in self._days:
            people = day.events["person"].to_numpy()
            struck[people[people < len(struck)]] = True
        return struck

    def see(self, dataset: str, rows: pl.DataFrame) -> None:
        """Take note of true records of the first day, before they are written down."""
        self._records += rows.height
        if rows.height and rows["_change"].eq("D").any():
            self._deleted.append((dataset, _deleted(rows)))
        if dataset in self._books:
            self._books[dataset].see(rows)

    def write(self, half: Path, tell: Callable[[str], None]) -> list[DaySummary]:
        """Write arrivals and truth of every day under a folder whose truth/ is that of the first day."""
        summaries = []
        for day in self._days:
            self._city, self._papers = after(self._city, self._papers, day)
            self._city = replace(self._city, persons=defined(self._city.persons, day.date))
            self._hear(day)
            for dataset, rows in first_records(self._city, day.events, day.number, self._profile).items():
                self._books[dataset].enter(rows)
            (half / ARRIVALS / day.date.isoformat()).mkdir(parents=True, exist_ok=True)
            extracts = [
                self._extract(dataset, day) for dataset, desk in sorted(DESKS.items()) if desk.delivers_on(day.date)
            ]
            for extract in extracts:
                self._send(extract, half)
            self._send_again(day, half)
            summaries.append(self._arrive(day, half, sum(_changes(extract) for extract in extracts)))
            tell(_told(summaries[-1]))
        return summaries

    def _hear(self, day: Day) -> None:
        """Who hears of what happened, and when."""
        for dataset, book in self._books.items():
            for kind, (share, mean) in book.desk.hears.items():
                people = day.events.filter(pl.col("kind") == kind)["person"].to_numpy()
                hears = book.draws.uniform(f"days.{day.number}.heard.{kind}", people) < share
                people = people[hears]
                luck = book.draws.uniform(f"days.{day.number}.lag.{kind}", people)
                on = day.number + np.floor(-np.log1p(-luck) * mean).astype(np.int64)
                self._heard[dataset].append(
                    pl.DataFrame({"person": people, "on": on}, schema=_NEWS).with_columns(pl.lit(kind).alias("kind"))
                )

    def _news(self, dataset: str, earlier: int, number: int) -> dict[str, Ints]:
        kinds = self._books[dataset].desk.hears
        if not kinds:
            return {}
        news = pl.concat(self._heard[dataset])
        self._heard[dataset] = [news.filter(pl.col("on") > number)]
        news = news.filter(pl.col("on").is_between(earlier + 1, number))
        return {kind: news.filter(pl.col("kind") == kind)["person"].to_numpy() for kind in kinds}

    def _extract(self, dataset: str, day: Day) -> _Extract:
        """The rows of a delivery, as they are at the end of a day."""
        book = self._books[dataset]
        earlier, self._delivered[dataset] = self._delivered[dataset], day.number
        work = book.work(self._city, day.date, self._news(dataset, earlier, day.number))
        if book.desk.mode == "full":
            rows = book.in_force(day.date)
            return _Extract(book, day.number, day.date, _named(rows, book, day.date))
        updated, new = (work.after.filter(pl.col("_change") == change).sort("_entry") for change in "UI")
        changed = self._changed(book, updated, work.before.sort("_entry"), earlier)
        luck = book.draws.uniform("days.updates_unknown", new["_entry"].to_numpy())
        unknown = pl.lit(pl.Series(luck < _UPDATES_UNKNOWN, dtype=pl.Boolean))
        new = new.with_columns(pl.when(unknown).then(pl.lit("U")).otherwise("_change").alias("_change"))
        rows = pl.concat([updated.filter(changed), new, work.removed, work.unknown], how="diagonal_relaxed")
        rows = _named(rows.sort("_entry", maintain_order=True), book, day.date)
        return _Extract(book, day.number, day.date, rows)

    def _changed(self, book: Book, now: pl.DataFrame, before: pl.DataFrame, earlier: int) -> pl.Series:
        """Which records read otherwise than they did at the end of an earlier day; both in the same order."""
        then, places = self._papers_after(earlier), self._city.places
        cells, _ = written_cells(book.contract, now, self._papers, places, book.draws)
        cells_before, _ = written_cells(book.contract, before, then, places, book.draws)
        differ = [(cells[header].ne_missing(cells_before[header])) for header in book.contract.headers]
        return pl.DataFrame([one.alias(str(place)) for place, one in enumerate(differ)]).select(
            pl.any_horizontal(pl.all()).alias("changed")
        )["changed"]

    def _papers_after(self, number: int) -> Papers:
        """The papers as they were at the end of an earlier day."""
        who = pl.concat([day.cards["person"] for day in self._days if number < day.number <= self._number_of_today()])
        if not len(who):
            return self._papers
        nothing = pl.repeat(None, len(who), dtype=pl.String, eager=True)
        births = pl.repeat(None, len(who), dtype=pl.Date, eager=True)
        return replace(
            self._papers,
            number=self._papers.number.clone().scatter(who, self._papers.former.gather(who)),
            former=self._papers.former.clone().scatter(who, nothing),
            former_birth=self._papers.former_birth.clone().scatter(who, births),
        )

    def _number_of_today(self) -> int:
        return (self._city.date - self._days[0].date).days + 1

    # ---- on the way

    def _send(self, extract: _Extract, half: Path) -> None:
        """Write a delivery into the folders of the days on which it arrives, as far as they are simulated."""
        if extract.rows.is_empty():
            return
        book = extract.book
        becomes = fate(book.draws, extract.number)
        arrives = extract.number + becomes.late_by
        if becomes.late_by:
            self._count(arrives, "late")
        if becomes.right_after is None:
            self._deliver(extract, arrives, half)
        else:
            self._deliver(_careless(extract), arrives, half, careless=True)
            self._count(arrives + becomes.right_after, "put_right")
            self._deliver(extract, arrives + becomes.right_after, half)
        if becomes.again_after is not None:
            self._again.setdefault(arrives + becomes.again_after, []).append((arrives, book, extract.on))

    def _deliver(self, extract: _Extract, arrives: int, half: Path, careless: bool = False) -> None:
        if arrives > len(self._days):
            return
        book, mode = extract.book, extract.book.desk.mode
        folder = half / ARRIVALS / self._days[arrives - 1].date.isoformat()
        draws = replace(book.draws, profile=_CARELESS[book.draws.profile]) if careless else book.draws
        written = self._written(extract, extract.rows, mode, draws)
        writer = DeliveryWriter(folder, book.contract, extract.on, mode)
        writer.append(written.cells)
        writer.close()
        is_there = ~pl.col("record_key").is_in(_keys(_deleted(extract.rows), book).implode())
        told = Told(
            book.contract.dataset,
            extract.on,
            _keys(extract.rows, book),
            written.mentions.filter(is_there),
            written.planted.filter(is_there),
            is_whole=mode == "full",
        )
        self._on_the_way.setdefault(arrives, []).append(_Sent(told, writer.rows))

    def _written(self, extract: _Extract, rows: pl.DataFrame, mode: str, draws: Draws) -> Written:
        occasion = f"{mode}.{extract.on:%Y%m%d}"
        return write_down(extract.book.contract, mode, rows, self._papers, self._city.places, draws, occasion=occasion)

    def _send_again(self, day: Day, half: Path) -> None:
        """Deliveries that arrive once more, the very same."""
        for arrived, book, on in self._again.get(day.number, []):
            bureau, name = book.contract.dataset.split(".", 1)
            place = Path(bureau) / name / on.isoformat()
            first = half / ARRIVALS / self._days[arrived - 1].date.isoformat() / place
            shutil.copytree(first, half / ARRIVALS / day.date.isoformat() / place)
            self._count(day.number, "again")

    def _count(self, number: int, kind: str) -> None:
        if number in self._counts:
            self._counts[number][kind] += 1

    def _deletions(self) -> list[Told]:
        """What the deliveries of the first day deleted: its truth names those records still."""
        deleted, self._deleted = self._deleted, []
        first = self._days[0].date - timedelta(days=1)
        nothing = pl.DataFrame(schema={"record_key": pl.String})
        return [Told(dataset, first, _keys(rows, self._books[dataset]), nothing, nothing) for dataset, rows in deleted]

    def _arrive(self, day: Day, half: Path, extracted: int) -> DaySummary:
        """Write the truth of a day."""
        sent = sorted(self._on_the_way.pop(day.number, []), key=lambda one: (one.told.dataset, one.told.extract_date))
        told = [self._ledger.arrived(one) for one in (*self._deletions(), *(one.told for one in sent))]
        before = half / "truth"
        if day.number > 1:
            before /= self._days[day.number - 2].date.isoformat()
        folder = half / "truth" / day.date.isoformat()
        folder.mkdir()
        for name in ("mentions", "planted"):
            write_truth(before, folder, name, told)
        truth_of_persons(self._city).write_parquet(folder / "persons.parquet")
        rows: dict[str, int] = {}
        for one in sent:
            rows[one.told.dataset] = rows.get(one.told.dataset, 0) + one.rows
        return DaySummary(
            day.date.isoformat(), rows, **self._counts[day.number], changed=round(extracted / self._records, 6)
        )


def _named(rows: pl.DataFrame, book: Book, today: date) -> pl.DataFrame:
    """With the names of a day's files: a delta's say so."""
    if book.desk.mode == "delta":
        name = pl.col("_file").str.replace(r"增量", "").str.replace(r"^([^_.]+)", "${1}增量")
    else:
        name = pl.col("_file")
    return rows.with_columns(name.str.replace(r"_20\d{6}\.", f"_{today:%Y%m%d}.").alias("_file"))


def _careless(extract: _Extract) -> _Extract:
    """A delivery from which rows are lost, of each file one at least left."""
    rows = extract.rows
    luck = extract.book.draws.uniform(f"days.{extract.number}.lost", rows["_entry"].to_numpy())
    is_kept = pl.Series(luck >= _LOST) | rows["_file"].is_first_distinct()
    return replace(extract, rows=rows.filter(is_kept))


def _changes(extract: _Extract) -> int:
    """How many records a delta names; of a full delivery nobody says what it changes."""
    return 0 if extract.book.desk.mode == "full" else extract.rows.height


def _keys(rows: pl.DataFrame, book: Book) -> pl.Series:
    fields = [book.contract.column(header).field for header in book.contract.key]
    return rows.select(pl.concat_str(fields, separator="|").alias("record_key")).to_series()


def _deleted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("_change").eq_missing("D"))


def _told(summary: DaySummary) -> str:
    rows = sum(summary.rows.values())
    said = f"{summary.date}: {len(summary.rows)} 个数据集 datasets, {rows:,} 行 rows"
    counts = {"迟到 late": summary.late, "重复 again": summary.again, "更正 put right": summary.put_right}
    return ", ".join([said, *(f"{word} {count}" for word, count in counts.items() if count)])
