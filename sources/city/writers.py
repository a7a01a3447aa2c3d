"""Deliveries as files, in the format each contract names, with their manifest."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl

from sources.city.errors import CELL
from sources.city.workbook import workbook_bytes
from sources.contract import Contract, Format

_CHUNK_ROWS = 200_000


def write_delivery(landing: Path, contract: Contract, extract_date: date, mode: str, cells: pl.DataFrame) -> int:
    """Write one delivery's files and manifest under landing/<bureau>/<dataset>/<date>/.

    Args:
        cells: `_file` and a text column for each header (in a delta the change column too); beside the columns of a
            workbook `#cell` columns (see workbook).

    Returns:
        Bytes written.
    """
    bureau, dataset = contract.dataset.split(".", 1)
    folder = landing / bureau / dataset / extract_date.isoformat()
    folder.mkdir(parents=True)
    write = _WRITERS[contract.format.type]

    def one(name: str, part: pl.DataFrame) -> dict[str, object]:
        content = write(part.drop("_file"), contract.format, _title(contract, extract_date))
        (folder / name).write_bytes(content)
        return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "rows": part.height, "bytes": len(content)}

    parts = cells.partition_by("_file", maintain_order=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        files = list(pool.map(one, [part["_file"][0] for part in parts], parts))
    size = sum(int(str(file.pop("bytes"))) for file in files)
    manifest = {
        "bureau": bureau,
        "dataset": dataset,
        "extract_date": extract_date.isoformat(),
        "mode": mode,
        "contract_version": contract.version,
        "files": sorted(files, key=lambda file: str(file["name"])),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return size


def _title(contract: Contract, extract_date: date) -> str:
    return f"包头市{contract.name_zh}报送表（{extract_date.year}年{extract_date.month}月{extract_date.day}日）"


def _csv(cells: pl.DataFrame, form: Format, title: str) -> bytes:
    """Comma or bar separated, quoted where needed, CRLF as the bureaus' systems write it."""
    encoding = form.encoding or "utf-8"
    buffer = io.BytesIO()
    for start in range(0, max(cells.height, 1), _CHUNK_ROWS):
        text = cells.slice(start, _CHUNK_ROWS).write_csv(
            include_header=start == 0, separator=form.delimiter or ",", line_terminator="\r\n", quote_style="necessary"
        )
        # utf-8-sig would put its mark before every chunk.
        buffer.write(text.encode(encoding if start == 0 else encoding.removesuffix("-sig")))
    return buffer.getvalue()


def _jsonl(cells: pl.DataFrame, form: Format, title: str) -> bytes:
    return cells.write_ndjson().encode(form.encoding or "utf-8")


def _parquet(cells: pl.DataFrame, form: Format, title: str) -> bytes:
    buffer = io.BytesIO()
    cells.write_parquet(buffer, compression="zstd", row_group_size=_CHUNK_ROWS)
    return buffer.getvalue()


def _xlsx(cells: pl.DataFrame, form: Format, title: str) -> bytes:
    titles = [title, "单位：人　报送部门盖章"][: form.header_row - 1]
    kinds = {name.removesuffix(CELL): cells[name] for name in cells.columns if name.endswith(CELL)}
    table = cells.select(name for name in cells.columns if not name.endswith(CELL))
    return workbook_bytes(table, kinds, titles=titles, footer=form.footer)


_WRITERS: dict[str, Callable[[pl.DataFrame, Format, str], bytes]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
