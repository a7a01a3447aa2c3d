"""Text files into numbered lines: encodings, byte order marks, line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sources.refusal import Refused

_CHUNK = 8 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAMES = {"gb18030": "GB18030", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}


def write_lines(source: Path, encoding: str, folder: Path) -> Path:
    """Write a text file's physical lines as Parquet and return where.

    Args:
        source: the file.
        encoding: that of its contract: gb18030, utf-8 or utf-8-sig.
        folder: for the Parquet file and, for other encodings than UTF-8, the text in between. (DuckDB's own reading of
            GB18030 breaks at buffer boundaries, so text is turned into UTF-8 before it is read.)

    Returns:
        a Parquet file of `_row` (from 1) and `line` (without its line end).

    Raises:
        Refused: the bytes are not of that encoding; names the line.
    """
    _check_first_line(source, encoding)
    # Under a plain name in any case: engines take a [1] in a file's own name for a pattern.
    text = folder / "text.utf8"
    if encoding.startswith("utf-8"):
        for _ in _decoded(source, "utf-8"):
            pass
        text.symlink_to(source.resolve())
    else:
        with open(text, "wb") as target:
            for chunk in _decoded(source, encoding):
                target.write(chunk.encode("utf-8"))
    lines = folder / "lines.parquet"
    pl.scan_lines(text, name="line", row_index_name="_row", row_index_offset=1).sink_parquet(
        lines, compression="uncompressed"
    )
    text.unlink()
    return lines


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
