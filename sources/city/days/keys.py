"""Numbers for records that come into being after the city's first day: none that was given before.

Entries go on where those of the first day end. Keys that count within a prefix go on from the last of that prefix;
keys that are a function of the entry follow the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from sources.city.datasets import edu, hrss, psb, register

# A person's or pregnancy's entries in one dataset are so many at most, in every dataset: entry modulo this says which.
ENTRIES_APART = 32


@dataclass(frozen=True)
class _Serial:
    """Where the serial stands in a key: so many digits, so many characters from the end."""

    digits: int
    behind: int = 0
    also: str | None = None  # another field that holds the key up to the serial's end

    def split(self) -> tuple[pl.Expr, pl.Expr]:
        """What stands before the serial, and the serial."""
        end = self.digits + self.behind
        key = pl.col("record_key")
        return key.str.head(-end), key.str.slice(-end, self.digits).cast(pl.Int64)


_SERIALS = {
    "psb.temporary_residence": _Serial(6),
    "grid.household_visit": _Serial(5),
    "hfpc.padis_case": _Serial(6),
    "hfpc.health_record": _Serial(5),
    "hfpc.immunization": _Serial(5, behind=2, also="child_key"),
    "hfpc.maternal_service": _Serial(7, behind=2),
    "hfpc.birth_certificate": _Serial(7),
    "hfpc.death_certificate": _Serial(5),
    "housing.rental_filing": _Serial(6),
    "housing.public_rental": _Serial(6),
    "civil.marriage": _Serial(6),
    "civil.assistance": _Serial(6),
}


class Numbering:
    """Gives entries and keys in one dataset."""

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._serial = _SERIALS.get(dataset)
        self._last = pl.DataFrame(schema={"prefix": pl.String, "last": pl.Int64})
        self._next_entry = 0

    def see(self, rows: pl.DataFrame) -> None:
        """Take note of entries and keys that are given."""
        if rows.is_empty():
            return
        beyond = int(rows["_entry"].max()) + 1  # type: ignore[arg-type]
        self._next_entry = max(self._next_entry, rounded(beyond))
        if self._serial:
            prefix, serial = self._serial.split()
            seen = rows.group_by(prefix.alias("prefix")).agg(serial.max().alias("last"))
            self._last = pl.concat([self._last, seen]).group_by("prefix").agg(pl.col("last").max()).sort("prefix")

    def renumbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with entries and keys of their own, in the order of the entries that they came with.

        Entries keep what they are modulo `ENTRIES_APART`.
        """
        if rows.is_empty():
            return rows
        group, entry = (
            (pl.col("_entry") // ENTRIES_APART).rank("dense").cast(pl.Int64),
            pl.col("_entry") % ENTRIES_APART,
        )
        rows = rows.sort("_entry").with_columns((group - 1) * ENTRIES_APART + entry + self._next_entry)
        rows = self._keyed(rows)
        self.see(rows)
        return rows

    def _keyed(self, rows: pl.DataFrame) -> pl.DataFrame:
        key = pl.col("record_key")
        if self._serial is None:
            if self._dataset == "edu.student_enrollment":
                new = pl.when(key.str.starts_with("L")).then(key.str.head(-8) + edu.last_digits()).otherwise(key)
            elif self._dataset == "psb.household_register":
                new = register.record_key()
            else:
                new = hrss.record_key(rows["record_key"][0][:2])
            return rows.with_columns(new.alias("record_key"))
        prefix, serial = self._serial.split()
        rows = rows.with_columns(prefix.alias("_prefix"), serial.alias("_serial")).join(
            self._last, left_on="_prefix", right_on="prefix", how="left", maintain_order="left"
        )
        # Where more stands behind the serial, rows share one.
        how: Literal["dense", "ordinal"] = "dense" if self._serial.behind else "ordinal"
        number = pl.col("last").fill_null(0) + pl.col("_serial").rank(how).over("_prefix").cast(pl.Int64)
        upto = pl.col("_prefix") + number.cast(pl.String).str.zfill(self._serial.digits)
        rest = key.str.tail(self._serial.behind) if self._serial.behind else pl.lit("")
        rows = rows.with_columns((upto + rest).alias("record_key"), upto.alias("_upto"))
        if self._serial.also:
            rows = rows.with_columns(pl.col("_upto").alias(self._serial.also))
        if self._dataset == "psb.temporary_residence":
            held = pl.col("permit_number").is_not_null()
            rows = rows.with_columns(pl.when(held).then(psb.permit_number()).alias("permit_number"))
        return rows.drop("_prefix", "_serial", "last", "_upto")


def rounded(entry: int) -> int:
    """The next multiple of `ENTRIES_APART`, or this."""
    return -(-entry // ENTRIES_APART) * ENTRIES_APART
