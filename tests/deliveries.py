"""Small deliveries in the bureaus' real formats, for tests.

Rows are dicts from Chinese header to value; a header that a row lacks is empty. `变更类型` is a header like any other.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from sources.contract import CHANGE_HEADER, Column, Contract, load_code_lists, load_contract

Row = Mapping[str, Any]


def write_delivery(
    landing: Path,
    dataset: str,
    extract_date: str,
    mode: str = "full",
    rows: Sequence[Row] = (),
    *,
    files: Mapping[str, Sequence[Row]] | None = None,
    columns: Sequence[str] | None = None,
    **manifest: Any,
) -> Path:
    """Write a delivery as its bureau would and return its folder.

    Args:
        landing: landing folder, made if need be.
        dataset: `psb.temporary_residence`.
        extract_date: YYYY-MM-DD.
        mode: full or delta.
        rows: of one file; or give `files`.
        files: file name to rows.
        columns: headers in the order of writing; the contract's, then 变更类型 in a delta, unless given.
        manifest: fields of the manifest that are to be otherwise than true.
    """
    contract = load_contract(dataset)
    bureau, name = dataset.split(".", 1)
    folder = landing / bureau / name / extract_date
    folder.mkdir(parents=True, exist_ok=True)
    headers = tuple(columns or contract.headers + ((CHANGE_HEADER,) if mode == "delta" else ()))
    written = files if files is not None else {f"{name}{suffix(contract)}": rows}
    for file, content in written.items():
        (folder / file).write_bytes(file_bytes(contract, headers, content))
    write_manifest(folder, dataset, mode, {file: len(content) for file, content in written.items()}, **manifest)
    return folder


def write_manifest(folder: Path, dataset: str, mode: str, rows: Mapping[str, int], **otherwise: Any) -> None:
    """Write the manifest of the files that lie in a folder; `otherwise` replaces fields."""
    bureau, name = dataset.split(".", 1)
    manifest = {
        "bureau": bureau,
        "dataset": name,
        "extract_date": folder.name,
        "mode": mode,
        "contract_version": "1.0",
        "files": [
            {"name": file, "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(), "rows": count}
            for file, count in rows.items()
        ],
    } | otherwise
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def suffix(contract: Contract) -> str:
    """The suffix of a dataset's files."""
    return f".{contract.format.type}"


def file_bytes(contract: Contract, headers: Sequence[str], rows: Sequence[Row]) -> bytes:
    """A file of a dataset's format."""
    write = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl, "parquet": _parquet}[contract.format.type]
    return write(contract, headers, rows)


def sample_rows(dataset: str, count: int, start: int = 1) -> list[dict[str, str]]:
    """Rows with a fitting value in every required column, the same for the same number; no real person in them."""
    contract = load_contract(dataset)
    return [
        {column.header: _sample(column, number) for column in contract.columns if column.required}
        | {contract.key[0]: f"{start + number:06d}" if contract.key[0] != "年度" else str(2000 + start + number)}
        for number in range(count)
    ]


def _sample(column: Column, number: int) -> str:
    if column.code_list:
        codes = list(load_code_lists()[column.code_list].values)
        return codes[number % len(codes)]
    return {
        "date": "2014-10-01",
        "division12": "150202001001",
        "division6": "150202",
        "integer": "1",
        "decimal": "1.5",
        "yyyymm": "201410",
        "code": "1",
        "id_number": "11010519491231002X",
    }.get(column.type, f"甲{number}")


def _csv(contract: Contract, headers: Sequence[str], rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=contract.format.delimiter or ",", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([row.get(header, "") for header in headers] for row in rows)
    return text.getvalue().encode(contract.format.encoding or "utf-8")


def _jsonl(contract: Contract, headers: Sequence[str], rows: Sequence[Row]) -> bytes:
    lines = [json.dumps({header: row.get(header) for header in headers}, ensure_ascii=False) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode(contract.format.encoding or "utf-8")


def _parquet(contract: Contract, headers: Sequence[str], rows: Sequence[Row]) -> bytes:
    target = io.BytesIO()
    columns = {header: [row.get(header) or None for row in rows] for header in headers}
    pl.DataFrame(columns, schema=dict.fromkeys(headers, pl.String)).write_parquet(target)
    return target.getvalue()


def _xlsx(contract: Contract, headers: Sequence[str], rows: Sequence[Row]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("数据")
    top = contract.format.header_row - 1
    if top:
        sheet.merge_range(0, 0, 0, max(1, len(headers) - 1), contract.name_zh)
    sheet.write_row(top, 0, list(headers))
    for number, row in enumerate(rows, start=top + 1):
        for position, header in enumerate(headers):
            value = row.get(header, "")
            if isinstance(value, str):
                sheet.write_string(number, position, value)
            else:
                sheet.write(number, position, value)
    if contract.format.footer:
        sheet.write_string(top + 1 + len(rows), 0, contract.format.footer)
        sheet.write_number(top + 1 + len(rows), 1, len(rows))
    book.close()
    return target.getvalue()
