"""The shape that every file format is read into, and the SQL quoting that all readers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sources.refusal import Refused

# A record longer than this is no record of a register: a lost quote or a lost line break made it.
MAX_RECORD_BYTES = 1_000_000

# Why a row cannot be taken: Chinese, English.
REASONS: dict[str, tuple[str, str]] = {
    "fields": ("字段数与表头不符", "the number of fields differs from the header"),
    "quote": ("引号不成对", "a quote is not closed"),
    "nul": ("含有空字符 (NUL)", "it holds a NUL character"),
    "oversized": ("记录超过 1 MB", "the record is longer than 1 MB"),
    "json": ("不是完整的 JSON", "it is not complete JSON"),
    "json_object": ("JSON 不是对象", "the JSON is not an object"),
    "key": ("主键为空", "a key column is empty"),
}


@dataclass(frozen=True)
class Records:
    """A file's records, as two queries that run once each.

    Attributes:
        headers: trimmed headers; header i is column `c<i>` of `rows`. None where a file without records cannot say.
        rows: SELECT of `_row` (BIGINT, the line or sheet row where the record starts, from 1) and `c0`, `c1`, …
            (VARCHAR, the source's text, NULL where empty).
        broken: SELECT of `_row`, `reason` (a key of REASONS) and `content` (VARCHAR) of what cannot be read.
    """

    headers: tuple[str, ...] | None
    rows: str
    broken: str


NOTHING_BROKEN = "SELECT 0::BIGINT AS _row, '' AS reason, '' AS content WHERE false"


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def reason_sql(column: str, language: int) -> str:
    """A CASE that spells a reason out: language 0 is Chinese, 1 English."""
    whens = " ".join(f"WHEN {literal(key)} THEN {literal(texts[language])}" for key, texts in REASONS.items())
    return f"CASE {column} {whens} END"


def clean_headers(headers: Sequence[str | None]) -> tuple[str, ...]:
    """Headers without the spaces and byte order marks around them; one that is empty is named by its position."""
    cleaned = [(header or "").strip("\ufeff \t\r\n\u3000\u00a0") for header in headers]
    return tuple(header or f"第{position}列(无标题)" for position, header in enumerate(cleaned, start=1))


def check_headers(
    expected: Sequence[str], found: Sequence[str], *, file: str, header_row: int | None = None
) -> tuple[str, ...]:
    """Hold a file's headers against those that its contract wants, and return the unknown ones.

    Raises:
        Refused: a column is missing or there twice. Unknown headers are named beside it only where most of the
            contract's are there: else the row may be no header at all, but a person.
    """
    place_zh = f"文件 {file}" + (f" 第 {header_row} 行" if header_row else "")
    place_en = f"File {file}" + (f", row {header_row}" if header_row else "")
    present = set(found)
    missing = [header for header in expected if header not in present]
    unknown = tuple(dict.fromkeys(header for header in found if header not in set(expected)))
    if missing and 2 * len(missing) > len(expected):
        raise Refused(
            f"{place_zh} 不是本数据集的表头(缺少 {len(missing)} 列，如 {missing[0]})。请按数据合同在该处写表头。",
            f"{place_en} is not this dataset's header ({len(missing)} columns are missing, such as {missing[0]}). "
            "Write the header there as the contract says.",
        )
    if missing:
        like = _lookalikes(missing, unknown)
        raise Refused(
            f"{place_zh} 缺少列: {'、'.join(missing)}。"
            + (f"多出的列 {'、'.join(like)} 可能是改了名。" if like else "")
            + "请按数据合同的列名重新报送。",
            f"{place_en} lacks the column {', '.join(missing)}. "
            + (f"Unknown column {', '.join(like)} looks like it, renamed. " if like else "")
            + "Send it again under the contract's name.",
        )
    twice = [header for header, count in Counter(found).items() if count > 1 and header in set(expected)]
    if twice:
        raise Refused(
            f"{place_zh} 的列 {'、'.join(twice)} 出现了两次。请只保留一列。",
            f"{place_en} has the column {', '.join(twice)} twice. Keep one of them.",
        )
    return unknown


def _lookalikes(missing: Sequence[str], unknown: Sequence[str]) -> list[str]:
    """The unknown headers that share a character with a missing one, or all where there are as many as missing."""
    if len(unknown) <= len(missing):
        return list(unknown)
    characters = set("".join(missing))
    return [header for header in unknown if characters & set(header)][:5]
