"""Writing Excel workbooks: a file is there when it is whole, and for its owner's eyes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter

from sources.errors import UsageError

# Rows of a sheet, the header's included.
MAX_ROWS = 1 << 20

_OWNER_ONLY = 0o600


@contextmanager
def new_workbook(file: Path, *, is_streamed: bool = False) -> Iterator[xlsxwriter.Workbook]:
    """A workbook to fill, which replaces `file` when the block ends well. Text is never taken for a formula or a link.

    Args:
        file: to write, .xlsx; replaced if it is there, and readable by its owner only.
        is_streamed: rows are written in order and go to temporary files, so that memory does not grow with them;
            otherwise nothing of it goes anywhere but into the file.

    Raises:
        UsageError: the name does not end in .xlsx, or the file cannot be written.
    """
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"{file.name} 不是 .xlsx。{file.name} is no .xlsx.", "Name a workbook, as --out FILE.xlsx.")
    half = file.with_name(f".{file.name}.half")
    options = {"constant_memory": True} if is_streamed else {"in_memory": True}
    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY))
        with xlsxwriter.Workbook(
            str(half), {**options, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            yield book
        half.replace(file)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise UsageError(
            f"无法写入 {file}。{file} cannot be written.", f"Name another file for --out: {type(error).__name__}."
        ) from None
    finally:
        half.unlink(missing_ok=True)
