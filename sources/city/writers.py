"""Deliveries as files, in the format each contract names, with their manifest."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from sources.city.errors import CELL
from sources.city.workbook import workbook_bytes
from sources.contract import Contract, Format
from sources.manifest import file_sha256

_CHUNK_ROWS = 200_000


class DeliveryWriter:
    """Writes one delivery's files under landing/<bureau>/<dataset>/<date>/, part by part, and its manifest at the end.

    Parts are frames of `_file` and a text column for each header (in a delta the change column too); beside the
    columns of a workbook `#cell` columns (see workbook). The rows of a workbook come in one part.
    """

    def __init__(self, landing: Path, contract: Contract, extract_date: date, mode: str) -> None:
        self._contract = contract
        self._date = extract_date
        self._mode = mode
        bureau, dataset = contract.dataset.split(".", 1)
        self._folder = landing / bureau / dataset / extract_date.isoformat()
        self._folder.mkdir(parents=True)
        self._files: dict[str, _File] = {}
        self.rows = 0

    def append(self, cells: pl.DataFrame) -> None:
        """Write a part's rows behind those that are there."""
        self.rows += cells.height
        parts = cells.partition_by("_file", maintain_order=True)
        names = [str(part["_file"][0]) for part in parts]
        for name in names:
            if name not in self._files:
                self._files[name] = _FILES[self._contract.format.type](
                    self._folder / name, self._contract.format, _title(self._contract, self._date)
                )
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda name, part: self._files[name].append(part.drop("_file")), names, parts))

    def close(self) -> int:
        """Write the manifest and return the bytes of the files."""
        for file in self._files.values():
            file.close()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            hashes = list(pool.map(file_sha256, (self._folder / name for name in sorted(self._files))))
        manifest = {
            "bureau": self._contract.bureau,
            "dataset": self._contract.dataset.split(".", 1)[1],
            "extract_date": self._date.isoformat(),
            "mode": self._mode,
            "contract_version": self._contract.version,
            "files": [
                {"name": name, "sha256": hash_, "rows": self._files[name].rows}
                for name, hash_ in zip(sorted(self._files), hashes, strict=True)
            ],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        (self._folder / "manifest.json").write_text(text, encoding="utf-8")
        return sum((self._folder / name).stat().st_size for name in self._files)


def _title(contract: Contract, extract_date: date) -> str:
    return f"包头市{contract.name_zh}报送表（{extract_date.year}年{extract_date.month}月{extract_date.day}日）"


class _File:
    """A file that is being written."""

    def __init__(self, path: Path, form: Format, title: str) -> None:
        self.path = path
        self.form = form
        self.title = title
        self.rows = 0

    def append(self, cells: pl.DataFrame) -> None:
        """Write rows behind those that are there."""
        self._write(cells)
        self.rows += cells.height

    def _write(self, cells: pl.DataFrame) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Finish the file."""


class _Csv(_File):
    """Comma or bar separated, quoted where needed, CRLF as the bureaus' systems write it."""

    def _write(self, cells: pl.DataFrame) -> None:
        encoding = self.form.encoding or "utf-8"
        with open(self.path, "ab") as file:
            for start in range(0, max(cells.height, 1), _CHUNK_ROWS):
                is_first = self.rows == 0 and start == 0
                text = cells.slice(start, _CHUNK_ROWS).write_csv(
                    include_header=is_first,
                    separator=self.form.delimiter or ",",
                    line_terminator="\r\n",
                    quote_style="necessary",
                )
                # utf-8-sig would put its mark before every chunk.
                file.write(text.encode(encoding if is_first else encoding.removesuffix("-sig")))


class _JsonLines(_File):
    def _write(self, cells: pl.DataFrame) -> None:
        with open(self.path, "ab") as file:
            file.write(cells.write_ndjson().encode(self.form.encoding or "utf-8"))


class _Parquet(_File):
    _writer: pq.ParquetWriter | None = None

    def _write(self, cells: pl.DataFrame) -> None:
        table = cells.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._writer.write_table(table, row_group_size=_CHUNK_ROWS)

    def close(self) -> None:
        if self._writer:
            self._writer.close()


class _Workbook(_File):
    def _write(self, cells: pl.DataFrame) -> None:
        if self.rows:
            raise ValueError(f"{self.path.name}: the rows of a workbook come in one part")
        titles = [self.title, "单位：人　报送部门盖章"][: self.form.header_row - 1]
        kinds = {name.removesuffix(CELL): cells[name] for name in cells.columns if name.endswith(CELL)}
        table = cells.select(name for name in cells.columns if not name.endswith(CELL))
        self.path.write_bytes(workbook_bytes(table, kinds, titles=titles, footer=self.form.footer))


_FILES: dict[str, type[_File]] = {"csv": _Csv, "jsonl": _JsonLines, "parquet": _Parquet, "xlsx": _Workbook}
