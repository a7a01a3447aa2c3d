"""What goes wrong between a person and a bureau's file, and a record of each thing that did.

Every error is drawn from (seed, dataset, field, entry), so an entry carries the same errors in each delivery it stands
in. A cell takes one error at most. Forms that the interface allows (six ways to write a date, numbers in workbooks) are
no errors and happen in a clean city too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import polars as pl
from pypinyin import lazy_pinyin

from sources.city.columns import at, texts
from sources.city.families import NOBODY
from sources.city.id_numbers import first_generation
from sources.city.names import NAME_DOT, name_characters
from sources.city.papers import PROFILES, Papers, Profile
from sources.city.places import Places, read
from sources.city.streams import Bools, Floats, Ints, choose, uniform, whole
from sources.city.workbook import DATE_CELL, NUMBER_CELL, TEXT_CELL
from sources.contract import CHANGE_HEADER, Column, Contract, load_code_lists

# How dirty a dataset is against the rates below.
_DIRT = {
    "grid.household_visit": 2.0,  # typed by hand, the dirtiest of all
    "psb.household_register": 0.3,  # the number itself comes from here
    "edu.student_enrollment": 0.8,
    "ref.unit": 0.2,
    "civil.marriage": 0.4,  # both stand at the counter with their papers
    "finance.service_funding": 0.4,
}

# Rates of a cell, in a normal city and a dataset of dirt 1, by the column's type.
_CELL_RATES: dict[str, dict[str, float]] = {
    "id_number": {
        "id_missing": 0.02,
        "id_checksum": 0.006,
        "id_malformed": 0.004,
        "id_borrowed": 0.003,
        "id_first_generation": 0.01,
        "id_untidy": 0.02,
    },
    "name": {
        "name_homophone": 0.006,
        "name_lookalike": 0.004,
        "name_separator": 0.015,
        "name_variant": 0.06,  # of names that have a part which is transliterated in several ways
        "name_rare": 0.001,
        "value_missing": 0.0005,
        "name_order": 0.03,  # of names of two parts
    },
    "date": {"date_swapped": 0.003, "date_unreadable": 0.001, "value_missing": 0.01},
    "birth_date": {"date_swapped": 0.004, "date_wrong": 0.002, "date_unreadable": 0.001, "value_missing": 0.01},
    "code": {"code_unknown": 0.003, "code_wrong": 0.003, "value_missing": 0.005},
    "division12": {
        "division_unknown": 0.004,
        "division_partial": 0.02,
        "division_wrong": 0.005,
        "value_missing": 0.005,
    },
    "division6": {
        "division_unknown": 0.003,
        "division_partial": 0.005,
        "division_superseded": 0.03,
        "value_missing": 0.01,
    },
    "phone": {
        "phone_untidy": 0.03,
        "phone_mistyped": 0.005,
        "phone_cut": 0.002,
        "phone_old": 0.06,
        "value_missing": 0.05,
    },
    "text": {"value_missing": 0.02},
    "decimal": {"value_missing": 0.01},
    "integer": {},
    "yyyymm": {"value_missing": 0.01},
}
# What a card names.
_ON_PAPERS = ("name", "id_number", "birth_date")
# A required column is left empty this much more rarely than an optional one.
_REQUIRED_MISSING = 0.1

# Datasets in which only some kinds go wrong, and only in columns that may be empty: a survey's office keys in answers
# and draws up stratum, sampling unit and weight itself.
_ONLY: dict[str, frozenset[str]] = {"survey.dynamic_monitoring": frozenset({"value_missing", "code_wrong"})}

# Rates of a record, under the same profile and dirt.
_RECORD_RATES = {
    "row_repeated": 0.003,
    "key_conflict": 0.001,
    "person_repeated": 0.008,
    "not_cancelled": 0.05,  # of records of people who have left
    "station_without_division": 0.03,  # of police stations: they leave the division empty
}
_FORMER_NUMBER = 0.5  # of records of people whose number was corrected: the bureau was not told
_FORMER_NUMBER_POLICE = 0.05

_PLACEHOLDERS = (None, None, None, None, "无", "不详", "未知", "-", "/", "0", "暂无")
_UNREADABLE_DATES = ("不详", "2014-02-30", "201413", "20111341", "九〇年", "00000000")
_FULL_WIDTH = {character: chr(ord(character) + 0xFEE0) for character in "0123456789X"}
_DATE_FORMS = ("%Y%m%d", "%Y-%m-%d", "%Y-%-m-%-d", "%Y/%-m/%-d", "%Y年%-m月%-d日")
_SERIAL, _DATED = len(_DATE_FORMS), len(_DATE_FORMS) + 1
_EXCEL_DAY_0 = date(1899, 12, 30)
_CALENDAR = (date(1880, 1, 1), date(2060, 12, 31))
_FORM_KEPT = 0.8  # a station or workbook keeps to one date form for this share of its cells
_NUMBERS_IN_WORKBOOK = 0.1  # of workbooks: codes and phones typed as numbers

# Columns of rows that are no fields.
PERSON = "_person_"
PLANTED = "_planted_"
WITHOUT = "_without_"
CORRECTED = "_corrected_"
_NAME_FIELDS = ("name", "mother_name", "guardian_name")

# What a workbook's cell holds, in a column beside the text's, its name ending so.
CELL = "#cell"


@dataclass(frozen=True)
class Draws:
    """The luck of one dataset's records."""

    seed: int
    dataset: str
    profile: Profile

    def uniform(self, name: str, entries: Ints) -> Floats:
        """A number in [0, 1) for each entry, the same whenever it is asked for."""
        return uniform(self.seed, f"{self.dataset}.{name}", entries)

    def rate(self, rate: float) -> float:
        """A rate under this profile and this dataset's dirt."""
        return min(1.0, rate * PROFILES[self.profile] * _DIRT.get(self.dataset, 1.0))

    def hit(self, kind: str, entries: Ints, luck: str = "") -> Bools:
        """Which entries an error of a record strikes; `luck` where it may differ between deliveries."""
        if self.dataset in _ONLY and kind not in _ONLY[self.dataset]:
            return np.zeros(len(entries), dtype=bool)
        return np.asarray(self.uniform(f"{kind}.{luck}", entries) < self.rate(_RECORD_RATES[kind]))


