"""The truth beside a city's deliveries, as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from sources.city.population import City

_TRUTH_OF_PERSONS = (
    "person",
    "group",
    "household",
    "spouse",
    "father",
    "mother",
    "name",
    "sex",
    "birth_date",
    "id_number",
    "ethnicity",
    "marital",
    "married_on",
    "phone",
    "education",
    "industry",
    "hukou_type",
    "hukou_division",
    "origin_division",
    "division_code",
    "destination_division",
    "arrived_on",
    "left_on",
    "died_on",
    "dwelling",
    "reason",
    "flow_scope",
    "is_floating",
    "is_resident",
    "is_registered",
    "stay_band",
)


class TruthFile:
    """A Parquet file written one dataset after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._writer:
            self._writer.close()

    @property
    def is_begun(self) -> bool:
        """Whether anything, if only no rows, was written."""
        return self._writer is not None

    def append(self, frame: pl.DataFrame) -> None:
        """Write a dataset's rows."""
        if not frame.width:
            return
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)


def truth_of_persons(city: City) -> pl.DataFrame:
    """What is true of people, for the file of persons."""
    origins = city.places.origins["code"] + "000000"
    positions = pl.int_range(len(origins), eager=True)

    def code(position: str) -> pl.Expr:
        return pl.col(position).replace_strict(positions, origins, default=None, return_dtype=pl.String)

    nobody = [pl.when(pl.col(name) >= 0).then(pl.col(name)).alias(name) for name in ("spouse", "father", "mother")]
    return city.persons.with_columns(
        code("origin").alias("origin_division"), code("destination").alias("destination_division"), *nobody
    ).select(_TRUTH_OF_PERSONS)
