"""Simulated cities of each profile, and their files read with other means than the project's own readers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from sources.city.simulate import Summary, simulate
from sources.contract import Format, load_contract

SCALE = 0.005
DAY = date(2014, 10, 31)
# What a record may truly lack: the name and number of a newborn, the numbers of parents who were not asked.
NOT_KNOWN = {
    ("hfpc.birth_certificate", "name"),
    ("hfpc.birth_certificate", "mother_id_number"),
    ("hfpc.birth_certificate", "father_id_number"),
    ("hfpc.immunization", "id_number"),
    ("hfpc.immunization", "mother_id_number"),
}


@dataclass(frozen=True)
class Row:
    """A row as it stands in a file: where, in which delivery, and its cells as text, empty where there is none."""

    dataset: str
    extract_date: str
    file: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Simulated:
    """A simulated city on disk."""

    out: Path
    summary: Summary

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.out / "truth" / f"{name}.parquet")

    @cached_property
    def rows(self) -> list[Row]:
        return list(self._read())

    def _read(self) -> Iterator[Row]:
        for manifest in sorted(self.out.glob("landing/*/*/*/manifest.json")):
            said = json.loads(manifest.read_text(encoding="utf-8"))
            for file in said["files"]:
                dataset = f"{said['bureau']}.{said['dataset']}"
                for cells in read_file(manifest.parent / file["name"], load_contract(dataset).format):
                    yield Row(dataset, said["extract_date"], file["name"], cells)


def read_file(path: Path, form: Format) -> list[dict[str, str]]:
    """The rows of a file in the format of its contract, with nothing but general tools."""
    if form.type == "xlsx":
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        header = [str(cell) for cell in sheet[form.header_row - 1]]
        lines = sheet[form.header_row :]
        if form.footer and lines and lines[-1][0] == form.footer:
            assert as_text(lines.pop()[1]) == str(len(lines))
        return [dict(zip(header, map(as_text, line), strict=True)) for line in lines]
    if form.type == "parquet":
        return [{key: as_text(cell or "") for key, cell in row.items()} for row in pl.read_parquet(path).to_dicts()]
    text = path.read_bytes().decode(form.encoding or "utf-8")
    if form.type == "csv":
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=form.delimiter or ","))
    return [{key: value or "" for key, value in json.loads(line).items()} for line in text.splitlines()]


def as_text(cell: object) -> str:
    """A workbook's cell as a person would read it aloud."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def _simulated(factory: pytest.TempPathFactory, profile: str) -> Simulated:
    out = factory.mktemp(profile) / "city"
    return Simulated(out, simulate(out, SCALE, profile=profile, date=DAY))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return _simulated(tmp_path_factory, "clean")


@pytest.fixture(scope="session")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return _simulated(tmp_path_factory, "normal")


@pytest.fixture(scope="session")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return _simulated(tmp_path_factory, "hard")