@dataclass(frozen=True)
class Written:
    """A delivery as the bureau wrote it.

    `cells`: `_file`, every header as text, the change column in a delta, and beside a workbook's columns `#cell`.
    `planted`: dataset, record_key, kind, field. `mentions`: dataset, record_key, role, person.
    """

    cells: pl.DataFrame
    planted: pl.DataFrame
    mentions: pl.DataFrame


def write_down(
    contract: Contract,
    mode: str,
    rows: pl.DataFrame,
    papers: Papers,
    places: Places,
    draws: Draws,
    occasion: str | None = None,
) -> Written:
    """Turn true records into what the bureau wrote.

    Args:
        mode: full or delta.
        rows: a column for each field of the contract, as it truly is (Date, text, codes, 12-digit divisions; of
            id_number columns the card's number is written), and `_entry` (number of the entry), `_file`, `_style`
            (number of the station or workbook, which keeps to forms of its own), `_change` (I, U, D, or null),
            `_person_<role>` (position in the city's persons), `_planted_<kind>` (true where the builder of the rows
            planted an error), and, where a number is truly not known yet, `_without_<field>` (true where the cell of
            an id_number field is left empty, which is no error). `_corrected_`, where there is such a column, is true
            where names, numbers and birth dates were held against the papers: no error strikes those.
        occasion: what the luck of rows that stand twice in one delivery depends on besides; the mode by itself.
    """
    frame, errors = written_cells(contract, rows, papers, places, draws)
    keys = frame.select(pl.concat_str(contract.key, separator="|").alias("record_key")).to_series()
    frame_with_copies, copied = _copy_rows(contract, occasion or mode, frame, rows, places, draws)
    by_builder = [name for name in rows.columns if name.startswith(PLANTED)]
    planted = [
        *errors,
        *((name.removeprefix(PLANTED), "", rows[name].arg_true().to_numpy()) for name in by_builder),
        *((kind, "", at_) for kind, at_ in copied.items()),
    ]
    return Written(
        cells=frame_with_copies if mode == "delta" else frame_with_copies.drop(CHANGE_HEADER),
        planted=_planted(contract.dataset, keys, planted),
        mentions=_mentions(contract, frame, rows, keys),
    )


def written_cells(
    contract: Contract, rows: pl.DataFrame, papers: Papers, places: Places, draws: Draws
) -> tuple[pl.DataFrame, list[tuple[str, str, Ints]]]:
    """What stands in the cells of each row, as `write_down` has it, and the errors: kind, field, positions of rows."""
    scribe = _Scribe(contract, rows, papers, places, draws)
    cells = [scribe.write(column).alias(column.header) for column in contract.columns]
    kinds = [series.alias(header + CELL) for header, series in scribe.cell_kinds.items()]
    frame = pl.DataFrame([*cells, *kinds, rows["_file"], rows["_change"].alias(CHANGE_HEADER)])
    return frame, scribe.planted


