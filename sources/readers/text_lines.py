"""Text files into numbered lines: encodings, byte order marks, line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import polars as pl
import pyarrow as pa

from sources.parquet import open_writer
from sources.refusal import Refused

_CHUNK = 8 << 20
_LINES = pa.schema({"_row": pa.int64(), "line": pa.large_string()})
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAMES = {"gb18030": "GB18030", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}


def write_lines(source: Path, encoding: str, folder: Path) -> Path:
    """Write a text file's physical lines as Parquet and return where.

    Args:
        source: the file.
        encoding: that of its contract: gb18030, utf-8 or utf-8-sig.
        folder: for the Parquet file. (DuckDB's own reading of GB18030 breaks at buffer boundaries, so text is turned
            into UTF-8 before it is read.)

    Returns:
        a Parquet file of `_row` (from 1) and `line` (without its line end).

    Raises:
        Refused: the bytes are not of that encoding; names the line.
    """
    _check_first_line(source, encoding)
    lines = folder / "lines.parquet"
    with _Lines(lines) as written, ThreadPoolExecutor(1) as writer:
        # Decoding holds the interpreter, writing does not: while one chunk is written, the next is decoded.
        before: Future[None] | None = None
        for chunk in _whole_lines(source, encoding):
            if before:
                before.result()
            before = writer.submit(written.append, chunk)
        if before:
            before.result()
    return lines


class _Lines:
    """A Parquet file of numbered lines that grows chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self._writer = open_writer(path, _LINES, compression="none", use_dictionary=False)
        self._next = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._writer.close()

    def append(self, chunk: bytes) -> None:
        """Write the lines of a chunk of UTF-8 text behind those that are there."""
        frame = pl.scan_lines(chunk, name="line").collect().with_row_index("_row", offset=self._next)
        self._next += frame.height
        self._writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_LINES))


def _whole_lines(source: Path, encoding: str) -> Iterator[bytes]:
    """The text in UTF-8, in chunks that end with a line end, but for the last."""
    rest = b""
    for text in _decoded(source, encoding):
        chunk = rest + text.encode("utf-8")
        end = chunk.rfind(b"\n") + 1
        rest = chunk[end:]
        if end:
            yield chunk[:end]
    if rest:
        yield rest


def _check_first_line(source: Path, encoding: str) -> None:
    with open(source, "rb") as handle:
        first = handle.readline(1 << 20)
    found = None
    if first.startswith(_UTF16):
        found = "UTF-16"
    elif not encoding.startswith("utf-8") and not first.isascii() and _decodes(first, "utf-8"):
        # A header in Chinese is long enough that GB18030 bytes do not pass for UTF-8 by chance.
        found = "UTF-8"
    if found:
        raise Refused(
            f"文件 {source.name} 的编码是 {found}，合同要求 {_NAMES[encoding]}。请转换编码后重新报送。",
            f"File {source.name} is in {found}; the contract says {_NAMES[encoding]}. Convert it and send it again.",
        )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(source: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 0
    with open(source, "rb") as handle:
        while True:
            data = handle.read(_CHUNK)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n") + 1
                name = _NAMES[encoding]
                raise Refused(
                    f"文件 {source.name} 第 {line} 行不是 {name} 编码。请按 {name} 重新导出。",
                    f"File {source.name}, line {line}: not {name}. Export it again in {name}.",
                ) from None
            lines += text.count("\n")
            if text:
                yield text
            if not data:
                return
