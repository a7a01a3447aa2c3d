"""connection.yml: that a dataset is read from a PostgreSQL database, and which part of it.

It lies in the landing folder where the dataset's deliveries would lie. It holds no secret: the connection string
stands in an environment variable, and the file has that variable's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from sources.readers.records import identifier
from sources.refusal import Refused

CONNECTION = "connection.yml"
_MAX_BYTES = 1 << 16
# A connection string, or a password in whatever form: neither has a place in this file, not in a comment either.
_SECRET = re.compile(
    r"postgres(?:ql)?://|//[^/\s:@]*:[^@\s]+@|(?:pass(?:word|wd)?|pwd|pgpassword|口令|密码)[\"']?\s*[:=：]\s*\S",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^[A-Za-z_]{1,40}$")

# What each field should hold: Chinese, English.
_FIELDS: dict[str, tuple[str, str]] = {
    "dsn_env": (
        "应为存放连接串的环境变量名(字母、数字、下划线)，如 HRSS_DSN",
        "the name of the environment variable that holds the DSN (letters, digits, underscores), such as HRSS_DSN",
    ),
    "mode": ("应为 full 或 watermark", "full or watermark"),
    "table": (
        "应为 模式.表，按库中的写法；table 与 query 须且只须写一个",
        "schema.table as the database spells them; give either table or query",
    ),
    "query": ("应为一条 SELECT；table 与 query 须且只须写一个", "one SELECT; give either table or query"),
    "watermark": ("方式为 watermark 时应为水位列的列名", "the watermark column's name, where mode is watermark"),
    "overlap": (
        "应为 1 day、6 hours 之类的时长(水位为日期时间)，或整数(水位为整数)",
        "a duration such as 1 day or 6 hours (for dates and times), or a whole number (for integers)",
    ),
    "extract_date": ("应为 YYYY-MM-DD，或不写(取数据库当日)", "YYYY-MM-DD, or left out for the database's own date"),
}


class Connection(BaseModel):
    """What connection.yml says.

    Attributes:
        dsn_env: the environment variable with the connection string, as libpq takes it.
        mode: full (the whole table each time), or watermark (what is new by a column, after a first full pull).
        table, query: where rows come from; one of the two.
        watermark: the column that grows with every insert and update.
        overlap: how far below the highest value taken rows are read again, for transactions that commit late: a
            duration for dates and times, a number for integers; None for a day, or 1000.
        extract_date: of the deliveries; None for the database's date in Beijing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    dsn_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)
    mode: Literal["full", "watermark"]
    table: str | None = Field(default=None, pattern=r'^[^."\s\x00][^."\x00]*\.[^."\s\x00][^."\x00]*$')
    query: str | None = Field(default=None, pattern=r"^[^\x00]*\S[^\x00]*$")
    watermark: str | None = Field(default=None, min_length=1, pattern=r"^[^\x00]+$")
    overlap: NonNegativeInt | Annotated[str, Field(pattern=r"^[0-9]{1,6} (second|minute|hour|day)s?$")] | None = None
    extract_date: date | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("table")
        if self.mode == "watermark" and self.watermark is None:
            raise ValueError("watermark")
        return self

    @property
    def relation(self) -> str:
        """What stands after FROM."""
        if self.table is not None:
            return ".".join(identifier(part) for part in self.table.split("."))
        # On lines of its own: a comment at the query's end must not swallow the bracket.
        return f"(\n{str(self.query).strip().rstrip(';')}\n)"

    @property
    def name(self) -> str:
        """What rows say they come from: `public.social_insurance`, or `query`; fit for a file's name."""
        return re.sub(r"[/\\:*?<>|\x01-\x1f]", "_", self.table).strip().lstrip(".") if self.table else "query"

    @property
    def source(self) -> str:
        """A hash of what a watermark is valid for: the relation and the column."""
        text = json.dumps([self.table, self.query, self.watermark], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def read_connection(path: Path, place: str) -> Connection:
    """Read a dataset's connection.yml.

    Args:
        path: the file.
        place: how messages name it.

    Raises:
        Refused: it cannot be read, holds a connection string or password, or a field is missing or of the wrong
            form; names file, field and remedy, and nothing of what stands there.
    """
    text = _text(path, place)
    for number, line in enumerate(text.splitlines(), start=1):
        if _SECRET.search(line):
            raise Refused(
                f"文件 {place} 第 {number} 行含有连接串或口令。请从文件中删除并更换该口令；"
                "连接串只放在环境变量里，文件中用 dsn_env 写变量名。",
                f"File {place}, line {number} holds a DSN or a password. Take it out and change that password; the DSN "
                "stands in an environment variable alone, which dsn_env names.",
            )
    try:
        return Connection.model_validate(_mapping(text, place))
    except ValidationError as error:
        raise _wrong_fields(place, error) from None


def _text(path: Path, place: str) -> str:
    try:
        with open(path, "rb") as handle:
            content = handle.read(_MAX_BYTES + 1)
        if len(content) <= _MAX_BYTES:
            return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        pass
    raise Refused(
        f"文件 {place} 不是可读的 UTF-8 文本，或超过 {_MAX_BYTES >> 10} KB。请检查权限和编码。",
        f"File {place} is no readable UTF-8 text, or larger than {_MAX_BYTES >> 10} KB. Check its permissions and "
        "encoding.",
    )


def _mapping(text: str, place: str) -> dict[str, Any]:
    where = ""
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        document = None
        mark = getattr(error, "problem_mark", None)
        where = f" {mark.line + 1}" if mark else ""
    if isinstance(document, dict) and all(isinstance(key, str) for key in document):
        return document
    raise Refused(
        f"文件 {place} 不是“字段: 值”形式的 YAML{f'(第{where} 行)' if where else ''}。请按说明书写，字段有 "
        f"{'、'.join(_FIELDS)}。",
        f"File {place} is no YAML of fields and values{f' (line{where})' if where else ''}. Its fields are "
        f"{', '.join(_FIELDS)}.",
    )


def _wrong_fields(place: str, error: ValidationError) -> Refused:
    """What is wrong, by field. A field nobody knows is named only where it looks like a field."""
    fields: dict[str, None] = {}
    for item in error.errors():
        # What the model as a whole lacks is said by the message alone: the field's name.
        fields[str(item["loc"][0]) if item["loc"] else str(item["ctx"]["error"])] = None
    known = [field for field in fields if field in _FIELDS]
    unknown = [field for field in fields if field not in _FIELDS]
    named = [field for field in unknown if _FIELD.match(field)] or (["?"] if unknown else [])
    zh = [f"{field} {_FIELDS[field][0]}" for field in known]
    en = [f"{field} is {_FIELDS[field][1]}" for field in known]
    if named:
        zh.append(f"没有 {'、'.join(named)} 这样的字段，可写的有 {'、'.join(_FIELDS)}")
        en.append(f"there is no field {', '.join(named)}; those that are: {', '.join(_FIELDS)}")
    return Refused(
        f"文件 {place} 的字段缺失或不对: {'；'.join(zh)}。请更正。",
        f"File {place}: fields missing or wrong: {'; '.join(en)}. Correct them.",
    )