def _planted(dataset: str, keys: pl.Series, planted: list[tuple[str, str, Ints]]) -> pl.DataFrame:
    schema = dict.fromkeys(("dataset", "record_key", "kind", "field"), pl.String)
    parts = [
        pl.DataFrame({"dataset": dataset, "record_key": keys.gather(at_), "kind": kind, "field": field}, schema=schema)
        for kind, field, at_ in planted
        if len(at_)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _mentions(contract: Contract, frame: pl.DataFrame, rows: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """Who is meant: by role, where a name, number or birth date was written at all."""
    schema = {"dataset": pl.String, "record_key": pl.String, "role": pl.String, "person": pl.Int64}
    parts = [pl.DataFrame(schema=schema)]
    for role in contract.roles:
        naming = [role.fields[field] for field in ("name", "id_number", "birth_date") if field in role.fields]
        part = frame.select(
            pl.lit(contract.dataset).alias("dataset"),
            keys,
            pl.lit(role.name).alias("role"),
            rows[PERSON + role.name].alias("person"),
            pl.any_horizontal(pl.col(naming).is_not_null()).alias("is_named"),
        )
        parts.append(part.filter("is_named").drop("is_named"))
    return pl.concat(parts)


def _copy_rows(
    contract: Contract, occasion: str, frame: pl.DataFrame, rows: pl.DataFrame, places: Places, draws: Draws
) -> tuple[pl.DataFrame, dict[str, Ints]]:
    """Deliver some rows twice, and some keys twice with different content, a little further down the same file."""
    entries = rows["_entry"].to_numpy()
    free = (rows["_change"] != "D").fill_null(True).to_numpy()
    repeated = free & draws.hit("row_repeated", entries, luck=occasion)
    conflict = free & draws.hit("key_conflict", entries, luck=occasion) & ~repeated
    copied = {"row_repeated": np.flatnonzero(repeated), "key_conflict": np.flatnonzero(conflict)}
    header = _conflict_header(contract)
    other = frame[copied["key_conflict"]].with_columns(_differing(contract.column(header), places).alias(header))
    order = np.arange(frame.height, dtype=np.float64)
    later = [order[at_] + 0.5 + whole(draws.uniform(f"later.{kind}", entries[at_]), 40) for kind, at_ in copied.items()]
    together = pl.concat([frame, frame[copied["row_repeated"]], other]).with_columns(
        pl.Series("_order", np.concatenate([order, *later]))
    )
    # Sorting by file keeps the copies in the file of the row; the order of files stays that of the rows.
    files = rows["_file"].unique(maintain_order=True)
    together = together.with_columns(
        pl.col("_file").replace_strict(files, pl.int_range(len(files), eager=True), return_dtype=pl.Int64).alias("_at")
    )
    return together.sort("_at", "_order", maintain_order=True).drop("_at", "_order"), copied


def _conflict_header(contract: Contract) -> str:
    """The column in which two rows of one key differ: one that people change, else any that is not the key."""
    for type_ in ("phone", "decimal", "text", "division12"):
        for column in contract.columns:
            if column.type == type_ and column.header not in contract.key and not _is_name(contract, column.header):
                return column.header
    raise ValueError(f"{contract.dataset}: nothing to differ in")


def _differing(column: Column, places: Places) -> pl.Expr:
    """What stands in the second row of a key instead: of divisions the next one, so that it is one."""
    cell = pl.col(column.header)
    if column.type != "division12":
        return _changed(cell)
    codes = places.communities["community"]
    following = pl.concat([codes.tail(-1), codes.head(1)])
    return cell.replace_strict(codes, following, default=codes[0], return_dtype=pl.String)


def _changed(cell: pl.Expr) -> pl.Expr:
    """Another text: the last digit goes up by one; without one, a digit is appended."""
    last = cell.str.slice(-1)
    digit = last.str.contains(r"^[0-9]$")
    bumped = ((last.cast(pl.Int64, strict=False) + 1) % 10).cast(pl.String)
    return pl.when(cell.is_null()).then(pl.lit("1")).when(digit).then(cell.str.head(-1) + bumped).otherwise(cell + "1")


def _is_name(contract: Contract, header: str) -> bool:
    return any(header == role.fields.get(field) for role in contract.roles for field in _NAME_FIELDS)


class _Scribe:
    """Writes one delivery column by column and keeps a list of the errors made."""

    def __init__(self, contract: Contract, rows: pl.DataFrame, papers: Papers, places: Places, draws: Draws) -> None:
        self.contract = contract
        self.rows = rows
        self.papers = papers
        self.places = places
        self.draws = draws
        self.entries = rows["_entry"].to_numpy()
        self.style = rows["_style"].to_numpy()
        self.in_workbook = contract.format.type == "xlsx"
        corrected = rows[CORRECTED].to_numpy() if CORRECTED in rows.columns else np.zeros(rows.height, dtype=bool)
        self.corrected: Bools = corrected
        self.planted: list[tuple[str, str, Ints]] = []
        self.cell_kinds: dict[str, pl.Series] = {}

    def write(self, column: Column) -> pl.Series:
        """A column as text, errors and all."""
        value = self._card_numbers(column) if column.type == "id_number" else self.rows[column.field]
        if self._rate_type(column) == "birth_date":
            value = self._birth_on_papers(column, value)
        if column.header in self.contract.key:
            return self._plain(column, value)
        menu = self._menu(column)
        luck = self.draws.uniform(column.field, self.entries)
        struck = np.full(len(luck), -1) if not menu else _strike(luck, list(menu.values()))
        struck[value.is_null().to_numpy()] = -1
        if self._rate_type(column) in _ON_PAPERS:
            struck[self.corrected] = -1
        chosen = {kind: np.flatnonzero(struck == number) for number, kind in enumerate(menu)}
        chosen = {kind: at_ for kind, at_ in chosen.items() if len(at_)}
        if value.dtype == pl.Date:
            return self._write_dates(column, value, chosen)
        text = self._plain(column, value)
        if self.in_workbook and column.type in ("code", "phone", "division12"):
            self.cell_kinds[column.header] = self._numbers_typed(column, text)
        for kind, at_ in chosen.items():
            text = self._spoil(column, kind, text, at_)
        return text

    def _menu(self, column: Column) -> dict[str, float]:
        """The errors a column's cells can take, with their rates under this profile."""
        rates = _CELL_RATES[self._rate_type(column)]
        rates = {kind: self.draws.rate(rate) for kind, rate in rates.items()}
        if column.required and "value_missing" in rates:
            rates["required_missing"] = rates.pop("value_missing") * _REQUIRED_MISSING
        only = _ONLY.get(self.contract.dataset)
        if only is not None:
            rates = {} if column.required else {kind: rate for kind, rate in rates.items() if kind in only}
        return {kind: rate for kind, rate in rates.items() if rate > 0}

    def _rate_type(self, column: Column) -> str:
        if _is_name(self.contract, column.header):
            return "name"
        if any(column.header == role.fields.get("birth_date") for role in self.contract.roles):
            return "birth_date"
        return column.type

    def _persons(self, column: Column, *fields: str) -> Ints:
        """Whose number, birth date or phone stands in a column: that of the last role which takes it for its own."""
        for role in reversed(self.contract.roles):
            if any(role.fields.get(field) == column.header for field in fields):
                return self.rows[PERSON + role.name].to_numpy()
        raise ValueError(f"{self.contract.dataset}: nobody's {fields[0]} in {column.header}")

    def _card_numbers(self, column: Column) -> pl.Series:
        persons = self._persons(column, "id_number")
        if WITHOUT + column.field in self.rows.columns:
            # Nobody's number is written: a card that is not there holds none.
            persons = np.where(self.rows[WITHOUT + column.field].to_numpy(), NOBODY, persons)
        given_anothers = self.papers.is_duplicated[persons] & (persons != NOBODY)
        former = at(self.papers.former, persons)
        outdated = self._not_told(persons) & former.is_not_null()
        self._plant("id_duplicated", column, np.flatnonzero(given_anothers))
        self._plant("id_outdated", column, np.flatnonzero(outdated.to_numpy()))
        return pl.select(pl.when(outdated).then(former).otherwise(at(self.papers.number, persons))).to_series()

    def _birth_on_papers(self, column: Column, value: pl.Series) -> pl.Series:
        """The birth date that goes with the number: a former number named another one."""
        persons = self._persons(column, "birth_date")
        former = at(self.papers.former_birth, persons)
        return pl.select(
            pl.when(self._not_told(persons) & former.is_not_null() & value.is_not_null()).then(former).otherwise(value)
        ).to_series()

    def _not_told(self, persons: Ints) -> pl.Series:
        """Of whom the bureau would not know that a number was corrected: the same for all records of a person."""
        rate = _FORMER_NUMBER_POLICE if self.contract.bureau == "psb" else _FORMER_NUMBER
        return pl.Series((self.draws.uniform("former", persons) < rate) & ~self.corrected)

    def _plain(self, column: Column, value: pl.Series) -> pl.Series:
        if column.type == "division6":
            return value.str.slice(0, 6)
        return value.round(2).cast(pl.String) if value.dtype == pl.Float64 else value.cast(pl.String)

    def _plant(self, kind: str, column: Column, at_: Ints) -> None:
        if len(at_):
            self.planted.append((kind, column.field, at_))

    def _numbers_typed(self, column: Column, text: pl.Series) -> pl.Series:
        """In some workbooks codes and phones are numbers; those that would lose a leading zero are left as text."""
        loose = self.draws.uniform(f"numbers.{column.field}", self.style) < _NUMBERS_IN_WORKBOOK
        is_number = pl.Series(loose) & text.str.contains(r"^[1-9][0-9]{0,13}$").fill_null(False)
        return is_number.cast(pl.Int8) * NUMBER_CELL

    def _write_dates(self, column: Column, value: pl.Series, chosen: dict[str, Ints]) -> pl.Series:
        for kind in ("date_swapped", "date_wrong"):
            at_ = chosen.pop(kind, np.empty(0, dtype=np.int64))
            luck = self.draws.uniform(f"{column.field}.{kind}", self.entries[at_])
            wrong = _SPOIL_DATE[kind](value.gather(at_), luck)
            made = wrong.is_not_null().to_numpy()
            at_ = at_[made]
            value = value.scatter(at_, wrong.filter(pl.Series(made)))
            self._plant(kind, column, at_)
        form = self._date_forms(column)
        calendar, days = _calendar()
        day = value.cast(pl.Int32) - pl.Series([_CALENDAR[0]]).cast(pl.Int32).item()
        text = calendar.gather(np.minimum(form, _SERIAL) * days + day)
        if self.in_workbook:
            kinds = np.where(form == _SERIAL, NUMBER_CELL, np.where(form == _DATED, DATE_CELL, TEXT_CELL))
            self.cell_kinds[column.header] = pl.Series(kinds, dtype=pl.Int8)
        for kind, at_ in chosen.items():
            text = self._spoil(column, kind, text, at_)
        return text

    def _date_forms(self, column: Column) -> Ints:
        """Which form each date is written in: mostly that of its station or workbook."""
        forms = _DATED + 1 if self.in_workbook else len(_DATE_FORMS)
        own = whole(self.draws.uniform("date_form", self.style), forms)
        name = f"{column.field}.form"
        other = whole(self.draws.uniform(f"{name}.other", self.entries), forms)
        return np.where(self.draws.uniform(name, self.entries) < _FORM_KEPT, own, other)

    def _spoil(self, column: Column, kind: str, text: pl.Series, at_: Ints) -> pl.Series:
        """Spoil the cells at positions and note which of them really changed."""
        entries = self.entries[at_]
        before = text.gather(at_)
        u, v = (self.draws.uniform(f"{column.field}.{kind}.{name}", entries) for name in ("u", "v"))
        if kind == "id_borrowed":
            owner = self._persons(column, "id_number")[at_]
            after = at(self.papers.number, np.where(owner == NOBODY, NOBODY, self.papers.relative[owner]))
        elif kind == "phone_old":
            after = at(self.papers.earlier_phone, self._persons(column, "phone")[at_])
        elif kind == "id_malformed":
            after = self._malformed(column, before, at_, u, v)
        elif kind in ("division_unknown", "division_partial", "division_wrong", "division_superseded"):
            after = _spoil_division(kind, column.type, before, self.places, u)
        elif kind in ("code_unknown", "code_wrong"):
            after = _spoil_code(kind, column, before, u, self._listed(column))
        else:
            after = _SPOIL[kind](before, u, v)
        empties = kind in ("id_missing", "value_missing", "required_missing")
        made = np.full(len(at_), empties) | (after != before).fill_null(False).to_numpy()
        at_ = at_[made]
        self._plant(kind, column, at_)
        if column.header in self.cell_kinds and kind != "id_malformed":
            self.cell_kinds[column.header] = self.cell_kinds[column.header].scatter(at_, TEXT_CELL)
        return text.scatter(at_, after.filter(pl.Series(made)))

    def _listed(self, column: Column) -> list[str]:
        """The codes a column may hold: those of its list, without one those that occur."""
        if column.code_list:
            return sorted(load_code_lists()[column.code_list].values)
        return sorted({"1", "2", *self.rows[column.field].drop_nulls().unique()}, key=lambda code: (len(code), code))

    def _malformed(self, column: Column, before: pl.Series, at_: Ints, u: Floats, v: Floats) -> pl.Series:
        """Cut, one digit too many, or turned into a float by a spreadsheet, which loses the last three digits."""
        how = choose(u, (0.35, 0.2, 0.45))
        frame = pl.DataFrame({"number": before, "how": how, "cut": whole(v, 3), "at": 3 + whole(v, 12)})
        number = pl.col("number")
        fifteen = number.str.slice(0, 15).str.strip_chars_end("0")
        as_float = fifteen.str.slice(0, 1) + "." + fifteen.str.slice(1) + "E+17"
        cut = pl.when(pl.col("cut") == 0).then(number.str.head(17)).when(pl.col("cut") == 1).then(number.str.head(16))
        doubled = number.str.slice(0, pl.col("at")) + number.str.slice(pl.col("at") - 1)
        written = (
            pl.when(pl.col("how") == 0)
            .then(cut.otherwise(number.str.head(14)))
            .when(pl.col("how") == 1)
            .then(doubled)
            .otherwise(as_float)
        )
        if self.in_workbook:
            kinds = self.cell_kinds.setdefault(column.header, pl.zeros(len(self.entries), dtype=pl.Int8, eager=True))
            self.cell_kinds[column.header] = kinds.scatter(at_[how == 2], NUMBER_CELL)
        return frame.select(written).to_series()


@cache
def _calendar() -> tuple[pl.Series, int]:
    """Every day in every form, one form after the other, and how many days there are: formatted once."""
    every = pl.date_range(*_CALENDAR, eager=True)
    serial = (every.cast(pl.Int32) - pl.Series([_EXCEL_DAY_0]).cast(pl.Int32).item()).cast(pl.String)
    return pl.concat([*(every.dt.strftime(form) for form in _DATE_FORMS), serial]), len(every)


def _strike(luck: Floats, rates: list[float]) -> Ints:
    """Which error a draw falls on; -1 for none."""
    struck = np.searchsorted(np.cumsum(rates), luck, side="right")
    return np.where(struck == len(rates), -1, struck)


def _swapped(value: pl.Series, draw: Floats) -> pl.Series:
    """Month and day change places, where both can be; null elsewhere."""
    swapped = value.dt.strftime("%Y-%d-%m").str.to_date("%Y-%m-%d", strict=False)
    return pl.select(pl.when(swapped != value).then(swapped)).to_series()


def _other_year(value: pl.Series, draw: Floats) -> pl.Series:
    """A year or ten too late or too early, day and month kept; null where there is no such day."""
    by = pl.Series(np.array([-10, -1, 1, 10])[whole(draw, 4)])
    year = (value.dt.year() + by).cast(pl.String)
    return (year + value.dt.strftime("-%m-%d")).str.to_date("%Y-%m-%d", strict=False)


def _one_of(options: Sequence[str | None], draw: Floats) -> pl.Series:
    """One of some texts for each draw."""
    return texts(np.array(options, dtype=object)[whole(draw, len(options))])


_SPOIL_DATE: dict[str, Callable[[pl.Series, Floats], pl.Series]] = {
    "date_swapped": _swapped,
    "date_wrong": _other_year,
}


def _replaced(text: pl.Series, position: Ints, by: dict[str, str]) -> pl.Series:
    """The character at a position, or else the next that has one, exchanged for its partner; null if none has."""
    frame = pl.DataFrame({"text": text, "at": position})
    tries = []
    for step in range(3):
        place = (pl.col("at") + step) % pl.col("text").str.len_chars()
        partner = pl.col("text").str.slice(place, 1).replace_strict(by, default=None, return_dtype=pl.String)
        tries.append(pl.col("text").str.slice(0, place) + partner + pl.col("text").str.slice(place + 1))
    return frame.select(pl.coalesce(tries)).to_series()


@cache
def _homophones() -> dict[str, str]:
    """Each character of names to the next one that sounds the same."""
    characters = name_characters()
    sound = dict(zip(characters, lazy_pinyin(characters), strict=True))
    by_sound: dict[str, list[str]] = {}
    for character in characters:
        by_sound.setdefault(sound[character], []).append(character)
    return {
        character: group[(place + 1) % len(group)]
        for group in by_sound.values()
        if len(group) > 1
        for place, character in enumerate(group)
    }


@cache
def _lookalikes() -> dict[str, str]:
    pairs = read("lookalikes.csv")["pairs"].item().split()
    return {pair[0]: pair[1] for pair in reversed(pairs)}


@cache
def _variants() -> dict[str, str]:
    """Parts of transliterated names to another way in which they are written, both ways round."""
    pairs = [pair.split("/") for pair in read("transliterations.csv")["pairs"].item().split()]
    return {one: other for first, second in pairs for one, other in ((first, second), (second, first))}


def _variant(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """One part written as another bureau transliterates it: only in names that are transliterated."""
    is_transliterated = pl.col("text").str.len_chars() >= 4
    return (
        pl.DataFrame({"text": text})
        .select(pl.when(is_transliterated).then(pl.col("text").str.replace_many(_variants())))
        .to_series()
    )


def _rare(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """A character that the system does not have: a question mark, or its reading."""
    frame = pl.DataFrame({"text": text, "question": u < 0.5})
    last = pl.col("text").str.slice(-1)
    reading = dict(zip(name_characters(), lazy_pinyin(name_characters()), strict=True))
    spelled = last.replace_strict(reading, default="?", return_dtype=pl.String)
    return frame.select(
        pl.col("text").str.head(-1) + pl.when("question").then(pl.lit("?")).otherwise(spelled)
    ).to_series()


def _homophone(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    return _replaced(text, whole(u, text.str.len_chars().to_numpy()), _homophones())


def _lookalike(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    return _replaced(text, whole(u, text.str.len_chars().to_numpy()), _lookalikes())


def _name_separated(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """A space inside or after the name; another dot, or none, where there is a name dot."""
    space = _one_of([" ", "\u3000", "  "], u)
    dot = _one_of(["\u2022", "\u30fb", ".", "\u2027", ""], u)
    frame = pl.DataFrame({"text": text, "space": space, "dot": dot, "behind": v < 0.3})
    return frame.select(
        pl.when(pl.col("text").str.contains(NAME_DOT, literal=True))
        .then(pl.col("text").str.replace(NAME_DOT, pl.col("dot"), literal=True))
        .when("behind")
        .then(pl.col("text") + pl.col("space"))
        .otherwise(pl.col("text").str.slice(0, 1) + pl.col("space") + pl.col("text").str.slice(1))
    ).to_series()


def _reordered(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """The parts on either side of a name dot the other way round: only in names that have one."""
    parts = pl.col("text").str.splitn(NAME_DOT, 2).struct
    return pl.DataFrame({"text": text}).select(parts.field("field_1") + NAME_DOT + parts.field("field_0")).to_series()


def _mistyped(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """One digit wrong, or two neighbours swapped: in area or sequence, so that the birth date stays one."""
    how = u < 0.6
    at_ = np.array([2, 3, 4, 14, 15])[whole(v, 5)]
    frame = pl.DataFrame({"text": text, "wrong": how, "at": at_, "by": 1 + whole((u * 997) % 1, 9)})
    digit = pl.col("text").str.slice(pl.col("at"), 1).cast(pl.Int64)
    following = pl.col("text").str.slice(pl.col("at") + 1, 1)
    head, tail = pl.col("text").str.slice(0, pl.col("at")), pl.col("text").str.slice(pl.col("at") + 1)
    another = head + ((digit + pl.col("by")) % 10).cast(pl.String) + tail
    swapped = head + following + digit.cast(pl.String) + pl.col("text").str.slice(pl.col("at") + 2)
    return frame.select(
        pl.when(pl.col("wrong") | (swapped == pl.col("text"))).then(another).otherwise(swapped)
    ).to_series()


def _untidy_number(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    """The right number with spaces, dashes, an apostrophe, full-width digits or a small x."""
    number = pl.col("text")
    grouped = [number.str.slice(0, 6) + sep + number.str.slice(6, 8) + sep + number.str.slice(14) for sep in (" ", "-")]
    forms = [*grouped, number + " ", "'" + number, number.str.replace_many(_FULL_WIDTH)]
    how = pl.col("how")
    written = pl.coalesce(*(pl.when(how == place).then(form) for place, form in enumerate(forms)))
    small = number.str.replace("X", "x")
    frame = pl.DataFrame({"text": text, "how": whole(u, len(forms)), "small": v < 0.5})
    return frame.select(pl.when(pl.col("small") & (small != number)).then(small).otherwise(written)).to_series()


def _first_generation(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    born_before_2000 = text.str.slice(6, 2) == "19"
    return pl.select(pl.when(born_before_2000).then(first_generation(text))).to_series()


def _placeholder(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    return _one_of(_PLACEHOLDERS, u)


def _nothing(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    return _one_of([None], u)


def _unreadable(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    return _one_of(_UNREADABLE_DATES, u)


def _untidy_phone(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    number = pl.col("text")
    grouped = [number.str.slice(0, 3) + sep + number.str.slice(3, 4) + sep + number.str.slice(7) for sep in ("-", " ")]
    forms = [
        *grouped,
        pl.lit("+86") + number,
        pl.lit("86-") + number,
        number.str.replace_many(_FULL_WIDTH),
        number + " ",
    ]
    written = pl.coalesce(*(pl.when(pl.col("how") == place).then(form) for place, form in enumerate(forms)))
    return pl.DataFrame({"text": text, "how": whole(u, len(forms))}).select(written).to_series()


def _mistyped_phone(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    frame = pl.DataFrame({"text": text, "at": 3 + whole(u, 8), "by": 1 + whole(v, 9)})
    digit = pl.col("text").str.slice(pl.col("at"), 1).cast(pl.Int64)
    return frame.select(
        pl.col("text").str.slice(0, pl.col("at"))
        + ((digit + pl.col("by")) % 10).cast(pl.String)
        + pl.col("text").str.slice(pl.col("at") + 1)
    ).to_series()


def _cut(text: pl.Series, u: Floats, v: Floats) -> pl.Series:
    frame = pl.DataFrame({"text": text, "n": 3 + whole(u, 4)})
    return frame.select(pl.col("text").str.slice(0, pl.col("n"))).to_series()


_SPOIL: dict[str, Callable[[pl.Series, Floats, Floats], pl.Series]] = {
    "name_homophone": _homophone,
    "name_lookalike": _lookalike,
    "name_separator": _name_separated,
    "name_variant": _variant,
    "name_rare": _rare,
    "name_order": _reordered,
    "id_checksum": _mistyped,
    "id_untidy": _untidy_number,
    "id_first_generation": _first_generation,
    "id_missing": _placeholder,
    "value_missing": _nothing,
    "required_missing": _nothing,
    "date_unreadable": _unreadable,
    "phone_untidy": _untidy_phone,
    "phone_mistyped": _mistyped_phone,
    "phone_cut": _cut,
}


def _spoil_division(kind: str, type_: str, before: pl.Series, places: Places, u: Floats) -> pl.Series:
    """A code that is in no list, a level too high, of a neighbour, or of earlier years."""
    code = pl.col("code")
    frame = pl.DataFrame({"code": before, "how": choose(u, (0.6, 0.3, 0.1)), "u": u})
    if kind == "division_unknown":
        # No district 08, 31 or 40 ever was in the city; no province 99.
        lost = _one_of(["150208", "150231", "150240", "990101"], u)
        return frame.select(lost + code.str.slice(6)).to_series()
    if kind == "division_superseded":
        # Only the leagues' codes that the library's list of earlier years holds.
        old = places.superseded.filter(pl.col("old_code").str.starts_with("1526"))
        return before.replace_strict(old["new_code"], old["old_code"], default=None, return_dtype=pl.String)
    if kind == "division_partial":
        if type_ == "division6":
            return frame.select(code.str.slice(0, 2) + "0000").to_series()
        kept = pl.when(pl.col("how") == 0).then(9).when(pl.col("how") == 1).then(6).otherwise(4)
        return frame.select(code.str.slice(0, kept).str.pad_end(12, "0")).to_series()
    neighbours = places.communities.select(
        pl.col("community").alias("code"),
        pl.col("community")
        .shift(-1)
        .over("township")
        .fill_null(pl.col("community").first().over("township"))
        .alias("next"),
    )
    return before.replace_strict(neighbours["code"], neighbours["next"], default=None, return_dtype=pl.String)


def _spoil_code(kind: str, column: Column, before: pl.Series, u: Floats, listed: list[str]) -> pl.Series:
    """A label, a letter or a number outside the list; or the next code of the list."""
    if kind == "code_wrong":
        following = dict(zip(listed, [*listed[1:], *listed[:1]], strict=True))
        return before.replace_strict(following, default=None, return_dtype=pl.String)
    labels = load_code_lists()[column.code_list].values if column.code_list else {}
    label = before.replace_strict(labels, default="不详", return_dtype=pl.String)
    nonsense = _one_of(["X", "?", "无"], (u * 89) % 1)
    return pl.select(pl.when(pl.Series(u < 0.6)).then(label).otherwise(nonsense)).to_series()
